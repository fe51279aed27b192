"""Integrated gradients against closed forms, captum, and themselves in other batches, pieces and modes."""

from pathlib import Path

import captum.attr
import pytest
import torch
import yaml
from hydra.utils import instantiate
from support.affine import affine_network, slopes
from support.backbones import fill, unfilled
from support.hybrids import fitted
from torch import nn

from benchmarks.consistency import small_vit
from xaimed.errors import ConfigError, ExplainError
from xaimed.explain import pixel_gradients
from xaimed.explain.contract import class_score
from xaimed.explain.hidden import hidden
from xaimed.explain.integrated_gradients import IntegratedGradients
from xaimed.explain.pixel_gradients import PixelGradients
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

HEAVY = ("resnet18", "vgg16", "vit_b_16", "inception_v3", "swin_t")
TARGETS = torch.tensor([0, 1, 2, 1, 0])
BASELINES = pytest.mark.parametrize("baseline", ["zero", "mean", "blurred"])


def reference(network, images, targets, steps=50, baseline="zero"):
    """Captum's own, as documented."""
    empty = torch.stack([hidden(image, baseline) for image in images])
    found = captum.attr.IntegratedGradients(network).attribute(images, empty, target=targets, n_steps=steps)
    return found.detach().sum(1)


@BASELINES
@pytest.mark.parametrize("convolved", [False, True])
def test_of_a_linear_model_it_is_weight_times_way(baseline, convolved):
    network = affine_network(convolved=convolved)
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    found = IntegratedGradients(steps=2, baseline=baseline)(network, images, TARGETS)
    way = images - torch.stack([hidden(image, baseline) for image in images])
    expected = (slopes(network, images, TARGETS) * way).sum(1)
    torch.testing.assert_close(found.extra["signed"], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.heatmap, expected.abs(), rtol=1e-4, atol=1e-4)
    assert (found.extra["convergence"] < 1e-4).all()
    torch.testing.assert_close(found.logits, network(images).detach())


def test_of_a_cube_two_points_are_exact_and_one_is_not():
    class Cube(nn.Module):
        def forward(self, pixels):
            return pixels**3

    body = nn.Sequential(Cube(), nn.Flatten())
    network = Network(body, nn.Sequential(nn.Linear(12, 2)), explained="0", feature_width=12, input_size=2)
    images = torch.randn(3, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([0, 1, 1])
    weight = network.head[0].weight.detach()[targets].view(3, 3, 2, 2)
    exact = IntegratedGradients(steps=2)(network, images, targets)
    torch.testing.assert_close(exact.extra["signed"], (weight * images**3).sum(1))
    rough = IntegratedGradients(steps=1)(network, images, targets)  # the midpoint: 3/4 of the cube
    torch.testing.assert_close(rough.extra["signed"], 0.75 * (weight * images**3).sum(1))
    torch.testing.assert_close(rough.extra["convergence"], torch.full((3,), 0.25), rtol=1e-4, atol=1e-4)


@BASELINES
def test_equals_captum_and_is_complete(build, images, baseline):
    network = build("vgg")
    found = IntegratedGradients(baseline=baseline)(network, images, TARGETS)
    expected = reference(network, images, TARGETS, baseline=baseline)
    assert expected.abs().amax() > 0.01
    torch.testing.assert_close(found.extra["signed"], expected, rtol=1e-4, atol=1e-4 * float(expected.abs().amax()))
    empty = network(torch.stack([hidden(image, baseline) for image in images])).detach()
    change = class_score(found.logits, TARGETS) - class_score(empty, TARGETS)
    off = (found.extra["signed"].sum((1, 2)) - change).abs()
    torch.testing.assert_close(found.extra["convergence"], off / change.abs(), rtol=1e-2, atol=1e-4)
    assert found.extra["convergence"].median() < 0.05


def test_more_steps_come_closer(build, images):
    network = build("vgg")
    few, many = (IntegratedGradients(steps=n)(network, images).extra["convergence"].mean() for n in (2, 200))
    assert many < 0.1 * few


@pytest.mark.parametrize(
    "name", ["densenet121", "mobilenet_v2", *(pytest.param(n, marks=pytest.mark.slow) for n in HEAVY)]
)
def test_equals_captum_on_real_backbones(name):
    side = {"vit_b_16": 48, "inception_v3": 107}.get(name, 32)
    with unfilled():
        network = fill(torchvision_network(name, 3, False, size=side)).eval()
    images = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([0, 2])
    found = IntegratedGradients(steps=3)(network, images, targets).extra["signed"]
    expected = reference(network, images, targets, steps=3)
    assert expected.abs().amax() > 0
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().amax()))


