import pytest
import torch
from support.backbones import named, unfilled
from torch import nn
from torchvision import models

from xaimed.errors import ConfigError
from xaimed.models.complexity import measure
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network

QUICK = {"alexnet", "googlenet", "inception_v3", "resnet50", "mobilenet_v2", "squeezenet1_1", "vit_b_16"}
AUXILIARY = {"inception_v3": 27161264 - 23834568}  # its auxiliary classifier, which torchvision counts


@pytest.mark.parametrize("name", named(ANATOMIES, slow=set(ANATOMIES) - QUICK))
def test_multiply_adds_and_parameters_are_those_that_torchvision_publishes(name):
    with torch.device("meta"), unfilled():
        network = torchvision_network(name, 1000, False)
    found = measure(network, network.input_size)
    published = models.get_model_weights(name)["IMAGENET1K_V1"].meta
    assert found.multiply_adds / 1e9 == pytest.approx(published["_ops"], rel=0.01)
    assert found.flops == 2 * found.multiply_adds
    assert found.parameters == published["num_params"] - AUXILIARY.get(name, 0)


def small(frozen=False):
    body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = Network(body, nn.Sequential(nn.Linear(4, 2)), explained="1", feature_width=4, input_size=8)
    body.requires_grad_(not frozen)
    return network


def test_a_network_counted_by_hand():
    found = measure(small(), 8)
    assert found.parameters == found.trainable == 4 * 3 * 9 + 4 * 2 + 2
    assert found.multiply_adds == 8 * 8 * 4 * 3 * 9 + 4 * 2
    assert found.weight_bytes == 4 * found.parameters
    # Kept for the backward: the image for the convolution, the output for the ReLU, the vector for the dense layer.
    assert found.activation_bytes == 4 * (3 * 8 * 8 + 4 * 8 * 8 + 4)
    assert found.size == 8


def test_what_is_frozen_is_not_trained_and_keeps_nothing():
    found = measure(small(frozen=True), 8)
    assert found.trainable == 4 * 2 + 2
    assert found.activation_bytes == 4 * 4
    assert found.multiply_adds == measure(small(), 8).multiply_adds


def test_the_line_tells_multiply_adds_and_flops_apart():
    told = measure(small(), 8).told()
    assert "6.92e-06 G multiply-adds (1.38e-05 GFLOPs)" in told
    assert "a picture of 8 px" in told


def test_measuring_leaves_the_network_as_it_was():
    network = small().train()
    network.body[1].eval()
    state = torch.random.get_rng_state()
    before = torch.backends.mha.get_fastpath_enabled()
    measure(network, 8)
    assert network.training
    assert not network.body[1].training
    assert all(weight.grad is None for weight in network.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.backends.mha.get_fastpath_enabled() == before


def test_a_picture_that_the_network_cannot_look_at_is_refused():
    network = small()
    network.body.insert(0, nn.MaxPool2d(16))
    with pytest.raises(ConfigError, match=r"cannot look at pictures of 8 px .*image.size.*made for 8 px"):
        measure(network, 8)
