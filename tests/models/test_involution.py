import copy
from pathlib import Path

import pytest
import torch
import yaml
from hydra.utils import instantiate
from torch import nn
from torchvision import models

from xaimed.errors import ConfigError, WeightsError
from xaimed.explain.gradcam import GradCAM
from xaimed.models.involution import Involution, involve
from xaimed.models.vgg_involution import convolution_names, vgg16_involution

CONF = Path(__file__).parents[2] / "conf" / "backbone" / "vgg16_involution.yaml"


def slow(images, kernels, groups, kernel_size, stride):
    """The definition, number by number."""
    batch, channels, height, width = images.shape
    rows, columns = kernels.shape[-2:]
    result = torch.zeros(batch, channels, rows, columns, dtype=images.dtype)
    for b in range(batch):
        for c in range(channels):
            group = c // (channels // groups)
            for y in range(rows):
                for x in range(columns):
                    for entry in range(kernel_size**2):
                        row = y * stride + entry // kernel_size - kernel_size // 2
                        column = x * stride + entry % kernel_size - kernel_size // 2
                        if 0 <= row < height and 0 <= column < width:
                            weight = kernels[b, group * kernel_size**2 + entry, y, x]
                            result[b, c, y, x] = result[b, c, y, x] + weight * images[b, c, row, column]
    return result


@pytest.mark.parametrize(("groups", "kernel_size", "stride"), [(1, 3, 1), (2, 3, 2), (4, 5, 1), (2, 1, 1), (2, 3, 3)])
def test_the_sum_is_the_definition(groups, kernel_size, stride):
    torch.manual_seed(0)
    images = torch.randn(2, 4, 5, 6, dtype=torch.double)
    kernels = torch.randn(2, groups * kernel_size**2, -(-5 // stride), -(-6 // stride), dtype=torch.double)
    found = involve(images, kernels, groups, kernel_size, stride)
    torch.testing.assert_close(found, slow(images, kernels, groups, kernel_size, stride))


def test_by_hand():
    images = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    kernels = torch.zeros(1, 9, 2, 2)
    kernels[0, 4, 0, 0] = 10  # at the first place: ten times itself
    kernels[0, 5, 0, 0] = 1  # and its right neighbour
    kernels[0, 0, 1, 1] = 2  # at the last place: twice the one above to the left
    kernels[0, 8, 1, 1] = 7  # and a neighbour that lies outside
    assert involve(images, kernels, 1, 3).tolist() == [[[[12.0, 0.0], [0.0, 2.0]]]]


@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_are_those_of_differences(stride):
    torch.manual_seed(0)
    layer = Involution(4, groups=2, kernel_size=3, stride=stride, reduction=2).double()
    images = torch.randn(2, 4, 3, 3, dtype=torch.double, requires_grad=True)
    parameters = tuple(layer.parameters())
    names = [name for name, _ in layer.named_parameters()]

    def run(images, *values):
        return torch.func.functional_call(layer, dict(zip(names, values, strict=True)), (images,))

    assert torch.autograd.gradcheck(run, (images, *parameters))
    assert torch.autograd.gradgradcheck(lambda images: run(images, *parameters), (images,))


def test_the_kernels_come_from_the_pixels_of_their_place():
    torch.manual_seed(0)
    layer = Involution(6, groups=3, kernel_size=3, stride=2, reduction=3).eval()
    layer.norm.running_mean.fill_(0.1)
    images = torch.randn(1, 6, 5, 5)
    with torch.no_grad():
        pooled = nn.functional.avg_pool2d(images, 2, ceil_mode=True)
        at = pooled[0, :, 1, 2]
        hidden = (layer.reduce.weight[:, :, 0, 0] @ at - 0.1) / (1 + layer.norm.eps) ** 0.5
        expected = layer.span.weight[:, :, 0, 0] @ hidden.relu() + layer.span.bias
        torch.testing.assert_close(layer.kernels(images)[0, :, 1, 2], expected)
        torch.testing.assert_close(layer(images), slow(images, layer.kernels(images), 3, 3, 2))


def test_channels_last_stays_and_gives_the_same():
    torch.manual_seed(0)
    layer = Involution(8, groups=2, kernel_size=3).eval()
    images = torch.randn(2, 8, 6, 5)
    last = layer.to(memory_format=torch.channels_last)(images.to(memory_format=torch.channels_last))
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(last, layer(images))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"groups": 3}, "into 3 groups"), ({"kernel_size": 4}, "no middle"), ({"reduction": 9}, "reduced 9 times")],
)
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Involution(8, **{"groups": 2, **options})


