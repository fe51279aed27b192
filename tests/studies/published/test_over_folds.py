"""Bounds on means over folds against every way to share a small matrix out, tried one by one."""

from itertools import product

import numpy as np
import pytest

from xaimed.studies.published.allocation import can_be_tried, fit, moved
from xaimed.studies.published.folds import plans, sizes
from xaimed.studies.published.over_folds import mean_over_folds
from xaimed.studies.published.parts import Column, Matrix, Samples
from xaimed.studies.published.scores import by_class

MATRIX = Matrix("m", "Table", "images", ("a", "b"), ((4, 2), (1, 6)))
SAMPLES = Samples("images", 13, {"a": 6, "b": 7}, folds=2)


def every_share():
    """Both folds' matrices for every stratified way, by brute force."""
    cells = [range(count + 1) for line in MATRIX.counts for count in line]
    for first in product(*cells):
        one = np.array(first).reshape(2, 2)
        other = np.array(MATRIX.counts) - one
        if one[0].sum() == 3 and one[1].sum() in (3, 4):
            yield np.stack([one, other])


def test_the_shares_of_classes():
    assert plans((6, 7), 2) == (((3, 3), (3, 4)),)
    assert set(sizes((71, 188, 79), 5)) >= {(68, 68, 68, 67, 67), (69, 68, 67, 67, 67)}
    assert all(sum(fold[1] for fold in plan) == 188 for plan in plans((71, 188, 79), 5))


@pytest.mark.parametrize("metric", ["recall", "precision", "specificity", "f1"])
@pytest.mark.parametrize("label", ["a", "b"])
def test_one_class_is_bounded_as_tightly_as_can_be(metric, label):
    place = MATRIX.labels.index(label)
    reached = []
    for folds in every_share():
        mean = by_class(folds.astype(float), metric)[:, place].mean()
        undefined = metric == "precision" and (folds.sum(1)[:, place] == 0).any()
        reached += [mean, mean + 0.5] if undefined else [mean]
    bounds = mean_over_folds(MATRIX, SAMPLES, Column("x", metric, label=label, over="folds"))
    assert bounds is not None
    assert (float(bounds.low), float(bounds.high)) == pytest.approx((min(reached), max(reached)), abs=1e-6)


def test_accuracy_is_bounded_as_tightly_as_can_be():
    reached = [np.mean([np.trace(fold) / fold.sum() for fold in folds]) for folds in every_share()]
    bounds = mean_over_folds(MATRIX, SAMPLES, Column("x", "accuracy", over="folds"))
    assert bounds is not None
    assert (float(bounds.low), float(bounds.high)) == pytest.approx((min(reached), max(reached)), abs=1e-6)


def test_a_mean_over_classes_lies_within_its_bounds():
    bounds = mean_over_folds(MATRIX, SAMPLES, Column("x", "f1", average="macro", over="folds"))
    assert bounds is not None
    assert all(
        float(bounds.low) - 1e-8 <= by_class(folds.astype(float), "f1").mean() <= float(bounds.high) + 1e-8
        for folds in every_share()
    )


def test_no_folds_or_an_unknown_metric_are_not_bounded():
    assert mean_over_folds(MATRIX, Samples("images", 13, {"a": 6, "b": 7}), Column("x", "accuracy")) is None
    assert mean_over_folds(MATRIX, SAMPLES, Column("x", "auc", label="a")) is None


def test_too_many_errors_are_not_tried():
    many = Matrix("m", "", "images", ("a", "b"), ((100, 100), (100, 100)))
    assert can_be_tried(MATRIX, SAMPLES)
    assert not can_be_tried(many, Samples("images", 400, {"a": 200, "b": 200}, folds=5))


def test_a_moved_error_leaves_the_classes_as_they_are():
    three = Matrix("m", "", "images", ("a", "b", "c"), ((4, 2, 0), (0, 7, 0), (0, 0, 3)))
    ((other, told),) = moved(three)
    assert other.counts == ((4, 1, 1), (0, 7, 0), (0, 0, 3))
    assert told == "one a predicted as c, not as b"


def test_fit_of_nothing_printed_is_possible_with_either_divisor():
    assert fit(MATRIX, SAMPLES, {}).impossible == []
