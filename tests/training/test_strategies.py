import pytest
import torch

from xaimed.errors import TrainingError
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.training.strategies import FeatureExtraction, FineTuning, Scratch


@pytest.fixture
def network():
    torch.manual_seed(0)
    return torchvision_network("resnet18", outputs=3, pretrained=False)


def step(network, strategy):
    """One optimizer step in training mode, as the module does it."""
    strategy.prepare(network)
    optimizer = torch.optim.Adam([weight for weight in network.parameters() if weight.requires_grad], lr=0.1)
    network.train()
    strategy.hold(network)
    network(torch.randn(4, 3, 32, 32)).sum().backward()
    optimizer.step()


def test_feature_extraction_trains_the_dense_layers_only_and_batchnorm_stands_still(network):
    strategy = FeatureExtraction()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    seal = strategy.seal(network)
    step(network, strategy)
    strategy.assert_held(network, seal)
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"head.last.weight", "head.last.bias"}


def test_without_holding_batchnorm_drifts_and_the_seal_finds_it(network):
    strategy = FeatureExtraction()
    strategy.prepare(network)
    seal = strategy.seal(network)
    network.train()
    network(torch.randn(4, 3, 32, 32))
    with pytest.raises(TrainingError, match="frozen weights changed"):
        strategy.assert_held(network, seal)


def test_vgg_keeps_training_all_three_dense_layers():
    network = torchvision_network("alexnet", outputs=3, pretrained=False)
    FeatureExtraction().prepare(network)
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert trained == {f"head.{i}.{kind}" for i in (1, 4, 6) for kind in ("weight", "bias")}


@pytest.mark.parametrize(("strategy", "pretrained"), [(Scratch(), False), (FineTuning(), True)])
def test_the_others_train_everything(network, strategy, pretrained):
    network.requires_grad_(False)
    strategy.prepare(network)
    assert all(weight.requires_grad for weight in network.parameters())
    assert strategy.pretrained is pretrained
    assert strategy.seal(network) == strategy.seal(torchvision_network("resnet18", outputs=2, pretrained=False))
