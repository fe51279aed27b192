"""The CAM family against closed forms and the grad-cam package, and what every one of them must keep to."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytorch_grad_cam as package
import torch
import yaml
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from support.backbones import fill, named, unfilled
from support.hybrids import fitted
from torch import nn

from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError, ExplainError
from xaimed.explain.cam_family import GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from xaimed.explain.cam_without_gradients import AblationCAM, EigenCAM, ScoreCAM
from xaimed.explain.gradcam import GradCAM
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import ANATOMIES, torchvision_network

BY_GRADIENT = [GradCAMPlusPlus(), HiResCAM(), LayerCAM(), XGradCAM()]
FAMILY = [*BY_GRADIENT, ScoreCAM(batch_size=3), EigenCAM(), AblationCAM(batch_size=3)]
PACKAGED = [
    (GradCAMPlusPlus(epsilon=1e-6), package.GradCAMPlusPlus),
    (HiResCAM(), package.HiResCAM),
    (LayerCAM(), package.LayerCAM),
    (XGradCAM(), package.XGradCAM),
    (ScoreCAM(), package.ScoreCAM),
    (AblationCAM(), package.AblationCAM),
]
SIZES = {"inception_v3": 107, "vit_b_16": 48, "swin_t": 32}  # 64 where nothing else is said
everyone = pytest.mark.parametrize("explain", FAMILY, ids=lambda explain: explain.name)


def unresized(kind):
    """The package's method without its last step, the resizing to the image."""
    return type("Unresized", (kind,), {"get_target_width_height": lambda self, images: None})


def assert_alike(found, expected):
    """Equal up to the rounding of numbers as large as the largest of each map."""
    largest = expected.amax((1, 2), keepdim=True).clamp_min(1e-12)
    torch.testing.assert_close(found / largest, expected / largest, rtol=0, atol=2e-5)


def seen_by(layer):
    """The number of rows in every call of a layer from now on."""
    rows = []
    layer.register_forward_hook(lambda module, inputs, output: rows.append(len(output)))
    return rows


