"""Each class against the rest: curves and areas of a case reckoned by hand, rounds apart, what is unknown left out."""

import numpy as np
import pytest

from xaimed.evaluation.discrimination import Judged, mean_area, mean_curve, one_against_rest
from xaimed.evaluation.predictions import pool, prediction_table

FOUR = Judged(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))


def table(kind, classes, targets, probabilities, fold=0, names=None):
    names = names or [f"{fold}-{i}" for i in range(len(targets))]
    logits = np.log(np.asarray(probabilities, dtype=float) + 1e-9)
    logits = logits[:, 1:] if kind == "binary" else logits
    return prediction_table(kind, classes, sample_ids=names, groups=names, fold=fold, targets=targets,
                            logits=logits, probabilities=probabilities)  # fmt: skip


def test_areas_and_curves_by_hand():
    # Of the four pairs of a positive and a negative, 0.7 < 0.8 is the only one in the wrong order.
    assert FOUR.area() == pytest.approx(3 / 4)
    np.testing.assert_allclose(np.transpose(FOUR.curve()), [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]])
    # The first positive stands first (precision 1), the second third (2/3); each is half of the recall.
    assert FOUR.area("precision_recall") == pytest.approx((1 + 2 / 3) / 2)
    np.testing.assert_allclose(np.transpose(FOUR.curve("precision_recall")), [[0, 1], [0.5, 1], [1, 2 / 3]])


def test_the_area_below_the_steps_is_the_average_precision():
    rng = np.random.default_rng(0)
    judged = Judged(rng.random(200) < 0.3, rng.integers(0, 20, 200) / 20)
    recall, precision = judged.curve("precision_recall")
    assert (np.diff(recall) * precision[1:]).sum() == pytest.approx(judged.area("precision_recall"))


def test_several_rounds_are_averaged_at_each_place():
    worst = Judged(FOUR.truth, 1 - FOUR.probability)
    across, down = mean_curve([FOUR, worst])
    assert mean_area([FOUR, worst]) == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert np.trapezoid(down, across) == pytest.approx(mean_area([FOUR, worst]), abs=0.003)
    assert np.interp(0.25, across, down) == pytest.approx((0.5 + 0) / 2)
    across, down = mean_curve([FOUR, FOUR], "precision_recall")
    assert np.interp(0.3, across, down) == pytest.approx(1)
    assert np.interp(0.8, across, down) == pytest.approx(2 / 3)


def test_a_class_without_samples_has_no_curve_and_counts_in_no_mean():
    none = Judged(np.zeros(3, dtype=bool), np.ones(3))
    assert np.isnan(mean_area([none]))
    assert len(mean_curve([none])[0]) == 0
    assert mean_area([none, FOUR]) == pytest.approx(3 / 4)


def test_folds_are_pooled_and_repeats_are_rounds():
    first = table("multiclass", ["a", "b", "c"], [0, 1], [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]], 0, ["x", "y"])
    second = table("multiclass", ["a", "b", "c"], [2], [[0.3, 0.3, 0.4]], 1, ["z"])
    again = [table("multiclass", ["a", "b", "c"], [0, 1, 2], [[0.4, 0.3, 0.3]] * 3, 2, ["x", "y", "z"])]
    found = one_against_rest(pool([first, second, *again]))
    assert list(found) == ["a", "b", "c"]
    assert [len(each.truth) for each in found["a"]] == [3, 3]
    np.testing.assert_allclose(found["c"][0].probability, [0.2, 0.1, 0.4])
    assert found["c"][0].truth.tolist() == [False, False, True]


def test_of_two_classes_the_positive_and_of_labels_what_is_known():
    binary = table("binary", ["no", "yes"], [0, 1], [[0.7, 0.3], [0.4, 0.6]])
    assert list(one_against_rest(binary)) == ["yes"]
    labels = table("multilabel", ["a", "b"], [[1, -1], [0, 1], [-1, 0]], [[0.9, 0.2], [0.3, 0.6], [0.5, 0.5]])
    found = one_against_rest(labels)
    assert found["a"][0].truth.tolist() == [True, False]
    np.testing.assert_allclose(found["b"][0].probability, [0.6, 0.5])
