from types import SimpleNamespace

import torch
from support.tiny import tiny_network

from xaimed.explain.gradcam import GradCAM
from xaimed.training.faster import ChannelsLast, Compiled


def test_only_training_sees_the_compiled_network():
    network = tiny_network(3, pretrained=False).eval()
    images, names = torch.rand(2, 3, 32, 32), list(network.state_dict())
    before = network(images)
    module, compiled = SimpleNamespace(network=network), Compiled("eager")
    compiled.on_fit_start(None, module)
    assert network._compiled_call_impl is not None
    assert list(network.state_dict()) == names
    torch.testing.assert_close(network(images), before)
    compiled.on_exception(None, module, KeyboardInterrupt())
    assert network._compiled_call_impl is None
    assert torch.equal(network(images), before)


def test_channels_last_keeps_values_and_maps():
    torch.manual_seed(0)
    network = tiny_network(3, pretrained=False).eval()
    images = torch.rand(2, 3, 32, 32)
    logits, heatmap = network(images), GradCAM()(network, images).heatmap
    ChannelsLast().setup(None, SimpleNamespace(network=network), "predict")
    assert network.body.first.weight.is_contiguous(memory_format=torch.channels_last)
    assert network.body.second(network.body.first(images)).is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(images), logits)
    torch.testing.assert_close(GradCAM()(network, images).heatmap, heatmap)
