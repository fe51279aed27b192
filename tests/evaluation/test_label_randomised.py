import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.evaluation.made_predictions import binary, multilabel, table
from xaimed.evaluation.label_randomised import label_randomised, told_apart
from xaimed.evaluation.resemblance import BASELINE
from xaimed.evaluation.verdicts import SHUFFLED, TOLD_BY_CONTROL, shuffled_verdict


def test_its_mean_over_a_class_is_the_auc_of_that_class():
    made = table(60)
    told = told_apart(made)
    for at in range(len(made.classes)):
        own = made.targets == at
        np.testing.assert_allclose(told[own].mean(), roc_auc_score(own, made.probabilities[:, at]))


def test_two_classes_ties_and_one_class_alone():
    made = binary([0.0, 1.0, 1.0, 2.0], [0, 0, 1, 1])
    np.testing.assert_allclose(told_apart(made), [1, 0.75, 0.75, 1])
    assert np.isnan(told_apart(binary([0.0, 1.0], [1, 1]))).all()


def test_several_labels_are_averaged_over_those_that_are_known():
    made = multilabel([[1, 0], [0, 1], [0, -1]], [[0.9, 0.8], [0.1, 0.4], [0.2, 0.5]])
    np.testing.assert_allclose(told_apart(made), [0.5, 0.5, 1])  # in the second class the order is wrong


@pytest.fixture(scope="module")
def chance():
    return np.random.default_rng(0)


def groups_of(made):
    return dict(zip(made.frame["sample_id"], made.frame["group"], strict=True))


def test_an_honest_run_has_other_maps_than_its_control_which_knows_nothing(chance):
    own, control = table(60, seed=1), table(60, seed=2)
    place = np.linspace(0, 1, 25).reshape(5, 5)
    maps = place + 0.4 * chance.normal(size=(60, 5, 5))
    found = label_randomised(own, control, {"cam-1a": (maps, chance.normal(size=(60, 5, 5)))})
    said = shuffled_verdict(found.rows, groups_of(own))
    assert len(said) == 2
    assert "has learned nothing, as it should" in said[0]
    assert "maps by cam-1a do not resemble those of the control" in said[1]
    assert set(found.rows["measure"]) == set(found.measures)


def test_maps_that_labels_do_not_change_and_a_control_that_knows_are_found(chance):
    own = table(60, seed=1)
    logits = 3 * np.eye(4, dtype=np.float32)[own.targets]
    frame = own.frame.copy()
    frame[[f"p:{name}" for name in own.classes]] = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    edges = chance.normal(size=(60, 5, 5))
    found = label_randomised(own, type(own)(own.kind, own.classes, frame), {"edges": (edges, edges)})
    np.testing.assert_allclose(found.rows.loc[found.rows["measure"] == SHUFFLED, "value"], 1)
    said = shuffled_verdict(found.rows, groups_of(own))
    assert "better than chance" in said[0]
    assert "AUC 1.00" in said[0]
    assert "still resemble" in said[1]


def test_maps_that_are_all_alike_tell_nothing():
    ids = [f"s{number}" for number in range(6)]
    values = {TOLD_BY_CONTROL: 0.5, SHUFFLED: 1.0, BASELINE: 0.99}
    rows = pd.concat(
        pd.DataFrame(
            {"sample_id": ids, "explainer": "" if key == TOLD_BY_CONTROL else "cam", "measure": key, "value": value}
        )
        for key, value in values.items()
    )
    assert "too alike to tell" in shuffled_verdict(rows, {})[1]
