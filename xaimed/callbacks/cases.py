"""Which pictures of a fold are shown? Correct and incorrect ones of every class, the same in every run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xaimed.data.randomness import seed_for
from xaimed.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Chosen:
    """One chosen picture and what was said of it.

    Attributes:
        sample_id: which picture.
        fold: the fold that reports it.
        true: its class, or for multi-label its labels.
        predicted: what the network said, likewise.
        probability: the probability of what was said; None for multi-label.
        correct: whether that is right.
        place: its number among the cases of its class and correctness, from 0.
    """

    sample_id: str
    fold: int
    true: str
    predicted: str
    probability: float | None
    correct: bool
    place: int

    @property
    def tag(self) -> str:
        """Where TensorBoard shows it: in every run the same, whatever was said of it and what else is shown."""
        return f"{_plain(self.true)}/{_plain(self.sample_id)}"

    @property
    def file(self) -> str:
        """The name of its panel."""
        return f"{_plain(self.true)}-{self._word}-{self.place}.png"

    @property
    def _word(self) -> str:
        return "correct" if self.correct else "incorrect"


def choose_cases(predictions: Predictions, each: int) -> list[Chosen]:
    """Up to ``each`` correct and ``each`` incorrect pictures of every class.

    The order is that of a hash of the sample's name, so that runs of one dataset show the same pictures where they can.
    For multi-label the class is the set of labels, and correct means right in every one.
    """
    kinds: dict[tuple[str, bool], list[int]] = {}
    true, said = _in_words(predictions, "label", "y:"), _in_words(predictions, "predicted", "predicted:")
    ids = [str(name) for name in predictions.frame["sample_id"]]
    for row in sorted(range(len(ids)), key=lambda row: seed_for("case", ids[row])):
        kinds.setdefault((true[row], bool(predictions.correct[row])), []).append(row)
    chosen = []
    for (name, correct), rows in sorted(kinds.items(), key=lambda item: (item[0][0], not item[0][1])):
        for place, row in enumerate(rows[:each]):
            chance = None if predictions.kind == "multilabel" else float(predictions.probabilities[row].max())
            fold = int(predictions.frame["fold"].iloc[row])
            chosen.append(Chosen(ids[row], fold, name, said[row], chance, correct, place))
    return chosen


def _in_words(predictions: Predictions, column: str, prefix: str) -> list[str]:
    if predictions.kind != "multilabel":
        return [str(name) for name in predictions.frame[column]]
    rows = predictions.frame[[prefix + name for name in predictions.classes]].to_numpy()
    return [
        " + ".join(name for name, yes in zip(predictions.classes, row, strict=True) if yes) or "none" for row in rows
    ]


def _plain(name: str) -> str:
    """A class name as part of a file name; two names never share one."""
    plain = re.sub(r"[^\w.+-]+", "_", name)[:60]
    return plain if plain == name else f"{plain}-{seed_for('class', name) % 16**6:06x}"
