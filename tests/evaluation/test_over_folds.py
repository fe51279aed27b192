"""Agreement over folds beside the same counted by hand, over all pairs and over those that had not both seen it."""

import numpy as np
import pytest

from xaimed.evaluation.over_folds import NEW_TO_ONE, agreement_over_folds
from xaimed.evaluation.similarity import spearman, top_overlap


def test_it_is_the_mean_over_pairs_and_over_those_to_one_of_which_the_picture_is_new():
    maps = np.random.default_rng(0).random((3, 4, 5, 5))
    trained = [np.array([False, True, True, True]), np.array([True] * 4), np.array([True, True, False, True])]
    found = agreement_over_folds(list("abcd"), "gradcam-1a", list(maps), trained, [0, 2, 3])
    values = found.rows.pivot_table(index="sample_id", columns="measure", values="value", dropna=False)
    pairs = [(0, 1), (0, 2), (1, 2)]
    for key, measure in (("spearman", spearman), ("overlap", lambda one, two: top_overlap(one, two, 0.2))):
        each = np.stack([measure(maps[one], maps[two]) for one, two in pairs])
        assert values[key].to_numpy() == pytest.approx(each.mean(0))
        expected = [each[:2, 0].mean(), np.nan, each[1:, 2].mean(), np.nan]
        assert values[f"{key}{NEW_TO_ONE}"].to_numpy() == pytest.approx(expected, nan_ok=True)
    assert found.arrays["folds"].tolist() == [0, 2, 3]
    assert "networks of 3 folds" in found.caption
    assert set(found.rows["measure"]) == set(found.measures)


def test_a_map_that_is_empty_has_no_part_in_it():
    maps = np.random.default_rng(0).random((3, 1, 4, 4))
    maps[2] = 0
    unseen = [np.array([False])] * 3
    found = agreement_over_folds(["a"], "x", list(maps), unseen, [0, 1, 2]).rows.set_index("measure")["value"]
    assert found["spearman"] == pytest.approx(spearman(maps[0], maps[1])[0])
    same = agreement_over_folds(["a"], "x", [maps[0], 2 * maps[0]], unseen[:2], [0, 1]).rows["value"]
    assert same.tolist() == pytest.approx([1.0] * 4)
