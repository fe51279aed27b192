"""Nested, repeated, published and stored folds: who plays which role, and that no patient stands on two sides."""

import numpy as np
import pytest

from xaimed.data.assignment import assignment, assignment_hash, read_assignment, write_assignment
from xaimed.data.protocols.from_file import FromFile
from xaimed.data.protocols.holdout import Holdout
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


def test_without_a_test_part_the_validation_part_is_reported(manifest):
    (split,) = Predefined(select=0.2).splits(published(manifest, "train", "train", "train", "val"), 0)
    assert set(manifest.frame["split"].iloc[split.report]) == {"val"}
    assert set(manifest.frame["split"].iloc[split.select]) == {"train"}
    assert sides_apart(manifest, split, "train", "select", "report")
    assert len(split.train) + len(split.select) + len(split.report) == len(manifest)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        (["train"], "180 pictures to train with, 0 for validation and 0 for testing"),
        (["val", "test"], "0 pictures to train with, 90 for validation and 90 for testing"),
        (["train", "val", "holdout"], r"60 of 180 pictures .* for 's4' the column says 'holdout', not one of"),
        (["train", "Test"], "'Test'"),
        (["train", "test", ""], "the column says nothing"),
        (["train", "test", None], "the column says nothing"),
    ],
)
def test_a_published_split_that_cannot_be_used_says_why(manifest, parts, fault):
    with pytest.raises(DataError, match=fault):
        Predefined().splits(published(manifest, *parts), 0)


def test_a_class_that_nothing_trains_is_refused_and_one_that_nothing_reports_is_not(manifest):
    of_class = manifest.frame["label"]
    manifest.frame["split"] = np.where(of_class == "c", "test", np.where(manifest.frame.index % 4 < 2, "train", "val"))
    with pytest.raises(DataError, match=r"no training picture is of class 'c' .*Leave the class out"):
        Predefined().splits(manifest, 0)
    manifest.frame["split"] = np.where(
        of_class == "c", "train", np.where(manifest.frame.index % 4 < 2, "train", "test")
    )
    (split,) = Predefined().splits(manifest, 0)
    assert set(of_class.iloc[split.report]) == {"a", "b"}


@pytest.mark.parametrize(
    "protocol", [KFold(3), RepeatedKFold(3, 2), Nested(3), Holdout()], ids=lambda p: type(p).__name__
)
def test_too_few_patients_of_a_class_are_refused(table_manifest, protocol):
    groups = [*range(30), 99, 99, 99, 99]
    one = table_manifest(["a", "b"] * 15 + ["c"] * 4, groups, CLASSES)
    with pytest.raises(DataError, match=r"class 'c' has 1 patient \(4 pictures\)"):
        protocol.splits(one, 0)
    none = table_manifest(["a", "b"] * 17, groups, CLASSES)
    with pytest.raises(DataError, match=r"class 'c' has 0 patients \(0 pictures\)"):
        protocol.splits(none, 0)
    unknown = table_manifest([[i % 2, -1] for i in range(34)], groups, ("x", "y"))
    with pytest.raises(DataError, match=r"class 'y' has 0 patients \(0 pictures\)"):
        protocol.splits(unknown, 0)
    with pytest.raises(DataError, match="the dataset has 2 patients, fewer than 3"):
        protocol.splits(table_manifest(["a", "b"] * 17, [0, 1] * 17, CLASSES[:2]), 0)


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


CHANGES = {
    "another patient": lambda table: table.assign(group=table["group"].replace("p3", "p4")),
    "no column of roles": lambda table: table.drop(columns="role"),
    "another order of columns": lambda table: table[["sample_id", "fold", "group", "role"]],
    "a sample that there is not": lambda table: table.replace({"sample_id": {"s7": "s700"}}),
    "a row twice": lambda table: table.iloc[[0, *range(len(table))]],
    "a role that there is not": lambda table: table.replace({"role": {"train": "trian"}}),
    "a fold left out": lambda table: table[table["fold"] != 1],
    "a fold that is no number": lambda table: table.astype({"fold": str}).replace({"fold": {"1": "one"}}),
    "nothing to report": lambda table: table[(table["role"] == "train") | (table["fold"] != 2)],
    "no row": lambda table: table.iloc[:0],
    "a class that nothing trains": lambda table: table[
        (table["sample_id"].str[1:].astype(int) // 2 % 3 != 2) | (table["role"] != "train") | (table["fold"] != 2)
    ],
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("another patient", r"'s6' is of patient 'p4' in the assignment and of patient 'p3' in the dataset"),
        ("no column of roles", "the columns are"),
        ("another order of columns", "the columns are"),
        ("a sample that there is not", r"1 sample of the assignment cannot be found in 'table'.*'s700'.*s7"),
        ("a row twice", "'s0' stands in fold 0 more than once"),
        ("a role that there is not", r"'trian' is not one of the roles"),
        ("a fold left out", r"the folds are \[0, 2\], not 0, 1, 2"),
        ("a fold that is no number", "not whole numbers"),
        ("nothing to report", "fold 2 has nothing to select"),
        ("no row", "not whole numbers"),
        ("a class that nothing trains", r"no training picture is of class 'c' .*assignment\.csv: fold 2"),
    ],
)
def test_an_assignment_that_was_made_by_hand_is_checked_row_by_row(manifest, tmp_path, change, fault):
    file = tmp_path / "assignment.csv"
    write_assignment(file, CHANGES[change](assignment(KFold(folds=3).splits(manifest, 1), manifest)))
    with pytest.raises(DataError, match=fault):
        FromFile(file=str(file)).splits(manifest, 0)


@pytest.mark.parametrize("content", [b"", b"fold,sample_id\n0,s0\n", b"# xaimed assignment \n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_assignment_is_refused(manifest, tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError, match="assignment"):
        FromFile(file=str(tmp_path / "a.csv")).splits(manifest, 0)
    with pytest.raises(DataError, match="cannot be read"):
        FromFile(file=str(tmp_path / "absent.csv")).splits(manifest, 0)


def test_samples_that_an_assignment_does_not_name_take_no_part(manifest, tmp_path):
    table = assignment(KFold(folds=3).splits(manifest, 1), manifest)
    write_assignment(tmp_path / "a.csv", table[table["group"] != "p5"])
    for split in FromFile(file=str(tmp_path / "a.csv")).splits(manifest, 0):
        assert "p5" not in set(manifest.groups[np.concatenate([split.train, split.select, split.report])])


@pytest.mark.parametrize("protocol", [KFold(3), Holdout(), Predefined()], ids=lambda p: type(p).__name__)
def test_one_class_leaves_nothing_to_decide_and_one_label_does(table_manifest, protocol):
    alone = table_manifest(["a"] * 40, range(40), ("a",))
    alone.frame["split"] = ["train", "test"] * 20
    with pytest.raises(DataError, match=r"\['a'\] leaves nothing to decide"):
        protocol.splits(alone, 0)
    label = table_manifest([[i // 2 % 2] for i in range(40)], range(40), ("a",))
    label.frame["split"] = ["train", "test"] * 20
    assert protocol.splits(label, 0)
