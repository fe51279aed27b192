"""What speaks for a run, and what against it? Its predictions, everything that was evaluated, and its stamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.doubt import uncertainty_entries
from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.evaluation.trust import Entry, Trust, entries_of
from xaimed.evaluation.verdicts import said_of, warnings_of

SHOWN = ("accuracy", "auc")
ECE = Measure("ECE", "lower", trust=True)


def trust_of(
    name: str,
    predictions: Predictions,
    calibration: Mapping[str, Interval],
    found: Sequence[Gathered],
    stamps: Sequence[str],
) -> Trust:
    """All that is known of a run that bears on trust.

    Args:
        name: of the run.
        predictions: its stored rows.
        calibration: how honest their probabilities are.
        found: everything that was evaluated.
        stamps: what must be said of it anyway.
    """
    entries = [*_performance(predictions), Entry("calibration", ECE, "", calibration["ece"])]
    measured = (entry for each in found for entry in entries_of(each))
    warnings = (*stamps, *(warning for each in found for warning in warnings_of(each)))
    said = tuple(sentence for each in found for sentence in said_of(each))
    return Trust(name, (*entries, *measured, *uncertainty_entries(found, predictions)), warnings, said)


def _performance(predictions: Predictions) -> list[Entry]:
    pooled = resampled(predictions)
    entries = []
    for key in SHOWN:
        metric = METRICS[key]
        measure = Measure(metric.title, "higher" if metric.higher_is_better else "lower", metric.percent, trust=True)
        entries.append(Entry("prediction", measure, "", pooled.interval(key)))
    return entries
