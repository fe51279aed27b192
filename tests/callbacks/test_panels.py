"""A panel shows what the network saw, and the outline fits it."""

import numpy as np
import pytest
from PIL import Image

from xaimed.callbacks import panels
from xaimed.callbacks.cases import Chosen
from xaimed.callbacks.panels import TITLES
from xaimed.data.folder import Folder
from xaimed.data.module import FoldData
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.explain.lime import LIME
from xaimed.explain.shap_kernel import KernelSHAP
from xaimed.explain.shap_partition import PartitionSHAP


@pytest.fixture
def manifest(tmp_path):
    """Pictures wider than high with a bright block off the middle, and a mask of twice their size."""
    for name in ("a", "b"):
        for folder, scale in ((name, 1), (f"masks/{name}", 2)):
            values = np.zeros((60 * scale, 100 * scale), dtype=np.uint8)
            values[20 * scale : 50 * scale, 30 * scale : 45 * scale] = 255
            (tmp_path / folder).mkdir(parents=True)
            Image.fromarray(values).save(tmp_path / folder / "0.png")
    return Folder(tmp_path, masks="masks").manifest()


@pytest.mark.parametrize(("crop", "shape"), [(None, (60, 100)), (0.5, (30, 50))])
def test_the_picture_is_cropped_and_its_mask_with_it(manifest, monkeypatch, tmp_path, crop, shape):
    shown = []
    monkeypatch.setattr(panels, "draw_panel", lambda case, stamp: shown.append(case))
    monkeypatch.setattr(panels, "draw_overview", lambda *args, **kwargs: None)
    monkeypatch.setattr(panels, "save_figure", lambda *args: None)
    rows = np.arange(1)
    data = FoldData(manifest, Split(0, rows, rows, rows), Preparation(40, "imagenet", crop), None, 1, 0, 0)
    chosen = Chosen(str(manifest.frame["sample_id"][0]), 0, "a", "a", 0.9, True, 0)
    panels.draw_cases([chosen], data, {}, (), tmp_path)
    (case,) = shown
    assert case.image.shape == shape
    np.testing.assert_array_equal(case.image > 0.5, case.mask)
    whole = np.zeros((60, 100), dtype=bool)
    whole[20:50, 30:45] = True
    top, left = ((side - seen) // 2 for side, seen in zip((60, 100), shape, strict=True))
    np.testing.assert_array_equal(case.mask, whole[top : top + shape[0], left : left + shape[1]])


@pytest.mark.parametrize("explainer", [LIME, KernelSHAP, PartitionSHAP])
def test_a_map_in_half_precision_says_so_above_it(explainer):
    usual, half = (TITLES[explainer(precision=precision).name][0] for precision in ("fp32", "bf16"))
    assert half == f"{usual} (bf16)"
