"""Metrics by group: their values, which interval they have, and how far the groups lie apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import binary, multilabel, table
from xaimed.evaluation.columns import divided
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.estimates import Estimate, difference
from xaimed.evaluation.metrics import METRICS, fold_metrics
from xaimed.evaluation.shares import share_interval
from xaimed.evaluation.statistics.bootstrap import Clusters, mean_interval
from xaimed.evaluation.statistics.intervals import wilson
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.evaluation.subgroups import metrics_by, values_by
from xaimed.reporting.subgroups import subgroups_table


def by(predictions, labels, column="sex"):
    return divided(pd.Series(labels, index=predictions.frame["sample_id"], name=column, dtype=object))


def halves(n, first="F", second="M"):
    return [first if i < n // 2 else second for i in range(n)]


def part(predictions, mask):
    return replace(predictions, frame=predictions.frame[mask].reset_index(drop=True))


@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
def test_every_metric_is_that_of_the_group_alone(kind):
    rng = np.random.default_rng(0)
    if kind == "multiclass":
        predictions = table(60, ("a", "b", "c"))
    elif kind == "binary":
        predictions = binary(rng.normal(size=60), rng.integers(0, 2, 60))
    else:
        predictions = multilabel(rng.integers(-1, 2, (60, 2)), rng.uniform(0.01, 0.99, (60, 2)))
    found = metrics_by(predictions, by(predictions, halves(60)), list(METRICS))
    for group, mask in zip(found.groups, (np.arange(60) < 30, np.arange(60) >= 30), strict=True):
        expected, _ = fold_metrics(part(predictions, mask))
        assert {key: each.value for key, each in group.estimates.items()} == pytest.approx(expected)
        assert group.pictures == 30


def test_many_patients_are_drawn_again_and_few_have_wilson():
    predictions = binary(np.linspace(-3, 3, 120), np.tile([0, 1, 1], 40))
    labels = ["many"] * 100 + ["few"] * 20
    few, many = metrics_by(predictions, by(predictions, labels), ["accuracy", "sensitivity", "auc"]).groups
    drawn = resampled(part(predictions, np.arange(120) < 100), seed=1)
    assert many.estimates["accuracy"] == drawn.interval("accuracy")
    right = predictions.correct[100:]
    assert few.estimates["accuracy"] == wilson(int(right.sum()), 20)
    truth = predictions.targets[100:]
    assert few.estimates["sensitivity"] == wilson(int(right[truth == 1].sum()), int(truth.sum()))
    assert few.estimates["auc"].resamples > 0


def test_the_gap_of_few_is_newcombes():
    # Newcombe 1998, Statistics in Medicine 17:873, table II (a), method 10: 56/70 against 48/80 gives 0.0524 to 0.3339.
    high, low = (
        Estimate(lambda level, a=a, n=n: wilson(a, n, level), Clusters(range(n))) for a, n in ((56, 70), (48, 80))
    )
    apart = difference(high, low, 0.95)
    assert (apart.value, apart.low, apart.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_groups_of_the_same_patients_are_compared_pair_by_pair():
    n = 40
    base = np.random.default_rng(0).normal(size=n)
    ids = [f"{view}{i}" for view in ("AP", "LAT") for i in range(n)]
    rows = pd.DataFrame({"sample_id": ids, "measure": "m", "value": [*base, *(base + 1)], "group": list(range(n)) * 2})
    division = divided(pd.Series(["AP"] * n + ["LAT"] * n, index=ids, name="view"))
    found = values_by(rows, division, {"m": Measure("M", "lower")})
    gap = found.gaps["m"]
    assert (gap.high, gap.low, gap.pairs) == ("LAT", "AP", 1)
    assert (gap.difference.low, gap.difference.high) == pytest.approx((1, 1))  # each patient differs by 1
    assert found.groups[0].estimates["m"] == mean_interval(base, [str(i) for i in range(n)])
    rows["group"] = list(range(2 * n))
    apart = values_by(rows, division, {"m": Measure("M")}).gaps["m"].difference
    assert apart.low < 0.8 < 1.2 < apart.high


def test_more_groups_widen_the_gap():
    values = np.random.default_rng(1).normal(size=120) + np.repeat([0, 0.2, 0.4], 40)
    ids = [str(i) for i in range(120)]
    rows = pd.DataFrame({"sample_id": ids, "measure": "m", "value": values, "group": ids})
    three = divided(pd.Series(np.repeat(list("abc"), 40), index=ids, name="site"))
    two = divided(pd.Series([*["a"] * 40, *[None] * 40, *["c"] * 40], index=ids, name="site"))
    wide, narrow = (values_by(rows, each, {"m": Measure("M")}).gaps["m"] for each in (three, two))
    assert (wide.pairs, narrow.pairs) == (3, 1)
    assert wide.difference.level == pytest.approx(1 - 0.05 / 3)
    assert wide.difference.high - wide.difference.low > narrow.difference.high - narrow.difference.low


def test_too_few_pictures_are_counted_and_not_measured():
    predictions = table(40, ("a", "b"))
    found = metrics_by(predictions, by(predictions, ["F"] * 16 + ["M"] * 15 + ["X"] * 9), ["accuracy"])
    assert [(group.name, group.pictures, bool(group.estimates)) for group in found.groups] == [
        ("F", 16, True), ("M", 15, True), ("X", 9, False),
    ]  # fmt: skip
    assert found.gaps["accuracy"].pairs == 1
    shown = subgroups_table([found])
    assert shown.rows[2] == ("sex: X", 9, 5, "n < 10")
    assert shown.columns == ("Group", "Pictures", "Patients", "Accuracy (%) ↑")
    assert "Groups compared: 3 by sex; 1 measure each." in shown.notes[1]


def test_one_group_that_can_be_measured_has_no_gap():
    predictions = table(40, ("a", "b"))
    found = metrics_by(predictions, by(predictions, ["F"] * 31 + ["M"] * 8 + [None]), ["auc"])
    assert found.gaps == {}
    shown = subgroups_table([found])
    assert shown.rows[-1] == ("sex: gap", "", "", "–")
    assert "Pictures without sex, and so in no group: 1." in shown.notes


def test_a_share_of_patients_and_not_of_pictures_is_wilsons():
    found = share_interval([1, 1, 1, 1, 0, 0, 1, 1], list("aabbccdd"))
    assert (found.value, found.n, found.groups) == (0.75, 8, 4)
    assert (found.low, found.high) == (wilson(3, 4).low, wilson(3, 4).high)
    sure = share_interval([True] * 40, range(40))
    assert (sure.low, sure.high) == (wilson(40, 40).low, 1)
    drawn = share_interval([True] * 20 + [False] * 20, range(40))
    assert drawn == mean_interval([1.0] * 20 + [0.0] * 20, range(40))
    assert np.isnan(share_interval([], []).value)
