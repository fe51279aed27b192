import copy
from pathlib import Path

import pytest
import torch
import yaml
from hydra.utils import instantiate
from torch import nn
from torchvision import models

from xaimed.errors import ConfigError, WeightsError
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network

CONF = Path(__file__).parents[2] / "conf" / "backbone"
EXPLAINED = {  # the type of the explained layer, its channels, its side at 64 px, the feature width
    "resnet18": (nn.Sequential, 512, 2, 512),
    "resnet50": (nn.Sequential, 2048, 2, 2048),
    "vgg16": (nn.ReLU, 512, 4, 25088),
    "mobilenet_v2": (nn.Sequential, 1280, 2, 1280),
    "densenet121": (nn.ReLU, 1024, 2, 1024),
    "alexnet": (nn.ReLU, 256, 3, 9216),
}
OWN_DROPOUT = {"vgg16": [0.5, 0.5], "alexnet": [0.5, 0.5], "mobilenet_v2": [0.2]}


def reference(name):
    """Torchvision's model with BatchNorm statistics that are not the trivial ones."""
    torch.manual_seed(0)
    model = models.get_model(name, weights=None)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


@pytest.fixture(scope="module", params=sorted(ANATOMIES))
def pair(request):
    """Torchvision's model, and the network cut from a copy of it with the same last layer."""
    model = reference(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "get_model", lambda name, weights: copy.deepcopy(model))
        network = torchvision_network(request.param, outputs=1000, pretrained=False).eval()
    last = model.get_submodule(ANATOMIES[request.param].last)
    network.head[-1].load_state_dict(last.state_dict())
    return request.param, model, network


def test_logits_and_size_are_torchvisions(pair):
    _, model, network = pair
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(images), model(images))
        assert network.body(images).shape == (2, network.feature_width)
    assert sum(p.numel() for p in network.parameters()) == sum(p.numel() for p in model.parameters())
    assert network.input_size == 224


def test_the_explained_layer_is_the_last_map_before_pooling(pair):
    name, _, network = pair
    kind, channels, side, width = EXPLAINED[name]
    layer = network.explained_layer()
    seen = []
    handle = layer.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    with torch.no_grad():
        network(torch.randn(1, 3, 64, 64))
    handle.remove()
    assert isinstance(layer, kind)
    assert seen == [(1, channels, side, side)]
    assert network.feature_width == width


def test_dropout_is_the_architectures_own_or_none(pair):
    name, _, network = pair
    assert [layer.p for layer in network.active_dropouts()] == OWN_DROPOUT.get(name, [])


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_a_number_sets_the_dropout_before_the_last_layer(name):
    network = torchvision_network(name, outputs=3, pretrained=False, dropout=0.4)
    assert [type(part) for part in network.head] == [nn.Dropout, nn.Linear]
    assert network.head[0].p == 0.4
    assert network.head[-1].out_features == 3


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_dropout_zero_means_none(name):
    assert not torchvision_network(name, outputs=1, pretrained=False, dropout=0).has_active_dropout()


def test_weights_have_the_same_names_with_and_without_dropout():
    with_, without = (torchvision_network("resnet18", 3, False, dropout=p) for p in (0.2, None))
    assert with_.state_dict().keys() == without.state_dict().keys()


def test_the_new_layer_comes_from_the_global_seed():
    heads = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        heads.append(torchvision_network("mobilenet_v2", 3, False).head[-1].weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_a_local_file_gives_all_weights_but_the_last_layer(tmp_path):
    model = reference("mobilenet_v2")
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    network = torchvision_network("mobilenet_v2", 3, True, weights=str(tmp_path / "weights.pth")).eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.body(images), model.features(images).mean((2, 3)))


def test_dense_layers_before_the_last_keep_their_pretrained_weights(monkeypatch):
    state = models.alexnet(weights=None).state_dict()
    monkeypatch.setattr("xaimed.models.torchvision_backbones.pretrained_state", lambda *asked: state)
    network = torchvision_network("alexnet", 3, True)
    for index in (1, 4):
        assert torch.equal(network.head[index].weight, state[f"classifier.{index}.weight"])
    assert network.head[6].weight.shape == (3, 4096)


def test_weights_of_another_architecture_are_refused_by_key(tmp_path):
    torch.save(models.resnet18(weights=None).state_dict(), tmp_path / "resnet18.pth")
    with pytest.raises(WeightsError, match=r"do not fit MobileNetV2 .*missing: features.*unexpected: conv1.weight"):
        torchvision_network("mobilenet_v2", 3, True, weights=str(tmp_path / "resnet18.pth"))


def test_impossible_wishes_are_refused():
    with pytest.raises(ConfigError, match=r"no backbone 'resnet5'.*resnet50"):
        torchvision_network("resnet5", 3, False)
    with pytest.raises(ConfigError, match="dropout of 1"):
        torchvision_network("resnet18", 3, False, dropout=1.0)


@pytest.mark.parametrize("name", sorted(ANATOMIES))
def test_every_backbone_has_its_yaml(name):
    text = (CONF / f"{name}.yaml").read_text()
    node = yaml.safe_load(text)
    assert text.startswith("# ")
    assert node["name"] == name
    assert node["weights"] == "imagenet"
    assert (node["dropout"] is None) == (name in OWN_DROPOUT)


def test_a_yaml_builds_its_network():
    node = yaml.safe_load((CONF / "resnet18.yaml").read_text())
    network = instantiate(node, outputs=3, pretrained=False)
    assert network.head[-1].out_features == 3
    assert [layer.p for layer in network.active_dropouts()] == [0.2]
