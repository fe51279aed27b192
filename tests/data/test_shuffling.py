from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaimed.data.manifest import Manifest
from xaimed.data.shuffling import shuffled
from xaimed.data.task import Kind, Task

ROWS = np.arange(0, 40, 2)


def manifest_of(kind, tmp_path):
    names = [f"s{number:02}" for number in range(40)]
    frame = pd.DataFrame({"sample_id": names, "path": names, "group": names, "split": "", "mask_path": ""})
    if kind is Kind.MULTILABEL:
        frame["a"], frame["b"] = np.arange(40) % 2, np.arange(40) % 3 - 1
    else:
        frame["label"] = ["a"] * 30 + ["b"] * 10
    return Manifest("made", tmp_path, Task(kind, ("a", "b")), frame)


@pytest.mark.parametrize("kind", [Kind.BINARY, Kind.MULTILABEL])
def test_only_the_rows_named_change_places_and_whole(kind, tmp_path):
    manifest = manifest_of(kind, tmp_path)
    mixed = shuffled(manifest, ROWS, seed=1, fold=0)
    columns = ["a", "b"] if kind is Kind.MULTILABEL else ["label"]
    before, after = (one.frame[columns].astype(str).agg("/".join, axis=1) for one in (manifest, mixed))
    others = np.setdiff1d(np.arange(40), ROWS)
    assert (before[others] == after[others]).all()
    assert (before[ROWS] != after[ROWS]).any()
    assert sorted(before[ROWS]) == sorted(after[ROWS])
    assert list(mixed.frame["path"]) == list(manifest.frame["path"])


def test_it_depends_on_seed_and_fold_and_not_on_the_order_of_the_rows(tmp_path):
    manifest = manifest_of(Kind.BINARY, tmp_path)
    labels = [shuffled(manifest, ROWS, seed, fold).frame["label"].tolist() for seed, fold in ((1, 0), (2, 0), (1, 1))]
    assert labels[0] != labels[1] != labels[2] != labels[0]
    assert shuffled(manifest, ROWS[::-1], 1, 0).frame["label"].tolist() == labels[0]
    turned = replace(manifest, frame=manifest.frame.iloc[::-1].reset_index(drop=True))
    assert shuffled(turned, 39 - ROWS, 1, 0).frame["label"].tolist()[::-1] == labels[0]
