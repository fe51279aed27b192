"""What does a picture cost this network? Its finished fold is loaded, and asked about its own pictures by the clock."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from statistics import median
from typing import Any

import torch
from torch import Tensor

from xaimed.config.targets import instantiate
from xaimed.errors import DataError
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.contract import Explainer
from xaimed.models.network import Network
from xaimed.store.fold import PREDICTIONS
from xaimed.store.run import Run
from xaimed.store.writing import write_json
from xaimed.studies.jury import Voter
from xaimed.studies.opinion import see
from xaimed.studies.plan import explainers_of
from xaimed.studies.reproduction.cost import COST, INFERENCE
from xaimed.studies.reproduction.stopwatch import Call, Stopwatch
from xaimed.studies.summoned import jury_of


def measure_cost(run: Run, explainers: Sequence[tuple[str, Any]], watch: Stopwatch) -> None:
    """Time the network of a run's first fold, predicting and explaining, and write it beside the run.

    Args:
        run: with at least one finished fold.
        explainers: the name and the configuration of each, in the order in which they are asked for.
        watch: how often and how long.
    """
    voter = jury_of(run, run.finished()[0].index).voters[0]
    network = voter.network()
    device = next(network.parameters()).device
    settle = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    made = explainers_of({"explainer": dict(explainers)}, network, voter.task.kind)
    batch = int(voter.config["loader"]["batch_size"])
    pictures = _pictures(run, voter, batch)
    whole = torch.stack(list(islice(cycle(pictures), batch))).to(device)
    alone = watch.times(_calls(network, whole[:1], made), settle)
    quick = [name for name, times in alone.items() if median(times) * batch <= watch.seconds]
    calls = _calls(network, whole, made)
    together = watch.times({name: calls[name] for name in quick}, settle)
    facts = {
        "alone": alone,
        "explainers": list(made),
        "together": together,
        "batch": batch,
        "pictures": len(pictures),
        "size": whole.shape[-1],
        "warm_ups": watch.warm_ups,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "precision": str(whole.dtype).removeprefix("torch."),
    }
    write_json(run.path / COST, facts)


def _calls(network: Network, images: Tensor, explainers: Mapping[str, Explainer]) -> dict[str, Call]:
    """What is timed: the decision alone, and every explanation, in which a decision is made as well."""

    def decide() -> Tensor:
        with torch.no_grad():
            logits: Tensor = network(images)
        return logits

    def explaining(explainer: Explainer) -> Call:
        return lambda: explainer(network, images)

    return {INFERENCE: decide, **{name: explaining(explainer) for name, explainer in explainers.items()}}


def _pictures(run: Run, voter: Voter, count: int) -> list[Tensor]:
    """The first pictures that the fold reports, as its network sees them."""
    manifest = instantiate(voter.config["dataset"]).manifest()
    reported: Sequence[str] = list(read_predictions(voter.folder / PREDICTIONS).frame["sample_id"])
    paths = dict(zip(manifest.frame["sample_id"], manifest.paths(), strict=True))
    preparation = voter.preparation()
    seen = see([paths[name] for name in reported if name in paths][:count], [preparation.resized])
    if not seen.files:
        raise DataError("none of the pictures that this run has reported can be read any more", where=manifest.root)
    return [preparation(picture) for picture in seen.at_size[preparation.resized]]
