"""Partition SHAP of the library: a sum's own weights at the last halving, the whole gain at any, and no noise."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from support.games import additive, adds

from xaimed.errors import ConfigError
from xaimed.explain.hidden import hidden
from xaimed.explain.shap_partition import PartitionSHAP

shap = pytest.importorskip("shap")


def test_halved_to_the_last_pixel_a_sum_has_its_own_weights():
    network = additive(4)
    image = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    explain = PartitionSHAP(max_evals=2500, fill="zero", sign="signed")
    found = explain(network, image, torch.tensor([1, 0]))
    expected = torch.stack([adds(network, image[0]), -adds(network, image[1])])
    torch.testing.assert_close(found.heatmap.double(), expected, atol=1e-6, rtol=1e-4)


def test_halved_once_the_halves_have_their_shapley_values(build, images):
    network, image = build("vgg"), images[0]
    found = PartitionSHAP(max_evals=4, fill="zero", sign="signed")(network, image[None], torch.tensor([2]))
    upper = torch.zeros(16, 16)
    upper[:8] = 1
    shown = torch.stack([image * 0, image * upper, image * (1 - upper), image])
    none, first, second, both = network(shown).double().softmax(1)[:, 2].detach()
    halves = [(first - none + both - second) / 2, (second - none + both - first) / 2]
    expected = torch.stack(halves)[:, None, None].expand(2, 8, 16).flatten(0, 1) / 128
    torch.testing.assert_close(found.heatmap[0].double(), expected, atol=1e-7, rtol=1e-4)


def test_the_map_sums_to_the_gain(build, images):
    network = build("vgg")
    found = PartitionSHAP(max_evals=30, sign="signed")(network, images)
    for image, signed, target in zip(images, found.heatmap, found.targets, strict=True):
        whole, none = network(torch.stack([image, hidden(image, "blurred")])).double().softmax(1)[:, target]
        torch.testing.assert_close(signed.double().sum(), (whole - none).detach(), atol=1e-5, rtol=1e-4)
    assert (found.extra["convergence"] < 1e-5).all()
    assert found.heatmap.shape == (5, 16, 16)
    assert found.heatmap.dtype == torch.float32


@pytest.mark.slow
def test_compiled_loops_give_the_same(build, images, tmp_path):
    """Other tests run shap's loops uncompiled, to save the time that compiling takes."""
    torch.save((build("vgg"), images), tmp_path / "asked.pt")
    script = (
        "import sys, torch; sys.path[:0] = sys.argv[2:]\n"
        "from xaimed.explain.shap_partition import PartitionSHAP\n"
        "network, images = torch.load(sys.argv[1] + '/asked.pt', weights_only=False)\n"
        "torch.save(PartitionSHAP(max_evals=30)(network, images).heatmap, sys.argv[1] + '/told.pt')\n"
    )
    compiled = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    subprocess.run([sys.executable, "-c", script, tmp_path, *sys.path], check=True, env=compiled)
    expected = PartitionSHAP(max_evals=30)(build("vgg"), images).heatmap
    torch.testing.assert_close(torch.load(tmp_path / "told.pt"), expected)


def test_it_is_silent(build, images, capfd):
    PartitionSHAP(max_evals=20)(build("vgg"), images)
    assert capfd.readouterr() == ("", "")


def test_the_seed_alone_decides_between_regions_of_equal_worth(build, images):
    network = build("vgg")
    maps = []
    for before in (1, 2):
        np.random.seed(before)
        maps.append(PartitionSHAP(max_evals=20, seed=5)(network, images).heatmap)
    assert torch.equal(*maps)


def test_without_the_library_the_extra_is_named(build, images, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    network = build("vgg")
    for ask in (lambda: PartitionSHAP().check(network), lambda: PartitionSHAP()(network, images)):
        with pytest.raises(ConfigError, match=r"needs the package shap.*explainer=shap_partition.*xaimed\[shap\]"):
            ask()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"max_evals": 3}, "3 evaluations do not halve"), ({"fill": "black"}, "no fill 'black'.*shap_partition.fill")],
)
def test_options_that_mean_nothing_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        PartitionSHAP(**options)
