"""The temperature that was put in is found again; decisions stay."""

import numpy as np
import pytest

from tests.evaluation.made_predictions import ODD, binary, multilabel, table
from tests.evaluation.test_calibration import honest
from xaimed.evaluation.calibration import calibration
from xaimed.evaluation.predictions import prediction_table
from xaimed.evaluation.proper_scores import nll
from xaimed.evaluation.temperature import COOLEST, HOTTEST, fit_temperature, scaled


@pytest.mark.parametrize("sharper", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(sharper):
    found = fit_temperature(honest(4000, sharper=sharper))
    assert found.value == pytest.approx(sharper, rel=0.06)
    assert (found.n, found.at_bound) == (4000, False)


def test_no_other_temperature_is_likelier():
    selection = honest(300, sharper=2)
    best = fit_temperature(selection)
    grid = [nll(selection, t)[0].mean() for t in np.geomspace(COOLEST, HOTTEST, 400)]
    assert nll(selection, best.value)[0].mean() <= min(grid)


def test_scaling_makes_an_overconfident_model_honest_on_rows_it_has_not_seen():
    reported, selection = honest(2000, seed=1, sharper=3), honest(500, seed=2, sharper=3)
    after = scaled(reported, fit_temperature(selection).value)
    before_it, after_it = calibration(reported, resamples=50), calibration(after, resamples=50)
    assert after_it["ece"].value < 0.2 * before_it["ece"].value
    assert after_it["nll"].value < before_it["nll"].value
    assert (after.predicted == reported.predicted).all()
    assert reported.logits.max() > after.logits.max()


@pytest.mark.parametrize(
    "predictions", [table(), binary([-1.0, 2.0], [0, 1]), multilabel([[0, 1]], [[0.2, 0.7]])], ids=lambda p: p.kind
)
def test_scaled_is_the_table_of_the_divided_logits(predictions):
    made = scaled(predictions, 2.0)
    assert made.logits == pytest.approx(predictions.logits / 2)
    one = predictions.probabilities[:, -1] ** 0.5
    if predictions.kind != "multiclass":
        other = (1 - predictions.probabilities[:, -1]) ** 0.5
        assert made.probabilities[:, -1] == pytest.approx(one / (one + other), abs=1e-6)
    else:
        roots = predictions.probabilities**0.5
        assert made.probabilities == pytest.approx(roots / roots.sum(axis=1, keepdims=True), abs=1e-6)
    assert scaled(made, 0.5).probabilities == pytest.approx(predictions.probabilities, abs=1e-6)
    assert nll(predictions, 2.0)[0] == pytest.approx(nll(made)[0], abs=1e-6)


def test_where_nothing_is_wrong_the_bound_is_said():
    right = binary([-1.0, 1.0, 2.0], [0, 1, 1])
    assert fit_temperature(right).at_bound
    assert fit_temperature(right).value == pytest.approx(COOLEST, rel=0.01)
    wrong = binary([-1.0, 1.0], [1, 0])
    assert fit_temperature(wrong).value == pytest.approx(HOTTEST, rel=0.01)


def test_a_single_row_can_be_fitted():
    one = prediction_table(
        "multiclass", ODD, sample_ids=["a"], groups=["a"], fold=0, targets=[1], logits=[[0, 1, 2, 3]],
        probabilities=[[0.1, 0.2, 0.3, 0.4]],
    )  # fmt: skip
    assert fit_temperature(one).n == 1
