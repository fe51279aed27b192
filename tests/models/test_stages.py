import pytest
import torch
from support.tiny import tiny_network
from torch import nn
from torchvision import models

from xaimed.models.stages import stages_of

EXPECTED = {
    "resnet18": ["conv1", "layer1", "layer2", "layer3", "layer4"],
    "vgg16": ["features.0", "features.5", "features.10", "features.17", "features.24"],  # between its poolings
    "vgg16_bn": ["features.0", "features.7", "features.14", "features.24", "features.34"],
    "alexnet": ["features.0", "features.3", "features.6"],
    "mobilenet_v2": [f"features.{i}" for i in range(19)],
    "densenet121": [
        "features.conv0",
        *(f"features.{kind}{i}" for i in (1, 2, 3) for kind in ("denseblock", "transition")),
        "features.denseblock4",
    ],
    "vit_b_16": ["conv_proj", *(f"encoder.layers.encoder_layer_{i}" for i in range(12))],
    "swin_t": [f"features.{i}" for i in range(8)],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_body_is_its_blocks_and_every_tensor_is_in_one_of_them(name):
    with torch.device("meta"):
        body = models.get_model(name, weights=None)
    for dense in ("fc", "classifier", "heads", "head"):
        if hasattr(body, dense):
            delattr(body, dense)
    stages = stages_of(body)
    assert [stage.name for stage in stages] == EXPECTED[name]
    tensors = [id(tensor) for stage in stages for tensor in stage.tensors()]
    assert sorted(tensors) == sorted(id(tensor) for tensor in [*body.parameters(), *body.buffers()])
    weights = [id(weight) for stage in stages for weight in stage.parameters()]
    assert sorted(weights) == sorted(id(weight) for weight in body.parameters())


def test_norms_poolings_and_loose_weights_go_with_what_they_belong_to():
    body = tiny_network(3, pretrained=False).body
    first, second = stages_of(body)
    assert first.modules == [body.first, body.norm, body.relu]
    assert second.modules == [body.second, body.explained, body.pool, body.flat]
    body.register_parameter("token", nn.Parameter(torch.zeros(1)))
    assert stages_of(body)[0].loose == [body.token]
    bare = nn.Sequential(nn.Identity(), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
    assert [stage.modules for stage in stages_of(bare)] == [list(bare)]


def test_a_body_without_weights_has_no_stages():
    assert stages_of(nn.Sequential(nn.Flatten())) == []
