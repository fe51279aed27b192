"""Residuals of predictions that can be reckoned by hand, and the mistakes behind them."""

import numpy as np
import pytest
from support.studied import binary, found, lines, stored_run, studied

from xaimed.evaluation.picture_quality import MEASURES
from xaimed.studies.reproduction.tables.residuals import Residuals

TRUTH = [0, 0, 0, 1, 1, 1]
CHANCE = [0.95, 0.2, 0.1, 0.9, 0.8, 0.04]
PREDICTIONS = binary(CHANCE, TRUTH)
OFF = np.array(TRUTH) - np.array(CHANCE)


def test_mean_spread_skew_and_tails(tmp_path):
    summary, _ = Residuals("Residuals")(studied({"ours": stored_run(tmp_path, "ours", PREDICTIONS)}))
    assert summary.columns == ("Row: class", "n", "Mean ± SD", "Skewness", "Below −0.5 (%)", "Above 0.5 (%)")
    (row,) = summary.rows
    assert row[:2] == ("Ours: P", 6)
    assert (row[2].mean, row[2].sd) == pytest.approx((OFF.mean(), OFF.std(ddof=1)), abs=1e-6)
    assert row[3].mean == pytest.approx(np.mean(((OFF - OFF.mean()) / OFF.std()) ** 3), abs=1e-6)
    assert (row[4].mean, row[5].mean) == pytest.approx((100 / 6, 100 / 6))
    assert row[4].low > 0  # Wilson's, for six patients


def test_confident_mistakes_with_blur_and_contrast_where_they_were_measured(tmp_path):
    values = {("", "sharpness"): np.arange(6), ("", "contrast"): np.arange(6) / 10}
    run = stored_run(tmp_path, "ours", PREDICTIONS, [found("picture_quality", MEASURES, values)])
    _, mistakes = Residuals("Residuals")(studied({"ours": run}))
    assert mistakes.title == "Residuals, confident mistakes: Ours"
    assert mistakes.columns[-2:] == ("Sharpness (percentile)", "Contrast (percentile)")
    assert [(row[0], row[3], row[4], row[6]) for row in lines(mistakes)] == [
        ("05", "P", "N", "5.000 (92)"),
        ("00", "N", "P", "0.000 (8)"),
    ]
    (one,) = Residuals("Residuals", most=1)(studied({"ours": run}))[1].rows
    assert one[0] == "05"
    assert len(Residuals("Residuals", most=0)(studied({"ours": run}))) == 1


def test_what_was_not_measured_and_what_is_not_there_is_said(tmp_path):
    results = studied({"ours": stored_run(tmp_path, "ours", PREDICTIONS, folds=2), "later": None})
    summary, mistakes = Residuals("Residuals")(results)
    assert summary.notes[-2:] == ("Ours: folds 1.", "Later: not made.")
    assert "Blur and contrast: not evaluated (evaluation=[picture_quality])." in mistakes.notes
    assert Residuals("Residuals")(studied({"later": None})) == []


def test_a_row_without_confident_mistakes_has_no_empty_table(tmp_path):
    run = stored_run(tmp_path, "sure", binary([0.3, 0.7, 0.6], [0, 1, 0]))
    (summary,) = Residuals("Residuals", beyond=(0.5, 0.9))(studied({"sure": run}))
    assert summary.columns[-1] == "Above 0.9 (%)"
    assert "Sure: 1 of 3 decisions are wrong, none with p ≥ 0.9; the surest has p 0.600." in summary.notes


def test_of_runs_that_repeat_each_picture_counts_once(tmp_path):
    runs = [stored_run(tmp_path, f"seed{i}", PREDICTIONS) for i in range(2)]
    summary, _ = Residuals("Residuals")(studied({"ours": runs}))
    assert summary.rows[0][1] == 6
    assert "Of runs that repeat, the first of each picture." in summary.notes
