import numpy as np
import pytest
from PIL import Image

from xaimed.data.phantoms.lumbar import LumbarPhantom
from xaimed.data.phantoms.skin import SkinPhantom
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.evaluation.shortcuts.markers import markers_in

SIDE = 96


def picture(*spots, ground=0.1):
    """Grey, with rectangles of a brightness or a colour at given rows and columns."""
    image = np.full((3, SIDE, SIDE), ground)
    for rows, columns, colour in spots:
        image[:, slice(*rows), slice(*columns)] = np.reshape(colour, (-1, 1, 1))
    return image


LETTER = ((5, 12), (6, 12))


@pytest.mark.parametrize(
    ("colour", "ground"), [(0.9, 0.1), (0.1, 0.9), ((0.1, 0.3, 0.9), 0.5)], ids=["bright", "dark", "coloured"]
)
def test_a_small_mark_near_the_edge_is_found_whole_and_with_little_more(colour, ground):
    (found,) = markers_in(picture((*LETTER, colour), ground=ground))
    letter = np.zeros((SIDE, SIDE), dtype=bool)
    letter[5:12, 6:12] = True
    assert found[letter].all()
    assert found.sum() < 2.5 * letter.sum()


def test_strokes_that_lie_close_are_one_mark_and_others_are_not():
    close = picture(((5, 15), (6, 8), 0.9), ((5, 15), (9, 11), 0.9))
    assert len(markers_in(close)) == 1
    assert len(markers_in(picture((*LETTER, 0.9), ((80, 88), (80, 86), 0.9)))) == 2


@pytest.mark.parametrize(
    "spot",
    [((45, 51), (45, 51), 0.9), ((5, 50), (2, 40), 0.9), ((4, 8), (4, 80), 0.9), ((5, 12), (6, 12), 0.3)],
    ids=["in the middle", "large", "long", "faint"],
)
def test_what_may_be_anatomy_is_not_taken_for_a_mark(spot):
    assert markers_in(picture(spot)) == []


def test_a_mark_on_an_uneven_ground_is_not_told_from_it():
    noisy = np.random.default_rng(0).uniform(0, 1, (1, SIDE, SIDE)).repeat(3, 0)
    assert markers_in(noisy) == []


@pytest.mark.parametrize("phantom", [SpinePhantom, LumbarPhantom, SkinPhantom])
def test_the_marks_of_phantoms_are_found_where_they_were_drawn(phantom):
    count = len(phantom.default_counts)
    manifest = phantom(counts=[12 // count] * count, size=224, seed=5).manifest()
    hits = 0
    for path, place in zip(manifest.paths(), manifest.frame["marker"], strict=True):
        image = np.asarray(Image.open(path).convert("RGB"), dtype=float).transpose(2, 0, 1) / 255
        rows = slice(0, 70) if place.startswith("upper") else slice(-70, None)
        columns = slice(0, 100) if place.endswith("left") else slice(-100, None)
        hits += any(found[rows, columns].sum() > found.sum() / 2 for found in markers_in(image))
    assert hits >= 2 / 3 * len(manifest)
