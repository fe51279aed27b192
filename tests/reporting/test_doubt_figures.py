"""Residuals and risk-coverage curves: legible with any names, and saying what they show."""

import numpy as np
import pytest

from tests.evaluation.made_predictions import binary, multilabel, table
from tests.evaluation.test_doubt import gathered
from tests.reporting.fakes import LONG, assert_tidy, words_of
from xaimed.evaluation.doubt import doubts
from xaimed.evaluation.uncertainty import LEAST_SURE
from xaimed.reporting.doubt import risk_coverage_figure
from xaimed.reporting.residuals import residuals_figure


def test_residuals_of_a_binary_task():
    figure = residuals_figure(binary([3.0, -2.0, 1.0], [1, 1, 0]), title="run " * 30, stamp="stand-in weights")
    assert_tidy(figure)
    words = words_of(figure)
    assert "n = 3 · residual = truth (0 or 1) − probability" in words
    assert "n = 3: 1 absent, 2 present" in words
    assert len(figure.axes) == 2
    points = np.concatenate([each.get_offsets() for each in figure.axes[1].collections])
    np.testing.assert_allclose(points[:, 1], [-0.731, 0.047, 0.881], atol=1e-3)


def test_of_several_classes_the_true_one_comes_first():
    figure = residuals_figure(table(20, ("a", LONG, "$c$")), title="t")
    assert_tidy(figure)
    assert len(figure.axes) == 2 * 4
    assert figure.axes[1].get_xlabel() == "probability of the predicted class"
    assert "True class, whichever it is" in words_of(figure)


def test_of_many_labels_those_with_the_largest_residuals_are_drawn():
    chance = np.full((4, 3), [0.5, 0.1, 0.2])
    figure = residuals_figure(multilabel([[1, 0, 0]] * 4, chance), title="t")
    assert len(figure.axes) == 2 * 3
    wide = table(4, tuple(f"class {i}" for i in range(9)))
    drawn = residuals_figure(wide, title="t")
    assert_tidy(drawn)
    assert "the 6 of 9 classes with the largest residuals" in words_of(drawn)
    assert len(drawn.axes) == 2 * 7


@pytest.mark.parametrize("right", [False, True])
def test_risk_and_coverage(right):
    predictions = binary([3.0, -2.0, 1.0], [1, 0 if right else 1, 1])
    found = doubts(
        [gathered(predictions, [0.1, 0.4, 0.2]), gathered(predictions, [0.1, 0.4, 0.3], "", LEAST_SURE)], predictions
    )
    figure = risk_coverage_figure(found, title="a long title " * 9, stamp="stand-in weights")
    assert_tidy(figure)
    words = words_of(figure)
    assert f"n = 3 pictures of 3 patients, {0 if right else 1} misclassified" in words
    assert ("no picture is misclassified" in words) is right
    assert "Explanation uncertainty, mc_gradcam" in words
    assert figure.axes[0].get_ylabel() == "risk: errors among them (%)"
