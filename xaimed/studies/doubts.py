"""What should be doubted in a run? Its residuals, confident mistakes, uncertainties and subgroups, from stored rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from xaimed.callbacks.cases import choose_cases
from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.columns import Division, columns_of, divided
from xaimed.evaluation.doubt import doubts, outcomes
from xaimed.evaluation.gathered import BETWEEN, short_names
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.residuals import confident_mistakes, picture_traits, traits_of_mistakes
from xaimed.evaluation.samples import read_samples
from xaimed.evaluation.subgroups import Compared, metrics_by, values_by
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.doubt import doubt_table, risk_coverage_figure
from xaimed.reporting.residuals import mistakes_table, residuals_figure
from xaimed.reporting.subgroups import subgroups_table
from xaimed.reporting.tables import Table
from xaimed.store.fold import EXPLANATIONS
from xaimed.studies.result import RunResult

RESIDUALS, RISK = "residuals.png", "risk-coverage.png"
ALWAYS = ("sex", "age", "view")
"""Columns that every report is divided by, where they are."""
IN_REPORT = ("accuracy", "auc")


def doubt_tables(result: RunResult) -> list[Table]:
    """What each uncertainty is worth, where it was evaluated; the confident mistakes; subgroups, where known."""
    predictions, found = _predictions(result), result.findings()
    worth, traits = doubts(found, predictions), picture_traits(found)
    mistakes = confident_mistakes(predictions, panels=_panels(result), traits=traits)
    tests = {} if traits is None else traits_of_mistakes(traits, outcomes(predictions))
    samples = _samples(result)
    divisions = [divided(samples[name]) for name in ALWAYS if samples is not None and name in samples]
    by = [metrics_by(predictions, each, IN_REPORT) for each in divisions if isinstance(each, Division)]
    return [
        *([doubt_table(worth)] if worth else []),
        mistakes_table(mistakes, tests),
        *([subgroups_table(by)] if by else []),
    ]


def doubt_figures(result: RunResult, folder: Path) -> list[Path]:
    """Residuals, and the risk-coverage curves where an uncertainty was evaluated; written into ``folder``."""
    predictions, stamp = _predictions(result), result.stamp or None
    files = [folder / RESIDUALS]
    save_figure(residuals_figure(predictions, title=result.name, stamp=stamp), files[0])
    if worth := doubts(result.findings(), predictions, resamples=0):
        files.append(folder / RISK)
        save_figure(risk_coverage_figure(worth, title=result.name, stamp=stamp), files[1])
    return files


def subgroup_table(result: RunResult, column: str, metric: str, bands: Sequence[float] | None = None) -> Table:
    """A run by one column of its samples: a metric, or the measure of an evaluation for each explainer.

    Args:
        result: the run.
        column: such as ``sex``.
        metric: of ``METRICS``, or the name of a measure, such as ``sharpness``.
        bands: where a column of numbers is cut.
    """
    division = _division(result, column, bands)
    if metric in METRICS:
        return subgroups_table([metrics_by(_predictions(result), division, [metric])])
    return subgroups_table([_measured_by(result, division, metric)])


def _measured_by(result: RunResult, division: Division, measure: str) -> Compared:
    """The measure, of every explainer that has it."""
    found = result.findings()
    if not any(measure in each.measures for each in found):
        options = [*METRICS, *(key for each in found for key in each.measures)]
        fix = near_miss(measure, options)
        raise ConfigError(f"this run has no metric and no measure '{measure}'", where="--metric", fix=fix)
    parts, measures = [], {}
    for each in (one for one in found if measure in one.measures):
        names = short_names(each.explainers)
        for explainer in (name for name in each.explainers if BETWEEN not in name):
            rows, key = each.values(explainer, measure), f"{each.key} {explainer}"
            if len(rows):
                parts.append(rows.assign(measure=key))
                told = each.measures[measure]
                measures[key] = replace(told, title=f"{told.title}, {names[explainer]}")
    if not parts:
        raise ConfigError(f"of '{measure}' nothing could be measured in this run", where="--metric")
    return values_by(pd.concat(parts, ignore_index=True), division, measures)


def _division(result: RunResult, column: str, bands: Sequence[float] | None) -> Division:
    samples = _samples(result)
    if samples is None:
        raise StoreError(
            "this run does not know its samples' columns, for it was made before they were kept",
            where=result.run.path,
            fix="Give the command of the run again; nothing is trained anew.",
        )
    if column not in samples or column == "group":
        raise ConfigError(f"there is no column '{column}'", where="--by", fix=near_miss(column, columns_of(samples)))
    found = divided(samples[column], bands)
    if not isinstance(found, Division):
        fix = f"These do: {', '.join(columns_of(samples)) or 'none'}; numbers can be cut by --bands."
        raise ConfigError(f"'{column}' does not divide the pictures: {found}", where="--by", fix=fix)
    return found


def _samples(result: RunResult) -> pd.DataFrame | None:
    """The columns of the samples that were predicted."""
    found = read_samples(result.run.path)
    if found is None:
        return None
    predicted = _predictions(result).frame["sample_id"].drop_duplicates()
    return found.reindex(pd.Index(predicted, name="sample_id"))


def _panels(result: RunResult) -> dict[tuple[int, str], str]:
    """Where the panels lie that were drawn, by fold and sample, seen from the run's directory."""
    places = {}
    for fold in (each for each in result.run.finished() if each.index in _predictions(result).folds):
        drawn = {file.name: file for file in sorted((fold.path / EXPLANATIONS).glob("panels-*/*.png"))}
        cases = choose_cases(_predictions(result).of_folds(fold.index), len(drawn)) if drawn else []
        for case in (case for case in cases if case.file in drawn):
            places[fold.index, case.sample_id] = os.path.relpath(drawn[case.file], result.run.path)
    return places


def _predictions(result: RunResult) -> Predictions:
    assert result.predictions is not None
    return result.predictions
