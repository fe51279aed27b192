import pytest
import torch
from support.tiny import tiny_network
from torch import nn
from training.networks import images, linear, smooth, transformer

from xaimed.errors import ExplainError
from xaimed.explain.contract import class_score
from xaimed.explain.gradcam import GradCAM
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.training.attribution import TwiceDifferentiable, evidence, path


def score_of(targets, steps):
    return lambda logits: class_score(logits, targets.repeat(steps))


def maps_of(network, pictures, targets, steps=4, trainable=False):
    return evidence(network, pictures, score_of(targets, steps), steps, trainable)


@pytest.mark.parametrize("steps", range(1, 9))
def test_the_path_ends_at_the_image_and_is_exact_for_polynomials(steps):
    points, weights = path(steps)
    assert points[-1] == 1
    assert points == sorted(points)
    assert min(points) > 0
    for power in range(2 * steps - 1):
        found = sum(weight * point**power for point, weight in zip(points, weights, strict=True))
        assert found == pytest.approx(1 / (power + 1), abs=1e-12)


def test_a_linear_network_has_the_maps_that_its_weights_say():
    network, pictures, targets = linear(), images(), torch.tensor([0, 1, 2, 1])
    found = maps_of(network, pictures, targets)
    with torch.no_grad():
        channels = network.head[0].weight[targets] / 16  # the share of each of 16 cells in the mean
        expected = torch.einsum("bk,bkhw->bhw", channels, network.body.patches(pictures))
        logit = class_score(network(pictures), targets)
    torch.testing.assert_close(found.gradcam, expected)
    torch.testing.assert_close(found.integrated * 16, expected)  # 16 pixels in a cell
    torch.testing.assert_close(found.gradcam.sum((1, 2)), logit)
    assert (expected < 0).any()
    assert (expected > 0).any()


@pytest.mark.parametrize(
    ("network", "side", "steps", "tolerance"),
    [
        (smooth(), 8, 8, 1e-5),
        (smooth(), 8, 4, 2e-2),
        (tiny_network(3, False), 16, 64, 3e-2),
        (transformer(), 16, 32, 1e-2),
    ],
)
def test_integrated_gradients_are_complete(network, side, steps, tolerance):
    """Their sum is what the score gains on the way from the baseline to the image (Sundararajan et al. 2017)."""
    pictures, targets = images(side=side).to(next(network.parameters()).dtype), torch.tensor([0, 1, 2, 1])
    found = maps_of(network, pictures, targets, steps).integrated
    network.eval()
    with torch.no_grad():
        gained = class_score(network(pictures), targets) - class_score(network(torch.zeros_like(pictures)), targets)
    pixels = side**2 / found[0].numel()
    torch.testing.assert_close(found.sum((1, 2)) * pixels, gained, atol=tolerance * float(gained.abs().max()), rtol=0)


@pytest.mark.parametrize(
    "make", [lambda: tiny_network(3, False), transformer, lambda: torchvision_network("resnet18", 3, False)]
)
def test_grad_cam_is_the_explainers(make):
    torch.manual_seed(0)
    network, pictures, targets = make(), images(side=16), torch.tensor([0, 1, 2, 1])
    expected = GradCAM()(network, pictures, targets).heatmap
    found = maps_of(network, pictures, targets).gradcam.relu()
    assert expected.amax() > 0
    torch.testing.assert_close(found, expected)


def test_an_image_does_not_depend_on_its_batch_and_the_network_stays_as_it_was():
    network, pictures, targets = tiny_network(3, False).train(), images(), torch.tensor([0, 1, 2, 1])
    network.body.norm.eval()
    network(pictures).sum().backward()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    slopes = [weight.grad.clone() for weight in network.parameters()]
    chance = torch.get_rng_state()
    together = maps_of(network, pictures, targets, trainable=True)
    assert torch.equal(chance, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(w.grad, slope) for w, slope in zip(network.parameters(), slopes, strict=True))
    assert network.body.first.training
    assert not network.body.norm.training
    assert not network.body.explained._forward_hooks
    for i in range(len(pictures)):
        alone = maps_of(network, pictures[i : i + 1], targets[i : i + 1])
        torch.testing.assert_close(alone.gradcam[0], together.gradcam[i])
        torch.testing.assert_close(alone.integrated[0], together.integrated[i])


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", torch.bfloat16)])
def test_no_surrounding_mode_changes_the_maps(mode):
    network, pictures, targets = tiny_network(3, False), images(), torch.tensor([0, 1, 2, 1])
    expected = maps_of(network, pictures, targets)
    with mode():
        found = maps_of(network, pictures.clone(), targets.clone())
    assert torch.equal(found.gradcam, expected.gradcam)
    assert torch.equal(found.integrated, expected.integrated)
    assert found.gradcam.dtype == found.integrated.dtype == torch.float32
    assert not found.gradcam.requires_grad
    assert not found.integrated.requires_grad


def test_maps_are_differentiable_only_when_asked_and_attention_twice():
    network, pictures, targets = transformer().train(), images(), torch.tensor([0, 1, 2, 1])
    found = maps_of(network, pictures, targets, trainable=True)
    (found.gradcam.square().sum() + found.integrated.square().sum()).backward()
    attention = network.body.vit.encoder.layers.encoder_layer_1.self_attention.in_proj_weight.grad
    assert torch.isfinite(attention).all()
    assert attention.abs().sum() > 0


def test_a_layer_without_a_grid_or_without_a_say_is_an_error():
    network, pictures, targets = smooth(), images(side=8), torch.tensor([0, 1, 2, 1])
    network.explained = "flat"
    with pytest.raises(ExplainError, match=r"not \[images, channels, height, width\]"):
        maps_of(network, pictures, targets)
    body = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten())
    body.add_module("unused", nn.Identity())
    body.forward = lambda seen: body[1](body[0](seen))
    unused = Network(body, nn.Sequential(nn.Linear(72, 3)), explained="unused", feature_width=72, input_size=8)
    with pytest.raises(ExplainError, match=r"do not depend on the explained layer \[unused\]"):
        maps_of(unused, pictures, targets)


def test_a_hard_sigmoid_is_the_same_and_has_a_second_derivative():
    values = torch.linspace(-5, 5, 41, dtype=torch.float64, requires_grad=True)
    with TwiceDifferentiable():
        ours = torch.nn.Hardsigmoid()(values)
        slope = torch.autograd.grad((ours * values).sum(), values, create_graph=True)[0]
        torch.autograd.grad(slope.sum(), values)
    torch.testing.assert_close(ours, torch.nn.functional.hardsigmoid(values))


def test_squeeze_and_excite_blocks_are_learned_from():
    network = torchvision_network("mobilenet_v3_small", 3, False, size=32)
    maps = evidence(network, torch.rand(2, 3, 32, 32), lambda logits: logits[:, 0], 2, True)
    (maps.gradcam.square().sum() + maps.integrated.square().sum()).backward()
    assert any(float(weight.grad.abs().sum()) > 0 for weight in network.body.parameters() if weight.grad is not None)
