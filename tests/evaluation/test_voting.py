from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.predictions import Predictions, prediction_table
from xaimed.evaluation.voting import shares, voted

CLASSES = ("a", "b", "c")


def table(probabilities, kind="multiclass", classes=CLASSES, ids=None, targets=None):
    chance = np.asarray(probabilities, dtype=float)
    n = len(chance)
    logits = {"multiclass": chance, "binary": chance[:, 1:], "multilabel": chance}[kind]
    return prediction_table(
        kind,
        classes,
        sample_ids=ids or [f"s{i}" for i in range(n)],
        groups=["p"] * n,
        fold=1,
        targets=np.zeros(n if kind != "multilabel" else (n, len(classes)), int) if targets is None else targets,
        logits=logits,
        probabilities=chance,
    )


ONE = table([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3]])
TWO = table([[0.1, 0.6, 0.3], [0.4, 0.3, 0.3]])
THREE = table([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])


def test_a_soft_vote_is_the_mean_probability_and_its_logits_give_it_back():
    both = voted([ONE, TWO], "soft")
    assert both.probabilities == pytest.approx(np.array([[0.5, 0.35, 0.15], [0.3, 0.4, 0.3]]))
    assert list(both.frame["predicted"]) == ["a", "b"]
    assert softmax(both.logits, axis=1) == pytest.approx(both.probabilities, abs=1e-6)


def test_a_majority_counts_decisions_not_confidence():
    three = voted([ONE, TWO, THREE], "majority")
    # the second row has one vote each; the means 0.23, 0.33, 0.43 decide
    assert list(three.frame["predicted"]) == ["b", "c"]
    assert three.probabilities[0] == pytest.approx([1 / 3, 2 / 3, 0], abs=2e-3)


def test_equal_numbers_of_votes_are_decided_by_the_mean_probability():
    assert list(voted([ONE, TWO], "majority").frame["predicted"]) == ["a", "b"]


def test_weights_are_shares_of_the_whole():
    third = voted([ONE, TWO], "weighted", [1, 3])
    assert third.probabilities[0] == pytest.approx([0.3, 0.475, 0.225])
    assert shares([1, 3], 2) == pytest.approx([0.25, 0.75])
    assert voted([ONE, TWO], "weighted", [2, 0]).probabilities == pytest.approx(ONE.probabilities)


@pytest.mark.parametrize("weights", [[1], [1, -1], [0, 0], [1, float("nan")]])
def test_what_are_no_weights_is_refused(weights):
    with pytest.raises(ConfigError, match="no weights for 2 members"):
        shares(weights, 2)


def test_one_logit_speaks_for_the_second_class():
    left = table([[0.2, 0.8], [0.6, 0.4]], "binary", ("no", "yes"))
    right = table([[0.4, 0.6], [0.8, 0.2]], "binary", ("no", "yes"))
    both = voted([left, right], "soft")
    assert expit(both.logits[:, 0]) == pytest.approx([0.7, 0.3])
    assert list(both.frame["predicted"]) == ["yes", "no"]


def test_labels_are_voted_on_one_by_one_and_unknown_truth_stays_unknown():
    truth = np.array([[1, -1, 0]])
    members = [table([row], "multilabel", targets=truth) for row in ([0.9, 0.4, 0.2], [0.4, 0.8, 0.1])]
    both = voted(members, "majority")
    assert both.predicted.tolist() == [[1, 1, 0]]  # one vote of two each: the means 0.65 and 0.6 decide
    assert both.targets.tolist() == truth.tolist()


def test_rows_are_matched_by_name_not_by_place():
    turned = table(TWO.probabilities[::-1], ids=["s1", "s0"])
    assert voted([ONE, turned], "soft").probabilities == pytest.approx(voted([ONE, TWO], "soft").probabilities)


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(StoreError, match=r"different samples, e\.g\. 's1'"):
        voted([ONE, table([[0.1, 0.6, 0.3]])], "soft")
    with pytest.raises(StoreError, match="'s1' has different labels"):
        voted([ONE, table(TWO.probabilities, targets=[0, 2])], "soft")
    with pytest.raises(StoreError, match="do not belong together"):
        voted([ONE, Predictions("multiclass", ("a", "b"), TWO.frame)], "soft")
    with pytest.raises(ConfigError, match="no vote 'sotf'"):
        voted([ONE, TWO], "sotf")
