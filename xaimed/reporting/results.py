"""Which tables does a run show? Its metrics over folds, its confusion matrix, and runs beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from xaimed.config.many import many
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.intervals import wilson
from xaimed.evaluation.statistics.resampled import Resampled
from xaimed.evaluation.summary import fold_notes, summarise
from xaimed.reporting.intervals import estimate, interval_cell, interval_notes
from xaimed.reporting.tables import INTERVAL, Cell, Estimate, Table

SPREAD = "Mean ± SD over folds, divisor k−1; no confidence interval, for folds share training samples"
OVER_REPEATS = (
    "Each repeat pools its folds, so that every sample counts once. Mean ± SD over repeats, divisor k−1, says how much "
    "the cut into folds matters; no confidence interval, for repeats share all their samples"
)


def run_table(
    per_fold: pd.DataFrame,
    *,
    title: str,
    missing: Sequence[int] = (),
    protocol: str = "",
    stamp: str = "",
    pooled: Resampled | None = None,
) -> Table:
    """One run: a row for each metric, a column for each fold, mean ± SD, and the pooled value with its interval.

    Args:
        per_fold: what ``xaimed.evaluation.metrics.per_fold`` gives.
        title: the name of the run.
        missing: folds that are planned and not there.
        protocol: what should be known of how folds were made and checkpoints chosen.
        stamp: what the result must never be shown without, such as ``stand-in weights``.
        pooled: the metrics of all folds pooled, resampled by patient.
    """
    means = _means(per_fold)
    whole = {key: [interval_cell(key, pooled.interval(key))] if pooled else [] for key in METRICS}
    rows: list[tuple[Cell, ...]] = [
        (heading(key), means[key], *whole[key], *(estimate(key, float(value)) for value in per_fold[key]))
        for key in METRICS
    ]
    columns = (
        *("Metric", "Mean ± SD"),
        *([f"Pooled{INTERVAL}"] if pooled else []),
        *(f"Fold {fold}" for fold in per_fold["fold"]),
    )
    said, *others = footnotes(per_fold, missing=missing, protocol=protocol, stamp=stamp)
    notes = (said, *(interval_notes(pooled) if pooled else []), *others)
    return Table(title, columns, tuple(rows), notes)


def repeats_table(per_repeat: pd.DataFrame, *, title: str) -> Table:
    """One run of repeated folds: a row for each metric, a column for each repeat, and mean ± SD over repeats.

    Args:
        per_repeat: what ``xaimed.evaluation.metrics.per_repeat`` gives.
        title: the name of the run.
    """
    means = _means(per_repeat)
    rows: list[tuple[Cell, ...]] = [
        (heading(key), means[key], *(estimate(key, float(value)) for value in per_repeat[key])) for key in METRICS
    ]
    counts = zip(per_repeat["repeat"], per_repeat["samples"], per_repeat["folds"], strict=True)
    sizes = ", ".join(
        f"{many(samples, 'sample')} in {many(folds, 'fold')} (repeat {repeat})" for repeat, samples, folds in counts
    )
    columns = ("Metric", "Mean ± SD", *(f"Repeat {repeat}" for repeat in per_repeat["repeat"]))
    return Table(title, columns, tuple(rows), (f"n = {sizes}.", f"{OVER_REPEATS}."))


def runs_table(
    runs: Mapping[str, pd.DataFrame],
    *,
    title: str,
    metrics: Sequence[str] = tuple(METRICS),
    notes: Sequence[str] = (),
) -> Table:
    """Several runs: a row for each run, a column for each metric as mean ± SD.

    Args:
        runs: per-fold metrics by the name of the run.
        title: what is compared.
        metrics: the columns, by their keys in ``METRICS``.
        notes: what should stand below, such as folds that are missing and stamps.
    """
    rows: list[tuple[Cell, ...]] = []
    for run, per_fold in runs.items():
        means = _means(per_fold)
        rows.append((run, len(per_fold), int(per_fold["new"].sum()), *(means[key] for key in metrics)))
    columns = ("Run", "Folds", "n", *(heading(key) for key in metrics))
    return Table(title, columns, tuple(rows), (f"{SPREAD}.", *notes))


def elsewhere_table(
    home: pd.DataFrame, elsewhere: pd.DataFrame, vote: Resampled, *, title: str, notes: Sequence[str] = ()
) -> Table:
    """The same networks on data of their own and on another dataset: a row for each metric.

    Args:
        home: what ``xaimed.evaluation.metrics.per_fold`` gives for the pictures that each fold held out.
        elsewhere: the same for the other dataset, which every fold sees whole.
        vote: all folds voting there.
        title: of which run, and where.
        notes: what should stand below, such as how many pictures there are on either side.
    """
    here, there = _means(home), _means(elsewhere)
    sign = {key: 1 if METRICS[key].higher_is_better else -1 for key in METRICS}
    columns: dict[str, Mapping[str, Cell]] = {  # one entry is one column, here and in every file
        "Home": here,
        "Elsewhere": there,
        "Drop": {key: replace(here[key], mean=sign[key] * (here[key].mean - there[key].mean), sd=None) for key in here},
        f"Elsewhere, folds vote{INTERVAL}": {key: interval_cell(key, vote.interval(key)) for key in METRICS},
    }
    rows = tuple((heading(key), *(column[key] for column in columns.values())) for key in METRICS)
    said = ("Drop: mean at home minus mean elsewhere; above 0 is worse there.", *interval_notes(vote), *notes)
    return Table(title, ("Metric", *columns), rows, (f"{SPREAD}.", *said) if len(home) > 1 else said)


def confusion_table(confusion: pd.DataFrame, *, title: str, samples: int, repeats: int = 1) -> Table:
    """The pooled confusion matrix with row totals and, for true against predicted, the share on the diagonal.

    Args:
        confusion: what ``xaimed.evaluation.summary.pooled_confusion`` gives.
        title: of which run.
        samples: how many different samples.
        repeats: over how many repeats of them the counts are summed.
    """
    down, across = str(confusion.index.name), str(confusion.columns.name)
    square = list(confusion.index) == list(confusion.columns)
    rows: list[tuple[Cell, ...]] = []
    for i, (name, counts) in enumerate(zip(confusion.index, confusion.to_numpy(), strict=True)):
        total = int(counts.sum())
        right = [_correct(int(counts[i]), total, repeats)] if square else []
        rows.append((str(name), *map(int, counts), total, *right))
    columns = (
        f"{down} ↓ {across} →",
        *map(str, confusion.columns),
        "n" if repeats == 1 else "sum",
        *(["Correct (%)" + ("" if repeats > 1 else INTERVAL)] if square else []),
    )
    notes = [f"Counts pooled over folds, {counted(samples, repeats)}."]
    if square and repeats == 1:
        notes.append("Interval: Wilson, which takes pictures as independent and holds for few pictures too.")
    return Table(title, columns, tuple(rows), tuple(notes))


def _correct(right: int, total: int, repeats: int) -> Estimate:
    """The share that is right; over repeats the same pictures come again, and no interval of counts would hold."""
    share = wilson(right, total)
    if repeats > 1:
        return Estimate(100 * share.value)
    return Estimate(100 * share.value, low=100 * share.low, high=100 * share.high)


def counted(samples: int, repeats: int) -> str:
    """What n counts: different samples, however often each was reported."""
    return f"n = {samples}" if repeats == 1 else f"n = {samples} different samples, summed over {repeats} repeats"


def footnotes(
    per_fold: pd.DataFrame, *, missing: Sequence[int] = (), protocol: str = "", stamp: str = ""
) -> tuple[str, ...]:
    """What has to stand below a table of metrics: n, the divisor, what is missing, how it was made."""
    count = len(per_fold)
    n = f"n = {many(int(per_fold['new'].sum()), 'sample')} in {many(count, 'fold')}"
    if (repeats := per_fold["repeat"].nunique()) > 1:
        n = (
            n.replace("samples", "different samples")
            + f" of {repeats} repeats, {int(per_fold['samples'].sum())} reports"
        )
    notes = [f"{n}.", f"{SPREAD}."] if count > 1 else [f"{n}; a single fold has no spread."]
    if missing:
        notes.append(f"Missing: fold{'' if len(missing) == 1 else 's'} {', '.join(map(str, missing))}.")
    notes += fold_notes(per_fold)
    notes += [f"Protocol: {protocol}."] if protocol else []
    return (*notes, *([f"Stamp: {stamp}."] if stamp else []))


def heading(metric: str) -> str:
    """Such as ``Accuracy (%) ↑``: unit and better direction."""
    told = METRICS[metric]
    return f"{told.title}{' (%)' if told.percent else ''} {'↑' if told.higher_is_better else '↓'}"


def _means(per_fold: pd.DataFrame) -> dict[str, Estimate]:
    summary = summarise(per_fold)
    triples = zip(summary["metric"], summary["mean"], summary["sd"], strict=True)
    return {key: estimate(key, float(mean), float(sd)) for key, mean, sd in triples}
