"""Is there any confusion matrix of two classes that gives all metrics of a row at once? Every one is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, RUNS, Samples, Value
from xaimed.studies.published.scores import Counts, score

RULE, AREA = "one matrix for all metrics of a row", "area under a ROC curve through a known point"
MOST = 5_000_000
Mask = npt.NDArray[np.bool_]


def check(paper: Paper) -> Iterator[Outcome]:
    """Every row of metrics of a task with two classes, one of which is looked for."""
    rows = {address.rpartition(".")[0] for address in paper.values}
    for address in sorted(rows):
        row = paper.row(address)
        samples = two_class_samples(paper, row)
        if samples is not None:
            yield from _row(paper, row, samples)


def two_class_samples(paper: Paper, row: Mapping[str, Value]) -> Samples | None:
    """What a row is counted over, if that has two classes, and few enough matrices to try them all."""
    samples = next((one for value in row.values() if (one := paper.samples_of(value)) is not None), None)
    if samples is None or samples.positive not in samples.classes or len(samples.classes) != 2:
        return None
    return samples if (samples.classes[str(samples.positive)] + 1) * samples.n <= MOST else None


def possible(paper: Paper, row: Mapping[str, Value], samples: Samples) -> tuple[Counts, dict[str, Mask]]:
    """Every matrix of the samples, negatives first, and by column which of them give its printed value."""
    labels = (next(name for name in samples.classes if name != samples.positive), str(samples.positive))
    every = _every_matrix(samples.classes[labels[0]], samples.classes[labels[1]])
    masks: dict[str, Mask] = {}
    for name, value in row.items():
        if value.column.over in (FOLDS, RUNS) or paper.samples_of(value) is not samples:
            continue
        found = score(every, value.column, labels, samples.positive)
        if found is not None:
            low, high = (float(end) - nudge for end, nudge in zip(_ends(value), (1e-9, -1e-9), strict=True))
            masks[name] = (found * value.scale >= low) & (found * value.scale <= high)
    return every, masks


def _row(paper: Paper, row: Mapping[str, Value], samples: Samples) -> Iterator[Outcome]:
    every, masks = possible(paper, row, samples)
    if not masks:
        return
    together = np.logical_and.reduce(list(masks.values()))
    place = next(iter(row.values())).row
    if together.any():
        first = every[together][0]
        told = (
            f"{first[1, 1]} found, {first[1, 0]} missed, {first[0, 1]} false alarms, {first[0, 0]} rightly left alone"
        )
        yield Agreement(RULE, f"{place}: {', '.join(masks)} at n = {samples.n}", told)
        yield from _area(paper, row, every[together])
    elif len(masks) > 1:
        yield _none(paper, row, masks, samples, place)


def _none(paper: Paper, row: Mapping[str, Value], masks: Mapping[str, Mask], samples: Samples, place: str) -> Finding:
    lines = [f"{name} {row[name].printed.text}: {int(mask.sum())} matrices" for name, mask in masks.items()]
    for name in masks:
        others = [mask for other, mask in masks.items() if other != name]
        if np.logical_and.reduce(others).any():
            lines.append(f"without {name}, the others agree with one another")
    sizes = " and ".join(f"{size} {label}" for label, size in samples.classes.items())
    return Finding(
        RULE,
        min(paper.weight_of(row[name]) for name in masks),
        (place,),
        f"No predictions of {sizes} samples have the printed {', '.join(masks)} all at once.",
        tuple(lines),
        0.0,
        tuple(row[name].address for name in masks),
    )


def _area(paper: Paper, row: Mapping[str, Value], matrices: Counts) -> Iterator[Outcome]:
    """A ROC curve never falls, so the point of the printed metrics bounds the area under it."""
    for value in row.values():
        if value.column.metric != "auc":
            continue
        found = matrices[:, 1, 1] / matrices[:, 1].sum(-1)
        false = matrices[:, 0, 1] / matrices[:, 0].sum(-1)
        low, high = float((found * (1 - false)).min()), float((1 - false * (1 - found)).max())
        least, most = (float(end) / value.scale for end in _ends(value))
        if least <= high and low <= most:
            yield Agreement(AREA, f"{value.place}: {value.printed.text}")
        else:
            yield Finding(
                AREA,
                paper.weight_of(value),
                (value.place,),
                "A ROC curve through the point of the other metrics cannot have this area under it.",
                (f"{low * value.scale:.4g} to {high * value.scale:.4g}, but {value.printed.text} is printed",),
                max(low - most, least - high),
                (value.address,),
            )


def _ends(value: Value) -> tuple[float, float]:
    either = value.printed.either
    return float(either.low), float(either.high)


def _every_matrix(negatives: int, positives: int) -> Counts:
    false, found = np.meshgrid(np.arange(negatives + 1), np.arange(positives + 1), indexing="ij")
    lines = [[negatives - false, false], [positives - found, found]]
    return np.moveaxis(np.array(lines), (0, 1), (-2, -1)).reshape(-1, 2, 2)
