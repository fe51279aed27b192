import pytest
import torch

from xaimed.training.discriminative import Discriminative
from xaimed.training.optimizers import adamw_sparing, optimizer_for
from xaimed.training.strategies import FineTuning


@pytest.mark.parametrize("strategy", [FineTuning(), Discriminative(0.5)])
def test_decay_spares_biases_and_norms_in_every_group(network, strategy):
    optimizer = optimizer_for(strategy, network, lambda p: adamw_sparing(p, lr=1e-3, weight_decay=0.1))
    decays = {id(weight): group["weight_decay"] for group in optimizer.param_groups for weight in group["params"]}
    for name, weight in network.named_parameters():
        assert decays[id(weight)] == (0.0 if "bias" in name or "bn" in name or "downsample.1" in name else 0.1), name
    if isinstance(strategy, Discriminative):
        rates = {group["name"]: group["lr"] for group in optimizer.param_groups}
        assert rates["layer4"] == pytest.approx(5e-4)
        assert len(optimizer.param_groups) == 12


def test_it_is_adamw_where_all_weights_have_two_dimensions():
    ours, theirs = (torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2))
    for weight, optimizer in (
        (ours, adamw_sparing([ours], lr=0.1, weight_decay=0.5, betas=(0.8, 0.9))),
        (theirs, torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.5, betas=(0.8, 0.9))),
    ):
        (weight**3).sum().backward()
        optimizer.step()
    assert torch.equal(ours, theirs)
