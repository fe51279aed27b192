import copy

import pytest
import torch
from torch import nn

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError, ExplainError
from xaimed.explain import mc_gradcam
from xaimed.explain.dropout import mask
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.models.torchvision_backbones import torchvision_network

PASSES, SEED = 6, 4


class Masked(nn.Module):
    """A dropout whose mask is drawn beforehand."""

    def __init__(self, dropout, index, p):
        super().__init__()
        self.dropout, self.seed = dropout, seed_for("mc-dropout", SEED, index, p)

    def forward(self, x):
        return x * mask(self.dropout, x.shape[1:], self.seed)


def sampled_network(network, p):
    """A copy of the network in which every dropout of pass ``p`` is written out."""
    network = copy.deepcopy(network)
    names = [name for name, part in network.named_modules() if isinstance(part, nn.Dropout | nn.Dropout2d)]
    for index, name in enumerate(sorted(names, key=lambda name: not name.startswith("body"))):
        network.set_submodule(name, Masked(network.get_submodule(name), index, p))
    return network


def slow_pass(network, images, targets):
    """Grad-CAM of one network by a full backward, written out: logits, raw maps."""
    layers = list(network.body.named_children())
    at = [name for name, _ in layers].index(network.explained)
    activation = network.body[: at + 1](images)
    activation.retain_grad()
    logits = network.head(network.body[at + 1 :](activation.clone()))
    if targets is not None:
        if logits.shape[1] == 1:
            torch.where(targets == 1, logits[:, 0], -logits[:, 0]).sum().backward()
        else:
            logits[range(len(targets)), targets].sum().backward()
        activation = (activation.grad.mean((2, 3), keepdim=True) * activation).sum(1).relu()
    return logits.detach(), activation.detach()


def slow(network, images, targets=None):
    """The whole of MC-dropout Grad-CAM, one full pass after the other."""
    networks = [sampled_network(network, p) for p in range(PASSES)]
    logits = torch.stack([slow_pass(net, images, None)[0] for net in networks])
    if targets is None:
        mean = (logits.sigmoid() if logits.shape[2] == 1 else logits.softmax(2)).mean(0)
        targets = (mean[:, 0] > 0.5).long() if logits.shape[2] == 1 else mean.argmax(1)
    maps = torch.stack([slow_pass(net, images, targets)[1] for net in networks])
    return logits, targets, maps


CASES = [
    {"head": "linear"},
    {"head": "vgg"},
    {"head": "nested"},
    {"head": "linear", "outputs": 1},
    {"head": "vgg", "outputs": 1},
    {"head": "linear", "deep": "before"},
    {"head": "vgg", "deep": "after"},
    {"head": "bare", "deep": "before", "outputs": 1},
    {"head": "linear", "explained": "conv2"},
]