@pytest.fixture
def small_vgg(monkeypatch):
    """VGG16 with an eighth of its channels and narrow dense layers, so that tests are quick."""
    torch.manual_seed(0)
    layers = []
    for block, number in enumerate([2, 2, 3, 3, 3]):
        width = min(8 * 2**block, 64)
        for _ in range(number):
            before = next((p.out_channels for p in reversed(layers) if isinstance(p, nn.Conv2d)), 3)
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
    with torch.device("meta"):  # its dense layers are replaced
        model = models.VGG(nn.Sequential(*layers), num_classes=10, init_weights=False)
    model.classifier[0], model.classifier[3] = nn.Linear(64 * 49, 12), nn.Linear(12, 12)
    model.classifier[6] = nn.Linear(12, 10)
    monkeypatch.setattr(models, "get_model", lambda name, weights: copy.deepcopy(model))
    return model


def test_torchvisions_convolutions_have_vggs_names():
    with torch.device("meta"):
        names = convolution_names(models.vgg16(weights=None).features)
    assert len(names) == 13
    assert (names["conv1_1"], names["conv3_3"], names["conv5_1"], names["conv5_3"]) == (0, 14, 24, 28)


def test_by_default_the_last_block_is_replaced_and_the_rest_pretrained(small_vgg, tmp_path):
    torch.save(small_vgg.state_dict(), tmp_path / "vgg.pth")
    options = yaml.safe_load(CONF.read_text()) | {"weights": str(tmp_path / "vgg.pth")}
    network = instantiate(options, outputs=3, pretrained=True)
    features = network.body.features
    replaced = [place for place, layer in enumerate(features) if isinstance(layer, Involution)]
    assert replaced == [24, 26, 28]
    assert all(features[place].kernel_size == 3 and features[place].stride == 1 for place in replaced)
    kept = {name: value for name, value in small_vgg.state_dict().items() if name.startswith("features")}
    for name, value in kept.items():
        if int(name.split(".")[1]) not in replaced:
            assert torch.equal(network.body.state_dict()[name], value), name
    for place in (0, 3):  # VGG16 keeps its first two dense layers
        assert torch.equal(network.head[place].weight, small_vgg.classifier[place].weight)
    assert network.head[6].out_features == 3
    (remark,) = network.remarks
    assert remark.endswith(
        "features.24.weight, features.24.bias, features.26.weight, features.26.bias, "
        "features.28.weight, features.28.bias"
    )
    explanation = GradCAM()(network, torch.rand(2, 3, 64, 64))
    assert explanation.heatmap.shape == (2, 4, 4)
    assert explanation.heatmap.isfinite().all()


def test_any_convolution_can_be_replaced_also_one_that_changes_the_channels(small_vgg):
    network = vgg16_involution(2, False, replaced=["conv1_1", "conv2_1", 28], group_channels=4, kernel_size=5)
    first, second = network.body.features[0], network.body.features[5]
    assert [(part.in_channels, part.out_channels) for part in (first[0], second[0])] == [(3, 8), (8, 16)]
    assert (first[1].groups, second[1].groups, network.body.features[28].groups) == (2, 4, 16)
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 2)
    assert not network.remarks
    network(torch.rand(2, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_nothing_replaced_is_vgg16(small_vgg):
    torch.manual_seed(1)
    network = vgg16_involution(10, False, replaced=[]).eval()
    network.head[6].load_state_dict(small_vgg.classifier[6].state_dict())
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(images), small_vgg.eval()(images))


def test_wrong_names_are_refused(small_vgg, tmp_path):
    with pytest.raises(ConfigError, match=r"no convolution 'conv6_1'.*conv"):
        vgg16_involution(2, False, replaced=["conv6_1"])
    with pytest.raises(ConfigError, match="no convolution '1'"):
        vgg16_involution(2, False, replaced=[1])
    with pytest.raises(ConfigError, match="cannot be shared by 5"):
        vgg16_involution(2, False, group_channels=5)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "part.pth")
    with pytest.raises(WeightsError, match="do not fit"):
        vgg16_involution(2, True, weights=str(tmp_path / "part.pth"))
