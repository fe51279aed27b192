"""One step of training as the module does it, for strategies."""

import pytest
import torch

from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.training.optimizers import optimizer_for


@pytest.fixture
def network():
    torch.manual_seed(0)
    return torchvision_network("resnet18", outputs=3, pretrained=False)


@pytest.fixture
def step():
    def one(network, strategy, epoch=0, optimizer=None, size=32):
        """Prepare, hold, forward, backward, step; the optimizer, to go on with."""
        strategy.prepare(network, epoch)
        optimizer = optimizer or optimizer_for(strategy, network, lambda p: torch.optim.Adam(p, lr=0.1))
        network.train()
        strategy.hold(network, epoch)
        optimizer.zero_grad()
        images = torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(epoch))
        network(images).sum().backward()
        optimizer.step()
        return optimizer

    return one


@pytest.fixture
def moved():
    def names(network, before):
        """The first name of everything in the state that is not what it was."""
        found = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
        return {".".join(name.split(".")[:2]) if name.startswith("body") else "head" for name in found}

    return names
