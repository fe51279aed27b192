import pytest
import torch
from torch import nn

from xaimed.explain.dropout import mask, sampled


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_a_mask_drops_its_share_and_keeps_the_mean(p):
    drawn = mask(nn.Dropout(p), [100_000], seed=3)
    assert drawn.eq(0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert drawn.unique().tolist() == pytest.approx([0, 1 / (1 - p)])


def test_dropping_everything_gives_zeros_as_in_torch():
    assert mask(nn.Dropout(1.0), [10], seed=0).eq(0).all()


def test_channelwise_dropout_drops_whole_channels():
    assert mask(nn.Dropout2d(0.5), [6, 4, 4], seed=0).shape == (6, 1, 1)


def test_a_pass_is_one_network_for_all_images_and_passes_differ(build):
    network = build("vgg")
    with torch.no_grad(), sampled(network, range(3), seed=0):
        ones = network.head[2](torch.ones(3 * 4, 50)).unflatten(0, (3, 4))
    assert torch.equal(ones, ones[:, :1].expand_as(ones))
    assert not torch.equal(ones[0], ones[1])


def test_a_pass_is_the_same_alone_or_among_others_and_layers_differ(build):
    network = build("vgg")
    wide = torch.ones(4, 50)
    with torch.no_grad():
        with sampled(network, range(4), seed=0):
            among, other_layer = network.head[2](wide), network.head[5](wide)
        with sampled(network, [2], seed=0):
            alone = network.head[2](wide[:1])
        with sampled(network, [2], seed=1):
            other_seed = network.head[2](wide[:1])
    assert torch.equal(among[2:3], alone)
    assert not torch.equal(alone, other_seed)
    assert not torch.equal(among.ne(0), other_layer.ne(0))


def test_outside_the_block_nothing_drops(build):
    network = build("vgg")
    with sampled(network, [0], seed=0):
        pass
    assert torch.equal(network.head[2](torch.ones(2, 5)), torch.ones(2, 5))
