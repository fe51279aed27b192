from __future__ import annotations

from xaimed.data.sampling import EpochSampler


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
