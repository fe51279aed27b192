import pytest
import torch

from xaimed.explain.combined import weighted_sum


def test_networks_count_by_their_weight_and_not_by_the_size_of_their_maps():
    left = torch.tensor([[[4.0, 0.0], [0.0, 0.0]]])
    right = torch.tensor([[[0.0, 0.0], [0.0, 400.0]]])
    mean, spread = weighted_sum([left, right], [0.25, 0.75])
    assert mean[0].tolist() == [[1.0, 0.0], [0.0, 3.0]]  # each map has a mean of 1: 4 in one cell of four
    # sqrt(0.25 * (4 - 1)^2 + 0.75 * (0 - 1)^2) and sqrt(0.25 * (0 - 3)^2 + 0.75 * (4 - 3)^2)
    assert spread[0, 0, 0] == pytest.approx(3**0.5)
    assert spread[0, 1, 1] == pytest.approx(3**0.5)
    assert spread[0, 0, 1] == 0


def test_of_a_map_with_negative_values_the_mean_size_becomes_one():
    signed, plain = torch.tensor([[[6.0, -2.0]]]), torch.tensor([[[1.0, 1.0]]])
    mean, _ = weighted_sum([signed, plain], [0.5, 0.5])
    assert mean[0, 0].tolist() == [1.25, 0.25]  # 6 and -2 over 4, each half, and a half of 1


def test_a_network_that_saw_nothing_adds_nothing():
    mean, _ = weighted_sum([torch.ones(1, 2, 2), torch.zeros(1, 2, 2)], [0.5, 0.5])
    assert mean.unique().tolist() == [0.5]


def test_a_coarse_map_is_brought_to_the_finest_grid():
    coarse, fine = torch.ones(2, 3, 3), torch.rand(2, 7, 7)
    mean, spread = weighted_sum([coarse, fine], [1.0, 0.0])
    assert mean.shape == spread.shape == (2, 7, 7)
    torch.testing.assert_close(mean, torch.ones(2, 7, 7))


def test_equal_maps_do_not_part():
    one = torch.rand(3, 4, 4)
    mean, spread = weighted_sum([one, 5 * one], [0.4, 0.6])
    torch.testing.assert_close(mean, one / one.mean((1, 2), keepdim=True))
    assert spread.max() < 1e-5
