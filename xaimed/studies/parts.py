"""With what is one fold made? Network, data, trainer, loggers and callbacks, all of them fresh."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from xaimed.callbacks.afterwards import Afterwards
from xaimed.callbacks.branches import WriteBranches
from xaimed.callbacks.checkpoints import ResumePoint
from xaimed.callbacks.clock import EpochClock
from xaimed.callbacks.evaluate import EvaluateFold
from xaimed.callbacks.explain import ExplainFold
from xaimed.callbacks.predictions import WritePredictions
from xaimed.callbacks.progress import RunProgress, ShowProgress
from xaimed.config.targets import instantiate
from xaimed.data.dataset import targets_of
from xaimed.data.module import FoldData
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.errors import ConfigError
from xaimed.reporting.tables import Table
from xaimed.reporting.trained_parts import trained_parts_table
from xaimed.studies.imbalance import check_imbalance, imbalance_of, objective_of, recipe_of, synthetic_of
from xaimed.studies.normalization import preparation_of_fold
from xaimed.studies.plan import EXPLAIN, Plan, preparation_of
from xaimed.training.abilities import check_objective
from xaimed.training.accumulation import windows_of
from xaimed.training.classifier import Classifier
from xaimed.training.monitors import auc_is_defined, check_monitor, measured
from xaimed.training.objectives import Objective


@dataclass
class Parts:
    """What Lightning works with in one fold; fresh for every fold, for nothing may leak from one to the next."""

    module: Classifier
    data: FoldData
    trainer: pl.Trainer
    clock: EpochClock


def check_parts(plan: Plan) -> None:
    """Build everything but the network and the loggers once: a wrong option is found before anything is written."""
    config = plan.config
    weight = torch.nn.Parameter(torch.zeros(1))
    with _named("loader"):
        data_of(plan, plan.wanted[0], preparation_of(plan.config))
    with _named("objective"):
        objective = instantiate(config["objective"])
        check_objective(objective, plan.manifest.task)
        if config["trainer"].get("compile") and getattr(objective, "differentiates_twice", False):
            raise ConfigError(
                "compiled networks cannot be differentiated twice, as this objective does",
                where="trainer.compile",
                fix="Leave trainer.compile=false.",
            )
        if getattr(objective, "differentiates_twice", False):
            _check_second_derivative(plan, objective)
    watching = {f"callbacks.{name}": node for name, node in config.get("callbacks", {}).items()}
    for where, node in {**watching, "schedule": config["schedule"]}.items():
        if node.get("monitor"):
            _check_watched(node["monitor"], f"{where}.monitor", plan, objective)
    with _named("trainer"), tempfile.TemporaryDirectory() as nowhere:
        instantiate(config["trainer"], folder=Path(nowhere), callbacks=asked_callbacks(plan), loggers=[])
    with _named("imbalance"):
        check_imbalance(plan)
    with _named("optimizer"):
        optimizer = instantiate(config["optimizer"])([weight])
    with _named("schedule"):
        instantiate(config["schedule"])(optimizer)


def _check_watched(monitor: str, where: str, plan: Plan, objective: object) -> None:
    """Refuse what no epoch measures, and what no fold can: an AUC over samples that are all alike."""
    task = plan.manifest.task
    check_monitor(monitor, measured(task, objective), where)
    for split in plan.wanted if monitor == "val/auc" else []:
        if not auc_is_defined(task, plan.manifest.labels[split.select]):
            raise ConfigError(
                f"there is no AUC to watch in fold {split.fold}: all samples it selects by are of one class",
                where=where,
                fix="Watch val/loss, or use fewer folds.",
            )


def _check_second_derivative(plan: Plan, objective: Objective) -> None:
    """One backward pass on black pictures: a layer without a second derivative is found before anything is trained."""
    network, task = plan.start.network(plan.wanted[0].fold), plan.manifest.task
    size = preparation_of(plan.config).size
    targets = targets_of(plan.manifest)[plan.wanted[0].train[:2]]
    try:
        loss = objective(network.eval(), torch.zeros(len(targets), 3, size, size), targets, task).loss
        loss.backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise ConfigError(
            f"this network cannot be differentiated twice: {' '.join(str(error).split())[:200]}",
            where="objective",
            fix="Use another backbone or another objective.",
        ) from error


@contextmanager
def _named(group: str) -> Iterator[None]:
    """Say in which group the option stands that a library refused."""
    try:
        yield
    except (TypeError, ValueError, MisconfigurationException) as error:
        raise ConfigError(
            f"{group} cannot be built: {' '.join(str(error).split())}", fix="Look at its options."
        ) from error


def parts_of(plan: Plan, split: Split, folder: Path, progress: RunProgress) -> Parts:
    """The parts of one fold that is made in ``folder``."""
    config, clock = plan.config, EpochClock()
    trainer = instantiate(
        config["trainer"],
        folder=folder,
        callbacks=[
            *(callback for callback in asked_callbacks(plan) if not isinstance(callback, Afterwards)),
            clock,
            ResumePoint(),
            ShowProgress(progress, split.fold),
            WritePredictions(),
            *([WriteBranches()] if plan.hybrid else []),
            *afterwards(plan),
        ],
        loggers=[instantiate(node, save_dir=str(folder)) for node in (config.get("logger") or {}).values()],
    )
    data = data_of(plan, split, preparation_of_fold(plan, split, folder))
    return Parts(module_of(plan, split), data, trainer, clock)


def module_of(plan: Plan, split: Split) -> Classifier:
    """The network a fold starts from, with all that trains it."""
    return Classifier(
        plan.start.network(split.fold),
        plan.manifest.task,
        objective_of(plan, split),
        plan.strategy,
        instantiate(plan.config["optimizer"]),
        instantiate(plan.config["schedule"]),
        int(plan.config["seed"]),
        split.fold,
        synthetic_of(plan, split),
    )


def what_is_trained(plan: Plan, split: Split) -> Table:
    """Every part of the network as it is really prepared for training, with the optimizer's own rates."""
    module = module_of(plan, split)
    optimizer, epochs = module.configure_optimizers(), int(plan.config["trainer"]["max_epochs"])
    table = trained_parts_table(module.network, module.strategy, optimizer, epochs)
    data = data_of(plan, split, preparation_of(plan.config))
    accumulated = int(plan.config["trainer"].get("accumulate_grad_batches") or 1)
    return replace(table, notes=(*table.notes, windows_of(data.train_dataloader(), accumulated).said()))