@pytest.mark.parametrize("options", CASES, ids=str)
@pytest.mark.parametrize("given", [False, True], ids=["predicted", "given"])
def test_equals_a_slow_loop_over_whole_passes(build, images, options, given):
    network = build(**options)
    asked = torch.tensor([0, 1, 0, 1, 1]) if given else None
    logits, targets, maps = slow(network, images, asked)
    found = MCDropoutGradCAM(PASSES, SEED)(network, images, asked)
    torch.testing.assert_close(found.extra["passes_logits"], logits)
    assert torch.equal(found.targets, targets)
    assert maps.amax() > 0.01
    assert maps.std(0).amax() > 0.01
    torch.testing.assert_close(found.heatmap, maps.mean(0))
    torch.testing.assert_close(found.uncertainty, maps.var(0, correction=0).sqrt(), atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(found.logits, network(images).detach())


def test_more_passes_than_fit_at_once_give_the_same(build, images, monkeypatch):
    network = build("vgg")
    expected = MCDropoutGradCAM(PASSES, SEED)(network, images)
    monkeypatch.setattr(mc_gradcam, "AT_ONCE", 4 * 5 * 8 * 8 * 8)  # four of the six passes
    found = MCDropoutGradCAM(PASSES, SEED)(network, images)
    torch.testing.assert_close(found.heatmap, expected.heatmap)
    torch.testing.assert_close(found.uncertainty, expected.uncertainty)
    torch.testing.assert_close(found.extra["passes_logits"], expected.extra["passes_logits"])


@pytest.mark.parametrize("options", [{"head": "vgg"}, {"head": "linear", "deep": "before"}], ids=str)
def test_an_image_does_not_depend_on_its_batch(build, images, options):
    network = build(**options)
    explain = MCDropoutGradCAM(PASSES, SEED)
    together = explain(network, images)
    for i in range(len(images)):
        alone = explain(network, images[i : i + 1])
        torch.testing.assert_close(alone.heatmap[0], together.heatmap[i])
        torch.testing.assert_close(alone.uncertainty[0], together.uncertainty[i])


def test_the_same_seed_gives_the_same_bits_and_another_does_not(build, images):
    network = build("vgg")
    first = MCDropoutGradCAM(PASSES, SEED)(network, images)
    torch.manual_seed(99)
    again = MCDropoutGradCAM(PASSES, SEED)(network.train().requires_grad_(False), images)
    assert torch.equal(first.heatmap, again.heatmap)
    assert torch.equal(first.uncertainty, again.uncertainty)
    assert not torch.equal(first.heatmap, MCDropoutGradCAM(PASSES, SEED + 1)(network, images).heatmap)


def test_behind_one_linear_layer_the_mean_of_many_passes_tends_to_grad_cam_where_signs_hold(build, images):
    # The map before ReLU is linear in the mask, whose mean is 1; where no pass is rectified the means must agree.
    network = build("linear")
    with torch.no_grad():
        network.head[1].weight.abs_()
    sampled = MCDropoutGradCAM(400, SEED)(network, images, torch.zeros(5, dtype=torch.int64))
    settled = GradCAM()(network, images, torch.zeros(5, dtype=torch.int64))
    error = (sampled.heatmap - settled.heatmap).abs()
    assert (error <= 5 * sampled.uncertainty / 400**0.5 + 1e-7).all()


def test_certainty_weighting_is_as_documented(build, images):
    found = MCDropoutGradCAM(PASSES, SEED)(build("vgg"), images)
    mean, spread = found.heatmap, found.uncertainty
    expected = torch.where(mean > 0, mean * mean / (mean + spread), 0)
    torch.testing.assert_close(found.extra["certainty_weighted"], expected)


def test_entropies_are_those_of_the_passes(build, images):
    found = MCDropoutGradCAM(PASSES, SEED)(build("vgg", outputs=1), images)
    positive = found.extra["passes_logits"][..., 0].sigmoid()
    total = torch.distributions.Bernoulli(positive.mean(0)).entropy()
    expected = torch.distributions.Bernoulli(positive).entropy().mean(0)
    torch.testing.assert_close(found.extra["predictive_entropy"], total)
    torch.testing.assert_close(found.extra["mutual_information"], total - expected, atol=1e-6, rtol=1e-3)


def test_multilabel_reads_a_sigmoid_each(build, images):
    found = MCDropoutGradCAM(PASSES, SEED, exclusive=False)(build("vgg"), images)
    mean = found.extra["passes_logits"].sigmoid().mean(0)
    assert torch.equal(found.targets, mean.argmax(1))
    total = torch.distributions.Bernoulli(mean).entropy().sum(1)
    torch.testing.assert_close(found.extra["predictive_entropy"], total)


def test_a_real_backbone_is_explained():
    torch.manual_seed(0)
    network = torchvision_network("resnet18", 3, False, dropout=0.2)
    found = MCDropoutGradCAM(3)(network, torch.randn(2, 3, 64, 64))
    assert found.heatmap.shape == found.uncertainty.shape == (2, 2, 2)
    assert found.uncertainty.amax() > 0
    assert found.asked == {"explainer": "mc_gradcam", "layer": "layer4", "passes": 3, "seed": 0}


def test_without_dropout_it_is_refused_before_and_when_asked(build, images):
    network = build("bare")
    for ask in (lambda: MCDropoutGradCAM().check(network), lambda: MCDropoutGradCAM()(network, images)):
        with pytest.raises(ExplainError, match=r"no dropout with p > 0.*backbone\.dropout=0\.2"):
            ask()
    MCDropoutGradCAM().check(build("linear"))


def test_one_pass_has_no_spread():
    with pytest.raises(ConfigError, match="1 passes have no spread"):
        MCDropoutGradCAM(passes=1)
