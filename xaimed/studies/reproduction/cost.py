"""What does a picture cost a finished network? As it was measured once, beside the run, and read without a model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xaimed.errors import StoreError
from xaimed.reporting.tables import Estimate
from xaimed.store.fold import EPOCH_SECONDS, TIMINGS
from xaimed.store.run import Run
from xaimed.store.writing import read_json

COST, MODEL = "cost.json", "model.json"
INFERENCE = "inference"
QUARTILES = "median (quartiles)"


@dataclass(frozen=True)
class Cost:
    """What was timed on a run's own network and its own pictures.

    Attributes:
        alone: by ``inference`` or the directory name of an explainer, the seconds of every call with one picture;
            calls of one round stand at the same place.
        explainers: their directory names, in the order in which they are asked for.
        together: the same with a batch as large as in training, a call; not of what would have taken too long.
        batch: how many pictures that is.
        pictures: how many different ones were at hand.
        size: their side.
        warm_ups: calls that were not counted.
        device: on what.
        threads: of the processor.
        precision: of the arithmetic.
    """

    alone: Mapping[str, tuple[float, ...]]
    explainers: tuple[str, ...]
    together: Mapping[str, tuple[float, ...]]
    batch: int
    pictures: int
    size: int
    warm_ups: int
    device: str
    threads: int
    precision: str

    def explainer(self, name: str) -> str | None:
        """The directory name of the first explainer of that name."""
        return next((key for key in self.explainers if key.rsplit("-", 1)[0] == name), None)

    def overhead(self, of: str, over: str) -> list[float]:
        """How much longer one took than the other, as a share of it, in every round that timed both."""
        return [longer / shorter - 1 for longer, shorter in zip(self.alone[of], self.alone[over], strict=False)]

    def told(self) -> str:
        """How it was measured, for a note."""
        threads = f"{self.threads} thread{'' if self.threads == 1 else 's'}"
        pictures = f"pictures of {self.size} px, {self.warm_ups} calls to warm up"
        return f"{self.device}, {threads}, {self.precision}, {pictures}"


def cost_of(run: Run) -> Cost | None:
    """What was measured of a run; None where nothing was."""
    file = run.path / COST
    if not file.is_file():
        return None
    try:
        facts: dict[str, Any] = dict(read_json(file))
        for key in ("alone", "together"):
            facts[key] = {name: tuple(map(float, each)) for name, each in facts[key].items()}
        return Cost(**{**facts, "explainers": tuple(facts["explainers"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"these are no measured times ({error})", where=file, fix="Reproduce again; it is measured anew."
        ) from error


def size_of(run: Run) -> dict[str, int]:
    """How large the network of a run is; empty where nobody wrote it down."""
    file = run.path / MODEL
    return dict(read_json(file)) if file.is_file() else {}


def epochs_of(run: Run) -> list[float]:
    """The seconds of every epoch of every finished fold; folds whose epochs nobody timed have none."""
    files = (fold.path / TIMINGS for fold in run.finished())
    return [float(each) for file in files if file.is_file() for each in _epochs_in(file)]


def _epochs_in(file: Path) -> Sequence[Any]:
    found: Sequence[Any] = read_json(file).get(EPOCH_SECONDS, [])
    return found


def spread(values: Sequence[float], unit: float = 1.0) -> Estimate:
    """The median, with both quartiles where there are several, in three digits.

    Args:
        values: what was measured.
        unit: what they are multiplied by.
    """
    if not values:
        return Estimate(math.nan)
    low, median, high = (unit * float(each) for each in np.percentile(values, (25, 50, 75)))
    ends = (low, high) if len(values) > 1 else (None, None)
    return Estimate(median, None, decimals(median), *ends)


def decimals(value: float) -> int:
    """How many a number is shown with to have three digits."""
    return min(4, max(0, 2 - math.floor(math.log10(abs(value))))) if value else 2
