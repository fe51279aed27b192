"""Weights, smoothing, focus and positives: by hand, and against torch and torchvision."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.training.abilities import check_objective
from xaimed.training.binary import BinaryCrossEntropy
from xaimed.training.focal import FocalLoss
from xaimed.training.objectives import CrossEntropy
from xaimed.training.weighted import WeightedCrossEntropy

TWO, ONE_LOGIT, LABELS = (Task(kind, ("a", "b")) for kind in (Kind.MULTICLASS, Kind.BINARY, Kind.MULTILABEL))
# ln(1 + e^-1), ln(1 + e^1), ln(1 + e^-2), ln(1 + e^2)
E1, E1_WRONG, E2, E2_WRONG = 0.31326169, 1.31326169, 0.12692801, 2.12692801


def fixed(logits):
    """A network that gives these logits whatever it sees."""

    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, images):
            return self.layer(logits)

    return Network(Body(), nn.Sequential(nn.Identity()), explained="layer", feature_width=1, input_size=8)


def loss(objective, logits, targets, task):
    logits = torch.as_tensor(logits)
    value = objective(fixed(logits), torch.zeros(len(logits), 3, 8, 8), torch.as_tensor(targets), task)
    assert torch.equal(value.logits, logits)
    return value.loss


EXCLUSIVE = ([[1.0, 0.0], [2.0, 0.0]], [0, 1], TWO)
BINARY = ([[2.0], [-1.0]], [[1.0], [0.0]], ONE_LOGIT)
SEVERAL = ([[2.0, -1.0], [9.0, -1.0]], [[1.0, 0.0], [-1.0, 1.0]], LABELS)  # one label is not known
WEIGHTS = {"b": 3.0, "a": 1.0}
P1, P2_WRONG, P1_WRONG, P2 = 1 / (1 + math.e**-1), 1 / (1 + math.e**2), 1 / (1 + math.e), 1 / (1 + math.e**-2)


@pytest.mark.parametrize(
    ("objective", "batch", "expected"),
    [
        (WeightedCrossEntropy(WEIGHTS), EXCLUSIVE, (E1 + 3 * E2_WRONG) / 2),
        (WeightedCrossEntropy(WEIGHTS), BINARY, (3 * E2 + E1) / 2),
        (WeightedCrossEntropy(WEIGHTS), SEVERAL, (E2 + 3 * E1 + 3 * E1_WRONG) / 3),
        (WeightedCrossEntropy(None, 0.1), EXCLUSIVE, 0.95 * (E1 + E2_WRONG) / 2 + 0.05 * (E1_WRONG + E2) / 2),
        (WeightedCrossEntropy(None, 0.1), BINARY, 0.95 * (E2 + E1) / 2 + 0.05 * (E2_WRONG + E1_WRONG) / 2),
        (
            WeightedCrossEntropy(None, 0.2),
            SEVERAL,
            0.9 * (E2 + E1 + E1_WRONG) / 3 + 0.1 * (E2_WRONG + E1_WRONG + E1) / 3,
        ),
        (WeightedCrossEntropy(WEIGHTS, 0.1), BINARY, (0.95 * (3 * E2 + E1) + 0.05 * (3 * E2_WRONG + E1_WRONG)) / 2),
        (BinaryCrossEntropy(), BINARY, (E2 + E1) / 2),
        (BinaryCrossEntropy(4), BINARY, (4 * E2 + E1) / 2),
        (BinaryCrossEntropy({"b": 4}), BINARY, (4 * E2 + E1) / 2),
        (BinaryCrossEntropy({"a": 2, "b": 4}), SEVERAL, (2 * E2 + E1 + 4 * E1_WRONG) / 3),
        (FocalLoss(2), EXCLUSIVE, ((1 - P1) ** 2 * E1 + (1 - P2_WRONG) ** 2 * E2_WRONG) / 2),
        (FocalLoss(1, WEIGHTS), EXCLUSIVE, ((1 - P1) * E1 + 3 * (1 - P2_WRONG) * E2_WRONG) / 2),
        (FocalLoss(2, 0.25), BINARY, (0.25 * (1 - P2) ** 2 * E2 + 0.75 * (1 - P1) ** 2 * E1) / 2),
        (FocalLoss(2, {"a": 0.75, "b": 0.25}), BINARY, (0.25 * (1 - P2) ** 2 * E2 + 0.75 * (1 - P1) ** 2 * E1) / 2),
        (
            FocalLoss(1, {"a": 0.2, "b": 0.6}),
            SEVERAL,
            (0.2 * (1 - P2) * E2 + 0.4 * (1 - P1) * E1 + 0.6 * (1 - P1_WRONG) * E1_WRONG) / 3,
        ),
    ],
)
def test_by_hand(objective, batch, expected):
    check_objective(objective, batch[2])
    assert float(loss(objective, *batch)) == pytest.approx(expected, abs=1e-6)


def random_batch(classes, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(12, classes, generator=chance) * 4, chance


@pytest.mark.parametrize("alpha", [0.25, 0.6])
@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_focal_equals_torchvisions_on_labels(alpha, gamma):
    logits, chance = random_batch(3)
    targets = torch.randint(0, 2, logits.shape, generator=chance).float()
    found = loss(FocalLoss(gamma, alpha), logits, targets, Task(Kind.MULTILABEL, ("a", "b", "c")))
    torch.testing.assert_close(found, sigmoid_focal_loss(logits, targets, alpha, gamma, "mean"))


def test_without_their_options_all_are_cross_entropy():
    logits, chance = random_batch(3)
    for task, targets in [
        (Task(Kind.MULTICLASS, ("a", "b", "c")), torch.randint(0, 3, (12,), generator=chance)),
        (Task(Kind.MULTILABEL, ("a", "b", "c")), torch.randint(-1, 2, (12, 3), generator=chance).float()),
    ]:
        expected = loss(CrossEntropy(), logits, targets, task)
        alike = dict.fromkeys(task.classes, 1.0)
        for same in (FocalLoss(0), WeightedCrossEntropy(alike), WeightedCrossEntropy()):
            torch.testing.assert_close(loss(same, logits, targets, task), expected)
    torch.testing.assert_close(loss(BinaryCrossEntropy(), logits, targets, task), expected)


def test_smoothing_equals_torchs():
    logits, chance = random_batch(4)
    targets = torch.randint(0, 4, (12,), generator=chance)
    found = loss(WeightedCrossEntropy(smoothing=0.1), logits, targets, Task(Kind.MULTICLASS, tuple("abcd")))
    torch.testing.assert_close(found, functional.cross_entropy(logits, targets, label_smoothing=0.1))


ALL = [WeightedCrossEntropy(WEIGHTS, 0.1), BinaryCrossEntropy(2), FocalLoss(0.5, {"a": 0.2, "b": 0.3}), FocalLoss(2)]


@pytest.mark.parametrize("objective", ALL, ids=lambda made: type(made).__name__)
def test_what_nobody_knows_has_no_slope_and_a_batch_without_knowledge_costs_nothing(objective):
    logits = torch.tensor([[2.0, -1.0], [90.0, -1.0]], requires_grad=True)
    loss(objective, logits, [[1.0, -1.0], [-1.0, 0.0]], LABELS).backward()
    assert (logits.grad != 0).tolist() == [[True, False], [False, True]]
    logits.grad = None
    nothing = loss(objective, logits, [[-1.0, -1.0], [-1.0, -1.0]], LABELS)
    nothing.backward()
    assert nothing.item() == 0
    assert not logits.grad.any()


@pytest.mark.parametrize("objective", ALL, ids=lambda made: type(made).__name__)
def test_the_most_certain_logits_have_a_finite_loss_and_slope_also_in_half_precision(objective):
    for dtype in (torch.float32, torch.bfloat16):
        logits = torch.tensor([[300.0, -300.0], [-300.0, 300.0]], dtype=dtype, requires_grad=True)
        found = loss(objective, logits, [[1.0, 0.0], [1.0, 0.0]], LABELS)
        found.backward()
        assert found.dtype == torch.float32
        assert torch.isfinite(found)
        assert torch.isfinite(logits.grad).all()


THREE = Task(Kind.MULTICLASS, ("Normal", "Scoliosis", "Spondylolisthesis"))
EVEN = dict.fromkeys(THREE.classes, 1.0)


@pytest.mark.parametrize(
    ("make", "task", "said"),
    [
        (lambda: WeightedCrossEntropy({**EVEN, "Scolosis": 2}), THREE, "no class 'Scolosis'.*weights.*'Scoliosis'"),
        (lambda: WeightedCrossEntropy({"Normal": 1}), THREE, "'Scoliosis', 'Spondylolisthesis' got no number"),
        (lambda: WeightedCrossEntropy({**EVEN, "Normal": 0}), THREE, "0 is no number above 0.*weights.Normal"),
        (lambda: WeightedCrossEntropy({**EVEN, "Normal": "x"}), THREE, "'x' is no number above 0"),
        (lambda: WeightedCrossEntropy(smoothing=1), THREE, "1 is not at least 0 and below 1.*smoothing"),
        (lambda: WeightedCrossEntropy(smoothing="some"), THREE, "'some' is not"),
        (lambda: FocalLoss(gamma=-1), THREE, "-1 is no number of at least 0.*gamma"),
        (lambda: FocalLoss(alpha=0.25), THREE, "one alpha cannot weigh 3 exclusive classes.*Normal, Scoliosis"),
        (lambda: FocalLoss(alpha=1.0), ONE_LOGIT, "1.0 does not lie between 0 and 1"),
        (lambda: FocalLoss(alpha={"a": 2, "b": 0.5}), LABELS, "2 does not lie between 0 and 1.*alpha.a"),
        (lambda: FocalLoss(alpha={**EVEN, "Norml": 1}), THREE, "no class 'Norml'.*alpha.*'Normal'"),
        (lambda: BinaryCrossEntropy(), THREE, "cannot choose between 3 exclusive classes"),
        (lambda: BinaryCrossEntropy(0), ONE_LOGIT, "0 is no number above 0.*positive_weights"),
        (lambda: BinaryCrossEntropy({"a": 1, "b": 1}), ONE_LOGIT, "no class 'a'.*Choose from: b"),
        (lambda: BinaryCrossEntropy({"a": 1}), LABELS, "'b' got no number"),
    ],
)
def test_bad_options_are_refused_by_name(make, task, said):
    with pytest.raises(ConfigError, match=said):
        check_objective(make(), task)
