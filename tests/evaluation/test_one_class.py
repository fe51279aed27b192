"""One class against all others: the metrics are those that scikit-learn gives for it."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score
from support.reproduced import labels_of, predictions_of

from xaimed.evaluation.metrics import fold_metrics
from xaimed.evaluation.one_class import of_class

CLASSES = ("a", "b", "not a")
MATRIX = ((5, 2, 1), (0, 7, 3), (2, 2, 6))


@pytest.mark.parametrize(
    ("kind", "classes", "matrix"), [("multiclass", CLASSES, MATRIX), ("binary", ("n", "p"), ((5, 2), (1, 7)))]
)
def test_metrics_of_every_class(kind, classes, matrix):
    whole = predictions_of([matrix], classes, kind)
    for i, name in enumerate(classes):
        values, note = fold_metrics(of_class(whole, name))
        truth, said = whole.targets == i, whole.predicted == i
        assert values["precision"] == pytest.approx(precision_score(truth, said))
        assert values["sensitivity"] == pytest.approx(recall_score(truth, said))
        assert values["f1"] == pytest.approx(f1_score(truth, said))
        assert values["auc"] == pytest.approx(roc_auc_score(truth, whole.probabilities[:, i]))
        assert not note


def test_what_was_decided_stays_decided_below_one_half():
    whole = predictions_of([MATRIX], CLASSES, sure=0.4)  # the highest of three, and less than a half
    assert (of_class(whole, "b").predicted == (whole.predicted == 1)).all()


def test_of_a_label_the_unknown_are_left_out():
    whole = labels_of([[1, 0], [-1, 1], [0, 1]], [[0.9, 0.2], [0.3, 0.7], [0.6, 0.4]], ("x", "y"))
    one = of_class(whole, "x")
    assert list(one.frame["sample_id"]) == ["f0s0", "f0s2"]
    assert one.targets.tolist() == [1, 0]
    assert one.predicted.tolist() == [1, 1]
    assert np.allclose(one.probabilities[:, 1], [0.9, 0.6])
