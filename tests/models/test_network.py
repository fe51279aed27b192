import pytest
import torch
from torch import nn

from xaimed.errors import ConfigError
from xaimed.models.network import Network


def network(body=None, head=None, explained="conv", **more):
    if body is None:
        body = nn.Sequential()
        body.add_module("conv", nn.Conv2d(3, 4, 3))
        body.add_module("pool", nn.AdaptiveAvgPool2d(1))
        body.add_module("flatten", nn.Flatten())
    head = head or nn.Sequential(nn.Linear(4, 2))
    return Network(body, head, explained=explained, feature_width=4, input_size=16, **more)


def test_forward_is_head_after_body():
    net, images = network(), torch.randn(2, 3, 16, 16)
    assert torch.equal(net(images), net.head[0](net.body.conv(images).mean((2, 3))))


def test_the_explained_layer_is_the_named_module():
    net = network()
    assert net.explained_layer() is net.body.conv


def test_a_misspelt_layer_is_refused_with_its_near_miss():
    with pytest.raises(ConfigError, match=r"no layer 'convv'.*Did you mean 'conv'"):
        network(explained="convv")


def test_only_dropouts_that_drop_are_active_body_before_head():
    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.off, self.on = nn.Conv2d(3, 4, 3), nn.Dropout(0), nn.Dropout2d(0.1)

    net = network(Body(), nn.Sequential(nn.Dropout(0.0), nn.Sequential(nn.Dropout(0.3)), nn.Linear(4, 2)))
    assert net.active_dropouts() == [net.body.on, net.head[1][0]]
    assert net.has_active_dropout()
    assert not network().has_active_dropout()


def test_tokens_become_a_grid_where_a_reshape_is_given():
    tokens = torch.arange(2 * 6 * 4.0).reshape(2, 6, 4)
    net = network(to_grid=lambda t: t.transpose(1, 2).unflatten(2, (2, 3)))
    assert torch.equal(net.grid(tokens)[1, 3], tokens[1, :, 3].view(2, 3))
    assert network().grid(tokens) is tokens
