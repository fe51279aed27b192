"""What choosing on the reported samples gives away: the same samples by both protocols, in the same resamples."""

import numpy as np
import pandas as pd
import pytest
from support.stored import stored_run, study_results

from tests.evaluation.made_predictions import binary, table
from xaimed.errors import StoreError
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.statistics.bootstrap import interval
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.studies.reproduction.choice import on_the_same, with_what_chose
from xaimed.studies.reproduction.tables.doubt import Doubt, Mixed

PUBLISHED = {
    "tables": {
        "t": {
            "place": "Table 4",
            "columns": {"accuracy": {"metric": "accuracy", "unit": "%"}},
            "rows": {"net": {"accuracy": "98.22 ± 1.74"}, "text": {"accuracy": "93.27%"}},
        }
    }
}


def answered(right, groups, start=0):
    """Binary rows of which those marked are right."""
    truth = np.arange(len(right)) % 2
    sure = np.where(np.asarray(right), 1.0, -1.0) * (2 * truth - 1)
    made = binary(sure, truth)
    names = [f"{i + start:03d}" for i in range(len(right))]
    return Predictions(made.kind, made.classes, made.frame.assign(sample_id=names, group=groups, fold=0))


def roles(count, train):
    given = ["train"] * train + ["select+report"] * (count - train)
    return pd.DataFrame({"fold": 0, "sample_id": [f"{i:03d}" for i in range(count)], "group": "g", "role": given})


@pytest.fixture
def two(tmp_path):
    """Twenty patients of two pictures; nested, eight more are wrong, and they stand in another order."""
    groups = [str(i // 2) for i in range(40)]
    good, worse = np.ones(40, dtype=bool), np.ones(40, dtype=bool)
    good[[3, 9]] = worse[[3, 9]] = False
    worse[20:28] = False
    first = answered(good, groups)
    second = answered(worse, groups)
    turned = Predictions(second.kind, second.classes, second.frame.iloc[::-1].reset_index(drop=True))
    return {
        "net": stored_run(tmp_path / "net", [first], roles=roles(40, 32)),
        "net_nested": stored_run(tmp_path / "nested", [turned], roles=roles(40, 28)),
    }, (good, worse, groups)


def test_the_difference_is_that_of_the_same_patients(two):
    runs, (good, worse, groups) = two
    results = study_results(runs, published=PUBLISHED)
    (doubt,) = Doubt("Doubt", beside="t")(results)
    (row,) = doubt.rows
    assert [str(cell) for cell in row[:3]] == ["net", "Accuracy (%) ↑", "98.22 ± 1.74"]
    difference = row[5]
    reference = interval(lambda rows: float(good[rows].mean() - worse[rows].mean()), groups)
    assert difference.mean == pytest.approx(100 * 8 / 40)
    assert (difference.low, difference.high) == pytest.approx((100 * reference.low, 100 * reference.high))
    assert (row[3].mean, row[4].mean) == pytest.approx((95.0, 75.0))


def test_the_sentence_says_how_much_of_the_figure_it_is(two):
    (doubt,) = Doubt("Doubt", beside="t")(study_results(two[0], published=PUBLISHED))
    first, second, *_ = doubt.notes
    choice = "of which the choice of the checkpoint on the reported samples gives 20.0 points ("
    assert first.startswith(f"net: accuracy 95.0 %, {choice}")
    assert first.endswith("); n = 40 samples of 20 patients.")
    assert "cannot be told" not in first
    assert second == (
        "net: nested, a fold trains on 28 samples and not on 32, for the others choose; that is part of the difference."
    )


def test_what_cannot_be_told_from_nothing_is_called_so(tmp_path):
    groups = [str(i) for i in range(12)]
    one, other = np.ones(12, dtype=bool), np.ones(12, dtype=bool)
    one[[0, 1]] = other[[1, 2, 3]] = False
    runs = {
        name: stored_run(tmp_path / name, [answered(right, groups)], roles=roles(12, 6))
        for name, right in (("net", one), ("net_nested", other))
    }
    (doubt,) = Doubt("Doubt")(study_results(runs, stamp="rehearsal"))
    assert "which cannot be told from nothing; n = 12 samples of 12 patients" in doubt.notes[0]
    assert doubt.columns[1:4] == ("Metric", "Its protocol", "Nested")
    assert len(doubt.rows[0]) == 5
    assert "rehearsal: nothing here says anything about the published values." in doubt.notes


def test_only_samples_of_both_count_and_without_any_there_is_no_choice():
    groups = [str(i) for i in range(10)]
    whole, part = answered(np.arange(10) > 2, groups), answered(np.arange(4) > 0, groups[:4])
    choice = on_the_same(whole, part)
    assert (choice.published.samples, choice.published.clusters.number) == (4, 4)
    assert choice.published.measured["accuracy"] == pytest.approx(0.25)
    assert choice.given_away("accuracy").value == pytest.approx(0.25 - 0.75)
    assert on_the_same(whole, answered([True], ["x"], start=99)) is None
    assert on_the_same(whole, table(10)) is None


def test_without_nested_runs_there_is_no_doubt(two):
    runs, _ = two
    with pytest.raises(StoreError, match="--nested"):
        Doubt("Doubt")(study_results({"net": runs["net"]}))


def test_a_part_is_held_against_the_whole_in_the_same_resamples():
    groups = [str(i // 2) for i in range(30)]
    right = np.arange(30) % 3 > 0
    whole = answered(right, groups)
    among = np.arange(30) < 20
    part = resampled(whole, among=among)
    found = resampled(whole).less(part, "accuracy")
    reference = interval(lambda rows: float(right[rows].mean() - right[rows[rows < 20]].mean()), groups)
    assert (found.value, found.low, found.high) == pytest.approx((reference.value, reference.low, reference.high))
    assert part.samples == 20


def test_what_chose_is_counted_with_the_reported_and_apart(tmp_path):
    tested, chose = np.arange(20) >= 5, np.ones(10, dtype=bool)
    first = answered(tested, [f"t{i}" for i in range(20)])
    other = answered(chose, [f"v{i}" for i in range(10)], start=100)
    run = stored_run(tmp_path / "net", [first], chose=other, roles=roles(20, 0))
    results = study_results({"net": run}, published=PUBLISHED)
    (mixed,) = Mixed("Mixed", beside="t.text")(results)
    (row,) = mixed.rows
    assert row[2] == "93.27%"
    assert [cell.mean for cell in row[3:]] == pytest.approx([100 * 25 / 30, 75.0, 100 * (25 / 30 - 0.75)])
    assert "n = 30 and 20 samples of 30 patients" in mixed.notes[0]
    both = pool([first, other]).frame
    reference = interval(
        lambda rows: float(
            (both["label"] == both["predicted"]).to_numpy()[rows].mean() - tested[rows[rows < 20]].mean()
        ),
        both["group"].to_numpy(dtype=str),
    )
    assert (row[5].low, row[5].high) == pytest.approx((100 * reference.low, 100 * reference.high))


def test_several_folds_or_nothing_kept_cannot_be_mixed(tmp_path):
    one, other = answered([True] * 4, list("abcd")), answered([True] * 4, list("efgh"), start=50)
    alone = stored_run(tmp_path / "alone", [one])
    second = Predictions(other.kind, other.classes, other.frame.assign(fold=1))
    folds = stored_run(tmp_path / "folds", [one, second], chose=answered([True], ["z"], start=90))
    results = study_results({"alone": alone, "folds": folds})
    assert [with_what_chose(row) for row in results.rows] == [None, None]
    assert Mixed("Mixed")(results) == []