def test_the_first_layer_runs_once_and_not_at_every_step(build, images, monkeypatch):
    network, seen = build(), []
    original = nn.Conv2d.forward

    def counting(layer, pixels):
        if layer.in_channels == 3:
            seen.append(len(pixels))
        return original(layer, pixels)

    expected = reference(network, images, TARGETS, steps=20)
    monkeypatch.setattr(nn.Conv2d, "forward", counting)
    found = IntegratedGradients(steps=20)(network, images, TARGETS).extra["signed"]
    assert sum(seen) < 40  # and not 100
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().amax()))


@pytest.mark.parametrize("twice", ["layer", "pixels"])
def test_a_first_layer_that_is_not_alone_is_run_at_every_step(images, twice):
    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, pixels):
            found = self.conv(pixels).relu()
            return (self.conv(found) if twice == "layer" else found * pixels.tanh()).flatten(1)

    torch.manual_seed(0)
    network = Network(Body(), nn.Sequential(nn.Linear(768, 3)), explained="conv", feature_width=768, input_size=16)
    found = IntegratedGradients(steps=9)(network, images, TARGETS).extra["signed"]
    expected = reference(network, images, TARGETS, steps=9)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().amax()))


def test_a_transformers_patches_are_cut_off_and_its_attention_is_differentiated():
    torch.manual_seed(0)
    network = small_vit(16)
    nn.init.normal_(network.head[0].weight)
    images = torch.randn(2, 3, 16, 16)
    found = IntegratedGradients(steps=5)(network, images, TARGETS[:2]).extra["signed"]
    expected = reference(network, images, TARGETS[:2], steps=5)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().amax()))
    with untouched(network):
        assert PixelGradients(network, images, TARGETS[:2], behind_first=True).first.kernel_size == (8, 8)


def test_the_sign_decides_what_the_heatmap_shows(build, images):
    shown = {
        sign: IntegratedGradients(steps=4, sign=sign)(build(), images) for sign in ("absolute", "positive", "signed")
    }
    signed = shown["signed"].heatmap
    assert signed.amin() < 0 < signed.amax()
    assert torch.equal(shown["absolute"].heatmap, signed.abs())
    assert torch.equal(shown["positive"].heatmap, signed.clamp_min(0))
    assert all(torch.equal(each.extra["signed"], signed) for each in shown.values())


def test_one_logit_speaks_for_class_one_and_negated_for_class_zero(build, images):
    network = build("vgg", outputs=1)
    one, zero = (IntegratedGradients(steps=4)(network, images, torch.full((5,), label)) for label in (1, 0))
    assert one.heatmap.amax() > 0
    torch.testing.assert_close(one.extra["signed"], -zero.extra["signed"])
    torch.testing.assert_close(one.extra["convergence"], zero.extra["convergence"])
    predicted = IntegratedGradients(steps=4)(network, images)
    assert torch.equal(predicted.targets, (network(images)[:, 0] > 0).long())


@pytest.mark.parametrize("at_once", [1, 3, 8, 40])
def test_an_image_depends_neither_on_its_batch_nor_on_the_pieces(build, images, at_once):
    network = build("vgg")
    together = IntegratedGradients(steps=7, at_once=at_once)(network, images)
    for i in range(len(images)):
        alone = IntegratedGradients(steps=7)(network, images[i : i + 1])
        torch.testing.assert_close(alone.heatmap[0], together.heatmap[i], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            alone.extra["convergence"][0], together.extra["convergence"][i], rtol=1e-3, atol=1e-4
        )


