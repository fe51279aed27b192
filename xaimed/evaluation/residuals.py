"""How far off was each prediction? Truth less probability, and the mistakes that were made with confidence."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.contract import NO_EXPLAINER
from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.predictions import UNKNOWN, Predictions
from xaimed.evaluation.statistics.corrections import adjusted
from xaimed.evaluation.statistics.effect_sizes import mann_whitney

CONFIDENT, MOST = 0.9, 10
PICTURE_QUALITY, TRAITS = "picture_quality", ("sharpness", "contrast")  # whose own module imports torch
COLUMNS = ("sample_id", "group", "fold", "class", "truth", "probability", "residual")


def residuals(predictions: Predictions) -> pd.DataFrame:
    """One row for each picture and class: ``COLUMNS``, the residual being truth (0 or 1) less probability.

    Of a binary task only the positive class stands there, since the residual of the other is the same with its sign
    turned; of several classes each against the rest; of several labels each where it is known.
    """
    truth, chance = predictions.targets, predictions.probabilities.astype(np.float64)
    parts = []
    for i, name in enumerate(predictions.classes):
        if predictions.kind == "binary" and i == 0:
            continue
        label = truth[:, i] if predictions.kind == "multilabel" else (truth == i).astype(np.int64)
        part = predictions.frame[["sample_id", "group", "fold"]].assign(
            **{"class": name, "truth": label, "probability": chance[:, i], "residual": label - chance[:, i]}
        )
        parts.append(part[label != UNKNOWN])
    joined: pd.DataFrame = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return joined


def true_class_residuals(predictions: Predictions) -> pd.DataFrame:
    """Of classes that exclude each other, 1 less the probability of the true class, beside that of the class named.

    Columns ``sample_id, group, fold, probability`` (of the class that was predicted), ``residual, correct``.
    """
    truth, chance = predictions.targets, predictions.probabilities.astype(np.float64)
    rows = np.arange(len(truth))
    told: pd.DataFrame = predictions.frame[["sample_id", "group", "fold"]].assign(
        probability=chance[rows, predictions.predicted], residual=1 - chance[rows, truth], correct=predictions.correct
    )
    return told


@dataclass(frozen=True)
class Mistake:
    """One wrong decision.

    Attributes:
        sample_id: which picture.
        patient: whose.
        fold: which fold reported it.
        truth: its class; of several labels, such as ``Edema: no``.
        predicted: what was said, likewise.
        probability: that the network gave to what it said.
        panel: where its panel lies; empty where none was drawn.
        traits: sharpness and contrast with their percentile among all pictures of the run, where they were measured.
    """

    sample_id: str
    patient: str
    fold: int
    truth: str
    predicted: str
    probability: float
    panel: str = ""
    traits: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistakes:
    """The mistakes of a run, the most confident first.

    Attributes:
        shown: those listed.
        confident: how many reach the threshold, listed or not.
        every: how many there are at all.
        decisions: of how many decisions.
        threshold: from which probability on a mistake is confident.
        surest: the highest probability of a wrong decision; NaN where there is none.
    """

    shown: tuple[Mistake, ...]
    confident: int
    every: int
    decisions: int
    threshold: float
    surest: float


def confident_mistakes(
    predictions: Predictions,
    *,
    threshold: float = CONFIDENT,
    most: int = MOST,
    panels: Mapping[tuple[int, str], str] | None = None,
    traits: pd.DataFrame | None = None,
) -> Mistakes:
    """The wrong decisions by the probability of what was wrongly said, ties by fold and name.

    Args:
        predictions: of the run; of several labels each one known is a decision.
        threshold: from which probability on a mistake is confident; less sure ones are not listed.
        most: how many are listed.
        panels: where panels lie, by fold and sample.
        traits: what ``picture_traits`` gives.
    """
    wrong = _wrong_decisions(predictions)
    sure = wrong[wrong["probability"] >= float(np.float32(threshold))]  # probabilities are float32
    shown = tuple(_mistake(row, panels or {}, traits) for row in sure.head(most).to_dict("records"))
    decisions = int((predictions.targets != UNKNOWN).sum())
    surest = float(wrong["probability"].max()) if len(wrong) else float("nan")
    return Mistakes(shown, len(sure), len(wrong), decisions, threshold, surest)


def picture_traits(gathered: Sequence[Gathered]) -> pd.DataFrame | None:
    """Sharpness and contrast by ``sample_id``, each with its percentile among all pictures; None if never measured.

    The percentile is the share of pictures below, those alike counting half: 0 is the least sharp of all.
    """
    found = [each for each in gathered if each.name == PICTURE_QUALITY]
    if not found:
        return None
    columns = {}
    for name in TRAITS:
        values = found[0].values(NO_EXPLAINER, name).set_index("sample_id")["value"]
        columns[name] = values
        columns[f"{name} percentile"] = 100 * (values.rank() - 0.5) / values.notna().sum()
    return pd.DataFrame(columns)


def traits_of_mistakes(traits: pd.DataFrame, judged: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Whether mistakes are less sharp or of less contrast than what is right: Cliff's delta and p, by trait.

    Below 0 the mistakes have less. By the rank test of Mann and Whitney, over pictures, p adjusted by Holm.

    Args:
        traits: what ``picture_traits`` gives.
        judged: what ``xaimed.evaluation.doubt.outcomes`` gives.
    """
    both = judged.join(traits, how="inner")
    tests = [mann_whitney(both.loc[both["wrong"], name], both.loc[~both["wrong"], name]) for name in TRAITS]
    p = adjusted([test.p for test in tests]).p
    return {name: (test.effect, float(sure)) for name, test, sure in zip(TRAITS, tests, p, strict=True)}


def _wrong_decisions(predictions: Predictions) -> pd.DataFrame:
    truth, said, chance = predictions.targets, predictions.predicted, predictions.probabilities.astype(np.float64)
    classes = np.asarray(predictions.classes, dtype=object)
    if predictions.kind == "multilabel":
        row, label = np.nonzero((truth != UNKNOWN) & (truth != said))
        yes = said[row, label] == 1
        probability = np.where(yes, chance[row, label], 1 - chance[row, label])
        words = (_answers(classes[label], ~yes), _answers(classes[label], yes))
    else:
        row = np.flatnonzero(truth != said)
        probability = chance[row, said[row]]
        words = (classes[truth[row]], classes[said[row]])
    wrong = predictions.frame[["sample_id", "group", "fold"]].iloc[row]
    wrong = wrong.assign(truth=words[0], predicted=words[1], probability=probability)
    return wrong.sort_values(["probability", "fold", "sample_id"], ascending=[False, True, True], kind="stable")


def _mistake(
    row: Mapping[Hashable, Any], panels: Mapping[tuple[int, str], str], traits: pd.DataFrame | None
) -> Mistake:
    name, fold = str(row["sample_id"]), int(row["fold"])
    return Mistake(
        name,
        str(row["group"]),
        fold,
        str(row["truth"]),
        str(row["predicted"]),
        float(row["probability"]),
        panels.get((fold, name), ""),
        _traits_of(traits, name),
    )


def _answers(names: npt.NDArray[np.object_], yes: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    told = [f"{name}: {'yes' if so else 'no'}" for name, so in zip(names, yes, strict=True)]
    return np.array(told, dtype=object)


def _traits_of(traits: pd.DataFrame | None, sample_id: str) -> dict[str, tuple[float, float]]:
    if traits is None or sample_id not in traits.index:
        return {}
    (told,) = traits.loc[[sample_id]].to_dict("records")
    return {name: (float(told[name]), float(told[f"{name} percentile"])) for name in TRAITS}
