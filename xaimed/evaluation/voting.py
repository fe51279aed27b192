"""What do several models say together? One table of predictions from theirs, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.predictions import Predictions, prediction_table

Chances = npt.NDArray[np.float64]

SOFT, MAJORITY, WEIGHTED = "soft", "majority", "weighted"
VOTES = (SOFT, MAJORITY, WEIGHTED)
TIE_BREAK = 1e-3
"""The share of a majority's probability that is the members' mean probability: it decides ties and nothing else."""
LEAST = 1e-7
"""Probabilities are kept so far from 0 and 1 that their logits are finite."""


def voted(members: Sequence[Predictions], vote: str, weights: Sequence[float] | None = None) -> Predictions:
    """The ensemble's predictions of one fold.

    ``soft`` is the mean of the members' probabilities, ``weighted`` their mean by ``weights``. ``majority`` counts the
    members' decisions: the probability of a class is the share of members that chose it, and the mean probability
    decides between classes with as many votes. The logit of a probability p is ``log p``, with one logit
    ``log(p / (1 - p))``.

    Args:
        members: the same samples of one fold, in any order.
        vote: ``soft``, ``majority`` or ``weighted``.
        weights: how much each member counts; only for ``weighted``.
    """
    if vote not in VOTES:
        raise ConfigError(f"there is no vote '{vote}'", where="vote", fix=near_miss(vote, VOTES))
    first, *others = members
    aligned = [first, *(_in_the_order_of(first, other) for other in others)]
    share = shares(weights if vote == WEIGHTED else None, len(aligned))
    chance = together(np.stack([table.probabilities for table in aligned]), vote, share, first.kind)
    return prediction_table(
        first.kind,
        first.classes,
        sample_ids=list(first.frame["sample_id"]),
        groups=list(first.frame["group"]),
        fold=first.folds[0],
        targets=first.targets,
        logits=logits_of(first.kind, chance),
        probabilities=chance,
    )


def together(each: npt.NDArray[Any], vote: str, share: Chances, kind: str) -> Chances:
    """The probabilities ``[n, classes]`` of all members together.

    Args:
        each: of every member, ``[members, n, classes]``.
        vote: as in ``voted``.
        share: how much of the whole each member counts.
        kind: ``multiclass``, ``binary`` or ``multilabel``.
    """
    mean: Chances = np.tensordot(share, each.astype(np.float64), axes=1)
    return mean if vote != MAJORITY else (1 - TIE_BREAK) * _counted(each, kind) + TIE_BREAK * mean


def shares(weights: Sequence[float] | None, members: int) -> Chances:
    """How much of the whole each member counts: equal parts unless weights are given."""
    given = np.ones(members) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(given) != members or not np.isfinite(given).all() or (given < 0).any() or given.sum() == 0:
        raise ConfigError(
            f"these are no weights for {members} members: {[round(float(one), 4) for one in given]}",
            fix="Give one number per member, none negative and not all 0.",
        )
    return np.asarray(given / given.sum(), dtype=np.float64)


def _in_the_order_of(first: Predictions, other: Predictions) -> Predictions:
    """The other table with the first one's rows; refused when they are not the same samples and labels."""
    if (first.kind, first.classes) != (other.kind, other.classes):
        raise StoreError(
            f"these runs do not belong together: {first.kind} of {list(first.classes)} "
            f"and {other.kind} of {list(other.classes)}"
        )
    place = {name: row for row, name in enumerate(other.frame["sample_id"])}
    ids = list(first.frame["sample_id"])
    strangers = sorted(set(ids) ^ set(place))
    if strangers:
        raise StoreError(
            f"fold {first.folds[0]} of these runs holds different samples, e.g. '{strangers[0]}'",
            fix="Vote only over runs of the same dataset, protocol and seed.",
        )
    frame = other.frame.iloc[[place[name] for name in ids]].reset_index(drop=True)
    ordered = Predictions(other.kind, other.classes, frame)
    differ = np.flatnonzero(np.reshape(ordered.targets != first.targets, (len(ids), -1)).any(axis=1))
    if len(differ):
        raise StoreError(f"sample '{ids[differ[0]]}' has different labels in these runs")
    return ordered


def _counted(each: npt.NDArray[Any], kind: str) -> Chances:
    """The share of members that chose each class."""
    chosen = each >= 0.5 if kind == "multilabel" else np.eye(each.shape[-1])[each.argmax(-1)]
    return np.asarray(chosen.mean(axis=0), dtype=np.float64)


def logits_of(kind: str, chance: Chances) -> Chances:
    """What a network would say that is as sure: ``log p``, with one logit a label ``log(p / (1 - p))``."""
    kept = chance.clip(LEAST, 1 - LEAST)
    if kind == "multiclass":
        return np.asarray(np.log(kept), dtype=np.float64)
    odds: Chances = np.log(kept / (1 - kept))
    return odds[:, 1:] if kind == "binary" else odds
