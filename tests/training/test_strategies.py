import copy

import pytest
import torch

from xaimed.errors import TrainingError
from xaimed.explain.gradcam import GradCAM
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.training.discriminative import Discriminative
from xaimed.training.strategies import FeatureExtraction, FineTuning, Scratch
from xaimed.training.unfreezing import GradualUnfreezing, StagedTransfer, TopTuning

EVERY = [
    Scratch(),
    FeatureExtraction(),
    FineTuning(),
    Discriminative(),
    GradualUnfreezing(),
    StagedTransfer(1),
    TopTuning(2),
]


def state_of(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_feature_extraction_trains_the_dense_layers_only_and_batchnorm_stands_still(network, step, moved):
    strategy = FeatureExtraction()
    before, seals = state_of(network), strategy.seal(network)
    step(network, strategy)
    assert set(seals) == {"conv1", "layer1", "layer2", "layer3", "layer4"}
    strategy.assert_held(strategy.held(network, 1), seals)
    assert moved(network, before) == {"head"}


def test_without_holding_batchnorm_drifts_and_the_seal_finds_it(network):
    strategy = FeatureExtraction()
    strategy.prepare(network)
    seals = strategy.seal(network)
    network.train()
    network.body.layer3.eval()
    network(torch.randn(4, 3, 32, 32))
    with pytest.raises(TrainingError, match=r"frozen weights changed .* in conv1, layer1, layer2, layer4\."):
        strategy.assert_held(strategy.held(network, 1), seals)


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
    assert strategy.seal(network) == {}
    (group,) = strategy.groups(network)
    assert [id(weight) for weight in group["params"]] == [id(weight) for weight in network.parameters()]


@pytest.fixture(scope="module", params=["resnet18", "mobilenet_v2", "densenet121"])
def backbone(request):
    torch.manual_seed(0)
    network = torchvision_network(request.param, outputs=3, pretrained=False)
    with torch.no_grad():
        network.head[-1].weight.abs_()  # or a random map may be empty
    return network


@pytest.mark.parametrize("strategy", EVERY, ids=lambda strategy: type(strategy).__name__)
def test_every_strategy_trains_a_step_of_every_backbone_and_is_explained_alike(backbone, strategy, step):
    network = copy.deepcopy(backbone)
    before, seals = state_of(network), strategy.seal(network)
    step(network, strategy)
    strategy.assert_held(strategy.held(network, 1), seals)
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    changed = {name for name, weight in network.named_parameters() if not torch.equal(weight, before[name])}
    assert "head.last.bias" in changed or "head.1.bias" in changed
    # a bias in front of a BatchNorm and a dead ReLU's weights get no gradient; all that moved was to be trained
    assert changed <= trained
    assert len(changed) > 0.9 * len(trained)
    network.load_state_dict(before)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    frozen = GradCAM()(network, images)
    network.requires_grad_(True)
    free = GradCAM()(network, images)
    assert frozen.heatmap.shape == (2, 2, 2)
    assert frozen.heatmap.amax() > 0
    assert torch.equal(frozen.heatmap, free.heatmap)
