"""The lean copy says what the network says, costs it nothing, and gives way where memory is short."""

import copy

import pytest
import torch
from support.backbones import fill, unfilled
from torch import nn

from xaimed.errors import ExplainError
from xaimed.explain.lean import Lean
from xaimed.explain.pieces import in_pieces, pieces
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v2", "vgg16"])
def test_logits_are_the_networks(name):
    with unfilled():
        network = fill(torchvision_network(name, 3, False, size=64)).eval()
    before = copy.deepcopy(network.state_dict())
    images = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    lean = Lean(network, images)
    with torch.no_grad():
        expected = network(images)
    torch.testing.assert_close(lean.logits(images), expected, rtol=1e-3, atol=1e-3 * float(expected.abs().amax()))
    norms = [sum(isinstance(part, nn.BatchNorm2d) for part in each.modules()) for each in (network, lean.network)]
    assert norms[0] == 0 or norms[1] < norms[0]
    if name != "densenet121":  # where half of the norms come first
        assert norms[1] == 0
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())


class Shared(nn.Module):
    """A convolution whose output is normalised and used as it is too: folding would change it."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.norm.running_var.fill_(9.0)

    def forward(self, images):
        seen = self.conv(images)
        return (seen + self.norm(seen)).mean((2, 3))


def test_what_cannot_be_folded_stays_as_it_is():
    network = Network(Shared(), nn.Sequential(nn.Linear(4, 2)), explained="conv", feature_width=4, input_size=8).eval()
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    lean = Lean(network, images)
    torch.testing.assert_close(lean.logits(images), network(images).detach())
    assert any(isinstance(part, nn.BatchNorm2d) for part in lean.network.modules())


def test_half_precision_is_close_and_no_more():
    with unfilled():
        network = fill(torchvision_network("resnet18", 3, False, size=64)).eval()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    exact, rough = (Lean(network, images, precision).logits(images) for precision in ("fp32", "bf16"))
    assert rough.dtype is torch.float32
    assert 0 < (exact - rough).abs().amax() < 0.05 * exact.abs().amax()


def test_pieces_get_smaller_until_they_fit():
    asked = []

    def compute(rows):
        asked.append(rows.stop - rows.start)
        if asked[-1] > 3:
            raise torch.OutOfMemoryError("no memory")
        return torch.arange(rows.start, rows.stop)

    assert in_pieces(7, compute, 12).tolist() == list(range(7))
    assert asked == [7, 3, 3, 1]


def test_another_error_is_not_taken_for_a_full_memory():
    def fail(rows):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        in_pieces(2, fail, 2)


def test_a_single_image_that_does_not_fit_is_said():
    def fail(rows):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")

    with pytest.raises(ExplainError, match="no memory for a single image"):
        list(pieces(4, fail, 4))
