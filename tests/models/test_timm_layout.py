"""A timm file in torchvision's network: the logits are timm's own."""

import pytest
import torch
from support.backbones import fill, unfilled

from xaimed.errors import WeightsError
from xaimed.models.timm_layout import RENAMES, in_torchvision_layout
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network
from xaimed.models.weights import local_file, read_state

timm = pytest.importorskip("timm")
# By torchvision's name: timm's, and the side of the image.
PAIRS = {
    "resnet18": ("resnet18", 32),
    "densenet121": ("densenet121", 32),
    "mobilenet_v2": ("mobilenetv2_100", 32),
    "efficientnet_b0": ("efficientnet_b0", 32),
    "convnext_tiny": ("convnext_tiny", 32),
    "swin_t": ("swin_tiny_patch4_window7_224", 224),
    "vit_b_16": ("vit_base_patch16_224", 32),
    "vgg16": ("vgg16", 32),
}
SLOW = {"vgg16", "swin_t", "vit_b_16", "densenet121"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in PAIRS]
)
def test_logits_are_timms(tmp_path, name):
    theirs, size = PAIRS[name]
    with unfilled():
        sized = {"img_size": size} if name == "vit_b_16" else {}
        model = fill(timm.create_model(theirs, **sized))
        # Sorted, as in a safetensors file: names alone must tell what is what.
        torch.save(dict(sorted(model.state_dict().items())), tmp_path / "timm.pth")
        network = torchvision_network(name, 1000, True, weights=str(tmp_path / "timm.pth"), size=size).eval()
    network.get_submodule(network.last).load_state_dict(model.get_classifier().state_dict())
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        logits, expected = network(images), model(images)
    assert expected.std() > 1e-4
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


def test_a_safetensors_file_is_read(tmp_path):
    from safetensors.torch import save_file

    state = {"conv.weight": torch.randn(2, 3), "conv.bias": torch.zeros(2)}
    save_file(state, tmp_path / "file.safetensors")
    found = read_state(local_file(str(tmp_path / "file.safetensors")))
    assert found.keys() == state.keys()
    assert torch.equal(found["conv.weight"], state["conv.weight"])
    (tmp_path / "bad.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read_state(tmp_path / "bad.safetensors")


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_v2_s"])
def test_what_computes_otherwise_in_timm_is_refused(name):
    with pytest.raises(WeightsError, match=r"does not compute what torchvision's does.*backbone=timm"):
        in_torchvision_layout(name, {"conv_stem.weight": torch.zeros(1)})


def test_torchvisions_own_files_pass_unchanged():
    state = {"features.0.0.weight": torch.zeros(1)}
    for name in ANATOMIES:
        assert in_torchvision_layout(name, state) is state
    assert set(RENAMES) <= set(ANATOMIES)
