"""What does a run say, as tables to reckon with? One observation a row, numbers unrounded and in units of 1."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.evaluation.summary import summarise
from xaimed.evaluation.trust import Trust
from xaimed.reporting.trust import QUESTIONS
from xaimed.studies.result import RunResult


def metrics_frame(result: RunResult) -> pd.DataFrame:
    """A row for each metric: ``metric, mean, sd, folds, pooled, low, high, n``."""
    found = summarise(result.metrics()).rename(columns={"count": "folds"})
    pooled = [_ends(result.pooled.interval(name)) for name in found["metric"]]
    return found.join(pd.DataFrame(pooled, columns=["pooled", "low", "high", "n"]))


def folds_frame(result: RunResult) -> pd.DataFrame:
    """A row for each fold and metric: ``fold, metric, value, n``."""
    per_fold = result.metrics()[["fold", "samples", *METRICS]].rename(columns={"samples": "n"})
    long = per_fold.melt(["fold", "n"], var_name="metric", value_name="value")
    return long[["fold", "metric", "value", "n"]].sort_values("fold", kind="stable", ignore_index=True)


def calibration_frame(result: RunResult) -> pd.DataFrame:
    """A row for each measure, as stored and where possible after temperature scaling: ``when, measure, value, …``."""
    kinds = {"as stored": result.calibrated.found, "temperature scaled": result.calibrated.after or {}}
    rows = [(when, name, *_ends(found)) for when, kind in kinds.items() for name, found in kind.items()]
    return pd.DataFrame(rows, columns=["when", "measure", "value", "low", "high", "n"])


def history_frame(result: RunResult) -> pd.DataFrame:
    """A row for each fold and epoch, with what was logged; empty for what was not trained."""
    parts = [history.assign(fold=fold) for fold, history in result.history().items()]
    if not parts:
        return pd.DataFrame({"fold": [], "epoch": []})
    joined = pd.concat(parts, ignore_index=True)
    return joined[["fold", *(name for name in joined if name != "fold")]]


def findings_frame(result: RunResult) -> pd.DataFrame:
    """A row for each picture, explainer and measure: ``evaluation, measure, explainer, sample_id, group, value``."""
    columns = ["evaluation", "measure", "explainer", "sample_id", "group", "value"]
    parts = []
    for found in result.findings():
        named = short_names(found.explainers)
        parts.append(found.rows.assign(evaluation=found.name, explainer=found.rows["explainer"].map(named))[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in columns})


def trust_frame(trust: Trust) -> pd.DataFrame:
    """A row for each measure: ``question, measure, explainer, value, low, high, against, reference, reading``.

    ``reading`` is ``better``, ``no different`` or ``worse`` than what the measure has to beat, empty where there is
    nothing of the kind.
    """
    named = short_names(list(dict.fromkeys(entry.explainer for entry in trust.entries)))
    rows = [
        (
            QUESTIONS.get(entry.aspect, entry.aspect.replace("_", " ")),
            entry.measure.title,
            named[entry.explainer] if entry.explainer else "",
            *(entry.value.value, entry.value.low, entry.value.high),
            *(entry.against, entry.reference, entry.reading),
        )
        for entry in trust.entries
    ]
    columns = ["question", "measure", "explainer", "value", "low", "high", "against", "reference", "reading"]
    return pd.DataFrame(rows, columns=columns)


def stacked(frames: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """The tables of several runs below one another, the name of the run in front."""
    parts = [frame.assign(run=name)[["run", *frame.columns]] for name, frame in frames]
    return pd.concat(parts, ignore_index=True)


def _ends(found: Interval) -> tuple[float, float, float, int]:
    return found.value, found.low, found.high, found.n
