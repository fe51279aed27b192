import captum.metrics
import numpy as np
import pytest
import torch
from support.trials import trial_of

from tests.evaluation.faithfulness.linear import Empty, Exact, linear_network, off_centre
from xaimed.errors import ConfigError
from xaimed.evaluation.faithfulness.infidelity import Infidelity, plain_infidelity, scaled_infidelity

SIDE, DRAWS = 12, 10


@pytest.mark.parametrize("change", ["squares", "noise"])
def test_equal_to_captum(change):
    chance = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, SIDE, SIDE, generator=chance)
    heatmap = torch.rand(SIDE, SIDE, generator=chance)
    conv = torch.nn.Conv2d(3, 1, SIDE)
    conv.weight.data.normal_(std=0.1, generator=chance)
    changes = Infidelity(change=change, draws=DRAWS).changes(SIDE, seed=3)

    def score(images):
        return conv(images).flatten().tanh()

    def changed(images):
        taken = changes[:, None].expand(-1, 3, -1, -1)
        return taken, images * (1 - taken) if change == "squares" else images - taken

    drop = (score(image) - score(changed(image)[1])).detach()
    if (changes * heatmap).sum((1, 2)) @ drop < 0:  # captum turns such a map round; here it may only be scaled
        heatmap = -heatmap
    foretold = (changes * heatmap).sum((1, 2))
    plain, scaled = (
        captum.metrics.infidelity(
            score,
            changed,
            image,
            (heatmap / 3).expand(1, 3, -1, -1),
            n_perturb_samples=DRAWS,
            normalize=normalize,
        ).item()
        for normalize in (False, True)
    )
    mine = foretold.double().numpy(), drop.double().numpy()
    assert plain_infidelity(*mine) == pytest.approx(plain, rel=1e-4)
    assert scaled_infidelity(*mine)[0] == pytest.approx(scaled, rel=1e-3)


def test_a_scale_makes_no_difference_and_a_sign_does():
    foretold, drop = np.array([1.0, 2.0, -1.0]), np.array([2.0, 4.0, -2.5])
    factor = 12.5 / 6
    expected = np.mean((factor * foretold - drop) ** 2)
    assert scaled_infidelity(foretold, drop) == pytest.approx((expected, expected / np.mean(drop**2)))
    assert scaled_infidelity(1000 * foretold, drop) == pytest.approx(scaled_infidelity(foretold, drop))
    assert scaled_infidelity(-foretold, drop)[1] == 1
    assert scaled_infidelity(0 * foretold, drop)[1] == 1
    error, share = scaled_infidelity(foretold, 0 * drop)
    assert error == 0
    assert np.isnan(share)


def test_squares_and_noise_are_as_stated():
    squares = Infidelity(draws=200, side=0.25).changes(16, seed=0)
    assert squares.flatten(1).sum(1).eq(16).all()
    assert (squares.amax(2).sum(1) == 4).all()
    assert (squares.amax(1).sum(1) == 4).all()
    assert (squares.sum(0) > 0).all()  # every pixel is covered by some
    noise = Infidelity(change="noise", draws=50, spread=0.3).changes(16, seed=0)
    assert noise.std().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(noise, Infidelity(change="noise", draws=50, spread=0.3).changes(16, seed=0))


@pytest.fixture(scope="module")
def trial():
    return trial_of(linear_network(off_centre()), {"exact": Exact(), "inverted": Exact(-1), "empty": Empty()})


def test_the_exact_attribution_of_a_linear_model_leaves_nothing_unexplained(trial):
    rows = Infidelity(samples=6, draws=40)(trial).rows
    means = rows.groupby(["measure", "explainer"])["value"].mean()
    assert means["unexplained", "exact"] == pytest.approx(0, abs=1e-6)
    assert means["infidelity", "exact"] == pytest.approx(0, abs=1e-8)
    assert means["unexplained", "empty"] == 1
    assert means["unexplained", "inverted"] == 1
    for control in ("control:random", "control:random 32×32", "control:blob"):
        assert 0.1 < means["unexplained", control] <= 1


@pytest.mark.parametrize(
    "wrong", [{"change": "words"}, {"draws": 1}, {"side": 1.0}, {"spread": 0.0}, {"precision": "int8"}]
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ConfigError, match="infidelity"):
        Infidelity(**wrong)


def test_the_caption_states_the_protocol():
    assert "64 changes of each picture: squares of 20%" in Infidelity().caption
    assert "Gaussian noise (SD 0.2" in Infidelity(change="noise").caption
