"""What is done about rare classes? Loss weights, draws, copies and synthetic features, each alone or together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from xaimed.config.nearmiss import near_miss
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError

NONE = "none"
BALANCED, POSITIVE = "balanced", "positive"
WEIGHTED = "weighted"
AUGMENTED, SMOTE_PIXELS = "augmented", "smote_pixels"
ORIGINAL, MADE = "original", "made"
CHOICES = {
    "weights": (NONE, BALANCED, POSITIVE),
    "sampler": (NONE, WEIGHTED),
    "copies": (NONE, AUGMENTED, SMOTE_PIXELS),
    "frequencies": (ORIGINAL, MADE),
}


@dataclass(frozen=True, eq=False)
class Imbalance:
    """The measures against imbalance that a run takes; everything is counted in the training rows of each fold.

    Attributes:
        weights: of the loss: ``balanced`` (every class weighs the same in total), or ``positive`` (negatives over
            positives for each logit with a label of its own, as ``pos_weight`` in the papers).
        sampler: ``weighted`` draws with replacement, every class as often as any other.
        copies: the smaller classes filled up on disk until all are as large as the largest: with ``augmented`` copies,
            or by ``smote_pixels``, between a picture and one of its neighbours.
        recipe: what varies an augmented copy; the run's own augmentation when it is None.
        smote_features: synthetic feature vectors added to every batch, for a frozen body only.
        neighbours: among how many nearest neighbours SMOTE chooses.
        frequencies: what weights and draws are computed from: the ``original`` pictures, or those with the copies
            ``made``.
    """

    weights: str = NONE
    sampler: str = NONE
    copies: str = NONE
    recipe: Callable[[Tensor], Tensor] | None = None
    smote_features: bool = False
    neighbours: int = 5
    frequencies: str = ORIGINAL

    def __post_init__(self) -> None:
        """Refuse what does not exist, and what would do nothing."""
        for name, choices in CHOICES.items():
            value = str(getattr(self, name))
            if value not in choices:
                raise ConfigError(
                    f"there is no choice '{value}'", where=f"imbalance.{name}", fix=near_miss(value, choices)
                )
        if self.neighbours < 1:
            raise ConfigError(f"SMOTE cannot choose among {self.neighbours} pictures", where="imbalance.neighbours")
        if self.smote_features and (self.copies != NONE or self.sampler != NONE):
            raise ConfigError(
                "copies or weighted draws have balanced the batches already, so synthetic features add nothing",
                where="imbalance.smote_features",
                fix="Use them without imbalance.copies and imbalance.sampler.",
            )

    @property
    def active(self) -> bool:
        """Whether anything is done."""
        return self.smote_features or {self.weights, self.sampler, self.copies} != {NONE}

    def check(self, task: Task) -> None:
        """Refuse what has no meaning for this kind of task."""
        if self.weights == POSITIVE and task.kind is Kind.MULTICLASS:
            raise ConfigError(
                f"of {len(task.classes)} exclusive classes none is the positive one",
                where="imbalance.weights",
                fix="Use imbalance.weights=balanced.",
            )
        if task.kind is Kind.MULTILABEL and (self.copies != NONE or self.smote_features):
            raise ConfigError(
                "a picture with several labels cannot be copied for one of them: its other labels would be copied too",
                where="imbalance",
                fix="Use imbalance=positive_weights, or imbalance=weighted_sampler.",
            )
