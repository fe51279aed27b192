"""What does a control say of its run, fold by fold? Predictions and stored maps of both, and the verdict over folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.callbacks.explain import MAPS, load_maps
from xaimed.config.identity import identity_hash
from xaimed.errors import StoreError
from xaimed.evaluation.findings import read_findings, write_findings
from xaimed.evaluation.label_randomised import label_randomised
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.verdicts import LABEL_RANDOMISED, shuffled_verdict
from xaimed.store.cache import publish_directory
from xaimed.store.fold import EVALUATIONS, EXPLANATIONS, PREDICTIONS, SPLIT, Fold
from xaimed.store.run import Run


def beside_its_control(run: Run, control: Run) -> list[str]:
    """Compare what has not been compared, and say what comes of it; nothing where no fold is in both."""
    found = {fold: place for fold in run.finished() if (place := _compared(fold, control))}
    if not found:
        return []
    rows = pd.concat([read_findings(place)[1].rows for place in found.values()], ignore_index=True)
    return shuffled_verdict(rows, {name: group for fold in found for name, group in _patients(fold)})


def _compared(fold: Fold, control: Run) -> Path | None:
    """Where the comparison of a fold lies, made if need be; None where either fold is missing or damaged."""
    other = control.fold(fold.index)
    if not other.complete or (fold.path / SPLIT).read_bytes() != (other.path / SPLIT).read_bytes():
        return None
    try:
        fold.verify()
        other.verify()
    except StoreError:  # every table of the run says so
        return None
    shared = sorted(_explained(fold) & _explained(other))
    digest = identity_hash({"control": control.facts()["identity"], "of": shared})[:6]
    return publish_directory(
        fold.path / EVALUATIONS / f"{LABEL_RANDOMISED}-{digest}", partial(_store, fold, other, shared)
    )


def _store(fold: Fold, control: Fold, shared: Sequence[str], aside: Path) -> None:
    own, other = (read_predictions(of.path / PREDICTIONS) for of in (fold, control))
    ids = [str(name) for name in own.frame["sample_id"]]
    rows = _order([str(name) for name in other.frame["sample_id"]], ids)
    same = Predictions(other.kind, other.classes, other.frame.iloc[rows].reset_index(drop=True))
    maps = {name: (_heatmaps(fold, name, ids), _heatmaps(control, name, ids)) for name in shared}
    write_findings(aside, LABEL_RANDOMISED, label_randomised(own, same, maps))


def _explained(fold: Fold) -> set[str]:
    return {file.parent.name for file in (fold.path / EXPLANATIONS).glob(f"*/{MAPS}")}


def _heatmaps(fold: Fold, name: str, ids: Sequence[str]) -> npt.NDArray[Any]:
    found = load_maps(fold.path / EXPLANATIONS / name)
    return np.asarray(found["heatmap"][_order([str(one) for one in found["sample_id"]], ids)])


def _order(there: Sequence[str], wanted: Sequence[str]) -> list[int]:
    place = {name: at for at, name in enumerate(there)}
    return [place[name] for name in wanted]


def _patients(fold: Fold) -> Iterator[tuple[str, str]]:
    frame = read_predictions(fold.path / PREDICTIONS).frame
    yield from zip(frame["sample_id"].astype(str), frame["group"].astype(str), strict=True)