def test_where_memory_is_short_the_map_is_the_same(build, images, monkeypatch):
    network = build("vgg")
    expected = IntegratedGradients(steps=10)(network, images, TARGETS)
    original, sizes = pixel_gradients.PixelGradients.gradients, []

    def short(self, points, of):
        sizes.append(len(points))
        if len(points) > 3:
            raise torch.OutOfMemoryError("no memory")
        return original(self, points, of)

    monkeypatch.setattr(pixel_gradients.PixelGradients, "gradients", short)
    found = IntegratedGradients(steps=10, at_once=20)(network, images, TARGETS)
    assert max(sizes) == 20
    torch.testing.assert_close(found.heatmap, expected.heatmap, rtol=1e-4, atol=1e-5)


def test_frozen_training_or_under_another_mode_the_map_is_the_same(build, images):
    network = build("vgg")
    explain = IntegratedGradients(steps=4)
    expected = explain(network, images).heatmap
    for mode in (torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", torch.bfloat16)):
        with mode:
            found = explain(network, images.clone())
        assert torch.equal(found.heatmap, expected)
        assert found.heatmap.dtype == torch.float32
        assert not any(part.requires_grad for part in (found.heatmap, found.logits, *found.extra.values()))
    assert torch.equal(explain(network.train(), images).heatmap, expected)
    assert torch.equal(explain(network.requires_grad_(False), images).heatmap, expected)


@pytest.mark.parametrize("classes", [2, 3])
def test_of_a_hybrid_it_is_the_cnns_part_with_the_handcrafted_features_held(classes):
    made = fitted(classes, kernel="linear")
    images = made.images[:3]
    targets = torch.tensor([0, 1, 1])
    found = IntegratedGradients(steps=60)(made.network, images, targets)
    width = made.cnn.feature_width
    with untouched(made.network):
        own, empty = made.network.body(images), made.network.body(torch.zeros_like(images))
        held = made.network.head(torch.cat([empty[:, :width], own[:, width:]], 1))
        change = class_score(made.network.head(own), targets) - class_score(held, targets)
    assert found.heatmap.amax() > 0
    torch.testing.assert_close(found.extra["signed"].sum((1, 2)), change.float(), rtol=0.02, atol=1e-4)
    assert (found.extra["convergence"] < 0.02).all()


def test_logits_without_a_gradient_are_refused_before_training(build):
    IntegratedGradients().check(build())

    class Deaf(nn.Module):
        def forward(self, pixels):
            return pixels.detach()

    network = build()
    network.body.relu = Deaf()
    with pytest.raises(ExplainError, match="cannot be differentiated with respect to the pixels"):
        IntegratedGradients().check(network)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"steps": 0}, "0 is no whole number of at least 1"),
        ({"steps": 2.5}, "2.5 is no whole number"),
        ({"baseline": "blured"}, "there is no 'blured' here.*'blurred'"),
        ({"sign": "negative"}, "there is no 'negative' here"),
        ({"at_once": 0}, "0 is no whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        IntegratedGradients(**options)


@pytest.mark.parametrize("name", ["integrated_gradients", "gradient_shap", "occlusion"])
def test_the_yaml_nests_under_its_own_name_and_says_the_defaults(name):
    text = (Path(__file__).parents[2] / "conf" / "explainer" / f"{name}.yaml").read_text()
    (key, node), *others = yaml.safe_load(text).items()
    explainer = instantiate(node)
    assert text.startswith("# ")
    assert not others
    assert key == explainer.name == name
    assert explainer == type(explainer)()


def test_what_was_asked_is_told(build, images):
    explanation = IntegratedGradients(steps=4, baseline="mean")(build(), images)
    assert explanation.asked == {
        "explainer": "integrated_gradients",
        "steps": 4,
        "baseline": "mean",
        "sign": "absolute",
    }
    assert explanation.heatmap.shape == (5, 16, 16)
