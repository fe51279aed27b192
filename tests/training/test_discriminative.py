import pytest
import torch

from xaimed.errors import ConfigError
from xaimed.training.discriminative import Discriminative
from xaimed.training.optimizers import group_rates, optimizer_for
from xaimed.training.schedules import Plateau

NAMES = ["head", "layer4", "layer3", "layer2", "layer1", "conv1"]


def test_each_stage_learns_at_a_share_of_the_rate_of_the_one_above(network):
    optimizer = optimizer_for(Discriminative(0.5), network, lambda p: torch.optim.Adam(p, lr=1e-3))
    assert [group["name"] for group in optimizer.param_groups] == NAMES
    expected = [1e-3, 5e-4, 2.5e-4, 1.25e-4, 6.25e-5, 3.125e-5]
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(expected)
    assert group_rates(optimizer) == pytest.approx(
        {"lr": 1e-3, **{f"lr/{name}": rate for name, rate in zip(NAMES, expected, strict=True)}}
    )
    given = [id(weight) for group in optimizer.param_groups for weight in group["params"]]
    assert sorted(given) == sorted(id(weight) for weight in network.parameters())


def test_a_step_moves_each_stage_by_its_own_rate(network, step):
    """Adam's first step is the learning rate itself, wherever the gradient is not tiny."""
    before = {name: value.clone() for name, value in network.named_parameters()}
    step(network, Discriminative(0.5))
    largest = {
        name: max(
            float((value.detach() - before[key].detach()).abs().max())
            for key, value in network.named_parameters()
            if name in key.split(".")[:2]
        )
        for name in NAMES
    }
    rates = [0.1 * 0.5**i for i in range(6)]
    assert list(largest.values()) == pytest.approx(rates, rel=1e-3)


def test_a_plateau_scales_every_group_down_to_its_share_of_the_floor(network):
    optimizer = optimizer_for(Discriminative(0.1), network, lambda p: torch.optim.Adam(p, lr=1e-4))
    schedule = Plateau(optimizer, patience=0, min_lr=2e-5)
    for _ in range(3):
        schedule.after_epoch({"val/loss": 1.0})
    shares = [0.1**i for i in range(6)]
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([2.5e-5 * share for share in shares])
    for _ in range(3):
        schedule.after_epoch({"val/loss": 1.0})
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([2e-5 * share for share in shares])


@pytest.mark.parametrize("decay", [0, -0.5, 1.01, "half", True])
def test_a_decay_that_is_no_share_is_refused(decay):
    with pytest.raises(ConfigError, match=r"strategy\.decay"):
        Discriminative(decay)
