from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xaimed.data.boxes import box_mask, box_path, boxes_of
from xaimed.data.reading import read_mask
from xaimed.errors import DataError


def test_boxes_travel_in_a_path():
    boxes = [(3.0, 4.0, 10.0, 20.0), (0.0, 0.5, 1234567.0, 2.25)]
    path = box_path(boxes, "images/a b@1.png")
    assert path == "box:3,4,10,20;0,0.5,1234567,2.25@images/a b@1.png"
    assert boxes_of(Path("/data/set") / path) == (boxes, Path("/data/set/images/a b@1.png"))
    assert boxes_of(Path(path)) == (boxes, Path("images/a b@1.png"))
    assert boxes_of(Path("/data/set/masks/box.png")) is None


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, -1), (-1, 0, 5, 5), (0, float("nan"), 5, 5)])
def test_what_is_no_box_is_refused(box):
    with pytest.raises(DataError, match=r"is none \[1\.png\]"):
        box_path([box], "1.png")


def test_a_spoilt_path_is_refused():
    with pytest.raises(DataError, match="no boxes"):
        boxes_of(Path("/data/box:1,2,3@1.png"))


def test_a_mask_is_true_inside_the_boxes():
    mask = box_mask([(1, 2, 3, 1), (4, 0, 99, 1)], height=4, width=6)
    wanted = np.zeros((4, 6), dtype=bool)
    wanted[2, 1:4] = wanted[0, 4:] = True
    assert np.array_equal(mask, wanted)
    assert box_mask([(2.2, 1.9, 0.1, 0.1)], 4, 6).sum() == 1
    with pytest.raises(DataError, match="outside a picture of 6 × 4"):
        box_mask([(6, 0, 1, 1)], 4, 6)


def test_reading_a_mask_understands_boxes(tmp_path, write_picture):
    write_picture(tmp_path / "in" / "1.png", size=(20, 16))
    mask = read_mask(tmp_path / box_path([(2, 3, 5, 4)], "in/1.png"))
    assert mask.shape == (16, 20)
    assert mask.sum() == 20
    assert mask[3:7, 2:7].all()
