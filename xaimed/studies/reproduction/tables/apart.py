"""How far is every configuration from the reference? Paired differences, tested, beside the printed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.corrections import adjusted
from xaimed.reporting.evaluations import NOTHING
from xaimed.reporting.evaluations import heading as measure_heading
from xaimed.reporting.results import heading
from xaimed.reporting.tables import Cell, PValue, Table
from xaimed.studies.reproduction.contrasts import SAME_NETWORK, Contrast, measure_contrast, metric_contrast
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.tables.against import bounds_of
from xaimed.studies.reproduction.variants import Variant
from xaimed.studies.reproduction.verdict import Bounds, cell, verdict

COLUMNS = ("Configuration", "Measure", "Difference", "p (Holm)", "Published", "Verdict")
NOTE = (
    "Of the pooled predictions, and of maps picture by picture; 95 % interval and p: patients drawn again, the same "
    "for both. Published: the difference of the two printed values, taken as exact"
)


@dataclass(frozen=True)
class _Apart:
    """One measure of one configuration, less that of the reference."""

    variant: Variant
    what: str
    column: str
    contrast: Contrast
    scale: int
    decimals: int


def apart_tables(
    results: Results,
    variants: Sequence[Variant],
    reference: Variant,
    *,
    title: str,
    metrics: Mapping[str, str],
    measures: Mapping[str, str],
    beside: str,
) -> list[Table]:
    """The table; none without anything that could be compared.

    Args:
        results: with what was published.
        variants: all configurations.
        reference: the one of them that the others are held against.
        title: of the whole.
        metrics: of predictions, by their keys, the published columns.
        measures: of maps, likewise.
        beside: the published table.
    """
    others = [each for each in variants if each is not reference]
    found = [one for each in others for one in _of(each, reference, metrics, measures)]
    if not found:
        return []
    fair = adjusted([one.contrast.p for one in found])
    lines: list[tuple[Cell, ...]] = []
    for one, p in zip(found, fair.p, strict=True):
        ours = cell(bounds_of(one.contrast.between, one.scale), one.decimals)
        shown = f"0: {SAME_NETWORK}" if one.contrast.why_not == SAME_NETWORK else ours
        lines.append((one.variant.label, one.what, shown, PValue(float(p)), *_printed(results, one, reference, beside)))
    whys = [(one, one.contrast.why_not) for one in found if one.contrast.why_not not in ("", SAME_NETWORK)]
    unpaired = dict.fromkeys(f"{one.variant.label}: not paired, {why}." for one, why in whys)
    notes = (f"{NOTE}. Holm's correction for {fair.comparisons} comparisons.", *unpaired)
    return [Table(f"{title}, less {reference.label}", COLUMNS, tuple(lines), notes)]


def _of(
    variant: Variant, reference: Variant, metrics: Mapping[str, str], measures: Mapping[str, str]
) -> Iterator[_Apart]:
    for key, column in metrics.items():
        scale, decimals = (100, 2) if METRICS[key].percent else (1, 3)
        yield _Apart(variant, heading(key), column, metric_contrast(variant.row, reference.row, key), scale, decimals)
    for key, column in measures.items():
        one, other = variant.measured.get(key), reference.measured.get(key)
        if one is not None and other is not None:
            scale, decimals = (100, 1) if one.measure.percent else (1, one.measure.decimals)
            yield _Apart(variant, measure_heading(one.measure), column, measure_contrast(one, other), scale, decimals)


def _printed(results: Results, one: _Apart, reference: Variant, beside: str) -> tuple[Cell, Cell]:
    """The difference of the two printed values, and the verdict."""
    value, of = (results.published(beside, key, one.column) for key in (one.variant.key, reference.key))
    if value is None or of is None:
        return NOTHING, NOTHING
    apart = float(value.printed.value - of.printed.value)
    step = min(value.printed.step, of.printed.step)
    decimals = len(str(step.denominator)) - 1  # a step is a power of ten
    said = verdict(Bounds(apart), bounds_of(one.contrast.between, value.scale), results.unlike)
    return f"{apart:+.{decimals}f}", str(said)
