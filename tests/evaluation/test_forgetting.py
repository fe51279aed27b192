import copy

import numpy as np
import torch
from support.tiny import tiny_network
from torch import nn

from xaimed.evaluation.forgetting import forget, forgetting
from xaimed.models.hybrid.layers import Affine


def trained():
    """A tiny network whose every number is odd: nothing in it is as it was initialised."""
    network = tiny_network(3, False).eval()
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if "num_batches" not in name:
                tensor.copy_(7 + torch.rand(tensor.shape, generator=torch.Generator().manual_seed(1)))
    return network


def changed(before, after):
    """The names of tensors that differ."""
    old, new = before.state_dict(), after.state_dict()
    return {name for name in old if not torch.equal(old[name], new[name]) and "num_batches" not in name}


def test_the_head_goes_first_then_the_last_stage_and_at_last_everything_batchnorm_included():
    network = trained()
    untouched = copy.deepcopy(network)
    found = [(step.down_to, changed(network, step.network)) for step in forgetting(network, 9, 0, "fold")]
    head, second = {"head.1.weight", "head.1.bias"}, {"body.second.weight", "body.second.bias"}
    everything = {name for name in network.state_dict() if "num_batches" not in name}
    assert found == [("head", head), ("second", head | second), ("all", everything)]
    assert not changed(untouched, network)


def test_batchnorm_loses_its_statistics():
    *_, last = forgetting(trained(), 5, 0)
    assert (last.network.body.norm.running_mean == 0).all()
    assert (last.network.body.norm.running_var == 1).all()


def test_fewer_steps_than_stages_lose_several_at_once():
    assert [step.down_to for step in forgetting(trained(), 2, 0)] == ["head", "all"]


def test_what_is_drawn_depends_on_the_chance_named_and_on_nothing_else():
    weights = []
    for seed in (0, 0, 1):
        torch.rand(3)
        *_, last = forgetting(trained(), 2, seed)
        weights.append(last.network.body.first.weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_global_generator_stays_where_it_was():
    network, before = trained(), torch.random.get_rng_state()
    list(forgetting(network, 3, 0))
    assert torch.equal(before, torch.random.get_rng_state())


def test_what_has_no_initialisation_changes_places():
    numbers = np.arange(1.0, 51.0)
    fitted, token, index = Affine(numbers, scale=numbers), nn.Parameter(torch.tensor(numbers)), torch.arange(50)
    forget([fitted], [token, index], 3)
    for tensor in (fitted.mean, fitted.scale, token.detach()):
        assert not np.array_equal(tensor, numbers)
        np.testing.assert_array_equal(np.sort(tensor), numbers)
    assert torch.equal(index, torch.arange(50))  # whole numbers are no weights


def test_a_transformer_layer_forgets_every_tensor():
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(7 + torch.rand(weight.shape, generator=torch.Generator().manual_seed(1)))
    before = copy.deepcopy(layer)
    forget([layer], [], 0)
    assert changed(before, layer) == set(layer.state_dict())
