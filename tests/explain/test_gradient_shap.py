"""Gradient SHAP against closed forms and a loop written out; the same draws for every image, whatever its batch."""

import pytest
import torch
from support.affine import affine_network, slopes
from support.hybrids import fitted

from xaimed.errors import ConfigError
from xaimed.explain import pixel_gradients
from xaimed.explain.contract import class_score
from xaimed.explain.gradient_shap import GradientShap
from xaimed.explain.hidden import hidden

TARGETS = torch.tensor([0, 1, 2, 1, 0])


@pytest.mark.parametrize("baseline", ["zero", "mean", "blurred"])
def test_of_a_linear_model_it_is_weight_times_way(baseline):
    network = affine_network()
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    way = images - torch.stack([hidden(image, baseline) for image in images])
    weights = slopes(network, images, TARGETS)
    exact = GradientShap(samples=3, noise=0, baseline=baseline)(network, images, TARGETS)
    torch.testing.assert_close(exact.extra["signed"], (weights * way).sum(1), rtol=1e-4, atol=1e-4)
    assert (exact.extra["convergence"] < 1e-4).all()
    explain = GradientShap(samples=3, noise=0.5, baseline=baseline)
    noise = explain.draws(images.shape[1:])[1].mean(0)
    expected = (weights * (way + noise)).sum(1)
    torch.testing.assert_close(explain(network, images, TARGETS).extra["signed"], expected, rtol=1e-4, atol=1e-4)


def test_equals_a_loop_over_images_and_samples(build, images):
    network = build("vgg")
    explain = GradientShap(samples=4, baseline="mean")
    places, noise = explain.draws(images.shape[1:])
    expected = torch.zeros_like(images)
    for i, image in enumerate(images):
        empty = hidden(image, "mean")
        for s in range(4):
            way = image + noise[s] - empty
            point = (empty + places[s] * way)[None].requires_grad_()
            score = class_score(network(point), TARGETS[i : i + 1]).sum()
            expected[i] += way * torch.autograd.grad(score, point)[0][0] / 4
    found = explain(network, images, TARGETS)
    assert expected.abs().amax() > 0.01
    torch.testing.assert_close(found.extra["signed"], expected.sum(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.heatmap, expected.sum(1).abs(), rtol=1e-4, atol=1e-5)


def test_places_cover_the_line_and_noise_has_its_size():
    places, noise = GradientShap(samples=50, noise=0.3).draws(torch.Size([3, 16, 16]))
    assert torch.equal((places.flatten() * 50).long(), torch.arange(50))
    assert (places.flatten() * 50).frac().std() > 0.2
    assert noise.std().item() == pytest.approx(0.3, rel=0.02)
    assert noise.mean().abs() < 0.01
    assert torch.equal(GradientShap(samples=7, noise=0.3).draws(torch.Size([3, 16, 16]))[1], noise[:7])


def test_the_same_seed_gives_the_same_bits_and_another_does_not(build, images):
    network = build("vgg")
    first = GradientShap(samples=4)(network, images).heatmap
    torch.manual_seed(99)
    assert torch.equal(GradientShap(samples=4)(network.train().requires_grad_(False), images).heatmap, first)
    assert not torch.equal(GradientShap(samples=4, seed=1)(network, images).heatmap, first)


@pytest.mark.parametrize("at_once", [1, 3, 40])
def test_an_image_depends_neither_on_its_batch_nor_on_the_pieces(build, images, at_once):
    network = build("vgg")
    together = GradientShap(samples=5, at_once=at_once)(network, images)
    for i in range(len(images)):
        alone = GradientShap(samples=5)(network, images[i : i + 1])
        torch.testing.assert_close(alone.heatmap[0], together.heatmap[i], rtol=1e-4, atol=1e-5)


def test_where_memory_is_short_the_map_is_the_same(build, images, monkeypatch):
    network = build("vgg")
    expected = GradientShap(samples=5)(network, images).heatmap
    original = pixel_gradients.PixelGradients.gradients

    def short(self, points, of):
        if len(points) > 2:
            raise torch.OutOfMemoryError("no memory")
        return original(self, points, of)

    monkeypatch.setattr(pixel_gradients.PixelGradients, "gradients", short)
    torch.testing.assert_close(GradientShap(samples=5)(network, images).heatmap, expected, rtol=1e-4, atol=1e-5)


def test_one_logit_speaks_for_class_one_and_negated_for_class_zero(build, images):
    network = build("vgg", outputs=1)
    one, zero = (GradientShap(samples=4)(network, images, torch.full((5,), label)) for label in (1, 0))
    assert one.heatmap.amax() > 0
    torch.testing.assert_close(one.extra["signed"], -zero.extra["signed"])


def test_a_hybrid_is_explained_through_its_cnn():
    made = fitted(3, kernel="linear")
    found = GradientShap(samples=3)(made.network, made.images[:2])
    assert found.heatmap.shape == (2, 16, 16)
    assert (found.heatmap.amax((1, 2)) > 0).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"samples": 0}, "0 is no whole number of at least 1"),
        ({"noise": -0.1}, "-0.1 is no number of at least 0"),
        ({"noise": float("nan")}, "nan is no number"),
        ({"baseline": "black"}, "there is no 'black' here"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        GradientShap(**options)


def test_what_was_asked_is_told(build, images):
    assert GradientShap(samples=2, seed=5)(build(), images).asked == {
        "explainer": "gradient_shap",
        "samples": 2,
        "noise": 0.1,
        "baseline": "zero",
        "sign": "absolute",
        "seed": 5,
    }
