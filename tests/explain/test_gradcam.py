from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hydra.utils import instantiate
from pytorch_grad_cam import GradCAM as Package
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from xaimed.errors import ExplainError
from xaimed.explain.gradcam import GradCAM
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network


class UnresizedPackage(Package):
    """The grad-cam package without its last step, the resizing to the image."""

    def get_target_width_height(self, input_tensor):
        return None


@pytest.mark.parametrize("name", ["resnet18", "densenet121"])
def test_equals_the_grad_cam_package(name):
    torch.manual_seed(0)
    network = torchvision_network(name, outputs=3, pretrained=False, dropout=0.2)
    with torch.no_grad():
        network.head[-1].weight.abs_()  # or a random map may be empty
    images, targets = torch.randn(3, 3, 96, 96), torch.tensor([0, 2, 1])
    ours = GradCAM()(network, images, targets).heatmap
    package = UnresizedPackage(network, [network.explained_layer()])
    theirs = package(images, [ClassifierOutputTarget(int(t)) for t in targets])
    assert ours.amax((1, 2)).gt(1e-3).all()
    np.testing.assert_allclose(scale_cam_image(ours.numpy()), theirs, atol=1e-5)


def test_equals_the_package_where_relu_works_in_place_and_maxpool_follows(build, images):
    network = build("vgg")
    ours = GradCAM()(network, images)
    theirs = UnresizedPackage(network, [network.explained_layer()])(images, None)
    assert ours.heatmap.amax((1, 2)).gt(0.01).sum() >= 3
    np.testing.assert_allclose(scale_cam_image(ours.heatmap.numpy()), theirs, atol=1e-5)


def test_behind_global_pooling_it_is_the_class_activation_map(images):
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = Network(body, nn.Sequential(nn.Linear(8, 3)), explained="1", feature_width=8, input_size=16)
    explanation = GradCAM()(network, images)
    with torch.no_grad():
        activation = body[:2](images)
        logits = network(images)
    weight = network.head[0].weight.detach()[logits.argmax(1)] / activation[0, 0].numel()
    cam = (weight[:, :, None, None] * activation).sum(1).relu()
    assert explanation.heatmap.amax() > 0
    torch.testing.assert_close(explanation.heatmap, cam)
    torch.testing.assert_close(explanation.logits, logits)
    assert torch.equal(explanation.targets, logits.argmax(1))


def test_one_logit_explains_class_one_and_negated_class_zero(build, images):
    network = build("bare", outputs=1)
    two = build("bare", outputs=2)
    two.body.load_state_dict(network.body.state_dict())
    with torch.no_grad():  # the same decision, written with two logits
        two.head[0].weight.copy_(torch.cat([-network.head[0].weight, network.head[0].weight]))
        two.head[0].bias.copy_(torch.cat([-network.head[0].bias, network.head[0].bias]))
    for targets in (None, torch.zeros(5, dtype=torch.int64), torch.ones(5, dtype=torch.int64)):
        one, other = GradCAM()(network, images, targets), GradCAM()(two, images, targets)
        torch.testing.assert_close(one.heatmap, other.heatmap)
        assert torch.equal(one.targets, other.targets)
        assert one.heatmap.amax() > 0


def test_frozen_or_not_the_map_is_the_same(build, images):
    network = build("vgg")
    free = GradCAM()(network, images).heatmap
    assert torch.equal(GradCAM()(network.requires_grad_(False), images).heatmap, free)


def test_an_image_does_not_depend_on_its_batch(build, images):
    network = build("vgg")
    together = GradCAM()(network, images).heatmap
    for i in range(len(images)):
        torch.testing.assert_close(GradCAM()(network, images[i : i + 1]).heatmap[0], together[i])


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", torch.bfloat16)])
def test_no_surrounding_mode_changes_the_map(build, images, mode):
    network = build("vgg")
    expected = GradCAM()(network, images).heatmap
    with mode():
        found = GradCAM()(network, images.clone())
    assert torch.equal(found.heatmap, expected)
    assert found.heatmap.dtype == torch.float32
    assert not found.heatmap.requires_grad
    assert not found.logits.requires_grad


def test_training_mode_does_not_change_the_map(build, images):
    network = build("vgg")
    expected = GradCAM()(network, images).heatmap
    assert torch.equal(GradCAM()(network.train(), images).heatmap, expected)


def test_tokens_are_explained_on_their_grid(images):
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.mix = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 8)

        def forward(self, images):
            return self.mix(self.patches(images).flatten(2).transpose(1, 2)).mean(1)

    torch.manual_seed(0)
    body = Tokens()
    network = Network(
        body,
        nn.Sequential(nn.Linear(8, 3)),
        explained="mix",
        feature_width=8,
        input_size=16,
        to_grid=lambda tokens: tokens.transpose(1, 2).unflatten(2, (4, 4)),
    )
    explanation = GradCAM()(network, images)
    with torch.no_grad():
        tokens = body.mix(body.patches(images).flatten(2).transpose(1, 2))
    weight = network.head[0].weight.detach()[explanation.targets] / 16
    torch.testing.assert_close(explanation.heatmap, (tokens @ weight[:, :, None]).relu().view(5, 4, 4))
    network.to_grid = None
    with pytest.raises(ExplainError, match=r"\[5, 16, 8\], not .*to_grid"):
        GradCAM()(network, images)


def test_check_finds_what_cannot_be_explained(build):
    GradCAM().check(build())
    with pytest.raises(ExplainError, match="not \\[images, channels, height, width\\]"):
        GradCAM().check(build(explained="flatten"))


def test_a_layer_that_the_features_do_not_depend_on_is_an_error(build, images):
    network = build()
    network.body.add_module("unused", nn.Identity())

    class Skipping(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner, self.unused = inner, nn.Identity()

        def forward(self, images):
            return self.inner(images)

    network = Network(Skipping(build().body), network.head, explained="unused", feature_width=32, input_size=16)
    with pytest.raises(ExplainError, match=r"do not depend on the explained layer \[unused\]"):
        GradCAM()(network, images)


def test_what_was_asked_is_told(build, images):
    explanation = GradCAM()(build(), images)
    assert explanation.asked == {"explainer": "gradcam", "layer": "relu"}
    assert explanation.heatmap.shape == (5, 8, 8)
    assert explanation.uncertainty is None


@pytest.mark.parametrize("name", ["gradcam", "mc_gradcam"])
def test_the_yaml_nests_under_its_own_name(name):
    text = (Path(__file__).parents[2] / "conf" / "explainer" / f"{name}.yaml").read_text()
    (key, node), *others = yaml.safe_load(text).items()
    assert text.startswith("# ")
    assert not others
    assert key == instantiate(node).name == name
