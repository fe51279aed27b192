"""Curves of a network whose probability is a known function of how many important pixels are seen."""

import numpy as np
import pytest
import torch

from tests.evaluation.faithfulness.linear import linear_network
from xaimed.data.task import Kind, Task
from xaimed.evaluation.faithfulness.curves import area, blurred, probabilities_along
from xaimed.evaluation.faithfulness.ranks import counts_along, ranks
from xaimed.explain.lean import Lean

SIDE, BIAS, EACH = 8, -1.0, 0.25
IMPORTANT = torch.zeros(SIDE, SIDE)
IMPORTANT[2:5, 1:5] = 1  # twelve pixels
IMAGES = torch.ones(1, 3, SIDE, SIDE)
BINARY = Task(Kind.BINARY, ("no", "yes"))


def one_logit():
    """A logit of ``BIAS`` and ``EACH`` more for every important pixel of an all-ones picture."""
    return linear_network((EACH / 3 * IMPORTANT).expand(1, 3, SIDE, SIDE), [BIAS])


def deletion(order, network=None, task=BINARY, counts=None):
    counts = torch.arange(SIDE**2 + 1) if counts is None else counts
    return probabilities_along(
        Lean(network or one_logit(), IMAGES), task, IMAGES, torch.zeros_like(IMAGES), order, counts
    )


def sigmoid(value):
    return 1 / (1 + np.exp(-np.asarray(value, dtype=float)))


def test_deletion_and_insertion_have_the_areas_that_can_be_computed():
    order = ranks(IMPORTANT[None], ["a"], SIDE, seed=0)
    positions = np.arange(65) / 64
    seen = np.maximum(12 - np.arange(65), 0)
    expected = sigmoid(BIAS + EACH * seen)
    curve = deletion(order)[..., 1].numpy()
    np.testing.assert_allclose(curve[0], expected, rtol=1e-5)
    trapezoids = (expected[:-1] + expected[1:]).sum() / 2 / 64
    assert area(curve, positions)[0] == pytest.approx(trapezoids, rel=1e-5)
    # A picture of ones blurred is itself, so insertion is into a blank one here.
    rising = probabilities_along(
        Lean(one_logit(), IMAGES), BINARY, torch.zeros_like(IMAGES), IMAGES, order, torch.arange(65)
    )
    np.testing.assert_allclose(rising[0, :, 1], sigmoid(BIAS + EACH * (12 - seen)), rtol=1e-5)


def test_the_worst_map_keeps_the_important_pixels_to_the_end():
    order = ranks(-IMPORTANT[None], ["a"], SIDE, seed=0)
    np.testing.assert_allclose(
        deletion(order)[0, :, 1], sigmoid(BIAS + EACH * np.minimum(64 - np.arange(65), 12)), rtol=1e-5
    )


def test_both_classes_of_one_logit_and_every_label_have_probabilities():
    order = ranks(IMPORTANT[None], ["a"], SIDE, seed=0)
    binary = deletion(order)
    torch.testing.assert_close(binary.sum(-1), torch.ones(1, 65))
    two = linear_network(torch.stack([(EACH / 3 * IMPORTANT).expand(3, SIDE, SIDE), torch.zeros(3, SIDE, SIDE)]))
    labels = deletion(order, two, Task(Kind.MULTILABEL, ("a", "b")))
    np.testing.assert_allclose(labels[0, :, 0], sigmoid(EACH * np.maximum(12 - np.arange(65), 0)), rtol=1e-5)
    np.testing.assert_allclose(labels[0, :, 1], 0.5)
    exclusive = deletion(order, two, Task(Kind.MULTICLASS, ("a", "b")))
    torch.testing.assert_close(exclusive[..., 0], labels[..., 0])  # softmax of (x, 0)


def test_pieces_make_no_difference():
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(3, 3, SIDE, SIDE, generator=chance)
    order = ranks(torch.rand(3, 4, 4, generator=chance), list("abc"), SIDE, seed=0)
    counts = torch.from_numpy(counts_along(5, SIDE**2))
    network = linear_network(torch.randn(1, 3, SIDE, SIDE, generator=chance) / 10)

    def curves(rows, at_once):
        lean = Lean(network, images, at_once=at_once)
        return probabilities_along(lean, BINARY, images[rows], torch.zeros_like(images[rows]), order[rows], counts)

    together = curves(slice(None), 32)
    assert together.shape == (3, 6, 2)
    torch.testing.assert_close(curves(slice(None), 4), together)
    torch.testing.assert_close(torch.cat([curves(slice(at, at + 1), 32) for at in range(3)]), together)


def test_what_insertion_starts_from_is_blurred_by_a_share_of_the_side():
    images = torch.zeros(1, 3, 41, 41)
    images[..., 20, 20] = 1
    spread = 0.05 * 41
    bell = torch.exp(-((torch.arange(41.0) - 20) ** 2) / (2 * spread**2))
    bell[(torch.arange(41) - 20).abs() > 7] = 0  # three SD
    bell /= bell.sum()
    torch.testing.assert_close(blurred(images, 0.05)[0, 0], bell[:, None] * bell, atol=1e-6, rtol=1e-4)
    flat = torch.ones(1, 3, 4, 4)
    torch.testing.assert_close(blurred(flat, 0.9), flat)  # reaches beyond the picture
