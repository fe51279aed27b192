from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, shift
from sklearn.metrics import roc_auc_score

from xaimed.data.audit.copies import Copies, disagreements, find_copies, merged_groups
from xaimed.data.audit.families import FAMILIES, Family
from xaimed.data.audit.leakage import leaks, published_leaks, settle_leakage
from xaimed.data.audit.shortcuts import shortcuts
from xaimed.data.audit.within_folds import auc_within_folds
from xaimed.data.folder import Folder
from xaimed.data.inspection import Inspection, inspect
from xaimed.data.phantoms.chest import ChestPhantom
from xaimed.data.phantoms.lumbar import LumbarPhantom
from xaimed.data.phantoms.skin import SkinPhantom
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.protocol import Split
from xaimed.data.protocols.kfold import KFold
from xaimed.errors import ConfigError, DataError


def pairs(*rows):
    return Copies(pd.DataFrame(rows, columns=["sample_id", "twin", "kind", "agreement"]), len(rows), 8)


@pytest.fixture(autouse=True)
def cache(session_cache, monkeypatch):
    """Phantoms are shared with the other tests."""
    monkeypatch.setenv("XAIMED_CACHE", str(session_cache))


@pytest.fixture
def pictures(tmp_path):
    """Twelve textures, one saved twice, one recompressed, shifted and brightened, one twice under two labels."""
    rng = np.random.default_rng(0)
    root = tmp_path / "set"
    for label in "ab":
        (root / label).mkdir(parents=True)
    made = [gaussian_filter(rng.normal(size=(128, 128)), 3) for _ in range(12)]
    made = [np.uint8(127 + 100 * one / np.abs(one).max()) for one in made]
    for number, one in enumerate(made):
        Image.fromarray(one).save(root / "ab"[number % 2] / f"{number}.png")
    Image.fromarray(made[0]).save(root / "a" / "again.bmp")
    moved = np.clip(shift(made[1].astype(float), (4, -3), mode="reflect") * 0.9 + 20, 0, 255).astype(np.uint8)
    Image.fromarray(moved).save(root / "b" / "moved.jpg", quality=70)
    Image.fromarray(made[2]).save(root / "b" / "other_label.png")
    return Folder(root).manifest()


def test_exact_and_near_copies_are_found_and_nothing_else(pictures):
    found = find_copies(pictures, inspect(pictures)).pairs
    twins = {(frozenset(map(str, pair)), kind) for *pair, kind in found[["sample_id", "twin", "kind"]].to_numpy()}
    assert twins == {
        (frozenset({"a/0", "a/again"}), "exact"),
        (frozenset({"b/1", "b/moved"}), "near"),
        (frozenset({"a/2", "b/other_label"}), "exact"),
    }
    copies = find_copies(pictures, inspect(pictures))
    assert copies.pairs.equals(found)  # remembered
    assert set(disagreements(pictures, copies)["sample_id"]) == {"a/2", "b/other_label"}


def test_radiographs_of_one_view_are_no_copies():
    manifest = SpinePhantom(counts=[20, 20, 20], size=128).manifest()
    copies = find_copies(manifest, inspect(manifest))
    assert copies.proposed > 0
    assert copies.pairs.empty


def test_leaks_name_the_rows(table_manifest):
    manifest = table_manifest(["x", "x", "y", "y"], [0, 0, 1, 2], ("x", "y"))
    split = Split(0, np.array([0, 2]), np.array([1]), np.array([1, 3]))
    found = leaks(manifest, [split], pairs(("s2", "s3", "exact", 1.0)))
    assert found[["why", "sample_id", "part"]].to_numpy().tolist() == [
        ["patient", "s0", "train"],
        ["patient", "s1", "select+report"],
        ["copy", "s2", "train"],
        ["copy", "s3", "report"],
    ]
    assert leaks(manifest, [Split(0, np.array([0, 1]), np.array([2, 3]), np.array([2, 3]))], pairs()).empty


def test_the_published_split_is_checked(table_manifest):
    manifest = table_manifest(["x", "x", "y"], [0, 0, 1], ("x", "y"))
    manifest.frame["split"] = ["train", "test", "test"]
    assert published_leaks(manifest)["sample_id"].tolist() == ["s0", "s1"]
    manifest.frame["split"] = ["train", "train", ""]
    assert published_leaks(manifest).empty


