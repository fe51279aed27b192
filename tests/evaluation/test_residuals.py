"""How far off, and which mistakes were sure: by hand for every kind of task."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import binary, by_hand, multilabel
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.doubt import outcomes
from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.residuals import (
    confident_mistakes,
    picture_traits,
    residuals,
    traits_of_mistakes,
    true_class_residuals,
)
from xaimed.reporting.residuals import mistakes_table


def logit(p):
    return np.log(np.asarray(p) / (1 - np.asarray(p)))


def test_binary_residuals_are_those_of_the_positive_class():
    found = residuals(binary(logit([0.9, 0.2, 0.6]), [1, 1, 0]))
    assert set(found["class"]) == {"PNEUMONIA"}
    np.testing.assert_allclose(found["residual"], [0.1, 0.8, -0.6], atol=1e-6)


def test_of_several_classes_each_stands_against_the_rest():
    found = residuals(by_hand())
    assert found.groupby("class").size().to_dict() == {"a": 8, "b": 8, "c": 8}
    np.testing.assert_allclose(found["residual"][:4], [0.4, 0.4, 0.8, -0.2], atol=1e-6)
    assert found["truth"].sum() == 8
    own = true_class_residuals(by_hand())
    np.testing.assert_allclose(own["residual"], [0.4, 0.4, 0.8, 0.4, 0.4, 0.8, 0.8, 0.4], atol=1e-6)
    np.testing.assert_allclose(own["probability"], 0.6, atol=1e-6)


def test_unknown_labels_have_no_residual():
    found = residuals(multilabel([[1, -1], [0, 1]], [[0.7, 0.5], [0.4, 0.9]]))
    assert found["sample_id"].tolist() == ["0", "1", "1"]
    np.testing.assert_allclose(found["residual"], [0.3, -0.4, 0.1], atol=1e-6)


def test_the_surest_mistake_comes_first_and_the_unsure_are_not_listed():
    told = binary(logit([0.95, 0.99, 0.02, 0.6, 0.9, 0.97]), [0, 1, 1, 0, 0, 1])
    found = confident_mistakes(told, panels={(1, "2"): "fold-1/explanations/panels-a/b.png"})
    assert [(each.sample_id, each.truth, each.predicted) for each in found.shown] == [
        ("2", "PNEUMONIA", "NORMAL"), ("0", "NORMAL", "PNEUMONIA"), ("4", "NORMAL", "PNEUMONIA"),
    ]  # fmt: skip
    assert [each.probability for each in found.shown] == pytest.approx([0.98, 0.95, 0.9])  # 0.9 itself counts
    assert [each.panel for each in found.shown] == ["fold-1/explanations/panels-a/b.png", "", ""]
    assert (found.confident, found.every, found.decisions, found.surest) == (3, 4, 6, pytest.approx(0.98))
    shown = mistakes_table(confident_mistakes(told, most=1))
    assert shown.rows == (("2", "2", 1, "PNEUMONIA", "NORMAL", "0.980"),)
    assert shown.notes == (
        "4 of 6 decisions are wrong, 3 with p ≥ 0.9, the first 1 of them here; p: of what was wrongly said.",
    )


def test_of_several_labels_each_known_one_is_a_decision():
    told = multilabel([[1, 0, -1], [0, 1, 1]], [[0.05, 0.92, 0.99], [0.1, 0.8, 0.3]])
    found = confident_mistakes(told, threshold=0.6)
    assert [(each.sample_id, each.truth, each.predicted) for each in found.shown] == [
        ("0", "Edema: yes", "Edema: no"),
        ("0", "Mass, left: no", "Mass, left: yes"),
        ("1", "Nodule: yes", "Nodule: no"),
    ]
    assert [each.probability for each in found.shown] == pytest.approx([0.95, 0.92, 0.7])
    assert (found.every, found.decisions) == (3, 5)


def test_what_is_not_there_is_said():
    none = confident_mistakes(binary(logit([0.9, 0.1]), [1, 0]))
    assert np.isnan(none.surest)
    assert mistakes_table(none).notes == ("No mistake: 0 of 2 decisions are wrong.",)
    unsure = confident_mistakes(by_hand())
    assert mistakes_table(unsure).notes == ("3 of 8 decisions are wrong, none with p ≥ 0.9; the surest has p 0.600.",)


def quality(sharpness):
    ids = [str(i) for i in range(len(sharpness))]
    both = {"sharpness": sharpness, "contrast": [0.5] * len(ids)}
    rows = [
        pd.DataFrame({"sample_id": ids, "explainer": "", "measure": k, "value": v, "group": ids})
        for k, v in both.items()
    ]
    return Gathered("picture_quality-1", "picture_quality", pd.concat(rows), {"sharpness": Measure("S")}, (), (0,))


def test_measured_sharpness_stands_beside_with_its_percentile():
    told = binary(logit([0.95, 0.99, 0.02, 0.1]), [0, 1, 1, 0])
    traits = picture_traits([quality([0.3, 0.9, 0.1, 0.7])])
    first, second = confident_mistakes(told, traits=traits).shown
    assert first.traits == {"sharpness": (0.1, 12.5), "contrast": (0.5, 37.5 + 12.5)}
    assert second.traits["sharpness"] == (0.3, 37.5)
    tests = traits_of_mistakes(traits, outcomes(told))
    assert tests["sharpness"] == (-1, pytest.approx(2 / 3))  # 2 of 2 below 2 of 2: p 1/3, twice by Holm
    assert tests["contrast"][0] == 0
    shown = mistakes_table(confident_mistakes(told, traits=traits), tests)
    assert shown.columns[-2:] == ("Sharpness (percentile)", "Contrast (percentile)")
    assert shown.rows[0][-2] == "0.100 (12)"
    assert "Cliff's δ -1.00" in shown.notes[2]
    assert picture_traits([]) is None
