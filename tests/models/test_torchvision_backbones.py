import copy
from pathlib import Path

import pytest
import torch
import yaml
from support.backbones import fill, named, unfilled
from torch import nn
from torchvision import models

from xaimed.config.compose import composed, plain
from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError, WeightsError
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network
from xaimed.models.transfer import start_from

CONF = Path(__file__).parents[2] / "conf" / "backbone"
# The side of the test's image; of the explained map its channels and side; the feature width, the native input size.
SHAPES = {
    "alexnet": (64, 256, 3, 9216, 224),
    "vgg16": (32, 512, 2, 25088, 224),
    "googlenet": (32, 1024, 1, 1024, 224),
    "inception_v3": (75, 2048, 1, 2048, 299),
    "resnet18": (64, 512, 2, 512, 224),
    "resnet34": (64, 512, 2, 512, 224),
    "resnet50": (64, 2048, 2, 2048, 224),
    "resnet101": (32, 2048, 1, 2048, 224),
    "resnet152": (32, 2048, 1, 2048, 224),
    "densenet121": (64, 1024, 2, 1024, 224),
    "mobilenet_v2": (64, 1280, 2, 1280, 224),
    "mobilenet_v3_large": (64, 960, 2, 960, 224),
    "mobilenet_v3_small": (64, 576, 2, 576, 224),
    "squeezenet1_1": (64, 512, 3, 512 * 3 * 3, 224),
    "efficientnet_b0": (64, 1280, 2, 1280, 224),
    "efficientnet_b4": (64, 1792, 2, 1792, 380),
    "efficientnet_v2_s": (64, 1280, 2, 1280, 384),
    "convnext_tiny": (64, 768, 2, 768, 224),
    "vit_b_16": (32, 768, 2, 768, 224),
    "swin_t": (64, 768, 2, 768, 224),
}
OWN_DROPOUT = {
    "vgg16": [0.5, 0.5],
    "alexnet": [0.5, 0.5],
    "googlenet": [0.2],
    "inception_v3": [0.5],
    "mobilenet_v2": [0.2],
    "mobilenet_v3_large": [0.2],
    "mobilenet_v3_small": [0.2],
    "squeezenet1_1": [0.5],
    "efficientnet_b0": [0.2],
    "efficientnet_b4": [0.4],
    "efficientnet_v2_s": [0.2],
}
INCEPTIONS = {"googlenet", "inception_v3"}
YAMLS = {"mobilenet_v3_large": "mobilenet_v3"}


@pytest.fixture(scope="module", params=named(ANATOMIES))
def pair(request):
    """Torchvision's model, and the network cut from a copy of it with the same weights, the last layer's too."""
    name, size = request.param, SHAPES[request.param][0]
    options = {"image_size": size} if name == "vit_b_16" else {}
    if name in INCEPTIONS:  # as torchvision builds it for its own weights
        options = {"transform_input": True, "aux_logits": False, "init_weights": False}
    with unfilled():
        model = fill(models.get_model(name, weights=None, **options))
    own = {id(weight): weight for weight in model.parameters()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "get_model", lambda *args, **more: copy.deepcopy(model, dict(own)))
        network = torchvision_network(name, outputs=1000, pretrained=False, size=size).eval()
    network.get_submodule(network.last).load_state_dict(model.get_submodule(ANATOMIES[name].last).state_dict())
    return name, model, network


def test_logits_and_size_are_torchvisions(pair):
    name, model, network = pair
    side, channels, grid, width, native = SHAPES[name]
    images, seen = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1)), []
    handle = network.explained_layer().register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.no_grad():
        logits, expected = network(images), model(images)
        features = network.body(images)
    handle.remove()
    assert expected.std() > 1e-4
    torch.testing.assert_close(
        logits, expected, rtol=1e-4 if name in INCEPTIONS else 0, atol=1e-5 * expected.abs().max()
    )
    if name not in INCEPTIONS:  # whose input is scaled in one step instead of two
        assert torch.equal(logits, expected)
    assert network.grid(seen[0]).shape == (2, channels, grid, grid)
    assert features.shape == (2, width) == (2, network.feature_width)
    assert (network.input_size, network.size) == (native, side)
    assert sum(p.numel() for p in network.parameters()) == sum(p.numel() for p in model.parameters())
    assert [layer.p for layer in network.active_dropouts()] == OWN_DROPOUT.get(name, [])


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "squeezenet1_1"])
def test_a_number_sets_the_dropout_before_the_last_layer(name):
    network = torchvision_network(name, outputs=3, pretrained=False, dropout=0.4)
    kinds = [type(part) for part in network.head]
    (place,) = (i for i, kind in enumerate(kinds) if kind is nn.Dropout)
    assert kinds[place + 1] in (nn.Linear, nn.Conv2d)
    assert network.head[place].p == 0.4
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


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
    model = fill(models.mobilenet_v2(weights=None))
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    network = torchvision_network("mobilenet_v2", 3, True, weights=str(tmp_path / "weights.pth")).eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.body(images), model.features(images).mean((2, 3)))


