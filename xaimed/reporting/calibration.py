"""How are calibration errors shown? One row a measure, as stored and after temperature scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xaimed.config.many import many
from xaimed.evaluation.calibration import BINS
from xaimed.evaluation.statistics.bootstrap import SEED, Interval
from xaimed.evaluation.temperature import Temperature
from xaimed.reporting.tables import INTERVAL, Cell, Estimate, Table

TITLES = {
    "ece": "ECE, equal width ↓",
    "ece_mass": "ECE, equal mass ↓",
    "ece_classwise": "ECE, classwise ↓",
    "brier": "Brier score ↓",
    "nll": "Negative log-likelihood ↓",
}
BRIER = {
    "multiclass": "summed over classes, 0 to 2",
    "binary": "of the positive class, 0 to 1",
    "multilabel": "mean over known labels, 0 to 1",
}


def calibration_table(
    found: Mapping[str, Interval],
    kind: str,
    *,
    after: Mapping[str, Interval] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """A row for each measure of ``xaimed.evaluation.calibration.MEASURES``.

    Args:
        found: the measures of what is stored.
        kind: of the task, which decides how the Brier score is defined.
        after: the same after temperature scaling; None where it could not be fitted.
        notes: what must be said of the scaling, or why there is none.
    """
    rows: list[tuple[Cell, ...]] = []
    for key, title in TITLES.items():
        rows.append((title, _cell(found[key]), _cell(after[key]) if after else Estimate(float("nan"))))
    one = found["nll"]
    what = "label" if kind == "multilabel" else "sample"
    made = (
        f"Pooled over folds, n = {many(one.n, what)} of {many(one.groups, 'patient')}. ECE: {BINS} bins of the "
        f"decision's confidence between 0 and 1, classwise of every class's probability. Brier score: {BRIER[kind]}.",
        f"95 % interval: bootstrap by patient, {one.resamples} resamples, seed {SEED}; percentiles, for ECE reflected, "
        "because resampling can only add to it.",
    )
    columns = ("Measure", f"Pooled{INTERVAL}", f"Temperature scaled{INTERVAL}")
    return Table("Calibration", columns, tuple(rows), (*made[: 2 if one.resamples else 1], *notes))


def temperature_notes(fitted: Mapping[int, Temperature]) -> list[str]:
    """What each fold's logits were divided by, and on what that was fitted."""
    folds = ", ".join(f"{one.value:.2f} in fold {fold} (n = {one.n})" for fold, one in fitted.items())
    how = "fitted by likelihood on the rows that chose the checkpoint, never on reported ones"
    notes = [f"Temperature, {how}: {folds}."]
    at_bound = [str(fold) for fold, one in fitted.items() if one.at_bound]
    if at_bound:
        notes.append(
            f"Fold {', '.join(at_bound)}: the temperature is at its bound, as where no selection row is wrong; "
            "it says little."
        )
    return notes


def _cell(found: Interval) -> Estimate:
    return Estimate(found.value, None, 3, found.low, found.high)
