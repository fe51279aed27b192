import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.perturbation_confidence import RemoveLeastRelevantFirst, RemoveMostRelevantFirst
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from support.trials import trial_of

from tests.evaluation.faithfulness.linear import Empty, Exact, linear_network, off_centre
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.evaluation.faithfulness.ranks import ranks
from xaimed.evaluation.faithfulness.road import Road, chances_when_replaced
from xaimed.explain.lean import Lean

SIDE = 20
TASK = Task(Kind.MULTICLASS, ("a", "b", "c"))


def test_equal_to_the_grad_cam_package_on_maps_without_ties():
    chance = torch.Generator().manual_seed(0)
    network = linear_network(torch.randn(3, 3, SIDE, SIDE, generator=chance) / 20)
    images = torch.randn(2, 3, SIDE, SIDE, generator=chance)
    maps = torch.rand(2, SIDE, SIDE, generator=chance)
    order = ranks(maps, ["a", "b"], SIDE, seed=0)
    targets = torch.tensor([2, 0])
    for remove, ordered in (
        (RemoveMostRelevantFirst, order),
        (RemoveLeastRelevantFirst, SIDE**2 - 1 - order),
    ):
        found = chances_when_replaced(
            Lean(network, images), TASK, images, ordered, [0.25, 0.75], torch.zeros_like(images), targets
        )
        for at in range(2):
            for column, percentile in enumerate((75, 25)):
                theirs = remove(percentile, NoisyLinearImputer(noise=0))(images[at], maps[at])
                expected = network(theirs[None]).softmax(1)[0, targets[at]]
                torch.testing.assert_close(found[at, column], expected, atol=2e-4, rtol=0)


def test_exactly_the_share_is_replaced_where_a_threshold_would_take_all():
    """A rectified map, three quarters of it zeros: a threshold at its 20th percentile is 0."""
    images = torch.zeros(1, 3, SIDE, SIDE)
    images[:, :, ::2] = 1
    rectified = torch.zeros(1, 4, 4)
    rectified[0, 0] = 1
    order = ranks(rectified, ["a"], SIDE, seed=0)
    counting = linear_network(torch.full((3, 3, SIDE, SIDE), 1.0) * torch.tensor([1.0, 0, 0])[:, None, None, None])
    marked = torch.full_like(images, 1000.0)  # noise that marks what was replaced
    lean = Lean(counting, images)
    seen = []
    lean.logits = lambda batch: seen.append(batch) or torch.zeros(len(batch), 3)
    chances_when_replaced(lean, TASK, images, order, [0.2, 0.8], marked, torch.tensor([0]))
    assert [int((batch[:, 0] > 500).sum()) for batch in seen] == [80, 320]


@pytest.fixture(scope="module")
def found():
    trial = trial_of(linear_network(off_centre()), {"exact": Exact(), "inverted": Exact(-1), "empty": Empty()})
    return Road(samples=6, shares=(0.1, 0.5))(trial)


def test_a_perfect_map_beats_what_knows_nothing_and_its_opposite_loses(found):
    means = found.rows.groupby(["measure", "explainer"])["value"].mean()
    for other in ("control:random", "control:random 32×32", "control:blob", "empty"):
        assert means["road", "exact"] > means["road", other] > means["road", "inverted"]
        assert means["road_morf", "exact"] < means["road_morf", other]
        assert means["road_lerf", "exact"] > means["road_lerf", other]


def test_values_are_means_of_the_stored_probabilities(found):
    rows = found.rows.set_index(["explainer", "measure", "sample_id"])["value"]
    morf, lerf = found.arrays["morf|exact"], found.arrays["lerf|exact"]
    assert morf.shape == lerf.shape == (6, 2)
    assert found.arrays["shares"].tolist() == [0.1, 0.5]
    for at, name in enumerate(found.arrays["sample_id"]):
        assert rows["exact", "road", name] == pytest.approx((lerf[at].mean() - morf[at].mean()) / 2, abs=1e-6)
    assert np.isfinite(found.rows["value"]).all()


@pytest.mark.parametrize("wrong", [{"shares": ()}, {"shares": (0.0, 0.5)}, {"shares": (1,)}, {"precision": "fp64"}])
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ConfigError, match=f"road.{next(iter(wrong))}"):
        Road(**wrong)


def test_the_caption_states_the_protocol():
    caption = Road(shares=[0.25, 0.5], samples=None).caption
    for told in ("25%, 50%", "noise SD 0.01", "All samples", "seeded chance", "blob"):
        assert told in caption
