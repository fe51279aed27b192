import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity as skimage_ssim

from xaimed.evaluation.similarity import same_grid, spearman, structural_similarity, top, top_overlap


def maps(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_ranks_correlate_as_scipy_says_with_ties_too():
    one = maps(0, 3, 4, 5).relu().sub(0.5).relu()  # half of it zero
    other = (maps(1, 3, 4, 5) * 4).round()
    expected = [spearmanr(a.flatten(), b.flatten()).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(spearman(one, other), expected, rtol=1e-12)
    np.testing.assert_allclose(spearman(one, one.exp()), 1)  # only ranks count
    np.testing.assert_allclose(spearman(one, -one), -1)


def test_the_finer_map_is_averaged_to_the_coarser_grid():
    fine = torch.arange(16.0).view(1, 4, 4)
    one, other = same_grid(fine, torch.zeros(1, 2, 2))
    assert one[0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert other.shape == one.shape
    one, other = same_grid(torch.zeros(1, 2, 8), torch.zeros(1, 4, 4))
    assert one.shape == other.shape == (1, 2, 4)


def test_highest_pixels_overlap_as_reckoned_by_hand():
    one, other = torch.zeros(1, 4, 5), torch.zeros(1, 4, 5)
    one[0, 0, :4] = torch.tensor([4.0, 3.0, 2.0, 1.0])
    other[0, 0, :4] = torch.tensor([1.0, 3.0, 4.0, 2.0])
    assert top(one, 0.1).nonzero()[2].tolist() == [0, 1]  # a tenth of 20 pixels is two
    assert top_overlap(one, other, 0.1) == pytest.approx(1 / 3)  # {0, 1} and {2, 1}
    assert top_overlap(one, other, 0.2) == 1


def test_pixels_that_say_nothing_are_never_among_the_highest():
    one, other = torch.zeros(1, 10, 10), torch.zeros(1, 10, 10)
    one[0, 1, 1] = other[0, 8, 8] = 1.0
    assert top(one).sum() == 1
    assert top_overlap(one, other) == 0
    assert top_overlap(one, one) == 1


def test_of_equal_pixels_exactly_as_many_as_asked_are_drawn_by_the_seed():
    plateau = torch.zeros(2, 10, 10)
    plateau[:, :5] = 1.0
    drawn = top(plateau, 0.1, seed=0)
    assert drawn.sum((1, 2)).tolist() == [10, 10]
    assert (drawn[0] == drawn[1]).all()
    assert not drawn[:, 5:].any()
    assert (top(plateau, 0.1, seed=0) == drawn).all()
    assert (top(plateau, 0.1, seed=1) != drawn).any()


def test_structure_is_compared_as_scikit_image_does():
    one, other = maps(0, 2, 9, 9), maps(1, 2, 9, 9)
    low, high = one[1].min(), one[1].max()
    expected = skimage_ssim(
        ((one[1] - low) / (high - low)).double().numpy(),
        ((other[1] - other[1].min()) / (other[1].max() - other[1].min())).double().numpy(),
        win_size=7,
        data_range=1.0,
    )
    assert structural_similarity(one, other)[1] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(structural_similarity(one, 3 * one - 1), 1)
    assert structural_similarity(one[:, :4, :4], other[:, :4, :4]).shape == (2,)  # a smaller window
    assert np.isnan(structural_similarity(one[:, :2], other[:, :2])).all()


@pytest.mark.parametrize("similarity", [spearman, top_overlap, structural_similarity])
def test_a_constant_map_is_like_nothing_and_others_are_not_touched_by_it(similarity):
    one, other = maps(0, 2, 8, 8), maps(1, 2, 8, 8)
    alone = similarity(one[:1], other[:1])
    one[1] = 0.0
    found = similarity(one, other)
    assert np.isnan(found[1])
    assert found[0] == alone[0]
