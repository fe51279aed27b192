from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.stratify import distribute


def parts_of(groups, labels, shares=(0.2,) * 5, seed=0):
    return distribute(np.asarray(groups).astype(str), np.asarray(labels), shares, seed)


def cohort(seed, patients=300, labels=6):
    """Patients with one to six pictures and labels of unequal frequency that partly go together."""
    chance = np.random.default_rng(seed)
    groups = np.repeat(np.arange(patients), chance.integers(1, 7, patients))
    frequency = np.geomspace(0.03, 0.6, labels)
    severity = chance.random(patients)[groups, None]
    return groups, (chance.random((len(groups), labels)) < frequency * (0.5 + severity)).astype(int)


def distance(part, labels, shares):
    """How far the parts' label counts are from their shares, relative to each label's frequency."""
    received = np.array([labels[part == number].sum(axis=0) for number in range(len(shares))])
    return np.abs(received / labels.sum(axis=0) - np.array(shares)[:, None]).mean()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.2,) * 5, (0.8, 0.1, 0.1), (0.5, 0.5)])
def test_parts_resemble_the_whole_and_share_no_patient(seed, shares):
    groups, labels = cohort(seed)
    part = parts_of(groups, labels, shares, seed)
    assert all(len(set(part[groups == group])) == 1 for group in set(groups))
    assert np.allclose(np.bincount(part) / len(part), shares, atol=0.03)
    chance = np.random.default_rng(seed)
    by_chance = [chance.choice(len(shares), 300, p=shares)[groups] for _ in range(50)]
    assert distance(part, labels, shares) < 0.25 * np.mean([distance(random, labels, shares) for random in by_chance])


def test_single_pictures_of_single_labels_are_cut_exactly():
    labels = np.eye(3, dtype=int)[np.repeat([0, 1, 2], [50, 30, 20])]
    part = parts_of(np.arange(100), labels, (0.8, 0.1, 0.1))
    counts = [labels[part == number].sum(axis=0).tolist() for number in range(3)]
    assert counts == [[40, 24, 16], [5, 3, 2], [5, 3, 2]]


@pytest.mark.parametrize("seed", range(10))
def test_a_rare_label_reaches_every_part(seed):
    chance = np.random.default_rng(seed)
    groups = np.repeat(np.arange(60), chance.integers(1, 9, 60))
    labels = np.eye(2, dtype=int)[(groups < 3).astype(int)]  # three patients
    part = parts_of(groups, labels, (0.8, 0.1, 0.1), seed)
    assert all(labels[part == number, 1].any() for number in range(3))


def test_rows_without_any_label_are_shared_out_too():
    part = parts_of(np.arange(100), np.zeros((100, 2), dtype=int))
    assert np.bincount(part).tolist() == [20] * 5


def test_the_seed_decides_and_the_order_of_rows_does_not():
    groups, labels = cohort(1)
    first = parts_of(groups, labels, seed=3)
    assert np.array_equal(first, parts_of(groups, labels, seed=3))
    assert not np.array_equal(first, parts_of(groups, labels, seed=4))
    order = np.random.default_rng(0).permutation(len(groups))
    assert np.array_equal(first[order], parts_of(groups[order], labels[order], seed=3))
