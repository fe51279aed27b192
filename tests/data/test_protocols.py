"""Nested, repeated, published and stored folds: who plays which role, and that no patient stands on two sides."""

import numpy as np
import pytest

from xaimed.data.assignment import assignment, assignment_hash, read_assignment, write_assignment
from xaimed.data.protocols.from_file import FromFile
from xaimed.data.protocols.kfold import KFold, RepeatedKFold
from xaimed.data.protocols.nested import Nested
from xaimed.data.protocols.predefined import Predefined
from xaimed.errors import DataError

CLASSES = ("a", "b", "c")


@pytest.fixture
def manifest(table_manifest):
    labels = [CLASSES[i % 3] for i in range(90) for _ in range(2)]
    return table_manifest(labels, [i for i in range(90) for _ in range(2)], CLASSES)


def sides_apart(manifest, split, *roles):
    groups = [set(manifest.groups[getattr(split, role)]) for role in roles]
    return all(not a & b for i, a in enumerate(groups) for b in groups[i + 1 :])


def test_nested_reports_the_folds_of_kfold_and_chooses_elsewhere(manifest):
    nested, plain = Nested(folds=5).splits(manifest, 3), KFold(folds=5).splits(manifest, 3)
    for inner, outer in zip(nested, plain, strict=True):
        assert np.array_equal(inner.report, outer.report)
        assert sides_apart(manifest, inner, "train", "select", "report")
        assert sorted([*inner.train, *inner.select]) == sorted(outer.train)
        assert len(inner.select) / len(outer.train) == pytest.approx(0.125, abs=0.03)
    assert "inner split" in Nested().note
    assert "reported fold" in KFold().note


def test_repeats_report_every_sample_once_each_and_differ(manifest):
    splits = RepeatedKFold(folds=3, repeats=2).splits(manifest, 0)
    assert [split.fold for split in splits] == list(range(6))
    for start in (0, 3):
        reported = np.concatenate([split.report for split in splits[start : start + 3]])
        assert sorted(reported) == list(range(len(manifest)))
    assert not all(np.array_equal(splits[i].report, splits[i + 3].report) for i in range(3))


def published(manifest, *parts):
    manifest.frame["split"] = [parts[i % len(parts)] for i in range(90) for _ in range(2)]
    return manifest


def test_the_published_split_is_kept_to_the_row(manifest):
    (split,) = Predefined().splits(published(manifest, "train", "train", "val", "test"), 0)
    for role, part in (("train", "train"), ("select", "val"), ("report", "test")):
        assert set(manifest.frame["split"].iloc[getattr(split, role)]) == {part}
    assert len(split.train) + len(split.select) + len(split.report) == len(manifest)


def test_without_a_validation_part_training_patients_choose(manifest):
    (split,) = Predefined(select=0.2).splits(published(manifest, "train", "train", "train", "test"), 0)
    assert set(manifest.frame["split"].iloc[split.select]) == {"train"}
    assert sides_apart(manifest, split, "train", "select", "report")


def test_a_set_without_a_published_split_says_so(manifest):
    with pytest.raises(DataError, match="protocol=kfold"):
        Predefined().splits(manifest, 0)


def test_stored_folds_come_back_and_a_changed_file_is_refused(manifest, tmp_path):
    splits, file = Nested(folds=3).splits(manifest, 1), tmp_path / "assignment.csv"
    table = assignment(splits, manifest)
    write_assignment(file, table)
    assert assignment_hash(read_assignment(file)) == assignment_hash(table)
    for again, split in zip(FromFile(file=str(file)).splits(manifest, 99), splits, strict=True):
        for role in ("train", "select", "report"):
            assert sorted(getattr(again, role)) == sorted(getattr(split, role))
    file.write_text(file.read_text().replace("train", "report", 1))
    with pytest.raises(DataError, match="changed after"):
        FromFile(file=str(file)).splits(manifest, 0)


def test_stored_folds_of_other_samples_are_refused(manifest, tmp_path):
    file = tmp_path / "assignment.csv"
    write_assignment(file, assignment(KFold(folds=3).splits(manifest, 1), manifest))
    fewer = manifest.select(np.arange(len(manifest)) > 3)
    with pytest.raises(DataError, match="s0"):
        FromFile(file=str(file)).splits(fewer, 0)
