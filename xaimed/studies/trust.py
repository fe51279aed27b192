"""What speaks for a run, and what against it? Its predictions, everything that was evaluated, and its stamps."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.doubt import uncertainty_entries
from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.evaluation.trust import Entry, Trust, entries_of

SHOWN = ("accuracy", "auc")


def trust_of(name: str, predictions: Predictions, found: Sequence[Gathered], stamps: Sequence[str]) -> Trust:
    """All that is known of a run that bears on trust."""
    measured = (entry for each in found for entry in entries_of(each))
    entries = [*_performance(predictions), *measured, *uncertainty_entries(found, predictions)]
    return Trust(name, tuple(entries), tuple(stamps))


def _performance(predictions: Predictions) -> list[Entry]:
    drawn = resampled(predictions)
    entries = []
    for key in SHOWN:
        metric = METRICS[key]
        measure = Measure(metric.title, "higher" if metric.higher_is_better else "lower", metric.percent, trust=True)
        entries.append(Entry("prediction", measure, "", drawn.interval(key)))
    return entries