def test_leakage_is_refused_grouped_or_ignored(table_manifest):
    manifest = table_manifest(["x", "y"] * 6, range(12), ("x", "y"))
    chain = pairs(("s0", "s2", "near", 0.95), ("s2", "s4", "near", 0.95), ("s6", "s8", "exact", 1.0))
    with pytest.raises(DataError, match=r"the split leaks: .*copies.*\.png \(.*leakage=group"):
        settle_leakage(manifest, chain, KFold(3), 0)
    grouped, splits, note = settle_leakage(manifest, chain, KFold(3), 0, "group")
    assert grouped.groups[[0, 2, 4]].tolist() == ["p0"] * 3
    assert leaks(grouped, splits, chain).empty
    assert "3 pictures joined" in note
    _, _, note = settle_leakage(manifest, chain, KFold(3), 0, "ignore")
    assert note.startswith("LEAKING SPLIT")
    with pytest.raises(ConfigError, match="refuse"):
        settle_leakage(manifest, chain, KFold(3), 0, "refus")
    assert merged_groups(manifest, pairs()).groups.tolist() == manifest.groups.tolist()


@pytest.mark.parametrize(("strength", "found"), [(0.0, False), (1.0, True)])
def test_a_planted_marker_is_found_and_none_where_there_is_none(strength, found):
    manifest = SpinePhantom(counts=[40, 40, 40], size=128, shortcut=strength).manifest()
    markers = next(family for family in FAMILIES if family.name == "markers")
    (shortcut,) = shortcuts(manifest, inspect(manifest), families=[markers])
    assert shortcut.alarming is found
    assert shortcut.low <= shortcut.auc <= shortcut.high
    assert (shortcut.auc > 0.9) is found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phantom", "found"), [(SpinePhantom, 5), (ChestPhantom, 5), (SkinPhantom, 5), (LumbarPhantom, 2)]
)
def test_no_false_alarm_and_planted_markers_found_over_seeds(phantom, found):
    """In lumbar MRI fat is as bright as a marker and often lies in a corner: there most planted ones are missed."""
    without_anatomy = [family for family in FAMILIES if not family.anatomy]
    counts = [150 // len(phantom.default_counts)] * len(phantom.default_counts)

    def alarms(seed, strength):
        manifest = phantom(counts=counts, size=128, seed=seed, shortcut=strength).manifest()
        judged = shortcuts(manifest, inspect(manifest), seed, without_anatomy)
        return [one.family.name for one in judged if one.alarming]

    assert [alarms(seed, 0.0) for seed in range(5)] == [[]] * 5
    assert [alarms(seed, 1.0) for seed in range(5)].count(["markers"]) >= found


def test_how_bright_a_marker_is_does_not_count_but_where_it_lies_does(table_manifest):
    """A view has its own background, and with it its own brightness of every marker."""
    rng = np.random.default_rng(0)
    labels, corner = np.repeat([0, 1], 60), rng.integers(4, size=120)
    strength = np.where(np.arange(4) == corner[:, None], np.where(labels, 0.9, 0.5)[:, None], 0.0)
    manifest = table_manifest(np.array(["x", "y"])[labels], range(120), ("x", "y"))
    markers = next(family for family in FAMILIES if family.name == "markers")

    def seen(values):
        facts = pd.DataFrame(values, columns=list(markers.columns))
        return Inspection("", {}, facts, np.zeros((120, 16), np.uint8), np.zeros((120, 64, 64), np.uint8))

    (without,) = shortcuts(manifest, seen(strength), families=[markers])
    assert not without.alarming
    (planted,) = shortcuts(manifest, seen(np.where(np.arange(4) == labels[:, None], 0.5, 0.0)), families=[markers])
    assert planted.auc == 1


def test_a_property_that_only_one_picture_has_stops_nothing(table_manifest):
    manifest = table_manifest(np.repeat(["x", "y"], 30), range(60), ("x", "y"))
    family = Family("lonely", "told by one picture", ("only",))
    facts = pd.DataFrame({"only": [5.0] + [np.nan] * 59})
    seen = Inspection("", {}, facts, np.zeros((60, 16), np.uint8), np.zeros((60, 64, 64), np.uint8))
    (found,) = shortcuts(manifest, seen, families=[family])
    assert not found.alarming


def test_the_auc_within_one_fold_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 200), rng.integers(0, 20, 200).astype(float)
    assert auc_within_folds(truth, score, np.zeros(200, dtype=np.int64)) == pytest.approx(roc_auc_score(truth, score))
