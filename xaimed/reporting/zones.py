"""In which zones do the maps of the classes differ? A row for each zone, tested over patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from xaimed.errors import StoreError
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.statistics.corrections import adjusted
from xaimed.evaluation.statistics.effect_sizes import mann_whitney
from xaimed.reporting.tables import Cell, Estimate, Table

Values = npt.NDArray[np.float64]


def zones_table(
    rows: pd.DataFrame,
    labels: Mapping[str, str],
    measures: Mapping[str, Measure],
    *,
    explainer: str,
    kind: str = "activation",
    classes: Sequence[str] = (),
    patients: Mapping[str, str] | None = None,
) -> Table:
    """The table of one explainer: mean ± SD of every zone in each class, and how surely the classes differ.

    Args:
        rows: of the evaluation ``regions``, of any number of folds.
        labels: the class of each sample; samples that it leaves out have no part.
        measures: of the same evaluation.
        explainer: as it is called in the rows.
        kind: ``activation`` or ``uncertainty``.
        classes: the order of the classes; as their names sort where it is not given.
        patients: the patient of each sample, whose pictures of one class are averaged before anything else.
    """
    zones = [key for key in measures if key.startswith(f"{kind}:")]
    mine = (rows["explainer"] == explainer) & rows["measure"].isin(zones) & rows["sample_id"].isin(list(labels))
    own = rows[mine].dropna(subset="value")
    if own.empty:
        raise StoreError(f"there is no {kind} of '{explainer}' in any zone", fix="Evaluate with evaluation=[regions].")
    sample = own["sample_id"]
    # Of one patient several pictures may be there, and of one picture several rows where folds are repeated.
    own = own.assign(label=sample.map(dict(labels)), unit=sample if patients is None else sample.map(dict(patients)))
    means = own.groupby(["measure", "label", "unit"])["value"].mean().reset_index()
    groups = {key: part["value"].to_numpy(np.float64) for key, part in means.groupby(["measure", "label"])}
    order = list(classes) or sorted(set(means["label"]))
    values = {zone: [groups.get((zone, label), np.array([])) for label in order] for zone in zones}
    tests = {zone: _compared(of) for zone, of in values.items()}
    corrected = adjusted([test.p for test in tests.values()])
    body = tuple(
        (measures[zone].title.split(", ", 1)[-1], *map(_mean, values[zone]), *_cells(tests[zone], float(p)))
        for zone, p in zip(zones, corrected.p, strict=True)
    )
    heads = [f"{label} (n = {max(len(of[i]) for of in values.values())})" for i, label in enumerate(order)]
    two = len(order) == 2
    contrast = (f"{order[1]} − {order[0]}", "Cliff's δ") if two else ("Range of means", "ε²")
    columns = ("Zone", *heads, *contrast, "p", "p (Holm)")
    title = f"{kind.capitalize()} by zone: {explainer}"
    return Table(title, columns, body, (_note(two, corrected.comparisons, patients is not None),))


@dataclass(frozen=True)
class _Contrast:
    """How far apart the classes are: of the means, in ranks, and how surely."""

    difference: float
    effect: float
    p: float


def _compared(groups: Sequence[Values]) -> _Contrast:
    """Two classes by their ranks, the second less the first; more classes by the ranks of all."""
    known = [values for values in groups if len(values)]
    if len(known) < len(groups) or len(known) < 2:
        return _Contrast(np.nan, np.nan, np.nan)
    middles = [float(values.mean()) for values in known]
    if len(known) == 2:
        found = mann_whitney(known[1], known[0])
        return _Contrast(middles[1] - middles[0], found.effect, found.p)
    if np.ptp(np.concatenate(known)) == 0:
        return _Contrast(0.0, np.nan, np.nan)
    over_all = stats.kruskal(*known)
    effect = float(over_all.statistic) / (sum(map(len, known)) - 1)
    return _Contrast(max(middles) - min(middles), effect, float(over_all.pvalue))


def _mean(values: Values) -> Estimate:
    if not len(values):
        return Estimate(np.nan)
    return Estimate(float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None, decimals=3)


def _cells(test: _Contrast, corrected: float) -> tuple[Cell, ...]:
    return (Estimate(test.difference, decimals=3), Estimate(test.effect), _p(test.p), _p(corrected))


def _p(p: float) -> str:
    if np.isnan(p):
        return "–"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def _note(two: bool, comparisons: int, by_patient: bool) -> str:
    unit = "patients, the pictures of one averaged" if by_patient else "pictures, as if each were of another patient"
    test = "Mann–Whitney, two-sided, with Cliff's δ" if two else "Kruskal–Wallis over all classes, ε² = H / (n − 1)"
    return (
        f"Mean ± SD (divisor n−1) over {unit}; maps without positive values have no part. {test}. Holm's correction "
        f"for {comparisons} zones."
    )