def test_dense_layers_before_the_last_keep_their_pretrained_weights(monkeypatch):
    with unfilled():
        state = fill(models.alexnet(weights=None)).state_dict()
        monkeypatch.setattr("xaimed.models.torchvision_backbones.pretrained_state", lambda *asked: state)
        network = torchvision_network("alexnet", 3, True)
    for index in (1, 4):
        assert torch.equal(network.head[index].weight, state[f"classifier.{index}.weight"])
    assert network.head[6].weight.shape == (3, 4096)


def test_auxiliary_classifiers_in_a_file_are_left_out(monkeypatch):
    with unfilled():
        model = fill(models.googlenet(weights=None, aux_logits=True, init_weights=False))
        state = model.state_dict()
        monkeypatch.setattr("xaimed.models.torchvision_backbones.pretrained_state", lambda *asked: state)
        network = torchvision_network("googlenet", 3, True)
    assert any(key.startswith("aux1.") for key in state)
    assert torch.equal(network.body.inception5b.branch1.conv.weight, state["inception5b.branch1.conv.weight"])


def test_the_scale_of_the_inception_weights_is_torchvisions():
    model = models.googlenet(weights=None, transform_input=True, aux_logits=False, init_weights=False)
    images = torch.randn(2, 3, 4, 4)
    with unfilled():
        network = torchvision_network("googlenet", 3, False)
    torch.testing.assert_close(network.body.scale(images), model._transform_input(images))
    assert not [key for key in network.state_dict() if "scale" in key]


def test_positions_of_a_transformer_are_interpolated_to_the_images_size(monkeypatch):
    with unfilled():
        state = fill(models.vit_b_16(weights=None, image_size=64)).state_dict()
        learnt = state["encoder.pos_embedding"]
        monkeypatch.setattr("xaimed.models.torchvision_backbones.pretrained_state", lambda *asked: dict(state))
        network = torchvision_network("vit_b_16", 3, True, size=32)
        same = torchvision_network("vit_b_16", 3, True, size=64)
    grid = learnt[:, 1:].transpose(1, 2).reshape(1, 768, 4, 4)
    expected = nn.functional.interpolate(grid, size=(2, 2), mode="bicubic", align_corners=True)
    torch.testing.assert_close(network.body.encoder.pos_embedding[:, 1:], expected.flatten(2).transpose(1, 2))
    assert torch.equal(network.body.encoder.pos_embedding[:, 0], learnt[:, 0])
    assert torch.equal(same.body.encoder.pos_embedding, learnt)
    positions = network.body.encoder.pos_embedding.detach().clone()
    with torch.no_grad():
        network.body.encoder.pos_embedding.zero_()
    start_from(network, same.state_dict(), "a run at 64 px")
    torch.testing.assert_close(network.body.encoder.pos_embedding.detach(), positions)


def test_a_patch_that_does_not_divide_the_image_is_refused():
    with pytest.raises(ConfigError, match=r"patches of 16 px, which 100 px.*image.size=96 or image.size=112"):
        torchvision_network("vit_b_16", 3, False, size=100)


@pytest.mark.parametrize(("name", "smallest"), [("inception_v3", 75), ("alexnet", 63), ("vgg16", 32)])
def test_the_smallest_image_is_torchvisions(name, smallest):
    with unfilled():
        network = torchvision_network(name, 3, False, size=32)
    network.check_size(smallest)
    with pytest.raises(ConfigError, match=f"{smallest - 1} px are too small: this network needs {smallest} px"):
        network.check_size(smallest - 1)


def test_one_logit_of_squeezenet_can_speak_for_either_class():
    one, three = (torchvision_network("squeezenet1_1", outputs, False, size=32).eval() for outputs in (1, 3))
    images = torch.randn(8, 3, 32, 32)
    with torch.no_grad():
        one.head.last.weight.copy_(-one.head.last.weight.abs())
        assert (one(images) < 0).all()
        assert (three(images) >= 0).all()
    assert not one.never_negative
    assert three.never_negative
    assert one.last == three.last == "head.last"


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
    text = (CONF / f"{YAMLS.get(name, name)}.yaml").read_text()
    node = yaml.safe_load(text)
    assert text.startswith("# ")
    assert node["name"] == name
    assert node["weights"] == "imagenet"
    assert node["size"] == "${image.size}"
    assert (node["dropout"] is None) == (name in OWN_DROPOUT)


def test_a_yaml_builds_its_network():
    config = composed(["backbone=resnet18", "image.size=96", "name=any"])
    del config.hydra
    network = instantiate(plain(config)["backbone"], outputs=3, pretrained=False)
    assert network.head[-1].out_features == 3
    assert [layer.p for layer in network.active_dropouts()] == [0.2]
    assert network.size == 96
