"""Every backbone under every strategy: one step that moves what is trained and nothing else, then a map."""

import pytest
import torch
from support.backbones import fill, unfilled
from torch.optim import SGD

from xaimed.data.task import Kind, Task
from xaimed.explain.gradcam import GradCAM
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network
from xaimed.training.classifier import Classifier
from xaimed.training.objectives import CrossEntropy
from xaimed.training.strategies import FeatureExtraction, FineTuning, Scratch

SIZES = {"inception_v3": 107, "vit_b_16": 32}
QUICK = {"resnet18", "mobilenet_v3_small", "squeezenet1_1"}
STRATEGIES = [Scratch, FeatureExtraction, FineTuning]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in sorted(ANATOMIES)]
)
def test_a_step_moves_what_is_trained_and_the_map_is_there(name, strategy):
    size = SIZES.get(name, 64)
    with unfilled():
        network = fill(torchvision_network(name, 3, False, size=size))
    with torch.no_grad():
        network.get_submodule(network.last).weight.abs_()  # squeezenet's ReLU would silence a class otherwise
    module = Classifier(
        network,
        Task(Kind.MULTICLASS, ("a", "b", "c")),
        CrossEntropy(),
        strategy(),
        lambda weights: SGD(weights, lr=1e-3),
        lambda optimizer: None,
        seed=0,
        fold=0,
    )
    optimizer = module.configure_optimizers()
    seal = module.strategy.seal(network)
    before = {key: value.clone() for key, value in network.named_parameters()}
    images, targets = (
        torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(1)),
        torch.tensor([0, 1, 2, 0]),
    )
    module.train()
    value = module.objective(network, images, targets, module.task)
    assert torch.isfinite(value.loss)
    value.loss.backward()
    optimizer.step()
    module.strategy.assert_held(module.strategy.held(network, 1), seal)
    moved = {key for key, weight in network.named_parameters() if not torch.equal(weight, before[key])}
    assert any(key.startswith(network.last) for key in moved)
    assert any(key.startswith("body.") for key in moved) == (strategy is not FeatureExtraction)
    maps = [GradCAM()(network, images, torch.full((4,), label)).heatmap for label in range(3)]
    assert max(float(heatmap.amax()) for heatmap in maps) > 0
    assert module.training
