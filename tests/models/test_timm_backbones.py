import sys
from pathlib import Path

import pytest
import torch
import yaml
from support.backbones import fill, unfilled
from torch import nn

from xaimed.data.preparation import Preparation
from xaimed.errors import ConfigError, ExplainError, WeightsError
from xaimed.explain.gradcam import GradCAM
from xaimed.models import timm_backbones
from xaimed.models.timm_backbones import timm_network
from xaimed.models.transfer import start_from

CONF = Path(__file__).parents[2] / "conf" / "backbone"
# By timm's name: the side of the image, the explained layer, its grid, the feature width.
MODELS = {
    "resnet18": (64, "model.layer4", 2, 512),
    "mobilenetv3_small_050": (64, "model.blocks.5", 2, 1024),
    "vit_tiny_patch16_224": (64, "model.blocks.11.norm1", 4, 192),
    "deit_tiny_distilled_patch16_224": (64, "model.blocks.11.norm1", 4, 192),
    "swin_tiny_patch4_window7_224": (64, "model.layers.3", 2, 768),
    "convnext_atto": (64, "model.stages.3", 2, 320),
}


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ConfigError, match=r"needs the package 'timm'.*pip install 'xaimed\[timm\]'"):
        timm_network("resnet18", 3, False)


@pytest.fixture
def timm():
    return pytest.importorskip("timm")


@pytest.mark.parametrize("name", MODELS)
def test_any_model_becomes_a_network_and_is_explained(timm, name):
    size, explained, grid, width = MODELS[name]
    with unfilled():
        network = fill(timm_network(name, 2, False, dropout=0.3, size=size))
    with torch.no_grad():  # the map of one class is where that of the other is not, so both cannot be empty
        last = network.get_submodule(network.last)
        last.weight[1] = -last.weight[0]
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    both = [GradCAM()(network, images, torch.full((2,), label)).heatmap for label in range(2)]
    assert network.explained == explained
    assert both[0].shape == both[1].shape == (2, grid, grid)
    assert (torch.maximum(*both).amax((1, 2)) > 0).all()
    assert network.feature_width == width == network.body(images).shape[1]
    assert [layer.p for layer in network.active_dropouts()] == [0.3]
    assert network.size == size
    assert network.input_size == 224


def test_logits_are_timms(timm):
    with unfilled():
        model = fill(timm.create_model("mobilenetv3_small_050", num_classes=3))
        network = timm_network("mobilenetv3_small_050", 3, False).eval()
    state = model.state_dict()
    start_from(network, {f"body.model.{k}": v for k, v in state.items() if not k.startswith("classifier")}, "here")
    network.head.last.load_state_dict(model.classifier.state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(network(images), model(images))


def test_pixels_arrive_as_the_weights_expect_them(timm):
    """ViT's weights were made for mean and deviation 0.5; xaimed normalises by ImageNet's."""
    with unfilled():
        network = timm_network("vit_tiny_patch16_224", 3, False, size=32)
    picture = torch.rand(3, 32, 32)
    prepared = Preparation(32, "imagenet")(picture)
    torch.testing.assert_close(network.body.scale(prepared[None])[0], (picture - 0.5) / 0.5)
    with unfilled():
        assert not hasattr(timm_network("resnet18", 3, False).body, "scale")


def test_a_local_file_gives_all_but_the_last_layer_at_another_size(timm, tmp_path):
    with unfilled():
        model = fill(timm.create_model("vit_tiny_patch16_224", img_size=64))
        torch.save(model.state_dict(), tmp_path / "vit.pth")
        network = timm_network("vit_tiny_patch16_224", 3, True, weights=str(tmp_path / "vit.pth"), size=32)
    assert torch.equal(network.body.model.blocks[3].mlp.fc1.weight, model.blocks[3].mlp.fc1.weight)
    assert network.body.model.pos_embed.shape == (1, 5, 192)
    with pytest.raises(WeightsError, match="SHA-256"):
        timm_network("vit_tiny_patch16_224", 3, True, weights=str(tmp_path / "vit.pth"), checksum="0" * 64)
    with pytest.raises(WeightsError, match=r"do not fit ResNet \(.*missing: conv1.weight.*unexpected: cls_token"):
        timm_network("resnet18", 3, True, weights=str(tmp_path / "vit.pth"))


def test_a_state_of_another_size_is_adapted(timm):
    with unfilled():
        small, large = (timm_network("vit_tiny_patch16_224", 3, False, size=size) for size in (32, 64))
        fill(large)
    start_from(small, large.state_dict(), "here")
    assert torch.equal(small.body.model.blocks[0].norm1.bias, large.body.model.blocks[0].norm1.bias)
    assert torch.equal(small.body.model.pos_embed[:, 0], large.body.model.pos_embed[:, 0])


def test_offline_says_what_to_do(timm, monkeypatch):
    real = timm.create_model

    def offline(name, pretrained=False, **options):
        if pretrained:
            raise ConnectionError("Name or service not known")
        return real(name, **options)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(WeightsError, match=r"cannot be downloaded.*backbone.weights=/path/file.pth"):
        timm_network("resnet18", 3, True)


def test_impossible_wishes_are_refused(timm):
    with pytest.raises(ConfigError, match=r"no model 'resnt18'.*resnet18"):
        timm_network("resnt18", 3, False)
    with pytest.raises(ConfigError, match="dropout of 1"):
        timm_network("resnet18", 3, False, dropout=1.0)
    with pytest.raises(ConfigError, match=r"no layer 'model.layer5'"):
        timm_network("resnet18", 3, False, explained="layer5")


def test_tokens_that_are_no_square_of_patches_are_refused(timm):
    with pytest.raises(ConfigError, match="no square of patches"):
        timm_backbones._to_grid(torch.zeros(1, 8, 4), prefix=1, channels_last=False)
    network = timm_network("resnet18", 3, False, explained="global_pool")
    with pytest.raises(ExplainError, match="not \\[images, channels, height, width\\]"):
        GradCAM()(network, torch.zeros(1, 3, 32, 32))


@pytest.mark.parametrize(("name", "asks"), [("timm", "???"), ("xception", "legacy_xception")])
def test_the_yamls(name, asks):
    node = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    assert node["name"] == asks
    assert node["_target_"].endswith("timm_network")


def test_xception_is_built_and_explained(timm):
    with unfilled():
        network = fill(timm_network("legacy_xception", 3, False, size=48))
    assert isinstance(network.explained_layer(), nn.ReLU)
    assert network.input_size == 299
    assert GradCAM()(network, torch.randn(1, 3, 48, 48)).heatmap.amax() > 0
