"""What is drawn of a run, and what is to be seen in it? Every figure with its gist in words, for those who hear it."""

from __future__ import annotations

import numpy as np

from xaimed.evaluation.discrimination import Kind, mean_area, one_against_rest
from xaimed.evaluation.doubt import doubts
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.html.figures import to_html
from xaimed.studies.drawn import (
    confusion_of,
    curves_of,
    predictions_of,
    reliability_of,
    residuals_of,
    risk_of,
    roc_of,
)
from xaimed.studies.result import RunResult

RISK = "Error among the pictures that are kept when the least sure ones are set aside"


def figures_of(result: RunResult) -> str:
    """The figures of a run."""
    name = result.name
    drawn = [
        (confusion_of(result), "Confusion matrix, pooled", _confusion(result)),
        (roc_of(result), "ROC: each class against the rest", _areas(result, "roc", "Area under the curve")),
        (
            roc_of(result, kind="precision_recall"),
            "Precision and recall: each class against the rest",
            _areas(result, "precision_recall", "Average precision"),
        ),
        (reliability_of(result), "Reliability: is it right as often as it is sure?", _reliability(result)),
        (residuals_of(result), "Residuals: truth less probability", _residuals(result)),
        (
            risk_of(result),
            "Error among the pictures that are kept when the least sure ones are set aside",
            _risk(result),
        ),
        (curves_of(result), "Training and validation, epoch by epoch, a line for each fold", _curves(result)),
    ]
    shown = [to_html(figure, said, f"{said}, {name}. {told}") for figure, said, told in drawn if figure]
    return f'<div class="figures">{"".join(shown)}</div>'


def _confusion(result: RunResult) -> str:
    """Such as ``Normal: 20 of 24 right, 3 taken for Scoliosis.``."""
    matrix = pooled_confusion(predictions_of(result))
    if list(matrix.index) != list(matrix.columns):
        return "The counts stand in the table of the same name."
    counts, classes, said = matrix.to_numpy(), [str(name) for name in matrix.index], []
    for i, name in enumerate(classes):
        others = [(int(count), classes[j]) for j, count in enumerate(counts[i]) if j != i and count]
        most, taken_for = max(others, default=(0, ""))
        said.append(
            f"{name}: {counts[i, i]} of {counts[i].sum()} right" + (f", {most} taken for {taken_for}" if most else "")
        )
    return f"{'; '.join(said)}."


def _areas(result: RunResult, kind: Kind, called: str) -> str:
    areas = {name: mean_area(rounds, kind) for name, rounds in one_against_rest(predictions_of(result)).items()}
    return f"{called}: {', '.join(f'{name} {area:.3f}' for name, area in areas.items() if np.isfinite(area))}."


def _reliability(result: RunResult) -> str:
    return f"Expected calibration error {result.calibrated.found['ece'].value:.3f}; 0 is honest."


def _residuals(result: RunResult) -> str:
    predictions = predictions_of(result)
    if predictions.kind == "multilabel":
        return ""
    rows = np.arange(len(predictions))
    missing = 1 - predictions.probabilities[rows, predictions.targets]
    classes = enumerate(predictions.classes)
    medians = {name: missing[predictions.targets == i] for i, name in classes if (predictions.targets == i).any()}
    said = ", ".join(f"{name} {np.median(values):.2f}" for name, values in medians.items())
    return f"Median of what the true class lacks of a probability of 1: {said}."


def _risk(result: RunResult) -> str:
    worth = doubts(result.findings(), predictions_of(result), resamples=0)
    return f"Mean error over all shares kept: {', '.join(f'{one.title} {one.area.value:.3f}' for one in worth)}."


def _curves(result: RunResult) -> str:
    folds = [
        f"fold {fold}: {len(table)} epochs, lowest validation loss {table['val/loss'].min():.3f}"
        for fold, table in result.history().items()
        if "val/loss" in table and table["val/loss"].notna().any()
    ]
    return f"{'; '.join(folds)}." if folds else ""
