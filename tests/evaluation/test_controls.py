import numpy as np
import pytest

from xaimed.evaluation.controls import BLOB, RANDOM, control_maps, controls_beside, random_beside

IDS = ["a", "b", "c"]


def test_noise_depends_on_the_name_and_the_seed_alone():
    maps = control_maps(IDS, (7, 5), 0)
    assert set(maps) == {"control:random", "control:blob"}
    assert {each.shape for each in maps.values()} == {(3, 7, 5)}
    assert {each.dtype for each in maps.values()} == {np.dtype("float32")}
    np.testing.assert_array_equal(control_maps(["c", "x", "a"], (7, 5), 0)[RANDOM][[2, 0]], maps[RANDOM][[0, 2]])
    assert not np.isclose(maps[RANDOM][0], maps[RANDOM][1]).any()
    assert not np.isclose(maps[RANDOM], control_maps(IDS, (7, 5), 1)[RANDOM]).any()


def test_noise_is_uniform():
    noise = control_maps(list(range(40)), (16, 16), 0)[RANDOM]
    assert 0 <= noise.min() < 0.01 < 0.99 < noise.max() < 1
    assert noise.mean() == pytest.approx(0.5, abs=0.01)
    assert noise.var() == pytest.approx(1 / 12, abs=0.003)


def test_the_blob_is_in_the_middle():
    (blob, *_) = control_maps(IDS, (4, 8), 0)[BLOB]
    np.testing.assert_array_equal(blob, blob[::-1, ::-1])
    assert blob[1, 3] == blob.max()
    # Cell centres 1/8 of a side from the middle downwards and 1/16 across: half and a quarter of an SD.
    assert blob[1, 3] == pytest.approx(np.exp(-(0.5**2 + 0.25**2) / 2))


def test_every_grid_has_noise_of_its_own():
    shapes = [(32, 32), (7, 7), (32, 32)]
    maps = controls_beside(shapes, IDS, 0)
    assert {name: each.shape[1:] for name, each in maps.items()} == {
        "control:random": (7, 7),
        "control:random 32×32": (32, 32),
        "control:blob": (32, 32),
    }
    assert random_beside((7, 7), shapes) == RANDOM
    assert set(controls_beside([(7, 7)], IDS, 0)) == {RANDOM, BLOB}
