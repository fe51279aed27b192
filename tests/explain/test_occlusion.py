"""Occlusion against a loop over windows written out, and the closed form of a linear model."""

import pytest
import torch
from support.affine import affine_network, slopes
from support.hybrids import fitted

from xaimed.errors import ConfigError, ExplainError
from xaimed.explain.contract import class_score
from xaimed.explain.hidden import hidden
from xaimed.explain.lean import Lean
from xaimed.explain.occlusion import Occlusion

TARGETS = torch.tensor([0, 1, 2, 1, 0])


def by_hand(network, images, targets, window, stride, fill):
    """The mean drop of the windows over each pixel, window by window."""
    side = images.shape[-1]
    total, count = torch.zeros(len(images), side, side), torch.zeros(side, side)
    cover = torch.stack([hidden(image, fill) for image in images])
    starts = range(0, side - window + stride, stride)  # the last runs over the edge
    with torch.no_grad():
        own = class_score(network(images), targets)
        for top in starts:
            for left in starts:
                here = (..., slice(top, top + window), slice(left, left + window))
                covered = images.clone()
                covered[here] = cover[here]
                total[here] += (own - class_score(network(covered), targets))[:, None, None]
                count[here] += 1
    return total / count


@pytest.mark.parametrize(
    ("window", "stride", "fill"),
    [(4, 4, "zero"), (4, 3, "mean"), (6, 2, "blurred"), (6, 5, "zero"), (16, 16, "mean"), (1, 1, "zero")],
)
def test_equals_a_loop_over_windows(build, images, window, stride, fill):
    network = build("vgg")
    found = Occlusion(window=window, stride=stride, fill=fill)(network, images, TARGETS)
    expected = by_hand(network, images, TARGETS, window, stride, fill)
    assert expected.abs().amax() > 0.01
    torch.testing.assert_close(found.extra["signed"], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.heatmap, expected.clamp_min(0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.logits, network(images).detach())


def test_of_a_linear_model_it_is_the_windows_sum_of_weight_times_way():
    network = affine_network()
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    found = Occlusion(window=4, stride=4, sign="signed")(network, images, TARGETS)
    added = (slopes(network, images, TARGETS) * images).sum(1)
    sums = added.unfold(1, 4, 4).unfold(2, 4, 4).sum((3, 4))
    torch.testing.assert_close(
        found.heatmap, sums.repeat_interleave(4, 1).repeat_interleave(4, 2), rtol=1e-4, atol=1e-4
    )


def test_a_share_is_of_the_side_and_a_whole_number_is_pixels():
    assert Occlusion(window=0.2, stride=0.1).lengths(224) == (45, 22)
    assert Occlusion(window=16, stride=0.001).lengths(224) == (16, 1)
    assert Occlusion(window=1.0, stride=1).lengths(32) == (32, 1)


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_an_image_depends_neither_on_its_batch_nor_on_the_pieces(build, images, at_once):
    network = build("vgg")
    together = Occlusion(window=8, stride=4, at_once=at_once)(network, images)
    for i in range(len(images)):
        alone = Occlusion(window=8, stride=4)(network, images[i : i + 1])
        torch.testing.assert_close(alone.heatmap[0], together.heatmap[i], rtol=1e-4, atol=1e-4)


def test_where_memory_is_short_the_map_is_the_same(build, images, monkeypatch):
    network = build("vgg")
    expected = Occlusion(window=8, stride=4)(network, images).heatmap
    original = Lean._logits

    def short(self, pictures):
        if len(pictures) > 3:
            raise torch.OutOfMemoryError("no memory")
        return original(self, pictures)

    monkeypatch.setattr(Lean, "_logits", short)
    found = Occlusion(window=8, stride=4)(network, images).heatmap
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_one_logit_speaks_for_class_one_and_negated_for_class_zero(build, images):
    network = build("vgg", outputs=1)
    one, zero = (Occlusion(window=8, stride=8)(network, images, torch.full((5,), label)) for label in (1, 0))
    assert one.extra["signed"].abs().amax() > 0
    torch.testing.assert_close(one.extra["signed"], -zero.extra["signed"])


def test_frozen_training_or_under_another_mode_the_map_is_the_same(build, images):
    network = build("vgg")
    explain = Occlusion(window=8, stride=8)
    expected = explain(network, images).heatmap
    for mode in (torch.inference_mode(), torch.autocast("cpu", torch.bfloat16)):
        with mode:
            assert torch.equal(explain(network, images.clone()).heatmap, expected)
    assert torch.equal(explain(network.train().requires_grad_(False), images).heatmap, expected)


def test_of_a_hybrid_the_whole_decision_is_explained():
    made = fitted(3, kernel="linear")
    images, targets = made.images[:2], torch.tensor([0, 2])
    found = Occlusion(window=8, stride=8)(made.network, images, targets)
    expected = by_hand(made.network, images, targets, 8, 8, "zero")
    torch.testing.assert_close(found.extra["signed"], expected.float(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"window": 0}, "0 is no whole number of at least 1"),
        ({"window": 1.5}, "1.5 is no share of the side"),
        ({"stride": 0.0}, "0.0 is no share"),
        ({"stride": "wide"}, "'wide' is no whole number"),
        ({"fill": "blur"}, "there is no 'blur' here"),
        ({"sign": "both"}, "there is no 'both' here"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        Occlusion(**options)


def test_windows_that_do_not_fit_are_refused_before_training(build):
    Occlusion().check(build())
    with pytest.raises(ExplainError, match="a window of 20 px in steps of 2 px does not cover a picture of 16 px"):
        Occlusion(window=20).check(build())
    with pytest.raises(ExplainError, match="a window of 3 px in steps of 5 px"):
        Occlusion(window=3, stride=5).check(build())


def test_what_was_asked_is_told(build, images):
    explanation = Occlusion()(build(), images)
    assert explanation.asked == {"explainer": "occlusion", "window": 3, "stride": 2, "fill": "zero", "sign": "positive"}
    assert explanation.heatmap.shape == (5, 16, 16)
