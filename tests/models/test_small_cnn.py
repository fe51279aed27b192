from pathlib import Path

import pytest
import torch
import yaml
from hydra.utils import instantiate
from torch import nn

from xaimed.errors import ConfigError, WeightsError
from xaimed.explain.gradcam import GradCAM
from xaimed.models.small_cnn import lumbar_cnn

CONF = Path(__file__).parents[2] / "conf" / "backbone" / "lumbar_cnn.yaml"


def test_the_layers_are_those_of_the_yaml_and_the_parameters_those_counted_by_hand():
    network = instantiate(yaml.safe_load(CONF.read_text()), outputs=4, pretrained=False)
    convs = [part for part in network.body.modules() if isinstance(part, nn.Conv2d)]
    assert [(conv.in_channels, conv.out_channels) for conv in convs] == [(3, 32), (32, 64), (64, 128), (128, 256)]
    convolutions = 27 * 32 + 32 + 9 * 32 * 64 + 64 + 9 * 64 * 128 + 128 + 9 * 128 * 256 + 256
    dense = 256 * 49 * 128 + 128 + 128 * 4 + 4
    assert sum(p.numel() for p in network.parameters()) == convolutions + dense
    assert [layer.p for layer in network.active_dropouts()] == [0.5]


@pytest.mark.parametrize("size", [30, 64])
def test_the_last_convolution_is_explained_whatever_the_size(size):
    torch.manual_seed(0)
    network = lumbar_cnn(3, False, widths=(4, 8), dense=5).eval()
    images = torch.rand(2, 3, size, size)
    with torch.no_grad():
        first = nn.functional.max_pool2d(network.body.block1.conv(images).relu(), 2, ceil_mode=True)
        last = network.body.block2.conv(first).relu()
    explanation = GradCAM()(network, images)
    assert explanation.heatmap.shape == (2, *last.shape[2:])
    assert explanation.heatmap.sum() > 0
    assert network.explained_layer() is network.body.block2.relu


def test_a_file_of_its_own_starts_it_with_another_number_of_classes(tmp_path):
    first = lumbar_cnn(4, False, widths=(4,), dense=5)
    torch.save(first.state_dict(), tmp_path / "mine.pt")
    second = lumbar_cnn(2, True, widths=(4,), dense=5, weights=str(tmp_path / "mine.pt"))
    assert torch.equal(second.body.block1.conv.weight, first.body.block1.conv.weight)
    assert torch.equal(second.head[0].weight, first.head[0].weight)
    assert second.head[3].weight.shape == (2, 5)
    with pytest.raises(WeightsError, match="SHA-256"):
        lumbar_cnn(2, True, widths=(4,), dense=5, weights=str(tmp_path / "mine.pt"), checksum="0" * 8)


def test_what_cannot_be_is_refused():
    with pytest.raises(WeightsError, match=r"no pretrained weights of the small CNN.*strategy=scratch"):
        lumbar_cnn(4, True)
    with pytest.raises(ConfigError, match="blocks of"):
        lumbar_cnn(4, False, widths=())
