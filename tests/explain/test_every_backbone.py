"""Grad-CAM of every backbone: a map of the right shape, frozen or not, and the one that the grad-cam package draws."""

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM as Package
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from support.backbones import DEEP, fill, named, unfilled

from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network

SIZES = {"inception_v3": 107, "vit_b_16": 48, "alexnet": 64, "googlenet": 64}  # 64 where nothing else is said
GRIDS = {"alexnet": 3, "vgg16": 4, "inception_v3": 2, "squeezenet1_1": 3, "vit_b_16": 3}  # 2 where nothing else is said
LIKE_OTHERS = {"vgg16", "resnet34", "resnet50", "efficientnet_b4", "efficientnet_v2_s", "mobilenet_v3_large"}


class UnresizedPackage(Package):
    """The grad-cam package without its last step, the resizing to the image."""

    def get_target_width_height(self, input_tensor):
        return None


@pytest.mark.parametrize("name", named(ANATOMIES, slow=DEEP | LIKE_OTHERS))
def test_every_backbone_is_explained_as_the_grad_cam_package_does(name):
    size = SIZES.get(name, 64)
    with unfilled():
        network = fill(torchvision_network(name, 2, False, dropout=0.3, size=size))
    with torch.no_grad():  # the map of one class is where that of the other is not, so both cannot be empty
        last = network.get_submodule(network.last)
        last.weight[1] = -last.weight[0]
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    both = [GradCAM()(network, images, torch.full((2,), label)).heatmap.amax((1, 2)) for label in range(2)]
    targets = torch.stack(both).argmax(0)
    ours = GradCAM()(network, images, targets).heatmap
    side = GRIDS.get(name, 2)
    assert ours.shape == (2, side, side)
    assert (ours.amax((1, 2)) > 0).all()
    package = UnresizedPackage(network, [network.explained_layer()], reshape_transform=network.to_grid)
    theirs = package(images, [ClassifierOutputTarget(int(label)) for label in targets])  # scaled twice
    np.testing.assert_allclose(scale_cam_image(scale_cam_image(ours.numpy())), theirs, atol=1e-5)
    assert torch.equal(GradCAM()(network.requires_grad_(False), images, targets).heatmap, ours)
    sampled = MCDropoutGradCAM(passes=3)(network, images, targets)
    assert sampled.heatmap.shape == sampled.uncertainty.shape == ours.shape
    assert sampled.extra["passes_logits"].std(0).amax() > 0
