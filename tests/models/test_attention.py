import math
from pathlib import Path

import pytest
import torch
import yaml
from hydra.utils import instantiate
from torch import nn
from torchvision import models

from xaimed.errors import ConfigError
from xaimed.explain.gradcam import GradCAM
from xaimed.models.attention import CSAM
from xaimed.models.resnet_csam import resnet_csam

CONF = Path(__file__).parents[2] / "conf" / "backbone" / "resnet50_csam.yaml"


def awake(module):
    """Attention that is not at its start."""
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.3)
    return module


def slow(module, features):
    """The equation, number by number."""
    batch, channels, height, width = features.shape
    narrow, widen = module.channel.narrow.weight[:, :, 0, 0], module.channel.widen.weight[:, :, 0, 0]
    kernel = module.spatial.weight[0]
    reach = kernel.shape[-1] // 2
    result = torch.zeros_like(features)
    for b in range(batch):
        means = [float(features[b, c].mean()) for c in range(channels)]
        hidden = [max(0.0, sum(float(row[c]) * means[c] for c in range(channels))) for row in narrow]
        of_channel = [sum(float(row[j]) * hidden[j] for j in range(len(hidden))) for row in widen]
        for y in range(height):
            for x in range(width):
                of_place = 0.0
                for dy in range(-reach, reach + 1):
                    for dx in range(-reach, reach + 1):
                        if 0 <= y + dy < height and 0 <= x + dx < width:
                            column = features[b, :, y + dy, x + dx]
                            of_place += float(kernel[0, dy + reach, dx + reach]) * float(column.mean())
                            of_place += float(kernel[1, dy + reach, dx + reach]) * float(column.max())
                for c in range(channels):
                    gate = module.gain / (1 + math.exp(-(of_channel[c] + of_place)))
                    result[b, c, y, x] = gate * features[b, c, y, x]
    return result


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_the_module_is_its_equation(gain):
    torch.manual_seed(0)
    module = awake(CSAM(4, reduction=2, kernel_size=3, gain=gain))
    features = torch.randn(2, 4, 5, 3)
    with torch.no_grad():
        torch.testing.assert_close(module(features), slow(module, features))
        gate = module.gate(features)
    assert gate.min() > 0
    assert gate.max() < gain
    assert gate.std((2, 3)).min() > 0
    assert gate.std(1).min() > 0


def test_gradients_are_those_of_differences():
    torch.manual_seed(0)
    module = awake(CSAM(4, reduction=2, kernel_size=3)).double()
    assert torch.autograd.gradcheck(module, torch.randn(1, 4, 3, 3, dtype=torch.double, requires_grad=True))


def test_the_papers_table_256_channels_have_16_thousand_parameters():
    assert sum(p.numel() for p in CSAM(256).parameters()) == 2 * 256 * 32 + 2 * 49 == 16482


def test_at_the_start_it_changes_nothing_or_halves_and_it_can_learn():
    features = torch.randn(2, 16, 4, 4)
    assert torch.equal(CSAM(16)(features), features)
    assert torch.equal(CSAM(16, gain=1)(features), features / 2)
    torch.manual_seed(0)
    module, features = CSAM(64), torch.rand(2, 64, 4, 4)
    (module(features) * torch.randn(2, 64, 4, 4)).sum().backward()
    assert module.channel.widen.weight.grad.abs().sum() > 0
    assert module.spatial.weight.grad.abs().sum() > 0


@pytest.fixture
def plain(tmp_path):
    torch.manual_seed(0)
    model = models.resnet18(weights=None).eval()
    torch.save(model.state_dict(), tmp_path / "resnet18.pth")
    return model, str(tmp_path / "resnet18.pth")


@pytest.mark.parametrize("after", ["layer1", "layer3", "layer4"])
def test_a_pretrained_network_starts_as_what_it_was(plain, after):
    model, file = plain
    network = resnet_csam(3, True, name="resnet18", after=after, weights=file).eval()
    images = torch.rand(2, 3, 64, 64)
    model.fc = nn.Identity()
    with torch.no_grad():
        assert torch.equal(network.body(images), model(images))
    names = [name for name, _ in network.body.named_children()]
    assert names[names.index(after) + 1] == "csam"
    assert "changes nothing" in network.remarks[0]
    halving = resnet_csam(3, True, name="resnet18", after=after, weights=file, gain=1)
    assert "multiplies by 0.5" in halving.remarks[0]


def test_the_attention_is_explained_or_a_stage_and_dropout_is_the_papers():
    torch.manual_seed(0)
    images = torch.rand(2, 3, 64, 64)
    network = resnet_csam(3, False, name="resnet18")
    awake(network.body.csam)
    explanation = GradCAM()(network, images)
    assert explanation.heatmap.shape == (2, 16, 16)
    assert explanation.heatmap.sum() > 0
    assert [layer.p for layer in network.active_dropouts()] == [0.3]
    assert GradCAM()(resnet_csam(3, False, name="resnet18", explained="layer4"), images).heatmap.shape == (2, 2, 2)


def test_truncated_the_head_reads_the_attention_itself():
    network = resnet_csam(5, False, name="resnet18", truncated=True)
    assert [name for name, _ in network.body.named_children()][-4:] == ["layer1", "csam", "avgpool", "flatten"]
    assert network.feature_width == network.head[-1].in_features == 64
    assert network(torch.rand(1, 3, 32, 32)).shape == (1, 5)


def test_the_yaml_is_the_papers_resnet50():
    node = yaml.safe_load(CONF.read_text())
    network = instantiate(node, outputs=14, pretrained=False)
    body = sum(p.numel() for p in models.resnet50(weights=None).parameters()) - 2049 * 1000
    assert sum(p.numel() for p in network.parameters()) == body + 2049 * 14 + 16482
    assert network.explained == "csam"
    assert network.body.csam.channel.widen.out_channels == 256


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match=r"no stage 'layer5'.*layer"):
        resnet_csam(3, False, name="resnet18", after="layer5")
    with pytest.raises(ConfigError, match="'mobilenet_v2' is no ResNet"):
        resnet_csam(3, False, name="mobilenet_v2")
    with pytest.raises(ConfigError, match="reduced 99 times"):
        resnet_csam(3, False, name="resnet18", reduction=99)
    with pytest.raises(ConfigError, match="no middle"):
        CSAM(8, kernel_size=2)
