"""SMOTE by hand: who is a neighbour, and what lies between."""

import numpy as np
import pytest
import torch

from xaimed.data.imbalance.smote import between, neighbours_within

LINE = np.array([[0.0], [1.0], [3.0], [7.0], [0.5], [20.0]], dtype=np.float32)


def test_neighbours_are_the_nearest_of_the_same_class():
    near = neighbours_within(LINE, np.array([0, 0, 0, 0, 1, 1]), 2)
    assert [sorted(members.tolist()) for members in near] == [[1, 2], [0, 2], [0, 1], [1, 2], [5], [4]]
    assert near[3].tolist() == [2, 1]  # nearest first


def test_a_picture_is_not_its_own_neighbour_even_where_another_is_the_same():
    twins = np.array([[1.0], [1.0], [5.0]], dtype=np.float32)
    assert [members.tolist() for members in neighbours_within(twins, np.zeros(3, dtype=np.int64), 1)][:2] == [[1], [0]]


def test_a_class_of_one_has_none():
    assert [len(members) for members in neighbours_within(LINE[:3], np.array([0, 0, 1]), 5)] == [1, 1, 0]


def test_between_is_x_plus_step_times_the_difference():
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, -4.0]])
    assert between(one, other, 0.25).tolist() == [[1.5, -1.0]]
    steps = torch.tensor([[0.0], [1.0]])
    assert between(one, other, steps).tolist() == [[1.0, 0.0], [3.0, -4.0]]


def test_neighbours_and_points_as_imbalanced_learn_defines_them():
    """Its definition, written out: the k nearest but the point itself; x + step (neighbour − x)."""
    chance = np.random.default_rng(0)
    points = chance.normal(size=(30, 6)).astype(np.float32)
    near = neighbours_within(points, np.zeros(30, dtype=np.int64), 5)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    for i in range(30):
        expected = [j for j in np.argsort(distances[i]) if j != i][:5]
        assert near[i].tolist() == expected
        new = between(points[i], points[near[i][0]], 0.3)
        assert new == pytest.approx(0.7 * points[i] + 0.3 * points[expected[0]], abs=1e-6)
