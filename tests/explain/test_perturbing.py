"""What LIME and both SHAPs share: a map is the picture's own, whatever the batch, the memory, the freezing."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from xaimed.explain import lean
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.lean import Lean
from xaimed.explain.lime import LIME
from xaimed.explain.shap_kernel import KernelSHAP
from xaimed.explain.shap_partition import PartitionSHAP

METHODS = [
    LIME(samples=40, segments=9, sign="signed"),
    KernelSHAP(samples=40, segments=9, sign="signed"),
    PartitionSHAP(max_evals=20, sign="signed"),
]
EACH = pytest.mark.parametrize("explain", METHODS, ids=lambda explain: explain.name)


@pytest.fixture(autouse=True)
def _shap(request):
    if "shap_partition" in request.node.name:
        pytest.importorskip("shap")


@EACH
def test_one_by_one_equals_the_batch(build, images, explain):
    network = build("vgg")
    together = explain(network, images)
    assert together.heatmap.abs().amax() > 1e-4
    for i in range(len(images)):
        alone = explain(network, images[i : i + 1])
        assert torch.equal(alone.heatmap[0], together.heatmap[i])
        for name, value in together.extra.items():
            assert torch.equal(alone.extra[name][0], value[i])


@EACH
def test_the_same_seed_gives_the_same_bits_frozen_or_not(build, images, explain):
    network = build("vgg", deep="after")
    first = explain(network, images)
    torch.manual_seed(99)
    again = explain(network.train().requires_grad_(False), images)
    assert torch.equal(first.heatmap, again.heatmap)
    assert torch.equal(first.targets, again.targets)
    torch.testing.assert_close(first.logits, network.eval()(images).detach())


@pytest.mark.parametrize("explain", METHODS[:2], ids=lambda explain: explain.name)
def test_another_seed_asks_about_other_pictures(build, images, explain):
    network = build("vgg")
    assert not torch.equal(explain(network, images).heatmap, replace(explain, seed=1)(network, images).heatmap)


@EACH
def test_short_memory_gives_the_same(build, images, explain, monkeypatch):
    network = build("vgg")
    expected = explain(network, images).heatmap
    whole, asked = Lean._logits, []

    def short(self, pictures):
        asked.append(len(pictures))
        if len(pictures) > 3:
            raise torch.OutOfMemoryError("no memory")
        return whole(self, pictures)

    monkeypatch.setattr(Lean, "_logits", short)
    found = explain(network, images).heatmap
    torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=1e-4)
    assert max(asked) > 3


@EACH
def test_no_more_pictures_are_held_than_are_asked_about_at_once(build, images, explain, monkeypatch):
    monkeypatch.setitem(lean.AT_ONCE, "cpu", 4)
    held, whole = [], Lean.logits

    def watched(self, pictures):
        held.append(len(pictures))
        return whole(self, pictures)

    monkeypatch.setattr(Lean, "logits", watched)
    explain(build("vgg"), images[:1])
    assert max(held) <= (32 if explain.name == "shap_partition" else 4)


@EACH
def test_one_logit_explains_class_0_by_what_class_1_loses(build, images, explain):
    network = build("vgg", outputs=1)
    ones, zeros = (explain(network, images, torch.full((5,), target)) for target in (1, 0))
    assert ones.heatmap.abs().amax() > 1e-4
    scale = float(ones.heatmap.abs().amax())
    torch.testing.assert_close(zeros.heatmap, -ones.heatmap, atol=1e-4 * scale, rtol=1e-3)
    predicted = explain(network, images)
    assert torch.equal(predicted.targets, (network(images)[:, 0] > 0).long())


@EACH
def test_labels_that_do_not_exclude_each_other_have_a_sigmoid_each(build, images, explain):
    """With the others' logits out of reach a softmax is 0 everywhere, and a sigmoid is not."""
    network = build("linear")
    with torch.no_grad():
        network.head[-1].bias[0] += 500
    asked = torch.ones(5, dtype=torch.int64)
    assert not explain(network, images, asked).heatmap.any()
    assert replace(explain, exclusive=False)(network, images, asked).heatmap.abs().amax() > 1e-4


@EACH
def test_a_blank_picture_has_an_empty_map(build, explain):
    blank = torch.zeros(2, 3, 16, 16)
    blank[1] += 1
    found = replace(explain, fill="mean")(build("vgg"), blank)
    assert not found.heatmap.any()
    assert found.heatmap.shape == (2, 16, 16)


@pytest.mark.parametrize("explain", METHODS[:2], ids=lambda explain: explain.name)
def test_one_superpixel_has_the_whole_gain(build, images, explain):
    network = build("vgg")
    plain = {"ridge": 0, "kernel_width": 10.0} if explain.name == "lime" else {}
    found = replace(explain, segments=1, samples=200, **plain)(network, images)
    chances = network(images).double().softmax(1).gather(1, found.targets[:, None])[:, 0]
    gains = (chances - network(images * 0).double().softmax(1).gather(1, found.targets[:, None])[:, 0]).detach()
    expected = gains.float()[:, None, None].expand(5, 16, 16)
    torch.testing.assert_close(found.heatmap, expected, atol=1e-6, rtol=1e-4)
    assert found.extra["superpixels"].tolist() == [1] * 5


@EACH
def test_a_network_that_never_changes_its_mind_has_an_empty_map(build, images, explain):
    network = build("bare")
    with torch.no_grad():
        network.head[-1].weight.zero_()
    assert not explain(network, images).heatmap.any()


@EACH
def test_signs_are_of_the_same_map(build, images, explain):
    network = build("vgg")
    signed = explain(network, images).heatmap
    assert signed.amin() < 0 < signed.amax()
    for sign, expected in (("positive", signed.clamp_min(0)), ("absolute", signed.abs())):
        found = replace(explain, sign=sign)(network, images)
        assert torch.equal(found.heatmap, expected)
        assert torch.equal(found.extra["signed"], signed)


@EACH
def test_half_precision_is_close_and_says_what_it_is(build, images, explain):
    network = build("vgg")
    exact, rough = explain(network, images), replace(explain, precision="bf16")
    found = rough(network, images)
    assert rough.name == f"{explain.name}_bf16"
    assert (found.asked["explainer"], found.asked["precision"]) == (rough.name, "bf16")
    off = float((found.heatmap - exact.heatmap).norm() / exact.heatmap.norm())
    assert 0 < off < 0.5
    assert torch.equal(found.logits, exact.logits)


@EACH
def test_what_was_asked_is_enough_to_ask_again(build, images, explain):
    found = explain(build("vgg"), images[:1])
    options = {name: value for name, value in found.asked.items() if name not in ("explainer", "score")}
    assert type(explain)(**options) == explain
    assert found.asked["score"] == "probability"


@EACH
def test_it_is_checked_before_training_and_cheaply(build, explain, monkeypatch):
    asked, whole = [], Lean._logits
    monkeypatch.setattr(Lean, "_logits", lambda lean, pictures: asked.append(len(pictures)) or whole(lean, pictures))
    replace(explain, **({"max_evals": 500} if explain.name == "shap_partition" else {"samples": 1000})).check(build())
    assert sum(asked) <= 10
    broken = build()
    broken.body.append(nn.Linear(3, 3))
    with pytest.raises(RuntimeError, match="shapes"):
        explain.check(broken)
    GradCAM().check(build())
