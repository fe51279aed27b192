"""Metrics against a case worked by hand and against torchmetrics."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torchmetrics.functional import classification as peer

from tests.evaluation.made_predictions import binary, by_hand, multilabel, softmax, table
from xaimed.evaluation.metrics import METRICS, fold_metrics, per_fold
from xaimed.evaluation.predictions import pool, prediction_table
from xaimed.evaluation.summary import pooled_confusion


def test_a_case_worked_by_hand():
    values, note = fold_metrics(by_hand())
    assert note == ""
    assert values["accuracy"] == pytest.approx(5 / 8)
    assert values["sensitivity"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    assert values["specificity"] == pytest.approx((4 / 5 + 4 / 5 + 5 / 6) / 3)
    assert values["precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    assert values["f1"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    expected = (3 * 3 + 3 * 3 + 2 * 2) / 64
    assert values["kappa"] == pytest.approx((5 / 8 - expected) / (1 - expected))
    assert values["mcc"] == pytest.approx((5 * 8 - 22) / (64 - 22))
    # one against the rest, ties counted half: sensitivity and specificity at the only threshold, averaged
    assert values["auc"] == pytest.approx(np.mean([(2 / 3 + 4 / 5) / 2, (2 / 3 + 4 / 5) / 2, (1 / 2 + 5 / 6) / 2]))
    assert list(values) == list(METRICS)


def test_multiclass_against_torchmetrics():
    made = table(n=300, classes=("a", "b", "c", "d"), seed=5)
    p, t = torch.tensor(made.probabilities), torch.tensor(made.targets)
    values, _ = fold_metrics(made)
    macro = {"num_classes": 4, "average": "macro"}
    wanted = {
        "accuracy": peer.multiclass_accuracy(p, t, num_classes=4, average="micro"),
        "sensitivity": peer.multiclass_recall(p, t, **macro),
        "specificity": peer.multiclass_specificity(p, t, **macro),
        "precision": peer.multiclass_precision(p, t, **macro),
        "f1": peer.multiclass_f1_score(p, t, **macro),
        "auc": peer.multiclass_auroc(p, t, **macro),
        "kappa": peer.multiclass_cohen_kappa(p, t, num_classes=4),
        "mcc": peer.multiclass_matthews_corrcoef(p, t, num_classes=4),
    }
    assert values == pytest.approx({name: float(value) for name, value in wanted.items()}, abs=1e-6)


def test_binary_reports_the_positive_class_as_torchmetrics_does():
    rng = np.random.default_rng(2)
    targets = rng.integers(2, size=200)
    made = binary((rng.normal(size=200) + targets - 0.8).astype(np.float32), targets)
    p, t = torch.tensor(made.probabilities[:, 1]), torch.tensor(targets)
    wanted = {
        "accuracy": peer.binary_accuracy(p, t),
        "sensitivity": peer.binary_recall(p, t),
        "specificity": peer.binary_specificity(p, t),
        "precision": peer.binary_precision(p, t),
        "f1": peer.binary_f1_score(p, t),
        "auc": peer.binary_auroc(p, t),
        "kappa": peer.binary_cohen_kappa(p, t),
        "mcc": peer.binary_matthews_corrcoef(p, t),
    }
    values, _ = fold_metrics(made)
    assert values == pytest.approx({name: float(value) for name, value in wanted.items()}, abs=1e-6)


def test_multilabel_is_the_mean_of_the_binary_metrics_of_each_class():
    rng = np.random.default_rng(3)
    targets, chance = rng.integers(2, size=(150, 3)), rng.uniform(0.01, 0.99, size=(150, 3)).astype(np.float32)
    values, note = fold_metrics(multilabel(targets, chance))
    assert note == ""
    p, t = torch.tensor(chance), torch.tensor(targets)
    assert values["accuracy"] == pytest.approx(float(peer.multilabel_accuracy(p, t, num_labels=3)), abs=1e-6)
    assert values["auc"] == pytest.approx(float(peer.multilabel_auroc(p, t, num_labels=3)), abs=1e-6)
    assert values["f1"] == pytest.approx(float(peer.multilabel_f1_score(p, t, num_labels=3)), abs=1e-6)
    each = [float(peer.binary_matthews_corrcoef(p[:, i], t[:, i])) for i in range(3)]
    assert values["mcc"] == pytest.approx(np.mean(each), abs=1e-6)


def test_a_class_absent_from_the_fold_is_left_out_and_said():
    logits = np.float32([[3, 0, 0], [0, 3, 0], [2, 0, 1], [0, 2, 0]])
    made = prediction_table(
        "multiclass",
        ("a", "b", "c"),
        sample_ids=list("wxyz"),
        groups=list("wxyz"),
        fold=4,
        targets=[0, 1, 0, 0],
        logits=logits,
        probabilities=softmax(logits),
    )
    values, note = fold_metrics(made)
    assert note == "no sample of 'c', left out where undefined"
    assert values["sensitivity"] == pytest.approx((2 / 3 + 1) / 2)
    p, t = softmax(logits), np.array([0, 1, 0, 0])
    by_pairs = [np.mean([[x > y for x in p[t == i, i]] for y in p[t != i, i]]) for i in (0, 1)]
    assert values["auc"] == pytest.approx(np.mean(by_pairs))


def test_what_is_undefined_is_nan_and_never_a_good_number():
    values, note = fold_metrics(binary([-1.0, -2.0], [0, 0]))
    assert note == "no sample of 'PNEUMONIA', left out where undefined"
    assert values["accuracy"] == values["specificity"] == 1
    assert all(math.isnan(values[name]) for name in ("sensitivity", "precision", "f1", "auc", "kappa", "mcc"))
    values, note = fold_metrics(multilabel([[0, 1], [0, 0]], [[0.2, 0.8], [0.1, 0.4]]))
    assert note == "'Edema': all samples alike, left out where undefined"
    assert values["auc"] == values["sensitivity"] == 1


def test_never_predicting_the_positive_class_gives_precision_zero():
    values, _ = fold_metrics(binary([-1.0, -2.0], [0, 1]))
    assert values["precision"] == values["f1"] == values["sensitivity"] == 0


def test_per_fold_has_one_row_for_each_fold_and_ignores_the_others():
    first, second = table(fold=0, seed=1), table(fold=3, seed=2)
    frame = per_fold(pool([second, first]))
    assert frame["fold"].tolist() == [0, 3]
    assert frame["samples"].tolist() == [40, 40]
    assert frame.iloc[1]["auc"] == fold_metrics(second)[0]["auc"]


def test_labels_that_nobody_knows_do_not_count():
    chances = [[0.9, 0.2], [0.6, 0.7], [0.8, 0.3], [0.1, 0.4]]
    truths = [[1, 0], [0, 1], [1, 1], [0, 0]]
    whole = multilabel(truths, chances)
    masked = multilabel([*truths, [-1, -1]], [*chances, [0.9, 0.9]])
    assert fold_metrics(masked) == fold_metrics(whole)
    assert list(masked.correct) == [*whole.correct, True]
    pd.testing.assert_frame_equal(pooled_confusion(masked), pooled_confusion(whole))


def test_a_label_that_nobody_knows_here_is_left_out_of_the_means():
    truths, chances = [[0, -1], [1, -1], [1, -1], [0, -1]], [[0.2, 0.8], [0.6, 0.4], [0.3, 0.1], [0.7, 0.9]]
    values, note = fold_metrics(multilabel(truths, chances))
    assert values["accuracy"] == values["sensitivity"] == values["auc"] == pytest.approx(0.5)
    assert note == "'Mass, left': all samples alike, left out where undefined"
    assert np.isnan(fold_metrics(multilabel([[-1], [-1]], [[0.2], [0.8]]))[0]["accuracy"])
