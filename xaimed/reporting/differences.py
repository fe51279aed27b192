"""Which runs differ, and is that more than chance? One row a comparison, with its test and how many there were."""

from __future__ import annotations

from collections.abc import Mapping

from xaimed.evaluation.differences import Difference, Differences
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, SEED
from xaimed.evaluation.statistics.paired import FEW
from xaimed.reporting.tables import INTERVAL, Cell, Estimate, PValue, Table

OVER_FOLDS = "corrected t"
OTHER_FOLDS = "There is no test over folds, because no two of these runs have cut the samples into the same ones."
METHODS = {
    "McNemar": f"McNemar: exact for fewer than {FEW} patients on whom the runs differ, else χ², continuity corrected",
    "DeLong": "DeLong: of the AUC of pooled rows",
    "bootstrap": "Bootstrap: twice the share of resampled differences on the other side of 0",
    OVER_FOLDS: "Corrected t: over folds, the variance widened by n_test / n_train (Nadeau and Bengio)",
}


def differences_table(found: Differences, numbers: Mapping[str, int] | None = None) -> Table:
    """The comparisons of ``xaimed.evaluation.differences``, in their order.

    Args:
        found: all of them.
        numbers: what a person reads in place of the long names of the runs, with a legend below; whole names without.
    """
    called = {name: str(number) for name, number in (numbers or {}).items()}
    rows: list[tuple[Cell, ...]] = [
        (
            f"{called.get(one.first, one.first)} − {called.get(one.second, one.second)}",
            METRICS[one.metric].title + (" (% points)" if METRICS[one.metric].percent else ""),
            _difference(one),
            PValue(one.p),
            PValue(one.adjusted),
            one.method,
            one.effect or "–",
        )
        for one in found.found
    ]
    columns = ("Runs", "Metric", f"Difference{INTERVAL}", "p", "p (Holm)", "Test", "Effect size")
    return Table("Differences", columns, tuple(rows), (*_legend(found, called), *_notes(found)))


def _difference(one: Difference) -> Estimate:
    unit, decimals = (100, 2) if METRICS[one.metric].percent else (1, 3)
    return Estimate(unit * one.value, None, decimals, unit * one.low, unit * one.high)


def _legend(found: Differences, called: Mapping[str, str]) -> list[str]:
    """Which run has which number; of those that stand in the table."""
    there = {name for one in found.found for name in (one.first, one.second)}
    return [f"{number}: {name}." for name, number in called.items() if name in there]


def _notes(found: Differences) -> tuple[str, ...]:
    if not found.found:
        return found.apart
    used = [said for name, said in METHODS.items() if any(one.method.startswith(name) for one in found.found)]
    return (
        f"p (Holm): two-sided p adjusted for the {found.comparisons} comparisons of this table.",
        f"Intervals: paired bootstrap of the pooled out-of-fold predictions by patient, {RESAMPLES} resamples, seed "
        f"{SEED}; of a t test its own. By patient: pictures of one patient are not taken as independent.",
        *(f"{said}." for said in used),
        "Effect sizes: odds ratio of samples that only the first and only the second got right, Cohen's g, d_z over "
        "folds; a difference in AUC is its own.",
        *([] if any(one.method.startswith(OVER_FOLDS) for one in found.found) else [OTHER_FOLDS]),
        *found.apart,
    )
