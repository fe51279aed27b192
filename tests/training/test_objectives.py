import pytest
import torch
from torch import nn

from xaimed.data.imbalance.weighting import LossWeights
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.training.objectives import CrossEntropy, Value, weigh


def fixed(logits):
    """A network that gives these logits whatever it sees."""

    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, images):
            return self.layer(logits)

    return Network(Body(), nn.Sequential(nn.Identity()), explained="layer", feature_width=1, input_size=8)


@pytest.mark.parametrize(
    ("kind", "classes", "logits", "targets", "expected"),
    [
        # -ln softmax: ln(1 + e^-1) for the first row and ln(1 + e^2) for the second, averaged
        (Kind.MULTICLASS, ("a", "b"), [[1.0, 0.0], [2.0, 0.0]], torch.tensor([0, 1]), (0.3132617 + 2.1269280) / 2),
        # ln(1 + e^-2) and ln(1 + e^-1)
        (Kind.BINARY, ("n", "p"), [[2.0], [-1.0]], torch.tensor([[1.0], [0.0]]), (0.1269280 + 0.3132617) / 2),
        (Kind.MULTILABEL, ("a", "b"), [[2.0, -1.0]], torch.tensor([[1.0, 0.0]]), (0.1269280 + 0.3132617) / 2),
        # what nobody knows does not count, neither above nor below the line
        (Kind.MULTILABEL, ("a", "b"), [[2.0, -1.0], [9.0, -1.0]], torch.tensor([[1.0, 0.0], [-1.0, -1.0]]), 0.2200949),
    ],
)
def test_cross_entropy_by_hand(kind, classes, logits, targets, expected):
    value = CrossEntropy()(fixed(torch.tensor(logits)), torch.zeros(2, 3, 8, 8), targets, Task(kind, classes))
    assert float(value.loss) == pytest.approx(expected, abs=1e-6)
    assert torch.equal(value.logits, torch.tensor(logits))


LOGITS = torch.tensor([[1.0, 0.0, 0.5], [2.0, 0.0, -1.0], [0.0, 0.3, 0.0], [0.1, 0.0, 4.0]])
THREE = Task(Kind.MULTICLASS, ("a", "b", "c"))
TWO = Task(Kind.BINARY, ("n", "p"))


def loss_of(objective, logits, targets, task):
    return objective(fixed(logits), torch.zeros(len(logits), 3, 8, 8), targets, task).loss


def test_class_weights_multiply_what_a_picture_costs():
    targets, values = torch.tensor([0, 1, 2, 1]), torch.tensor([1.0, 2.0, 0.5])
    loss = loss_of(CrossEntropy().weighted(LossWeights(values)), LOGITS, targets, THREE)
    costs = -LOGITS.log_softmax(1)[torch.arange(4), targets]
    assert float(loss) == pytest.approx(float((costs * torch.tensor([1.0, 2.0, 0.5, 2.0])).sum() / 4), abs=1e-6)
    summed = nn.CrossEntropyLoss(weight=values, reduction="sum")(LOGITS, targets)
    assert float(loss) == pytest.approx(float(summed) / 4, abs=1e-6)


def test_a_positive_weight_is_that_of_torch():
    logits, targets = torch.tensor([[2.0], [-1.0], [0.5]]), torch.tensor([[1.0], [0.0], [1.0]])
    objective = CrossEntropy().weighted(LossWeights(torch.tensor([[1.0, 0.35]])))
    expected = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([0.35]))(logits, targets)
    assert float(loss_of(objective, logits, targets, TWO)) == pytest.approx(float(expected), abs=1e-6)
    # by hand for the first two: 0.35 ln(1 + e^-2) and ln(1 + e^-1)
    two = loss_of(objective, logits[:2], targets[:2], TWO)
    assert float(two) == pytest.approx((0.35 * 0.1269280 + 0.3132617) / 2, abs=1e-6)


def test_each_label_has_its_weight_and_what_nobody_knows_has_none():
    logits = torch.tensor([[2.0, -1.0], [9.0, 0.5]])
    targets = torch.tensor([[1.0, 0.0], [-1.0, 1.0]])
    weights = LossWeights(torch.tensor([[1.0, 3.0], [0.5, 2.0]]))
    loss = loss_of(CrossEntropy().weighted(weights), logits, targets, Task(Kind.MULTILABEL, ("a", "b")))
    # 3 ln(1 + e^-2), 0.5 ln(1 + e^-1), 2 ln(1 + e^-0.5), over three known labels
    assert float(loss) == pytest.approx((3 * 0.1269280 + 0.5 * 0.3132617 + 2 * 0.4740770) / 3, abs=1e-6)


def test_where_a_batch_ends_does_not_matter():
    objective = CrossEntropy().weighted(LossWeights(torch.tensor([1.0, 2.0, 0.5])))
    targets = torch.tensor([0, 1, 2, 1])
    whole = loss_of(objective, LOGITS, targets, THREE)
    parts = [loss_of(objective, LOGITS[i : i + 1], targets[i : i + 1], THREE) for i in range(4)]
    assert float(whole) == pytest.approx(float(sum(parts)) / 4, abs=1e-6)


def test_weighting_gives_another_objective_and_leaves_the_first():
    plain = CrossEntropy()
    heavy = weigh(plain, LossWeights(torch.tensor([2.0, 2.0, 2.0])))
    targets = torch.tensor([0, 1, 2, 1])
    assert float(loss_of(heavy, LOGITS, targets, THREE)) == pytest.approx(
        2 * float(loss_of(plain, LOGITS, targets, THREE)), abs=1e-6
    )
    assert weigh(plain, None) is plain
    assert plain.weights is None


def test_an_objective_that_knows_no_weights_is_refused():
    def mine(network, images, targets, task):
        return Value(network(images).sum(), network(images))

    assert weigh(mine, None) is mine
    with pytest.raises(ConfigError, match="function cannot weigh classes"):
        weigh(mine, LossWeights(torch.ones(3)))
