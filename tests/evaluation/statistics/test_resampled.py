"""Every metric in every resample is what scikit-learn makes of the rows that were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.made_predictions import binary, by_hand, multilabel, table
from xaimed.evaluation.metrics import METRICS, fold_metrics
from xaimed.evaluation.predictions import Predictions, pool, prediction_table
from xaimed.evaluation.statistics.resampled import resampled


def rows_of(predictions, rows):
    return Predictions(predictions.kind, predictions.classes, predictions.frame.iloc[rows].reset_index(drop=True))


def labelled(unknown=True):
    chance = np.random.default_rng(4)
    truth = chance.integers(2, size=(40, 3))
    if unknown:
        truth[chance.random(truth.shape) < 0.2] = -1
    made = multilabel(truth, np.round(chance.random((40, 3)), 1).clip(0.1, 0.9))
    made.frame["group"] = [str(i // 3) for i in range(40)]
    return made


def two():
    chance = np.random.default_rng(8)
    return binary(np.round(chance.normal(size=30), 1), chance.integers(2, size=30))


def two_of_several():
    """A multiclass task that happens to have two classes: its metrics are macro means."""
    return table(n=30, classes=("a", "b"), seed=3)


@pytest.mark.parametrize("make", [table, two, two_of_several, labelled, lambda: table(n=9, seed=2)])
def test_measured_and_drawn_are_the_metrics_of_the_rows(make):
    predictions = make()
    found = resampled(predictions, resamples=12, seed=6)
    values, _ = fold_metrics(predictions)
    assert found.measured == pytest.approx(values, nan_ok=True)
    (counts,) = found.clusters.draws(12, 6)
    for i, drawn in enumerate(counts):
        rows = np.repeat(np.arange(len(predictions)), drawn[found.clusters.codes])
        expected, _ = fold_metrics(rows_of(predictions, rows))
        assert {name: found.drawn[name][i] for name in METRICS} == pytest.approx(expected, nan_ok=True)


def test_a_draw_in_blocks_is_the_same_draw(monkeypatch):
    whole = resampled(table(), resamples=50)
    monkeypatch.setattr("xaimed.evaluation.statistics.ranks.CELLS", 100)
    assert all((resampled(table(), resamples=50).drawn[name] == whole.drawn[name]).all() for name in METRICS)


def test_the_interval_holds_the_value_and_counts_patients():
    predictions = table(n=200)
    found = resampled(predictions).interval("accuracy")
    assert found.value == pytest.approx(predictions.correct.mean())
    assert found.low < found.value < found.high
    assert (found.n, found.groups, found.undefined) == (200, 100, 0)


def test_repeats_count_no_picture_twice_and_a_copied_repeat_changes_nothing():
    once = table(n=60, fold=0)
    again = Predictions(once.kind, once.classes, once.frame.assign(fold=1))
    both = resampled(pool([once, again])).interval("kappa")
    alone = resampled(once).interval("kappa")
    assert (both.value, both.low, both.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert both.n == alone.n == 60


def test_resamples_without_a_class_are_counted():
    truth = [1] + [0] * 9
    found = resampled(binary(np.linspace(2, -2, 10), truth))
    assert found.lacking == pytest.approx(2000 * 0.9**10, abs=100)
    assert found.interval("auc").undefined == found.interval("sensitivity").undefined == found.lacking
    assert found.interval("accuracy").undefined == 0


def test_all_correct_has_an_interval_without_width():
    found = resampled(binary([-2.0, -1.0, 1.0, 2.0] * 5, [0, 0, 1, 1] * 5)).interval("accuracy")
    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_one_patient_is_measured_and_not_resampled():
    found = resampled(by_hand())
    assert found.measured["accuracy"] == 5 / 8
    assert np.isnan([found.interval("accuracy").low, found.interval("auc").high]).all()


def test_one_class_leaves_auc_and_kappa_without_a_value():
    found = resampled(binary([-1.0, 1.0, 2.0], [1, 1, 1]))
    assert found.interval("accuracy").value == pytest.approx(2 / 3)
    auc = found.interval("auc")
    assert np.isnan([auc.value, auc.low, auc.high]).all()
    assert found.lacking == 2000


def test_a_difference_pairs_the_draws():
    better, worse = table(n=120, seed=1), table(n=120, seed=1)
    worse.frame["predicted"] = worse.frame["predicted"].where(np.arange(120) % 10 > 0, "plain")
    first, second = resampled(better), resampled(worse)
    found = first.less(second, "accuracy")
    assert found.value == pytest.approx(better.correct.mean() - worse.correct.mean())
    alone = first.interval("accuracy")
    assert found.high - found.low < 0.7 * (alone.high - alone.low)
    same = first.less(first, "auc")
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_patients_with_several_pictures_widen_the_interval():
    chance = np.random.default_rng(0)
    right = np.repeat(chance.random(40) < 0.7, 5)
    truth = chance.integers(2, size=200)
    logits = np.where(right, 1.0, -1.0) * np.where(truth == 1, 1, -1)

    def of(groups):
        made = prediction_table(
            "binary",
            ("a", "b"),
            sample_ids=list(map(str, range(200))),
            groups=list(map(str, groups)),
            fold=0,
            targets=truth,
            logits=logits[:, None],
            probabilities=np.stack([logits < 0, logits > 0], axis=1),
        )
        found = resampled(made).interval("accuracy")
        return found.high - found.low

    assert of(np.arange(200) // 5) == pytest.approx(5**0.5 * of(np.arange(200)), rel=0.1)
