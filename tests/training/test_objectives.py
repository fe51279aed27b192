import pytest
import torch
from torch import nn

from xaimed.data.task import Kind, Task
from xaimed.models.network import Network
from xaimed.training.objectives import CrossEntropy


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
