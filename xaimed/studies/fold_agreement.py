"""What is known of how far the folds of a run agree? The rows beside every spread, over all pictures together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xaimed.evaluation.findings import ROWS, read_arrays
from xaimed.evaluation.gathered import Gathered, damaged, gather, short_names
from xaimed.evaluation.predictions import Predictions
from xaimed.reporting.evaluations import measured
from xaimed.store.fold import EXPLANATIONS
from xaimed.store.run import Run

FOLDS = "folds"
"""How the directories of a spread begin, and the array that says of which folds it is."""


def agreement_over_folds_of(run: Run, predictions: Predictions) -> list[Gathered]:
    """What was measured with the most networks; nothing where no spread over folds was asked for."""
    places = {fold: _places(run.fold(fold).path) for fold in predictions.folds}
    sets = {networks for each in places.values() for networks in each.values()}
    most = max(sorted(sets), key=len, default=())
    folders = {fold: [place for place, of in each.items() if of == most] for fold, each in places.items()}
    return gather({fold: each for fold, each in folders.items() if each}, predictions)


def said_of_agreement(run: Run, predictions: Predictions) -> str:
    """Such as ``rank correlation 0.71 (0.66 to 0.75), overlap … by gradcam``: of the first explainer."""
    for found in agreement_over_folds_of(run, predictions):
        explainer = found.explainers[0]
        told = [
            f"{measure.title.lower()} {measured(measure, found.estimate(explainer, key))}"
            for key, measure in found.measures.items()
            if ":" not in key  # over all pairs of networks
        ]
        return f"{', '.join(told)} by {short_names(found.explainers)[explainer]}"
    return ""


def _places(fold: Path) -> Mapping[Path, tuple[int, ...]]:
    """Where rows of agreement lie whole, and by the networks of which folds."""
    there = [file.parent for file in sorted((fold / EXPLANATIONS).glob(f"{FOLDS}-*/{ROWS}"))]
    broken = damaged(there)
    return {place: tuple(read_arrays(place)[FOLDS].tolist()) for place in there if place not in broken}
