"""The reliability diagram and the tables with intervals: right numbers, readable, nothing overlapping."""

import csv
import io

import numpy as np
import pytest

from tests.evaluation.made_predictions import binary, by_hand, multilabel, table
from tests.evaluation.test_calibration import honest
from tests.reporting.fakes import LONG, assert_tidy, drawn_texts, words_of
from xaimed.evaluation.calibration import calibration, decisions, reliability
from xaimed.evaluation.metrics import per_fold
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.evaluation.temperature import Temperature
from xaimed.reporting.calibration import calibration_table, temperature_notes
from xaimed.reporting.reliability import reliability_figure
from xaimed.reporting.results import run_table
from xaimed.reporting.tables import Estimate, PValue, Table, to_csv, to_markdown


def figure_of(*tables, title="t", stamp=None):
    panels = {f"plot {i}": reliability(decisions(one)) for i, one in enumerate(tables)}
    return reliability_figure(panels, title=title, subline="n = 40 decisions", stamp=stamp)


def test_every_bin_says_how_many_decisions_it_holds():
    predictions = honest(400)
    figure = figure_of(predictions)
    counts = [part.count for part in reliability(decisions(predictions))]
    numbers = [int(text.get_text()) for text, _ in drawn_texts(figure) if text.get_text().isdigit()]
    assert numbers == counts
    assert sum(counts) == 400
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(dots) == len(counts)


def test_points_lie_at_confidence_and_accuracy_with_wilsons_interval():
    (part,) = reliability(decisions(by_hand()))
    axes = figure_of(by_hand()).axes[0]
    _, line, dot = axes.lines
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == pytest.approx((0.6, 5 / 8), abs=1e-6)
    assert list(line.get_ydata()) == [part.accuracy.low, part.accuracy.high]


@pytest.mark.parametrize("stamp", [None, "stand-in weights"])
def test_nothing_overlaps(stamp):
    bins = {LONG: reliability(decisions(honest(3000))), "b" * 80: reliability(decisions(table()))}
    many = [part.__class__(part.low, part.high, 123_456, part.confidence, part.accuracy) for part in bins[LONG]]
    for panels in (bins, {"x": many}, {"x": ()}):
        assert_tidy(reliability_figure(panels, title="a long title " * 9, subline="n = 1 " * 40, stamp=stamp))
    assert "123k" in words_of(reliability_figure({"x": many}, title="t", subline="s"))


def test_two_classes_use_the_width_from_one_half_on():
    assert figure_of(binary([-1.0, 2.0, 0.3], [0, 1, 1])).axes[0].get_xlim() == (0.5, 1)
    assert figure_of(table()).axes[0].get_xlim() == (0, 1)


def test_the_calibration_table_says_how_it_was_made():
    found = calibration(table(), resamples=50)
    said = to_markdown(calibration_table(found, "multiclass", notes=["Not scaled: because"]))
    assert f"| {found['ece'].value:.3f} ({found['ece'].low:.3f} to {found['ece'].high:.3f}) | – |" in said
    for part in ("n = 40 samples of 20 patients", "10 bins", "summed over classes, 0 to 2", "Not scaled: because"):
        assert part in said
    after = to_csv(calibration_table(found, "binary", after=found))
    assert after.startswith("Measure,Pooled,Pooled low,Pooled high,Temperature scaled,")
    labels = calibration(multilabel([[1, 0]], [[0.7, 0.2]]))
    alone = to_markdown(calibration_table(labels, "multilabel"))
    assert "n = 2 labels of 1 patient" in alone
    assert "bootstrap" not in alone


def test_temperatures_are_named_with_their_n_and_their_bounds():
    first, *second = temperature_notes({0: Temperature(1.5, 40, False), 2: Temperature(0.05, 8, True)})
    assert "1.50 in fold 0 (n = 40), 0.05 in fold 2 (n = 8)" in first
    assert second[0].startswith("Fold 2: the temperature is at its bound")
    assert len(temperature_notes({0: Temperature(1.5, 40, False)})) == 1


def test_the_run_table_has_the_pooled_value_with_its_interval():
    predictions = table(n=60)
    pooled = resampled(predictions)
    shown = run_table(per_fold(predictions), title="t", pooled=pooled)
    found = pooled.interval("accuracy")
    cell = f"{100 * found.value:.2f} ({100 * found.low:.2f} to {100 * found.high:.2f})"
    assert f"| {100 * found.value:.2f} | {cell} | {100 * found.value:.2f} |" in to_markdown(shown)
    assert "percentile bootstrap of these out-of-fold predictions by patient, 2000 resamples, seed 0, 30 patients" in (
        " ".join(shown.notes)
    )
    header, accuracy, *_ = csv.reader(io.StringIO(to_csv(shown)))
    assert header == ["Metric", "Mean", "SD", "Pooled", "Pooled low", "Pooled high", "Fold 0"]
    assert [float(x) for x in accuracy[3:6]] == pytest.approx([100 * found.value, 100 * found.low, 100 * found.high])


def test_what_an_interval_cannot_say_is_said():
    one = run_table(per_fold(by_hand()), title="t", pooled=resampled(by_hand()))
    assert any("one patient" in note for note in one.notes)
    assert " to " not in to_markdown(one).split("\n\n")[1]
    right = binary([-1.0] * 9 + [1.0], [0] * 9 + [1])
    notes = " ".join(run_table(per_fold(right), title="t", pooled=resampled(right)).notes)
    assert "a bootstrap has no width" in notes
    lacking = resampled(right).lacking
    assert f"In {lacking} of 2000 resamples some class had no sample" in notes


def test_bounds_and_small_p_are_printed_and_kept_whole_in_csv():
    table = Table("t", ("a", "b (95 % interval)", "p"), (("x", Estimate(0.5, None, 2, 0.25, 0.75), PValue(1e-7)),))
    assert "| 0.50 (0.25 to 0.75) | \\< 0.0001 |" in to_markdown(table)
    assert to_csv(table) == "a,b,b low,b high,p\nx,0.5,0.25,0.75,1e-07\n"
    nothing = Estimate(np.nan, None, 2, np.nan, np.nan)
    assert str(nothing) == str(PValue(np.nan)) == "–"
    assert str(Estimate(0.5, None, 2, np.nan, np.nan)) == "0.50"
    assert str(PValue(0.03125)) == "0.0312"
