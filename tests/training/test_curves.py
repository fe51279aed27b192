import pytest
import torch
from torchmetrics import AUROC

from xaimed.data.task import Kind, Task
from xaimed.training.curves import curve_metrics


def auc_of(kind, scores, targets, classes=("a", "b", "c")):
    metrics = curve_metrics(Task(kind, classes))
    half = len(scores) // 2
    for part in (slice(None, half), slice(half, None)):
        metrics.update(scores[part], targets[part])
    return metrics.compute()["auc"]


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
