import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, jaccard_score

from xaimed.evaluation.localisation.overlap import average_precision, dice, iou, mass_inside, peak_distance, peaks


def made():
    """Three maps on 12 × 12, the last zero everywhere, and masks of which none is empty."""
    rng = np.random.default_rng(0)
    maps = rng.random((3, 12, 12)) ** 2
    maps[2] = 0
    masks = rng.random((3, 12, 12)) < 0.3
    return maps, masks


@pytest.mark.parametrize("threshold", [0.0, 0.35, 0.5])
def test_overlap_is_that_of_scikit_learn(threshold):
    maps, masks = made()
    covered = [(each > threshold * each.max()).ravel() for each in maps]
    expected = [jaccard_score(mask.ravel(), area) for mask, area in zip(masks, covered, strict=True)]
    np.testing.assert_allclose(iou(maps, masks, threshold), expected, rtol=1e-12)
    expected = [f1_score(mask.ravel(), area) for mask, area in zip(masks, covered, strict=True)]
    np.testing.assert_allclose(dice(maps, masks, threshold), expected, rtol=1e-12)


def test_precision_is_that_of_scikit_learn_and_of_chance_for_a_blank_map():
    maps, masks = made()
    found = average_precision(maps, masks)
    assert found[0] == pytest.approx(average_precision_score(masks[0].ravel(), maps[0].ravel()))
    assert found[2] == pytest.approx(masks[2].mean())


def test_mass_and_distance_as_reckoned_by_hand():
    mask = np.zeros((1, 8, 8), dtype=bool)
    mask[0, :2, :2] = True
    each = np.zeros((1, 8, 8))
    each[0, 1, 1], each[0, 4, 5] = 1.0, 3.0
    assert mass_inside(each, mask) == 0.25
    assert peaks(each).tolist() == [[4, 5]]
    assert peak_distance(each, mask) == 5  # three rows and four columns from the corner at (1, 1)
    assert iou(each, mask, 0.5) == 0
    assert iou(each, mask, 0.2) == pytest.approx(1 / 5)
    assert dice(each, mask, 0.2) == pytest.approx(2 / 6)
    each[0, 0, 0] = 4.0
    assert peak_distance(each, mask) == 0


def test_a_blank_map_covers_nothing_and_has_no_peak():
    blank, mask = np.zeros((1, 4, 4)), np.ones((1, 4, 4), dtype=bool)
    assert iou(blank, mask, 0.5) == dice(blank, mask, 0.5) == 0
    assert np.isnan(mass_inside(blank, mask))
    assert np.isnan(peak_distance(blank, mask))


def test_of_equal_peaks_the_middle_one_counts():
    plateau = np.zeros((1, 9, 9))
    plateau[0, 2:7, 3:6] = 1.0
    assert peaks(plateau).tolist() == [[4, 4]]
