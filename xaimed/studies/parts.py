"""With what is one fold made? Network, data, trainer, loggers and callbacks, all of them fresh."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException

from xaimed.callbacks.branches import WriteBranches
from xaimed.callbacks.checkpoints import ResumePoint
from xaimed.callbacks.explain import ExplainFold
from xaimed.callbacks.predictions import WritePredictions
from xaimed.callbacks.progress import RunProgress, ShowProgress
from xaimed.config.targets import instantiate
from xaimed.data.module import FoldData
from xaimed.data.protocol import Split
from xaimed.errors import ConfigError
from xaimed.studies.plan import EXPLAIN, Plan, preparation_of
from xaimed.training.classifier import Classifier


@dataclass
class Parts:
    """What Lightning works with in one fold; fresh for every fold, for nothing may leak from one to the next."""

    module: Classifier
    data: FoldData
    trainer: pl.Trainer


def check_parts(plan: Plan) -> None:
    """Build everything but the network and the loggers once: a wrong option is found before anything is written."""
    config = plan.config
    weight = torch.nn.Parameter(torch.zeros(1))
    with _named("loader"):
        data_of(plan, plan.wanted[0])
    with _named("trainer"), tempfile.TemporaryDirectory() as nowhere:
        instantiate(config["trainer"], folder=Path(nowhere), callbacks=_asked_callbacks(plan), loggers=[])
    with _named("objective"):
        instantiate(config["objective"])
    with _named("optimizer"):
        optimizer = instantiate(config["optimizer"])([weight])
    with _named("schedule"):
        instantiate(config["schedule"])(optimizer)


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
    config = plan.config
    explain = explain_callback(plan)
    trainer = instantiate(
        config["trainer"],
        folder=folder,
        callbacks=[
            *_asked_callbacks(plan),
            ResumePoint(),
            ShowProgress(progress, split.fold),
            WritePredictions(),
            *([WriteBranches()] if plan.hybrid else []),
            *([explain] if explain else []),
        ],
        loggers=[instantiate(node, save_dir=str(folder)) for node in (config.get("logger") or {}).values()],
    )
    return Parts(module_of(plan, split), data_of(plan, split), trainer)


def module_of(plan: Plan, split: Split) -> Classifier:
    """The network a fold starts from, with all that trains it."""
    return Classifier(
        plan.starting_network(split.fold),
        plan.manifest.task,
        instantiate(plan.config["objective"]),
        plan.strategy,
        instantiate(plan.config["optimizer"]),
        instantiate(plan.config["schedule"]),
        int(plan.config["seed"]),
        split.fold,
    )


def data_of(plan: Plan, split: Split) -> FoldData:
    """The data of one fold."""
    return FoldData(
        manifest=plan.manifest,
        split=split,
        preparation=preparation_of(plan.config),
        augment=instantiate(plan.config["augmentation"]),
        seed=int(plan.config["seed"]),
        pixels=plan.pixels,
        **{key: value for key, value in plan.config["loader"].items() if key != "cache_gb"},
    )


def _asked_callbacks(plan: Plan) -> list[pl.Callback]:
    return [instantiate(node) for name, node in plan.config.get("callbacks", {}).items() if name != EXPLAIN]


def explain_callback(plan: Plan) -> ExplainFold | None:
    """What explains a fold at its end, if that is asked for."""
    if not plan.explains:
        return None
    callback: ExplainFold = instantiate(
        plan.config["callbacks"][EXPLAIN], explainers=plan.explainers, stamps=list(plan.stamps)
    )
    return callback


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
