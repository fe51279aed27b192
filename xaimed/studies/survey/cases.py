"""Which cases are asked about? All that some run got wrong, or some at random; the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.predictions import UNKNOWN, Predictions
from xaimed.studies.result import RunResult

MISCLASSIFIED, RANDOM = "misclassified", "random"
MANY = 150
"""Cases at random, unless another number is asked for."""
NOTHING = "none"
"""What is said of a picture that has none of the labels."""


@dataclass(frozen=True)
class Said:
    """What a run said of a case.

    Attributes:
        predicted: the classes.
        probability: of the predicted class; None where several labels can be there.
        correct: whether that is right.
        fold: which fold held it out.
    """

    predicted: tuple[str, ...]
    probability: float | None
    correct: bool
    fold: int


@dataclass(frozen=True)
class Case:
    """A picture, what is true of it, and what every run said.

    Attributes:
        sample_id: which.
        group: its patient.
        truth: its classes.
        unknown: the classes of which nobody knows.
        said: by the name of the run.
    """

    sample_id: str
    group: str
    truth: tuple[str, ...]
    unknown: tuple[str, ...]
    said: dict[str, Said] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Its classes in words."""
        return " + ".join(self.truth) or NOTHING


def cases_of(results: Sequence[RunResult]) -> list[Case]:
    """Every reported case of these runs; runs that do not belong together are refused."""
    _belong_together(results)
    found: dict[str, Case] = {}
    for result in results:
        predictions = result.predictions
        assert predictions is not None
        once = predictions.of_folds(*predictions.repeats[0])
        truths, unknown = _words(once, once.targets, 1), _words(once, once.targets, UNKNOWN)
        predicted = _words(once, once.predicted, 1)
        for row, (sample, group, fold) in enumerate(
            once.frame[["sample_id", "group", "fold"]].itertuples(index=False, name=None)
        ):
            case = found.setdefault(str(sample), Case(str(sample), str(group), truths[row], unknown[row]))
            if case.truth != truths[row]:
                raise StoreError(
                    f"sample '{sample}' is {case.words} in one run and {' + '.join(truths[row]) or NOTHING} in another",
                    where=result.run.path,
                    fix="Ask about runs on the same data.",
                )
            several = once.kind == "multilabel"
            chance = None if several else float(once.probabilities[row, once.predicted[row]])
            case.said[result.name] = Said(predicted[row], chance, bool(once.correct[row]), int(fold))
    return list(found.values())


def choose(cases: Sequence[Case], which: str, n: int | None, balanced: bool, seed: int) -> list[Case]:
    """The cases that are asked about, in no order that means anything.

    Args:
        cases: of all runs.
        which: ``misclassified`` (by any of the runs) or ``random``.
        n: at most so many; of the misclassified all, at random 150, unless it is given.
        balanced: as even over the true classes as they allow.
        seed: decides the draw.
    """
    if which not in (MISCLASSIFIED, RANDOM):
        raise ConfigError(f"there are no cases '{which}'", where="--cases", fix=f"Say {MISCLASSIFIED} or {RANDOM}.")
    if n is not None and n < 1:
        raise ConfigError(f"there is no survey of {n} cases", where="--n", fix="Give 1 or more.")
    fit = [case for case in cases if which == RANDOM or not all(said.correct for said in case.said.values())]
    if not fit:
        raise StoreError("these runs got no case wrong", fix=f"Ask about cases at random: --cases {RANDOM}.")
    drawn = sorted(fit, key=lambda case: seed_for("survey", "cases", seed, case.sample_id))
    if balanced:
        drawn = _in_turns(drawn)
    most = MANY if n is None and which == RANDOM else n
    return drawn[:most]


def _in_turns(cases: Sequence[Case]) -> list[Case]:
    """Each class in its turn, as long as it has cases."""
    turns: Counter[str] = Counter()
    numbered = []
    for place, case in enumerate(cases):
        turns[case.words] += 1
        numbered.append((turns[case.words], place))
    return [cases[place] for _, place in sorted(numbered)]


def _belong_together(results: Sequence[RunResult]) -> None:
    first = results[0]
    names = Counter(result.name for result in results)
    if twice := [name for name, count in names.items() if count > 1]:
        raise StoreError(f"two runs are called '{twice[0]}'", fix="Ask about one of them.")
    for other in results[1:]:
        for key in ("dataset", "kind", "classes"):
            if other.facts[key] != first.facts[key]:
                raise StoreError(
                    f"these runs do not belong together: {key} {first.facts[key]} and {other.facts[key]}",
                    where=other.run.path,
                    fix="Make a survey for each; score takes several keys.",
                )


def _words(
    predictions: Predictions, values: np.ndarray[tuple[int, ...], np.dtype[np.int64]], sign: int
) -> list[tuple[str, ...]]:
    """The classes of each row that have this value; of one class a row, that class."""
    if predictions.kind == "multilabel":
        return [tuple(np.asarray(predictions.classes, dtype=object)[row == sign]) for row in values]
    return [(predictions.classes[value],) if sign != UNKNOWN else () for value in values]
