"""What holds for every evaluation of faithfulness: order and company do not matter, and nothing is left behind."""

import copy

import pandas as pd
import pytest
import torch
from support.tiny import tiny_network
from support.trials import trial_of

from xaimed.evaluation.faithfulness.areas import Faithfulness
from xaimed.evaluation.faithfulness.infidelity import Infidelity
from xaimed.evaluation.faithfulness.road import Road
from xaimed.evaluation.faithfulness.sensitivity import Sensitivity
from xaimed.explain.gradcam import GradCAM

EVERY = [
    Faithfulness(samples=4, steps=4),
    Road(samples=4, shares=(0.3,)),
    Infidelity(samples=4, draws=8),
    Sensitivity(samples=4, draws=2),
]
every = pytest.mark.parametrize("evaluation", EVERY, ids=lambda each: each.name)


def trial(**explainers):
    torch.manual_seed(0)
    network = tiny_network(3, False)
    network.head[-1].weight.data.mul_(5)  # an untrained network hardly prefers a class
    return trial_of(network.eval(), explainers)


@every
def test_one_at_a_time_equals_a_batch(evaluation):
    made = trial(gradcam=GradCAM())
    together = evaluation(made)
    made.data.batch_size = 1
    pd.testing.assert_frame_equal(evaluation(made).rows, together.rows, rtol=1e-3, atol=1e-5)


@every
def test_the_same_seed_gives_the_same_rows_and_another_does_not(evaluation):
    made = trial(gradcam=GradCAM())
    first = evaluation(made).rows
    pd.testing.assert_frame_equal(evaluation(made).rows, first, check_exact=True)
    object.__setattr__(made, "seed", 1)
    assert not evaluation(made).rows.equals(first)


@every
def test_the_network_is_left_as_it_was(evaluation):
    made = trial(gradcam=GradCAM())
    network = made.network.train()
    before = copy.deepcopy(network.state_dict())
    random = torch.random.get_rng_state()
    evaluation(made)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(part.training and not part._forward_hooks for part in network.modules())
    assert all(each.requires_grad and each.grad is None for each in network.parameters())
    assert torch.equal(torch.random.get_rng_state(), random)


@every
def test_without_maps_there_is_nothing_to_judge(evaluation):
    found = evaluation(trial())
    assert found.rows.empty
    assert list(found.rows) == ["sample_id", "explainer", "measure", "value"]


@every
def test_rows_are_of_the_chosen_samples_and_have_captions_and_readings(evaluation):
    made = trial(gradcam=GradCAM())
    found = evaluation(made)
    assert set(found.rows["sample_id"]) == set(made.sample_ids[made.chosen(4)])
    assert set(found.rows["measure"]) == set(found.measures)
    controls = {"control:random", "control:blob"} if evaluation.name != "sensitivity" else set()
    assert set(found.rows["explainer"]) == {"gradcam"} | controls
