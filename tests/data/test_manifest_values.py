from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaimed.data.protocols.holdout import Holdout
from xaimed.data.task import UNKNOWN
from xaimed.errors import DataError


def test_unknown_labels_are_kept_and_not_counted(table_manifest):
    manifest = table_manifest([[1, 0], [UNKNOWN, 1], [0, UNKNOWN]], groups=[1, 2, 3], classes=("a", "b"))
    assert manifest.labels.tolist() == [[1, 0], [-1, 1], [0, -1]]
    assert manifest.positives.tolist() == [[True, False], [False, True], [False, False]]
    assert manifest.class_counts() == {"a": 1, "b": 1}


def test_single_labels_are_positive_for_one_class(table_manifest):
    manifest = table_manifest(["b", "a"], groups=[1, 2], classes=("a", "b", "c"))
    assert manifest.positives.tolist() == [[False, True, False], [True, False, False]]


def test_other_values_are_refused(table_manifest):
    manifest = table_manifest([[1, 0], [0, 1]], groups=[1, 2], classes=("a", "b"))
    with pytest.raises(DataError, match=r"'2' is no value of the label 'b' .*sample s1.*-1 where nobody knows"):
        replace(manifest, frame=manifest.frame.assign(b=[0, 2]))


def test_a_split_with_unknown_labels_balances_the_known_ones(table_manifest):
    chance = np.random.default_rng(0)
    labels = chance.choice([0, 1, UNKNOWN], size=(300, 2))
    manifest = table_manifest(labels, groups=range(300), classes=("a", "b"))
    (split,) = Holdout().splits(manifest, seed=1)
    for rows, share in ((split.train, 0.8), (split.select, 0.1), (split.report, 0.1)):
        assert np.allclose((labels[rows] == 1).sum(axis=0), share * (labels == 1).sum(axis=0), atol=2)
