from __future__ import annotations

import numpy as np

from xaimed.data.sampling import EpochSampler, WeightedSampler


def epoch_of(sampler, epoch):
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_position_once_and_the_epoch_with_it():
    sampler = EpochSampler(50, seed=1, fold=0)
    pairs = epoch_of(sampler, 3)
    assert len(sampler) == 50
    assert {epoch for epoch, _ in pairs} == {3}
    assert sorted(position for _, position in pairs) == list(range(50))
    assert [position for _, position in pairs] != list(range(50))


def test_the_order_is_that_of_seed_fold_and_epoch():
    def order(epoch, seed=1, fold=0):
        return [position for _, position in epoch_of(EpochSampler(50, seed, fold), epoch)]

    assert len({tuple(order(0)), tuple(order(1)), tuple(order(0, seed=2)), tuple(order(0, fold=1))}) == 4
    lived = EpochSampler(50, seed=1, fold=0)
    for epoch in range(5):
        assert [position for _, position in epoch_of(lived, epoch)] == order(epoch)
    assert list(EpochSampler(50, seed=1, fold=0, epoch=4)) == epoch_of(lived, 4)


WEIGHTS = np.repeat([1 / 10, 1 / 30], [10, 30])


def test_weighted_draws_are_as_frequent_as_they_should_be():
    sampler = WeightedSampler(WEIGHTS, seed=1, fold=0)
    drawn = np.concatenate([[position for _, position, _ in epoch_of(sampler, epoch)] for epoch in range(100)])
    assert len(sampler) == 40
    assert len(drawn) == 4000
    share = (drawn < 10).mean()
    assert abs(share - 0.5) < 4 * np.sqrt(0.25 / 4000)
    counts = np.bincount(drawn, minlength=40)
    assert (np.abs(counts[:10] - 200) < 5 * np.sqrt(200)).all()
    assert (np.abs(counts[10:] - 200 / 3) < 5 * np.sqrt(200 / 3)).all()


def test_weighted_draws_are_those_of_seed_fold_and_epoch_and_count_repeats():
    def draws(epoch, seed=1, fold=0):
        return tuple(epoch_of(WeightedSampler(WEIGHTS, seed, fold), epoch))

    assert len({draws(0), draws(1), draws(0, seed=2), draws(0, fold=1)}) == 4
    lived = WeightedSampler(WEIGHTS, seed=1, fold=0)
    for epoch in range(3):
        assert tuple(epoch_of(lived, epoch)) == draws(epoch)
    assert tuple(WeightedSampler(WEIGHTS, seed=1, fold=0, epoch=2)) == draws(2)
    times = {}
    for _, position, repeat in draws(0):
        assert repeat == times.get(position, 0)
        times[position] = repeat + 1
    assert max(times.values()) > 1


def test_a_row_of_no_weight_is_never_drawn():
    drawn = {position for _, position, _ in WeightedSampler(np.array([0.0, 1.0, 1.0]), seed=0, fold=0)}
    assert drawn <= {1, 2}
