import numpy as np
import pandas as pd

from xaimed.evaluation.likeness import likeness, other_pictures, top_likeness
from xaimed.evaluation.resemblance import BASELINE, resemblances

RISING, FALLING, FLAT = np.arange(9.0).reshape(3, 3), -np.arange(9.0).reshape(3, 3), np.zeros((3, 3))


def test_a_map_that_has_become_flat_is_unlike_and_a_flat_original_is_undefined():
    first, second = np.stack([RISING, RISING, RISING, FLAT]), np.stack([RISING, FALLING, FLAT, RISING])
    np.testing.assert_allclose(likeness(first, second), [1, -1, 0, np.nan])
    np.testing.assert_allclose(top_likeness(first, second), [1, 0, 0, np.nan])


def test_the_baseline_looks_at_other_patients_only():
    maps = np.stack([RISING, RISING, FALLING])
    found = other_pictures(maps, ["a1", "a2", "b1"], ["a", "a", "b"])
    np.testing.assert_allclose(found, [-1, -1, -1])  # and not the 1 of the two pictures of patient a
    np.testing.assert_allclose(other_pictures(maps[:2], ["a1", "a2"], ["a", "a"]), [1, 1])
    assert np.isnan(other_pictures(maps[:1], ["a1"], ["a"])).all()


def rows_of(like, base):
    ids = [f"s{number}" for number in range(len(like))]
    return pd.concat(
        pd.DataFrame({"sample_id": ids, "explainer": "cam", "measure": measure, "value": values})
        for measure, values in (("similarity:all", like), (BASELINE, base))
    )


def test_alike_is_what_is_more_like_than_different_pictures_beyond_chance():
    noise = np.linspace(-0.1, 0.1, 12)
    (alike,) = resemblances(rows_of(0.9 + noise, 0.3 - noise), "similarity:all", {})
    (unlike,) = resemblances(rows_of(0.1 + noise, 0.3 - noise), "similarity:all", {})
    (blunt,) = resemblances(rows_of(0.99 + noise / 100, 0.95 + noise / 100), "similarity:all", {})
    assert (alike.alike, unlike.alike, blunt.blunt, alike.blunt) == (True, False, True, False)
    np.testing.assert_allclose((alike.likeness.value, alike.baseline.value, alike.excess.value), (0.9, 0.3, 0.6))
    (one,) = resemblances(
        rows_of(0.9 + noise, 0.3 - noise), "similarity:all", dict.fromkeys([f"s{n}" for n in range(12)], "p")
    )
    assert not one.alike  # a single patient proves nothing
