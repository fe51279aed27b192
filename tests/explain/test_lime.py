"""LIME's coefficients are those of the weights that are known, of scikit-learn and of captum."""

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import Lime
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge
from support.games import Noisy, additive, adds, over

from xaimed.errors import ConfigError
from xaimed.explain.hidden import hidden
from xaimed.explain.lime import LIME, drawn, line, similarity
from xaimed.explain.superpixels import painted, superpixels


def test_the_weights_of_a_sum_are_found(images):
    network = additive(16)
    found = LIME(samples=80, segments=20, ridge=0)(network, images, torch.ones(5, dtype=torch.int64))
    for image, signed in zip(images, found.extra["signed"], strict=True):
        parts = superpixels(image, 20)
        torch.testing.assert_close(signed, painted(over(parts, adds(network, image)), parts), atol=1e-6, rtol=1e-4)
    assert found.heatmap.shape == (5, 16, 16)
    assert found.heatmap.dtype == torch.float32
    torch.testing.assert_close(found.extra["fit"], torch.ones(5), atol=1e-5, rtol=0)
    assert (found.extra["convergence"] < 1e-4).all()
    assert found.extra["superpixels"].tolist() == [int(superpixels(image, 20).max()) + 1 for image in images]


def test_the_line_is_a_weighted_ridge_regression():
    shown = drawn(60, 9, 1)
    values = torch.rand(60, generator=torch.Generator().manual_seed(2)).double()
    importance = similarity(shown, 0.25)
    peer = Ridge(alpha=0.7, solver="cholesky").fit(shown.numpy(), values.numpy(), sample_weight=importance.numpy())
    intercept, weights = line(shown, values, importance, 0.7)
    np.testing.assert_allclose(weights, peer.coef_, rtol=1e-9)
    assert float(intercept) == pytest.approx(peer.intercept_)


def test_similarity_is_of_the_cosine_distance():
    shown = drawn(20, 12, 0)
    whole = torch.ones(12, dtype=torch.float64)
    cosine = torch.stack([row @ whole / row.norm() / whole.norm() for row in shown.double()])
    torch.testing.assert_close(similarity(shown, 0.25), ((-(1 - cosine).square() / 0.25**2).exp()).sqrt())
    assert float(similarity(torch.zeros(1, 12, dtype=torch.bool), 0.5)) == pytest.approx(np.exp(-2))


def test_samples_follow_from_seed_and_count_and_begin_with_the_whole_picture():
    first = drawn(400, 30, 7)
    assert first[0].all()
    assert torch.equal(first, drawn(400, 30, 7))
    assert not torch.equal(first, drawn(400, 30, 8))
    assert (first.double().mean(0) - 0.5).abs().max() < 0.12


@pytest.mark.parametrize("fill", ["zero", "mean", "blurred"])
def test_captum_finds_the_same_from_the_same_samples(build, images, fill):
    network, image, target = build("linear"), images[:1], 1
    explain = LIME(samples=120, segments=12, fill=fill, sign="signed")
    parts = superpixels(image[0], 12)
    count = int(parts.max()) + 1
    shown = drawn(120, count, 0)
    near = dict(zip(map(tuple, shown.tolist()), similarity(shown, 0.25).tolist(), strict=True))

    def perturb(original, **more):
        yield from shown[:, None].long()

    peer = Lime(
        lambda x: network(x).softmax(1),
        interpretable_model=SkLearnRidge(alpha=1.0),
        similarity_func=lambda image, perturbed, shown, **more: near[tuple(shown[0].bool().tolist())],
        perturb_func=perturb,
    )
    told = peer.attribute(
        image,
        target=target,
        baselines=hidden(image[0], fill)[None],
        feature_mask=parts[None, None],
        n_samples=120,
        perturbations_per_eval=16,
    )[0, 0]
    found = explain(network, image, torch.tensor([target])).heatmap[0]
    assert found.abs().amax() > 0.01
    torch.testing.assert_close(found, told, atol=1e-4 * float(told.abs().max()), rtol=1e-4)
    assert spearmanr(found.flatten(), told.flatten()).statistic > 0.9999


@pytest.mark.parametrize("noise", [0.02, 0.2])
def test_fit_and_convergence_say_how_far_the_weights_are_off(noise):
    weights = torch.randn(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64) / 10
    found = LIME(samples=2000, segments=20, ridge=0, kernel_width=10).fitted(Noisy(weights, noise))
    off = float((found.weights - weights).norm() / weights.norm())
    assert 0.5 * off < found.convergence < 2 * off
    signal = float(weights.square().sum()) / 4
    assert found.fit == pytest.approx(signal / (signal + noise**2), abs=0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"samples": 50}, "50 samples cannot tell 50 superpixels apart.*lime.samples"),
        ({"samples": 3, "segments": 1}, "3 samples"),
        ({"segments": 0}, "one superpixel or more"),
        ({"segmentation": "gird"}, "no segmentation 'gird'.*'grid'"),
        ({"fill": "blured"}, "no fill 'blured'.*'blurred'"),
        ({"sign": "negative"}, "no sign 'negative'"),
        ({"precision": "fp16"}, "no precision 'fp16'"),
        ({"kernel_width": 0}, "width above 0"),
        ({"ridge": -1}, "shrunk by less than 0"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        LIME(**options)
