"""A contact sheet names every row and column, and nothing is cut off."""

import numpy as np
import pytest

from tests.reporting.fakes import LONG, assert_tidy, disc, picture, words_of
from xaimed.reporting.canvas import pixels
from xaimed.reporting.cases import Case
from xaimed.reporting.sheet import Varied, draw_sheet, recipe_of


def rows(count, epochs, name="Normal", mask=None):
    case = Case(np.stack([picture()] * 3), (), "", "", mask)
    return [Varied(name, f"{name}-{i}", case, (case,) * epochs) for i in range(count)]


@pytest.mark.parametrize(("count", "epochs"), [(1, 1), (2, 4)])
@pytest.mark.parametrize("name", ["Normal", LONG, "W" * 60, "$x_1$ [red]\n脊"[:11]])
def test_nothing_overlaps_whatever_the_names(count, epochs, name):
    recipe = recipe_of({"_target_": "a.b.spine_augmentation", **{f"strength_{i}": i / 7 for i in range(30)}})
    title = f"{name} · augmentation {name} · fold 2, seed 42 · 256 px cropped to 224"
    assert_tidy(draw_sheet(rows(count, epochs, name, disc()), title=title, recipe=recipe))


def test_it_says_what_has_to_be_said():
    figure = draw_sheet([*rows(1, 3, "ill", disc()), *rows(1, 3, "healthy")], title="chest", recipe="flip 0.5")
    words = words_of(figure)
    for said in ("chest", "flip 0.5", "as prepared", "epoch 1", "epoch 3", "ill-0", "healthy-0", "evidence"):
        assert said in words
    assert "epoch 4" not in words
    assert "evidence" not in words_of(draw_sheet(rows(1, 1, mask=np.zeros((64, 64), bool)), title="t", recipe="r"))


def test_evidence_is_outlined_in_every_picture():
    with_mask, without = (
        pixels(draw_sheet(rows(1, 3, mask=mask), title="t", recipe="r")) for mask in (disc(), np.zeros((64, 64), bool))
    )
    changed = (with_mask[: len(without)] != without).any(axis=(0, 2))
    edges = np.flatnonzero(np.diff(changed.astype(int)) == 1)
    assert len(edges) >= 4


def test_a_recipe_in_words():
    node = {"_target_": "xaimed.data.augmentation.spine_augmentation", "flip": 0.5, "rotation": 15, "ratio": 4 / 3}
    assert recipe_of(node) == "spine_augmentation · flip 0.5 · rotation 15 · ratio 1.33333"
