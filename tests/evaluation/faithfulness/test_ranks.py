import numpy as np
import torch

from xaimed.evaluation.faithfulness.ranks import counts_along, ranks


def test_the_highest_goes_first_and_equals_by_chance():
    values = torch.tensor([[[5.0, 1.0, 1.0], [0.0, -2.0, 1.0], [0.0, 3.0, 0.0]]])
    found = ranks(values.expand(40, 3, 3), list(range(40)), 3, seed=0)
    assert all(sorted(each.flatten().tolist()) == list(range(9)) for each in found)
    assert (found[:, 0, 0] == 0).all()
    assert (found[:, 2, 1] == 1).all()
    assert (found[:, 1, 1] == 8).all()
    for place in [(0, 1), (0, 2), (1, 2)]:  # the three that are 1 have ranks 2 to 4, each about as often
        assert np.bincount(found[:, *place], minlength=5)[2:].min() >= 5
        assert set(found[:, *place].tolist()) == {2, 3, 4}
    assert set(found[:, 1, 0].tolist()) == {5, 6, 7}


def test_chance_depends_on_the_name_and_the_seed_alone():
    flat = torch.zeros(2, 4, 4)
    found = ranks(flat, ["a", "b"], 8, seed=0)
    assert torch.equal(ranks(flat, ["x", "a"], 8, seed=0)[1], found[0])
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(ranks(flat, ["a", "b"], 8, seed=1), found)


def test_a_constant_map_has_no_pattern_from_drawing():
    empty, constant = (ranks(torch.full((1, 7, 7), value), ["a"], 30, seed=0) for value in (0.0, 0.3))
    assert torch.equal(empty, constant)


def test_cells_go_as_a_whole():
    values = torch.arange(16.0).view(1, 4, 4)
    found = ranks(values, ["a"], 4, seed=0, cells=2)
    assert found.tolist() == [[[3, 3, 2, 2], [3, 3, 2, 2], [1, 1, 0, 0], [1, 1, 0, 0]]]


def test_steps_are_equal_and_never_twice_the_same():
    assert counts_along(4, 1000).tolist() == [0, 250, 500, 750, 1000]
    assert counts_along(50, 4).tolist() == [0, 1, 2, 3, 4]
