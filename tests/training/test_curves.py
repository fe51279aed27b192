import pytest
import torch
from torchmetrics import AUROC
from torchmetrics.classification import MulticlassCalibrationError

from xaimed.data.task import Kind, Task
from xaimed.evaluation.calibration import Claims, ece
from xaimed.training.curves import curve_metrics


def auc_of(kind, scores, targets, classes=("a", "b", "c")):
    return measures_of(kind, scores, targets, classes)["auc"]


def measures_of(kind, scores, targets, classes=("a", "b", "c")):
    metrics = curve_metrics(Task(kind, classes))
    half = len(scores) // 2
    for part in (slice(None, half), slice(half, None)):
        metrics.update(scores[part], targets[part])
    return metrics.compute()


@pytest.mark.parametrize("kind", list(Kind))
def test_it_is_torchmetrics_where_every_class_is_there(kind):
    noise = torch.Generator().manual_seed(0)
    shape = (40,) if kind is Kind.BINARY else (40, 3)
    scores = torch.rand(shape, generator=noise)
    targets = torch.randint(0, 3 if kind is Kind.MULTICLASS else 2, (40,) if kind is Kind.MULTICLASS else shape)
    if kind is Kind.MULTICLASS:
        scores = scores.softmax(1)
    theirs = AUROC(task=kind.value, num_classes=3, num_labels=3, average="macro")(scores, targets)
    classes = ("a", "b") if kind is Kind.BINARY else ("a", "b", "c")
    assert auc_of(kind, scores, targets, classes) == pytest.approx(float(theirs), abs=1e-6)


def test_a_class_of_which_there_is_no_sample_is_left_out_of_the_mean():
    # a against the rest: 0.9, 0.4 above 0.3, 0.2, all right; b against the rest: 0.5, 0.7 above 0.1, 0.5: 3.5 of 4
    scores = torch.tensor([[0.9, 0.1, 0.0], [0.4, 0.5, 0.1], [0.3, 0.5, 0.2], [0.2, 0.7, 0.1]])
    assert auc_of(Kind.MULTICLASS, scores, torch.tensor([0, 0, 1, 1])) == pytest.approx((1 + 3.5 / 4) / 2)


@pytest.mark.parametrize("kind", list(Kind))
def test_of_one_class_alone_there_is_none(kind):
    scores = torch.rand(4) if kind is Kind.BINARY else torch.rand(4, 3)
    targets = torch.ones((4, 3) if kind is Kind.MULTILABEL else 4).long()
    assert auc_of(kind, scores, targets).isnan()


def test_labels_that_nobody_knows_are_left_out():
    scores = torch.tensor([[0.9, 0.5, 0.1], [0.2, 0.5, 0.2], [0.5, 0.5, 0.3]])
    targets = torch.tensor([[1, 1, -1], [0, -1, -1], [-1, 1, -1]])
    assert auc_of(Kind.MULTILABEL, scores, targets) == pytest.approx(1.0)


def test_the_calibration_error_is_torchmetrics_and_that_of_stored_predictions():
    noise = torch.Generator().manual_seed(1)
    scores, targets = torch.randn(60, 3, generator=noise).softmax(1), torch.randint(0, 3, (60,), generator=noise)
    found = float(measures_of(Kind.MULTICLASS, scores, targets)["ece"])
    assert found == pytest.approx(float(MulticlassCalibrationError(3, n_bins=10)(scores, targets)), abs=1e-6)
    sure = scores.double().max(1)
    claims = Claims(sure.values.numpy(), (sure.indices == targets).numpy(), targets.numpy().astype(str))
    assert found == pytest.approx(ece([claims]), abs=1e-6)


def test_of_two_classes_the_decision_is_judged_not_the_positive_class():
    # decisions of 0.9 (right), 0.8 (wrong), 0.6 and 0.55 (right, one bin): |0.1| + |-0.8| + |0.4 + 0.45| of 4
    scores, targets = torch.tensor([0.9, 0.8, 0.6, 0.45]), torch.tensor([1, 0, 1, 0])
    assert float(measures_of(Kind.BINARY, scores, targets, ("a", "b"))["ece"]) == pytest.approx(1.75 / 4)


def test_several_labels_at_once_have_none():
    assert set(curve_metrics(Task(Kind.MULTILABEL, ("a", "b")))) == {"accuracy", "auc"}
