from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.protocol import Protocol
from xaimed.data.protocols.holdout import Holdout
from xaimed.data.protocols.kfold import KFold
from xaimed.errors import ConfigError, DataError

CLASSES = ("Normal", "Scol", "Spond")


@pytest.fixture
def cohort(table_manifest):
    """The spine paper's balance, with one to three pictures a patient; ``multilabel`` for two labels instead."""

    def make(seed=0, multilabel=False, counts=(71, 188, 79)):
        chance = np.random.default_rng(seed)
        label_of_patient = np.repeat(CLASSES, counts)
        groups = np.repeat(np.arange(len(label_of_patient)), chance.integers(1, 4, len(label_of_patient)))
        if multilabel:
            return table_manifest((chance.random((len(groups), 2)) < (0.3, 0.1)).astype(int), groups, ("x", "y"))
        return table_manifest(label_of_patient[groups], groups, CLASSES)

    return make


def shares(manifest, rows):
    labels = manifest.labels[rows]
    return labels.mean(axis=0) if labels.ndim == 2 else np.bincount(labels) / len(rows)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("protocol", [KFold(), KFold(folds=3), Holdout(), Holdout(0.6, 0.2, 0.2)], ids=str)
def test_properties_of_every_protocol(cohort, protocol: Protocol, seed, multilabel):
    manifest = cohort(seed, multilabel)
    splits = protocol.splits(manifest, seed)
    everything = np.arange(len(manifest))
    assert [split.fold for split in splits] == list(range(len(splits)))
    for split in splits:
        trained = set(manifest.groups[split.train])
        assert not trained & set(manifest.groups[split.select])
        assert not trained & set(manifest.groups[split.report])
        used = np.unique(np.concatenate([split.train, split.select, split.report]))
        assert np.array_equal(used, everything)
        for rows in (split.train, split.select, split.report):
            assert np.abs(shares(manifest, rows) - shares(manifest, everything)).max() < 0.05
            assert (np.diff(rows) > 0).all()
    again = protocol.splits(manifest, seed)
    other = protocol.splits(manifest, seed + 100)
    assert all(np.array_equal(a.report, b.report) for a, b in zip(splits, again, strict=True))
    assert not np.array_equal(splits[0].report, other[0].report)


@pytest.mark.parametrize("multilabel", [False, True])
def test_k_folds_report_every_row_once_and_choose_where_they_report(cohort, multilabel):
    manifest = cohort(multilabel=multilabel)
    splits = KFold().splits(manifest, 0)
    assert sorted(np.concatenate([split.report for split in splits])) == list(range(len(manifest)))
    assert all(np.array_equal(split.select, split.report) for split in splits)


def test_holdout_keeps_its_roles_apart_and_its_shares(cohort):
    manifest = cohort()
    (split,) = Holdout().splits(manifest, 0)
    assert not set(manifest.groups[split.select]) & set(manifest.groups[split.report])
    sizes = np.array([len(split.train), len(split.select), len(split.report)]) / len(manifest)
    assert np.allclose(sizes, [0.8, 0.1, 0.1], atol=0.01)


def test_a_patient_with_several_classes_stays_together(table_manifest):
    groups = np.repeat(np.arange(40), 2)
    manifest = table_manifest(np.array(CLASSES)[(groups + np.tile([0, 1], 40)) % 3], groups, CLASSES)
    for split in [*KFold().splits(manifest, 0), *Holdout(0.6, 0.2, 0.2).splits(manifest, 0)]:
        assert not set(manifest.groups[split.train]) & set(manifest.groups[split.report])


def test_asking_for_one_fold_does_not_change_it(cohort):
    manifest = cohort()
    alone, all_of_them = KFold(fold=2), KFold()
    assert (alone.fold, all_of_them.fold) == (2, None)
    assert np.array_equal(alone.splits(manifest, 7)[2].report, all_of_them.splits(manifest, 7)[2].report)


def test_the_notes_say_how_the_checkpoint_was_chosen():
    assert KFold().note == "checkpoint chosen on the reported fold"
    assert Holdout().note == "checkpoint chosen on a separate set"


def test_the_table_names_the_role_of_every_row(cohort):
    manifest = cohort()
    (split,) = Holdout().splits(manifest, 0)
    table = split.table(manifest)
    assert list(table.columns) == ["sample_id", "group", "role"]
    assert list(table["sample_id"]) == list(manifest.frame["sample_id"])
    assert list(np.flatnonzero(table["role"] == "report")) == list(split.report)
    assert table["role"].value_counts().to_dict() == {
        "train": len(split.train),
        "select": len(split.select),
        "report": len(split.report),
    }
    assert set(KFold().splits(manifest, 0)[0].table(manifest)["role"]) == {"train", "select+report"}


def test_too_few_patients_are_refused(cohort, table_manifest):
    with pytest.raises(DataError, match=r"class 'Spond' has 4 patients \(\d+ pictures\), fewer than 5 folds"):
        KFold().splits(cohort(counts=(20, 20, 4)), 0)
    assert len(KFold(folds=4).splits(cohort(counts=(20, 20, 4)), 0)) == 4
    with pytest.raises(DataError, match=r"class 'Scol' has 2 patients .*fewer than 3 parts"):
        Holdout().splits(cohort(counts=(20, 2, 20)), 0)
    with pytest.raises(DataError, match="the dataset has 2 patients, fewer than 5 folds"):
        KFold().splits(table_manifest(["Normal", "Scol"] * 4, [0, 1] * 4, CLASSES[:2]), 0)
    with pytest.raises(DataError, match=r"class 'y' has 1 patient \(3 pictures\)"):
        KFold().splits(table_manifest([[1, i < 3] for i in range(12)], [0, 0, 0, *range(1, 10)], ("x", "y")), 0)


def test_nonsense_is_refused():
    with pytest.raises(ConfigError, match=r"no fold 5.*Folds run from 0 to 4"):
        KFold(fold=5)
    with pytest.raises(ConfigError, match="no fold -1"):
        KFold(fold=-1)
    with pytest.raises(ConfigError, match=r"protocol\.folds"):
        KFold(folds=1)
    with pytest.raises(ConfigError, match="add up to 1"):
        Holdout(0.8, 0.1, 0.2)
    with pytest.raises(ConfigError, match="positive"):
        Holdout(0.9, 0.1, 0.0)
    with pytest.raises(ConfigError, match="no fold 1"):
        Holdout(fold=1)


def test_the_configs_build_them(project_config):
    assert project_config("protocol/kfold") == KFold()
    assert project_config("protocol/kfold", folds=3, fold=2) == KFold(3, 2)
    assert project_config("protocol/holdout") == Holdout()