def data_of(plan: Plan, split: Split, preparation: Preparation) -> FoldData:
    """The data of one fold."""
    return FoldData(
        manifest=plan.labelled(split),
        split=split,
        preparation=preparation,
        augment=instantiate(plan.config["augmentation"]),
        seed=int(plan.config["seed"]),
        pixels=plan.pixels,
        imbalance=imbalance_of(plan),
        recipe=recipe_of(plan),
        **{key: value for key, value in plan.config["loader"].items() if key != "cache_gb"},
    )


def asked_callbacks(plan: Plan) -> list[pl.Callback]:
    """Fresh ones of all that are asked for, but for the explanations."""
    return [instantiate(node) for name, node in plan.config.get("callbacks", {}).items() if name != EXPLAIN]


def explain_callback(plan: Plan) -> ExplainFold | None:
    """What explains a fold at its end, if that is asked for."""
    if not plan.explains:
        return None
    callback: ExplainFold = instantiate(
        plan.config["callbacks"][EXPLAIN], explainers=plan.explainers, stamps=list(plan.stamps)
    )
    return callback


def afterwards(plan: Plan) -> list[Afterwards]:
    """What is done with a fold's predictions once they are in: explain them, judge network and maps, then the rest."""
    explain = explain_callback(plan)
    explainers = plan.explainers if explain else {}
    evaluate = EvaluateFold(plan.evaluations, explainers, int(plan.config["seed"])) if plan.evaluations else None
    rest = [callback for callback in asked_callbacks(plan) if isinstance(callback, Afterwards)]
    return [*([explain] if explain else []), *([evaluate] if evaluate else []), *rest]


@contextmanager
def closed_at_the_end(trainer: pl.Trainer) -> Iterator[None]:
    """Loggers let go of their files before the fold is moved, and the next fold's begin anew."""
    status = "failed"
    try:
        yield
        status = "success"
    finally:
        for logger in trainer.loggers:
            logger.finalize(status)
            finish = getattr(getattr(logger, "experiment", None), "finish", None)
            if finish is not None:  # Weights & Biases keeps one run per process otherwise
                finish()
