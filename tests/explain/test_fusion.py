"""Maps of several explainers on one scale: the arithmetic, by hand, on explainers that say what they are told to."""

from dataclasses import dataclass
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor

from xaimed.config.compose import composed
from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError, ExplainError
from xaimed.explain.contract import Explanation, asked_targets, predicted_class
from xaimed.explain.fusion import Fusion, Part
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.untouched import untouched


@dataclass(frozen=True)
class Says:
    """An explainer with a map of its own for every image, of the class it prefers or of the one asked for."""

    maps: Tensor
    prefers: int | None = None
    name: str = "says"

    def check(self, network):
        if self.maps.shape[-1] > 16:
            raise ExplainError("finer than the image")

    def __call__(self, network, images, targets=None):
        with untouched(network):
            logits = network(images)
        own = predicted_class(logits) if self.prefers is None else torch.full((len(images),), self.prefers)
        classes = own if targets is None else asked_targets(targets, logits)
        maps = self.maps[: len(images)]
        return Explanation(maps * (1 + classes[:, None, None]), classes, logits, asked={"explainer": self.name, "n": 3})


def at(row, column, value, side=16):
    """A map that is zero but for one cell."""
    found = torch.zeros(1, side, side)
    found[0, row, column] = value
    return found


LEFT, RIGHT = at(2, 1, 4.0), at(5, 9, 0.01)


def fused(images, build, parts, targets=None, **options):
    made = {f"p{i}": Part(Says(maps), weight) for i, (maps, weight) in enumerate(parts)}
    return Fusion(made, **options)(build(), images[:1], targets)


def test_each_part_counts_by_its_weight_and_not_by_the_size_of_its_numbers(build, images):
    found = fused(images, build, [(LEFT, 0.6), (RIGHT, 0.2)])
    assert found.heatmap.shape == (1, 16, 16)
    assert found.heatmap[0, 2, 1] == pytest.approx(0.75)
    assert found.heatmap[0, 5, 9] == pytest.approx(0.25)
    assert found.heatmap.sum() == pytest.approx(1)
    assert found.uncertainty is None


def test_a_coarse_map_is_drawn_on_the_images_grid_before_it_is_scaled(build, images):
    coarse = torch.rand(1, 4, 4, generator=torch.Generator().manual_seed(0)) + 0.1
    found = fused(images, build, [(coarse, 1.0)])
    drawn = torch.nn.functional.interpolate(coarse[None], (16, 16), mode="bilinear")[0]
    torch.testing.assert_close(found.heatmap, drawn / drawn.max())


def test_the_ways_of_normalising_by_hand(build, images):
    signed = at(0, 0, 3.0) + at(1, 1, 1.0) + at(2, 2, -1.0)
    expected = {"max": (1.0, 1 / 3, 0.0, 0.0), "minmax": (1.0, 0.5, 0.0, 0.25), "sum": (0.75, 0.25, 0.0, 0.0)}
    for way, numbers in expected.items():
        found = fused(images, build, [(signed, 5.0)], normalise=way).heatmap[0]
        told = [found[0, 0], found[1, 1], found[2, 2], found[8, 8]]
        assert [float(each) for each in told] == pytest.approx(numbers), way


@pytest.mark.parametrize("way", ["max", "minmax", "sum"])
def test_a_part_that_is_zero_everywhere_stays_zero(build, images, way):
    found = fused(images, build, [(LEFT, 0.5), (torch.zeros(1, 16, 16), 0.5)], normalise=way)
    assert found.heatmap[0, 2, 1] == pytest.approx(0.5)
    assert found.heatmap.sum() == pytest.approx(0.5)
    nothing = fused(images, build, [(-LEFT, 1.0)], normalise=way)
    assert nothing.heatmap.isfinite().all()
    assert way == "minmax" or nothing.heatmap.max() == 0  # evidence against alone


def test_all_parts_explain_the_class_of_the_first_unless_one_is_asked_for(build, images):
    parts = {"a": Part(Says(LEFT, prefers=2), 0.5), "b": Part(Says(RIGHT, prefers=1), 0.5)}
    found = Fusion(parts)(build(), images[:1])
    assert found.targets.tolist() == [2]
    assert found.extra["part_b"].max() == pytest.approx(0.01 * 3)
    assert Fusion(parts)(build(), images[:1], torch.tensor([0])).targets.tolist() == [0]


def test_images_do_not_touch_each_other(build, images):
    maps = torch.rand(5, 16, 16, generator=torch.Generator().manual_seed(0))
    parts = {"cam": Part(GradCAM(), 0.5), "says": Part(Says(maps), 0.5)}
    together = Fusion(parts)(build(), images)
    for i in range(5):
        alone = Fusion({"cam": parts["cam"], "says": Part(Says(maps[i : i + 1]), 0.5)})(build(), images[i : i + 1])
        torch.testing.assert_close(alone.heatmap[0], together.heatmap[i])


def test_what_was_asked_and_the_raw_parts_are_told(build, images):
    network = build()
    found = Fusion({"cam": Part(GradCAM(), 0.4), "says": Part(Says(LEFT), 0.6)})(network, images[:1])
    assert torch.equal(found.extra["part_cam"], GradCAM()(network, images[:1], found.targets).heatmap)
    assert found.asked == {
        "explainer": "fusion",
        "normalise": "max",
        "weight of cam": 0.4,
        "weight of says": 0.6,
        "cam: explainer": "gradcam",
        "cam: layer": "relu",
        "says: explainer": "says",
        "says: n": 3,
    }


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [1.0, -0.1], [float("nan")]])
def test_weights_that_weigh_nothing_are_refused(weights):
    with pytest.raises(ConfigError, match=r"leave nothing to fuse \[fusion.parts\]"):
        Fusion({str(i): Part(Says(LEFT), weight) for i, weight in enumerate(weights)})


def test_another_way_of_normalising_is_refused():
    with pytest.raises(ConfigError, match=r"no way 'mx' to normalise.*Did you mean 'max'"):
        Fusion({"a": Part(Says(LEFT), 1.0)}, normalise="mx")


def test_check_asks_every_part(build):
    fine = Part(Says(LEFT), 1.0)
    Fusion({"a": fine}).check(build())
    with pytest.raises(ExplainError, match="finer than the image"):
        Fusion({"a": fine, "b": Part(Says(torch.zeros(1, 99, 99)), 1.0)}).check(build())


def test_the_yaml_can_be_composed_from_other_parts():
    node = composed(
        [
            "explainer=fusion",
            "~explainer.fusion.parts.integrated_gradients",
            "explainer.fusion.parts.lime.explainer={_target_: xaimed.explain.cam_family.HiResCAM}",
            "explainer.fusion.parts.lime.weight=0.1",
        ]
    ).explainer.fusion
    del node.parts.lime.explainer.samples, node.parts.lime.explainer.seed
    made = instantiate(node)
    assert {name: (part.explainer.name, part.weight) for name, part in made.parts.items()} == {
        "gradcam": ("gradcam", 0.4),
        "lime": ("hirescam", 0.1),
    }


@pytest.mark.skipif(
    not (find_spec("xaimed.explain.lime") and find_spec("xaimed.explain.integrated_gradients")), reason="no parts yet"
)
def test_the_yaml_weighs_as_the_hybrid_paper_does():
    made = instantiate(composed(["explainer=fusion"]).explainer.fusion)
    assert made.normalise == "max"
    assert [part.weight for part in made.parts.values()] == [0.4, 0.4, 0.2]
    assert [part.explainer.name for part in made.parts.values()] == ["gradcam", "integrated_gradients", "lime"]
