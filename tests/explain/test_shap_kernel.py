"""Kernel SHAP gives Shapley values: exactly where it can ask all coalitions, and always sharing the whole gain."""

from dataclasses import replace

import pytest
import torch
from support.games import Noisy, additive, adds, over, shapley

from xaimed.explain.shap_kernel import KernelSHAP, drawn_in_pairs, every, shares
from xaimed.explain.superpixels import painted, superpixels


@pytest.fixture
def wide():
    return torch.randn(2, 3, 16, 32, generator=torch.Generator().manual_seed(1))


def gain(network, image, target):
    chances = network(torch.stack([image, torch.zeros_like(image)])).double().softmax(1)[:, target]
    return chances[0] - chances[1]


def test_all_coalitions_give_shapley_values_by_their_definition(build, wide):
    network = build("vgg")
    found = KernelSHAP(samples=254, segments=8, segmentation="grid", sign="signed")(network, wide)
    for image, signed, target in zip(wide, found.heatmap, found.targets, strict=True):
        parts = superpixels(image, 8, "grid")

        def value(members, image=image, parts=parts, target=target):
            shown = torch.isin(parts, torch.tensor(members, dtype=torch.int64))
            return network((image * shown)[None])[0].double().softmax(0)[target].detach()

        expected = shapley(value, 8)
        assert expected.abs().max() > 0.01
        torch.testing.assert_close(signed, painted(expected, parts), atol=1e-6, rtol=1e-4)
    assert found.extra["convergence"].tolist() == [0, 0]


@pytest.mark.parametrize("samples", [60, 254])
def test_a_sum_is_shared_exactly_by_some_coalitions_or_all(wide, samples):
    network = additive(16, 32)
    explain = KernelSHAP(samples, segments=8, segmentation="grid", sign="signed")
    found = explain(network, wide, torch.tensor([1, 0]))
    parts = superpixels(wide[0], 8, "grid")
    for image, signed, way in zip(wide, found.heatmap, (1, -1), strict=True):
        expected = painted(way * over(parts, adds(network, image)), parts)
        torch.testing.assert_close(signed, expected, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(found.extra["fit"], torch.ones(2), atol=1e-5, rtol=0)


def test_the_shares_sum_to_the_gain_however_few_are_asked(build, images):
    network = build("vgg")
    found = KernelSHAP(samples=26, segments=25, segmentation="grid", sign="signed")(network, images)
    parts = superpixels(images[0], 25, "grid")
    for image, signed, target in zip(images, found.heatmap, found.targets, strict=True):
        total = torch.stack([signed[parts == part][0] for part in range(25)]).double().sum()
        torch.testing.assert_close(total, gain(network, image, target).detach(), atol=1e-6, rtol=1e-5)
    assert (found.extra["convergence"] > 0.05).all()


def test_more_samples_come_nearer(build, images):
    network, image = build("vgg"), images[:1]
    explain = KernelSHAP(510, segments=9, segmentation="grid", sign="signed")
    exact, near, far = (replace(explain, samples=samples)(network, image) for samples in (510, 500, 20))
    off = [float((each.heatmap - exact.heatmap).norm() / exact.heatmap.norm()) for each in (near, far)]
    assert off[0] < 0.2 < off[1]
    assert near.extra["convergence"] < far.extra["convergence"]


def test_all_coalitions_are_all_and_weigh_as_the_shapley_kernel_says():
    shown, importance = every(4)
    assert sorted(map(tuple, shown.long().tolist())) == sorted(
        tuple(int(bit) for bit in f"{number:04b}") for number in range(1, 15)
    )
    of_size = {1: 3 / (4 * 1 * 3), 2: 3 / (6 * 2 * 2), 3: 3 / (4 * 3 * 1)}
    assert importance.tolist() == pytest.approx([of_size[int(size)] for size in shown.sum(1)])


def test_coalitions_are_drawn_with_their_complements_by_the_kernel():
    shown, importance = drawn_in_pairs(4000, 6, 3)
    assert torch.equal(shown[::2], ~shown[1::2])
    assert torch.equal(importance, torch.ones(8000, dtype=torch.float64))
    assert shown.sum(1).min() == 1
    assert shown.sum(1).max() == 5
    law = torch.tensor([1 / (size * (6 - size)) for size in range(1, 6)])
    torch.testing.assert_close(shown.sum(1).bincount()[1:] / 8000, law / law.sum(), atol=0.02, rtol=0)
    assert (shown.double().mean(0) - 0.5).abs().max() < 1e-12
    assert torch.equal(shown, drawn_in_pairs(4000, 6, 3)[0])
    assert not torch.equal(shown, drawn_in_pairs(4000, 6, 4)[0])


def test_a_fit_without_noise_is_that_of_constrained_least_squares():
    """The same by Lagrange's multiplier, as the paper solves it."""
    shown, importance = every(5)
    gains = torch.rand(30, generator=torch.Generator().manual_seed(0)).double()
    x, w, ones = shown.double(), importance, torch.ones(5, dtype=torch.float64)
    inverse = torch.linalg.inv(x.T @ (w[:, None] * x))
    best = inverse @ (x.T @ (w * gains))
    expected = best - inverse @ ones * (ones @ best - 2.5) / (ones @ inverse @ ones)
    torch.testing.assert_close(shares(shown, gains, w, torch.tensor(2.5).double()), expected)


def test_convergence_says_how_far_the_weights_are_off():
    weights = torch.randn(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / 10
    found = KernelSHAP(samples=2000, segments=20).fitted(Noisy(weights, 0.05))
    ends = Noisy(weights, 0.05).values(torch.tensor([[False], [True]]).expand(2, 20))
    expected = weights + (ends[1] - ends[0] - weights.sum()) / 20  # the ends are taken at their word
    off = float((found.weights - expected).norm() / weights.norm())
    assert 0.5 * off < found.convergence < 2 * off
    assert float(found.weights.sum()) == pytest.approx(float(ends[1] - ends[0]))
