"""Calibration against cases by hand and scikit-learn, and where there is nothing to be sure of."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from tests.evaluation.made_predictions import ODD, binary, by_hand, multilabel, softmax, table
from xaimed.evaluation.calibration import (
    MEASURES,
    Claims,
    calibration,
    claims_of_classes,
    decisions,
    ece,
    ece_interval,
    edges,
    reliability,
)
from xaimed.evaluation.predictions import Predictions, pool, prediction_table
from xaimed.evaluation.proper_scores import brier, nll


def claims(confidence, right, groups=None):
    held = np.arange(len(right)) if groups is None else groups
    return Claims(np.asarray(confidence, dtype=float), np.asarray(right, dtype=bool), np.asarray(held).astype(str))


def honest(n, seed=0, sharper=1.0, classes=ODD):
    """Labels drawn from the probabilities; logits then made sharper than they should be."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(size=(n, len(classes))) * 2
    given = softmax(logits).astype(float)
    truth = (given.cumsum(axis=1) > chance.random((n, 1))).argmax(axis=1)
    return prediction_table(
        "multiclass",
        classes,
        sample_ids=[str(i) for i in range(n)],
        groups=[str(i) for i in range(n)],
        fold=0,
        targets=truth,
        logits=sharper * logits,
        probabilities=softmax(sharper * logits),
    )


def test_ece_by_hand():
    # Bin (0.6, 0.7]: 0.65 claimed, 1/2 right; bin (0.9, 1]: 0.95 and 0.97 claimed, both right.
    given = claims([0.65, 0.65, 0.95, 0.97], [True, False, True, True])
    assert ece([given]) == pytest.approx((2 * 0.15 + 2 * 0.04) / 4)
    low, high = reliability(given)
    assert (low.low, low.high, low.count, low.confidence) == pytest.approx((0.6, 0.7, 2, 0.65))
    assert (low.accuracy.value, high.accuracy.value) == (0.5, 1.0)
    assert 0.3 < high.accuracy.low < high.accuracy.high == 1


def test_bins_of_equal_mass_hold_as_many_and_ties_stay_together():
    chance = np.random.default_rng(1)
    spread = claims(chance.random(200) ** 4, chance.random(200) < 0.5)
    assert {part.count for part in reliability(spread, 10, "mass")} == {20}
    tied = claims([0.9] * 90 + [0.2] * 10, [True] * 100)
    assert [part.count for part in reliability(tied, 10, "mass")] == [10, 90]
    assert ece([tied], by="mass") == pytest.approx(0.9 * 0.1 + 0.1 * 0.8)
    assert list(edges(np.array([]), by="mass")) == list(edges(np.array([0.5])))


@pytest.mark.parametrize("confidence", [0.0, 0.1, 0.5, 1.0])
def test_an_edge_belongs_to_one_bin(confidence):
    (only,) = reliability(claims([confidence], [True]))
    assert only.low <= confidence <= only.high


def test_classwise_looks_at_every_class():
    predictions = by_hand()  # 0.6 for the decision, 0.2 for the other two classes
    found = claims_of_classes(predictions)
    shares = [[2 / 3, 1 / 5], [2 / 3, 1 / 5], [1 / 2, 1 / 6]]  # of those called so, of those not called so
    sizes = [[3, 5], [3, 5], [2, 6]]
    by_class = [(s[0] * abs(0.6 - p[0]) + s[1] * abs(0.2 - p[1])) / 8 for p, s in zip(shares, sizes, strict=True)]
    assert ece(found) == pytest.approx(np.mean(by_class), abs=1e-6)


def test_proper_scores_are_scikit_learns():
    two = binary([-2.0, 0.3, 1.5, -0.2], [0, 1, 1, 1])
    assert brier(two)[0].mean() == pytest.approx(brier_score_loss(two.targets, two.probabilities[:, 1]))
    assert nll(two)[0].mean() == pytest.approx(log_loss(two.targets, two.probabilities), abs=1e-6)
    several = table(n=50)
    onehot = np.eye(4)[several.targets]
    assert brier(several)[0].mean() == pytest.approx(((several.probabilities - onehot) ** 2).sum(axis=1).mean())
    assert nll(several)[0].mean() == pytest.approx(log_loss(several.targets, several.probabilities), abs=1e-6)


def test_unknown_labels_are_left_out():
    made = multilabel([[1, -1], [0, 1]], [[0.8, 0.9], [0.4, 0.3]])
    values, groups = brier(made)
    assert values == pytest.approx([0.04, 0.16, 0.49], abs=1e-6)
    assert len(groups) == 3
    assert nll(made)[0] == pytest.approx(-np.log([0.8, 0.6, 0.3]), abs=1e-6)
    sure = decisions(made)
    assert sure.confidence == pytest.approx([0.8, 0.6, 0.7], abs=1e-6)
    assert list(sure.right) == [True, True, False]
    assert [len(one.right) for one in claims_of_classes(made)] == [2, 1]


def test_a_logit_beyond_float_is_no_infinity():
    wrong = binary([80.0, -2.0], [0, 0])
    assert nll(wrong)[0][0] == pytest.approx(80)


def test_an_honest_model_has_little_error_and_an_overconfident_one_much():
    good, bad = calibration(honest(2000), resamples=200), calibration(honest(2000, sharper=3), resamples=200)
    assert good["ece"].value < 0.03 < 0.15 < bad["ece"].low
    assert good["ece"].low < 0.01
    for name in MEASURES:
        assert good[name].high < bad[name].low
        assert good[name].low <= good[name].value <= good[name].high


def test_the_reflected_interval_holds_the_value_that_more_samples_would_give():
    small = honest(150, seed=3)
    found = calibration(small, resamples=500)["ece"]
    assert found.low == 0
    assert found.high == pytest.approx(found.value, abs=0.02)


def test_all_correct_and_certain_is_perfect():
    perfect = binary([-60.0, 60.0] * 6, [0, 1] * 6)
    found = calibration(perfect)
    assert [bound for one in found.values() for bound in (one.value, one.high)] == pytest.approx([0] * 10, abs=1e-12)


def test_one_patient_has_no_interval_and_no_rows_no_value():
    found = calibration(by_hand())
    assert found["ece"].value == pytest.approx(abs(5 / 8 - 0.6), abs=1e-6)
    assert np.isnan([found[name].low for name in MEASURES]).all()
    nothing = ece_interval([claims([], [])])
    assert np.isnan([nothing.value, nothing.low]).all()


def test_of_repeats_the_first_is_judged():
    first = table(n=40, fold=0)
    other = Predictions(first.kind, first.classes, table(n=40, fold=1, seed=7).frame)
    both, alone = calibration(pool([first, other]), resamples=50), calibration(first, resamples=50)
    assert both == alone