def pooled(explained="1", outputs=3):
    """Convolution, ReLU, global mean, one dense layer."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(body, nn.Sequential(nn.Linear(8, outputs)), explained=explained, feature_width=8, input_size=16)


class Tokens(nn.Module):
    """Patches as tokens behind a class token, mixed beside a way around, then averaged."""

    def __init__(self):
        super().__init__()
        self.patches, self.norm, self.mix = nn.Conv2d(3, 8, 4, 4), nn.LayerNorm(8), nn.Linear(17, 17)
        self.token = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(tokens), -1, -1), tokens], 1)
        return (tokens + self.mix(self.norm(tokens).transpose(1, 2)).transpose(1, 2)).mean(1)


def transformer():
    torch.manual_seed(0)
    return Network(
        Tokens(),
        nn.Sequential(nn.Linear(8, 3)),
        explained="norm",
        feature_width=8,
        input_size=16,
        to_grid=lambda tokens: tokens[:, 1:].transpose(1, 2).unflatten(2, (4, 4)),
    )


@pytest.mark.parametrize(("explain", "kind"), PACKAGED, ids=lambda part: getattr(part, "name", ""))
def test_equals_the_grad_cam_package(build, images, explain, kind):
    network = build("vgg")
    with torch.no_grad():  # where a score is negative, the package's Ablation-CAM shows what speaks against the class
        network.head[-1].bias += 20
    targets = torch.tensor([0, 2, 1, 0, 1])
    ours = explain(network, images, targets).heatmap
    method = unresized(kind)(network, [network.explained_layer()])
    theirs = method(images, [ClassifierOutputTarget(int(label)) for label in targets])
    assert ours.amax((1, 2)).gt(1e-3).sum() >= 3
    np.testing.assert_allclose(scale_cam_image(scale_cam_image(ours.numpy())), theirs, atol=1e-5)


def test_eigen_cam_is_the_packages_up_to_its_sign(build, images):
    network = build("vgg")
    ours = EigenCAM()(network, images).heatmap
    layer = nn.Sequential(*list(network.body)[:4])
    with torch.no_grad():
        activation = layer(images).numpy()
    projected = package.utils.svd_on_activations.get_2d_projection(activation)
    for mine, either, seen in zip(ours.numpy(), projected, activation, strict=True):
        sign = np.sign((either * seen.sum(0)).sum())
        np.testing.assert_allclose(mine, np.maximum(sign * either, 0), atol=1e-5)
        assert (mine * (seen.sum(0) - seen.sum(0).mean())).sum() > 0


@pytest.mark.parametrize("explain", [HiResCAM(), XGradCAM(), AblationCAM()], ids=lambda explain: explain.name)
def test_behind_global_pooling_they_are_the_class_activation_map(images, explain):
    network = pooled()
    found = explain(network, images)
    with torch.no_grad():
        activation = network.body[:2](images)
    weight = network.head[0].weight.detach()[found.targets] / activation[0, 0].numel()
    if explain.name == "ablationcam":  # what the class loses is the weight times all of the channel
        weight = weight * activation.sum((2, 3))
    expected = torch.einsum("bk,bkhw->bhw", weight, activation).relu()
    assert expected.amax() > 0
    torch.testing.assert_close(found.heatmap, expected, rtol=1e-4, atol=1e-6)
    if explain.name != "ablationcam":
        torch.testing.assert_close(found.heatmap, GradCAM()(network, images).heatmap)


def test_layer_cam_behind_global_pooling_sums_what_speaks_for_the_class(images):
    network = pooled()
    found = LayerCAM()(network, images)
    with torch.no_grad():
        activation = network.body[:2](images)
    weight = network.head[0].weight.detach().relu()[found.targets] / activation[0, 0].numel()
    torch.testing.assert_close(found.heatmap, torch.einsum("bk,bkhw->bhw", weight, activation))


def test_grad_cam_plus_plus_by_hand():
    """Two channels under a mean and the score 8·mean(A₀) - 4·mean(A₁): g is 2 and -1 everywhere."""
    body = nn.Sequential(nn.Identity(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    head = nn.Sequential(nn.Linear(3, 2, bias=False))
    network = Network(body, head, explained="0", feature_width=3, input_size=2)
    with torch.no_grad():
        head[0].weight.copy_(torch.tensor([[8.0, -4.0, 0.0], [0.0, 0.0, 0.0]]))
    image = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]], [[5.0, 5.0], [5.0, 5.0]]]])
    found = GradCAMPlusPlus()(network, image, torch.tensor([0])).heatmap
    weight = 4 * 2 * 2**2 / (2 * 2**2 + 2**3 * 3)  # cells · ReLU(g) · g² / (2g² + g³·ΣA)
    torch.testing.assert_close(found, weight * image[:, 0])


def test_grad_cam_plus_plus_of_tiny_gradients_is_not_lost(images):
    network = pooled()
    with torch.no_grad():
        network.head[0].weight.mul_(1e-20)
    targets = torch.zeros(5, dtype=torch.int64)
    found = GradCAMPlusPlus()(network, images, targets).heatmap
    with torch.no_grad():
        activation = network.body[:2](images)
    half = network.head[0].weight.detach()[0].relu() / 2  # α is ½ where g³·ΣA is nothing beside g²
    assert_alike(found * 1e20, torch.einsum("k,bkhw->bhw", half * 1e20, activation))


def test_score_cam_by_hand():
    """Channel 0 lets the left half through, channel 1 the right; the class is the brightness on the left."""

    class Halves(nn.Module):
        def forward(self, images):
            left, right = images[:, :1].clone(), images[:, 1:2].clone()
            return torch.cat([left, right], 1)

    class Left(nn.Module):
        def forward(self, grid):
            return grid[:, :1, :, :1].sum((2, 3))

    body = nn.Sequential(Halves(), Left())
    head = nn.Sequential(nn.Linear(1, 2, bias=False))
    network = Network(body, head, explained="0", feature_width=1, input_size=2)
    with torch.no_grad():
        head[0].weight.copy_(torch.tensor([[1.0], [0.0]]))
    image = torch.tensor([[[[2.0, 0.0], [2.0, 0.0]], [[0.0, 3.0], [0.0, 3.0]], [[9.0, 9.0], [9.0, 9.0]]]])
    # Through channel 0 the left half is seen as it is: 2 + 2. Through channel 1 it is dark: 0.
    first = np.exp(4) / (np.exp(4) + 1)
    expected = first * image[0, 0] + (1 - first) * image[0, 1]
    found = ScoreCAM(batch_size=1)(network, image, torch.tensor([0])).heatmap
    torch.testing.assert_close(found[0], expected, rtol=1e-5, atol=1e-6)


@everyone
def test_one_logit_explains_class_zero_by_the_negated_logit(build, images, explain):
    network, two = build("bare", outputs=1), build("bare", outputs=2)
    two.body.load_state_dict(network.body.state_dict())
    with torch.no_grad():
        two.head[0].weight.copy_(torch.cat([-network.head[0].weight, network.head[0].weight]))
        two.head[0].bias.copy_(torch.cat([-network.head[0].bias, network.head[0].bias]))
    maps = []
    for targets in (torch.zeros(5, dtype=torch.int64), torch.ones(5, dtype=torch.int64)):
        maps.append(explain(network, images, targets).heatmap)
        torch.testing.assert_close(maps[-1], explain(two, images, targets).heatmap)
    assert maps[1].amax() > 0
    assert torch.equal(*maps) == (explain.name == "eigencam")


@everyone
def test_an_image_does_not_depend_on_its_batch(build, images, explain):
    network = build("vgg")
    together = explain(network, images)
    assert together.heatmap.amax((1, 2)).gt(1e-4).sum() >= 3
    for i in range(len(images)):
        assert_alike(explain(network, images[i : i + 1]).heatmap, together.heatmap[i : i + 1])


@pytest.mark.parametrize("explain", [ScoreCAM, AblationCAM])
def test_the_batch_size_changes_nothing(build, images, explain):
    network = build("vgg")
    expected = explain(batch_size=1)(network, images).heatmap
    for size in (3, 64):
        assert_alike(explain(batch_size=size)(network, images).heatmap, expected)


@everyone
def test_frozen_training_or_autocast_make_no_difference_and_nothing_is_printed(build, images, explain, capfd):
    network = build("vgg")
    expected = explain(network, images).heatmap
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        found = explain(network.train().requires_grad_(False), images)
    assert torch.equal(found.heatmap, expected)
    assert found.heatmap.dtype == torch.float32
    assert not found.heatmap.requires_grad
    assert not found.logits.requires_grad
    assert network.training
    assert capfd.readouterr() == ("", "")


@everyone
def test_tokens_are_explained_on_their_grid(images, explain):
    network = transformer()
    found = explain(network, images)
    assert found.heatmap.shape == (5, 4, 4)
    assert found.heatmap.amax((1, 2)).gt(0).sum() >= 3
    network.to_grid = None
    with pytest.raises(ExplainError, match=r"\[\d, 17, 8\], not "):
        explain(network, images)
    with pytest.raises(ExplainError, match=r"\[1, 17, 8\], not "):
        explain.check(network)


def test_ablation_of_a_transformer_is_that_of_its_patches(images):
    network = transformer()
    found = AblationCAM(batch_size=3)(network, images)
    with torch.no_grad():
        grid = []
        body = network.body
        tokens = body.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([body.token.expand(len(tokens), -1, -1), tokens], 1)
        normed = body.norm(tokens)
        for channel in range(8):
            without = normed.clone()
            without[:, 1:, channel] = 0
            logits = network.head((tokens + body.mix(without.transpose(1, 2)).transpose(1, 2)).mean(1))
            grid.append((found.logits - logits)[range(5), found.targets])
    expected = torch.einsum("kb,bkhw->bhw", torch.stack(grid), network.grid(normed)).relu()
    torch.testing.assert_close(found.heatmap, expected, rtol=1e-4, atol=1e-5)


def test_the_layers_before_the_explained_one_see_a_picture_once_for_many_channels(build, images):
    network = build("vgg")
    rows = seen_by(network.body.conv1)
    AblationCAM(batch_size=8)(network, images)
    # the batch for its class; for each picture its score, a trial with two rows, and all eight channels at once
    assert rows == [5] + 3 * 5 * [1]


def test_ablation_of_a_hybrid_whose_measures_are_of_the_picture_itself():
    """They are concatenated behind the explained layer, so that one row of them cannot stand beside many."""
    made = fitted(3, kernel="linear")
    rows = seen_by(made.cnn.body.first)
    found = AblationCAM(batch_size=4)(made.network, made.images[:2])
    assert max(rows) == 4
    assert found.heatmap.amax() > 0
    assert_alike(AblationCAM(batch_size=1)(made.network, made.images[:2]).heatmap, found.heatmap)


@pytest.mark.slow
@pytest.mark.parametrize("name", named(ANATOMIES, slow=()))
def test_every_backbone_is_explained_by_the_family(name):
    size = SIZES.get(name, 64)
    with unfilled():
        network = fill(torchvision_network(name, 2, False, dropout=0.3, size=size))
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([0, 1])
    like = GradCAM()(network, images, targets).heatmap
    empty = []
    for explain in [*BY_GRADIENT, EigenCAM(), AblationCAM(batch_size=256)]:
        found = explain(network, images, targets).heatmap
        assert found.shape == like.shape, explain.name
        assert found.isfinite().all(), explain.name
        assert found.amin() >= 0
        empty += [explain.name] if found.amax() == 0 else []
    assert len(empty) < 3, empty  # with weights of chance everything may speak against a class


@pytest.mark.parametrize("make", [ScoreCAM, AblationCAM])
@pytest.mark.parametrize("size", [0, -1, True])
def test_batches_of_nothing_are_refused(make, size):
    with pytest.raises(ConfigError, match="batch_size"):
        make(batch_size=size)


def test_a_negative_epsilon_is_refused():
    with pytest.raises(ConfigError, match="epsilon"):
        GradCAMPlusPlus(epsilon=-1.0)


@everyone
def test_what_was_asked_is_told_and_the_yaml_nests_under_its_own_name(build, images, explain):
    text = (Path(__file__).parents[2] / "conf" / "explainer" / f"{explain.name}.yaml").read_text()
    ((key, node),) = yaml.safe_load(text).items()
    made = instantiate(node)
    assert key == made.name
    assert type(made) is type(explain)
    assert made == type(explain)()
    told = replace(made)(build(), images[:1]).asked
    assert told["explainer"] == key
    assert told["layer"] == "relu"
    assert set(told) - {"explainer", "layer"} == set(node) - {"_target_"}
