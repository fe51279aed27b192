"""How unsure is each answer? Of every map and every prediction one number, the larger the less sure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.errors import ConfigError
from xaimed.evaluation.contract import NO_EXPLAINER, Findings, Measure, no_rows, row_table
from xaimed.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from xaimed.evaluation.trial import StoredMaps, Trial

Values = npt.NDArray[np.float64]

EXPLANATION, CRITICAL = "explanation_uncertainty", "critical_uncertainty"
OF_PASSES = {"predictive_entropy": "Predictive entropy", "mutual_information": "Mutual information"}
LEAST_SURE, ENTROPY = "least_sure", "entropy"
MEASURES = {
    EXPLANATION: Measure("Explanation uncertainty"),
    CRITICAL: Measure("Uncertainty in critical regions"),
    **{name: Measure(title, unit="nats") for name, title in OF_PASSES.items()},
    LEAST_SURE: Measure("1 − highest probability"),
    ENTROPY: Measure("Entropy of the prediction", unit="nats"),
}


@dataclass(frozen=True)
class Uncertainty:
    """Every uncertainty there is of a picture, from stored maps and predictions alone.

    Of explainers with an uncertainty map:

    * ``explanation_uncertainty``: the mean of the SD map over the mean size of the heatmap, so that two networks whose
      activations differ in scale can be compared; NaN where the heatmap is zero everywhere;
    * ``critical_uncertainty``: the same where the heatmap reaches ``critical`` of its maximum. The pneumonia paper
      looks at "high uncertainty in critical regions" and defines neither; this is how it is read here;
    * ``predictive_entropy`` and ``mutual_information`` over sampled passes, where the explainer gives them.

    Of the plain prediction:

    * ``least_sure``: 1 less the probability of what was decided; of several labels, that of the least sure one;
    * ``entropy``: of its probabilities, for several labels the sum of their entropies.

    Args:
        critical: from which share of its maximum on a map marks a critical region.
    """

    name: ClassVar[str] = "uncertainty"
    critical: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.critical <= 1:
            raise ConfigError(
                f"{self.critical} is no share of the maximum", where="uncertainty.critical", fix="Above 0, at most 1."
            )

    def __call__(self, trial: Trial) -> Findings:
        """Read every uncertainty off."""
        parts = [
            row_table(trial.sample_ids, explainer, measure, values)
            for explainer, maps in trial.maps.items()
            for measure, values in self._of_maps(maps)
        ]
        said = {LEAST_SURE: least_sure(trial.predictions), ENTROPY: entropy(trial.predictions)}
        parts += [row_table(trial.sample_ids, NO_EXPLAINER, measure, values) for measure, values in said.items()]
        return Findings(pd.concat(parts or [no_rows()], ignore_index=True), MEASURES, self._caption)

    def _of_maps(self, maps: StoredMaps) -> Iterator[tuple[str, Values]]:
        if maps.uncertainty is not None:
            yield EXPLANATION, relative_spread(maps.heatmap, maps.uncertainty)
            yield CRITICAL, relative_spread(maps.heatmap, maps.uncertainty, self.critical)
        for name in OF_PASSES:
            if name in maps.extra:
                yield name, np.asarray(maps.extra[name], dtype=np.float64)

    @property
    def _caption(self) -> str:
        return (
            "Explanation uncertainty: mean of the SD map over the mean size of the heatmap; in critical regions: both "
            f"means where the heatmap reaches {self.critical:g} of its maximum. Entropy and mutual information over "
            "sampled passes. 1 − highest probability and entropy of the prediction: without sampling"
        )


def relative_spread(heatmap: npt.ArrayLike, spread: npt.ArrayLike, critical: float = 0.0) -> Values:
    """The mean spread over the mean size of each map, of maps ``[N, h, w]``; NaN for one that is zero everywhere.

    Args:
        heatmap: raw.
        spread: its standard deviation.
        critical: only where the size of the map reaches this share of its maximum.
    """
    size, deviation = np.abs(np.asarray(heatmap, dtype=np.float64)), np.asarray(spread, dtype=np.float64)
    place = size >= critical * size.max(axis=(1, 2), keepdims=True)
    whole = np.where(place, size, 0.0).sum(axis=(1, 2))
    part = np.where(place, deviation, 0.0).sum(axis=(1, 2))
    found: Values = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return found


def least_sure(predictions: Predictions) -> Values:
    """1 less the probability of what was decided; of several labels that are decided apart, the largest of these."""
    chance = predictions.probabilities.astype(np.float64)
    if predictions.kind == "multilabel":
        unsure: Values = np.minimum(chance, 1 - chance).max(axis=1)
        return unsure
    rest: Values = 1 - chance.max(axis=1)
    return rest


def entropy(predictions: Predictions) -> Values:
    """Of the probabilities, in nats; of labels that are decided apart, the sum over labels."""
    chance = predictions.probabilities.astype(np.float64)
    sides = (chance, 1 - chance) if predictions.kind == "multilabel" else (chance,)
    total: Values = sum((_entr(side).sum(axis=1) for side in sides), start=np.zeros(len(chance)))
    return total


def _entr(p: Values) -> Values:
    known = np.where(p > 0, p, 1.0)  # nothing is lost: 0 log 0 is 0
    found: Values = -known * np.log(known)
    return found
