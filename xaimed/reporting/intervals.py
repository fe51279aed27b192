"""How is an interval shown? In the unit of its metric, and below the table how it was made."""

from __future__ import annotations

from xaimed.config.many import many
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.bootstrap import SEED, Interval
from xaimed.evaluation.statistics.resampled import Resampled
from xaimed.reporting.tables import Estimate

PROPORTIONS = ("accuracy", "sensitivity", "specificity", "precision")


def estimate(metric: str, mean: float, sd: float | None = None) -> Estimate:
    """A metric in its unit: percentages with two decimals, others with three."""
    if METRICS[metric].percent:
        return Estimate(100 * mean, None if sd is None else 100 * sd, 2)
    return Estimate(mean, sd, 3)


def interval_cell(metric: str, found: Interval) -> Estimate:
    """A metric with its bounds, in its unit."""
    unit, decimals = (100, 2) if METRICS[metric].percent else (1, 3)
    return Estimate(unit * found.value, None, decimals, unit * found.low, unit * found.high)


def interval_notes(pooled: Resampled) -> list[str]:
    """How the intervals of pooled metrics were made, and where they say less than they seem to."""
    if pooled.clusters.number < 2:
        return ["All pictures are of one patient, who cannot be resampled: there are no intervals."]
    accuracy = pooled.interval("accuracy")
    whole = "all folds of a repeat at once, then the mean over repeats" if pooled.repeats > 1 else "all folds at once"
    notes = [
        f"Pooled: {whole}. 95 % interval: percentile bootstrap of these out-of-fold predictions by patient, "
        f"{accuracy.resamples} resamples, seed {SEED}, {many(accuracy.groups, 'patient')}."
    ]
    if pooled.lacking:
        notes.append(
            f"In {pooled.lacking} of {accuracy.resamples} resamples some class had no sample; it is left out of means, "
            "and a metric that it leaves undefined is not counted there."
        )
    if any((found := pooled.interval(name)).low == found.high for name in PROPORTIONS):
        notes.append(
            "Where nothing or everything is wrong a bootstrap has no width, which does not mean that nothing is unsure."
        )
    return notes
