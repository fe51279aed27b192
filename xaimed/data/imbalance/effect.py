"""What do the measures do to the sampling? Shown for each class before training, so that nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.imbalance import WEIGHTED
from xaimed.data.task import Kind

TOO_MUCH = 1.2
"""Times an even share from which a rare class is over-corrected: 60 % of two classes."""

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassEffect:
    """One class, or one label of several.

    Attributes:
        name: the class.
        pictures: how many training rows have it.
        rows: how many do when the copies are made.
        draws: its share of what an epoch is expected to see.
        weight: what a row of it weighs in the loss.
        share: its share of the loss when every picture costs the same: draws times weight, of all classes or, for a
            label, of its presence and absence.
    """

    name: str
    pictures: int
    rows: int
    draws: float
    weight: float
    share: float


def effect_of(balance: Balance) -> list[ClassEffect]:
    """What is done to every class of a fold."""
    task, weights = balance.manifest.task, balance.loss_weights()
    present, absent = _draws(balance)
    weight = np.ones(len(task.classes)) if weights is None else weights.by_class(task.kind)
    counts_for = present * weight
    if task.kind is Kind.MULTILABEL:
        without = np.ones(len(weight)) if weights is None else weights.values[:, 0].double().numpy()
        total = counts_for + absent * without
    else:
        total = np.full(len(weight), counts_for.sum())
    share = counts_for / np.where(total > 0, total, 1)
    columns = zip(balance.original.positive, balance.made.positive, present, weight, share, strict=True)
    return [
        ClassEffect(name, int(pictures), int(rows), float(draws), float(heavy), float(part))
        for name, (pictures, rows, draws, heavy, part) in zip(task.classes, columns, strict=True)
    ]


def remarks_on(balance: Balance, effects: list[ClassEffect]) -> list[str]:
    """What a user should know of the combination: classes over-corrected, labels that cannot be balanced."""
    if balance.manifest.task.kind is Kind.MULTILABEL:
        even = 0.5
        rare = [e for e, n in zip(effects, balance.original.negative, strict=True) if e.pictures < n]
    else:
        even = 1 / len(effects)
        rare = [min(effects, key=lambda effect: effect.pictures)]
    remarks = [
        f"'{effect.name}' is over-corrected: rare among the pictures, it makes {effect.share:.0%} of the loss where "
        f"{even:.0%} would be even; measures that each balance add up"
        for effect in rare
        if effect.share > TOO_MUCH * even
    ]
    never = [effect.name for effect in effects if not effect.pictures]
    if never:
        remarks.append(f"no training row has {', '.join(never)}: nothing can be done about that, and it weighs 1")
    return remarks


def _draws(balance: Balance) -> tuple[Shares, Shares]:
    """The share of draws that have each class, and that certainly do not."""
    made, imbalance = balance.made, balance.imbalance
    if imbalance.smote_features:
        made = balance.original.filled_up()
    if balance.manifest.task.kind is not Kind.MULTILABEL:
        drawn = made.positive / (balance.counted.positive if imbalance.sampler == WEIGHTED else 1)
        present = drawn / drawn.sum()
        return present, 1 - present
    rows = balance.split.train
    weights = balance.row_weights(balance.manifest, rows)
    weights = np.ones(len(rows)) if weights is None else weights
    positive, labels = balance.manifest.positives[rows], balance.manifest.labels[rows]
    whole = weights.sum()
    return weights @ positive / whole, weights @ (labels == 0) / whole
