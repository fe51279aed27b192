import captum.metrics
import pytest
import torch
from support.tiny import tiny_network
from support.trials import trial_of

from tests.evaluation.faithfulness.linear import Empty, Exact, linear_network, off_centre
from xaimed.errors import ConfigError
from xaimed.evaluation.faithfulness.sensitivity import Sensitivity, max_sensitivity
from xaimed.explain.gradcam import GradCAM


def drawn(draws=3, count=2, side=32):
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, side, side, generator=chance)
    return images, Sensitivity(draws=draws).noise(images.shape, list("abcdef"[:count]), 0)


def test_equal_to_captum():
    torch.manual_seed(0)
    network = tiny_network(3, False).eval()
    images, noise = drawn()
    targets = torch.tensor([0, 2])

    def explain(asked):
        return GradCAM()(network, asked, targets.repeat_interleave(len(asked) // 2)).heatmap

    before = explain(images)
    assert (before.flatten(1).norm(dim=1) > 0).all()
    theirs = captum.metrics.sensitivity_max(
        lambda asked: (explain(asked[0] if isinstance(asked, tuple) else asked),),
        images,
        lambda expanded: expanded + noise.transpose(0, 1).flatten(0, 1),
        n_perturb_samples=3,
    )
    found = max_sensitivity(explain, images, before, noise)
    torch.testing.assert_close(found.float(), theirs, rtol=1e-4, atol=1e-7)
    assert (found > 0).all()


def test_a_linear_map_changes_by_its_noise():
    images, noise = drawn(draws=4)
    found = max_sensitivity(lambda asked: asked.sum(1), images, images.sum(1), noise)
    changes = noise.sum(2).flatten(2).norm(dim=2).amax(0)
    torch.testing.assert_close(found.float(), changes / images.sum(1).flatten(1).norm(dim=1), rtol=1e-4, atol=0)


def test_noise_is_uniform_within_its_radius_and_each_samples_own():
    noise = Sensitivity(draws=3, radius=0.5).noise(torch.Size([2, 3, 32, 32]), ["a", "b"], 0)
    assert noise.shape == (3, 2, 3, 32, 32)
    assert 0.49 < noise.abs().max() <= 0.5
    assert noise.var().item() == pytest.approx(0.5**2 / 3, rel=0.05)
    again = Sensitivity(draws=3, radius=0.5).noise(torch.Size([1, 3, 32, 32]), ["b"], 0)
    assert torch.equal(again[:, 0], noise[:, 1])


def test_an_empty_map_has_no_sensitivity_and_controls_none_at_all():
    rows = Sensitivity(samples=6)(trial_of(linear_network(off_centre()), {"exact": Exact(), "empty": Empty()})).rows
    assert set(rows["explainer"]) == {"exact", "empty"}
    values = rows.set_index("explainer")["value"]
    assert values["empty"].isna().all()
    assert values["exact"].between(1e-4, 1).all()


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"radius": 0.0}])
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ConfigError, match="sensitivity"):
        Sensitivity(**wrong)


def test_the_caption_states_the_protocol():
    assert "4 draws of uniform noise in ± 0.02" in Sensitivity().caption
