from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.published import differences
from xaimed.data.sources.kermany import COUNTS, Kermany, _patients_with
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

NORMAL = ["IM-{0:04d}-0001", "NORMAL2-IM-{0:04d}-0001", "IM-{0:04d}-0001-0002"]


@pytest.fixture
def make(tmp_path):
    """The official folders with so many files of each kind; empty, for names are all that is read."""

    def fill(folder, names):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{name}.jpeg").touch()

    def build(train=(12, 9, 6), val=(2, 2, 0), test=(6, 6, 4)):
        start = 1
        for part, (normal, bacteria, virus) in {"train": train, "val": val, "test": test}.items():
            fill(tmp_path / part / "NORMAL", [NORMAL[i % 3].format(start + i // 3) for i in range(normal)])
            ill = [f"person{start + i * 2 // 3}_bacteria_{1000 + start + i}" for i in range(bacteria)]
            ill += [f"person{start + i * 2 // 3}_virus_{2000 + start + i}" for i in range(virus)]
            fill(tmp_path / part / "PNEUMONIA", ill)
            start += 100
        return tmp_path

    return build


def test_names_tell_subtype_and_patient(make):
    manifest = Kermany(make()).manifest()
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("Normal", "Pneumonia")
    frame = manifest.frame.set_index("path")
    for path, facts in {
        "train/NORMAL/IM-0001-0001.jpeg": ("train", "Normal", "normal", "IM-0001"),
        "train/NORMAL/IM-0001-0001-0002.jpeg": ("train", "Normal", "normal", "IM-0001"),
        "train/NORMAL/NORMAL2-IM-0001-0001.jpeg": ("train", "Normal", "normal", "NORMAL2-IM-0001"),
        "train/PNEUMONIA/person2_bacteria_1003.jpeg": ("train", "Pneumonia", "bacteria", "person2_bacteria"),
        "test/PNEUMONIA/person203_virus_2204.jpeg": ("test", "Pneumonia", "virus", "person203_virus"),
        "test/PNEUMONIA/person203_bacteria_1204.jpeg": ("test", "Pneumonia", "bacteria", "person203_bacteria"),
    }.items():
        assert tuple(frame.loc[path][["split", "label", "subtype", "group"]]) == facts


def test_the_papers_split_halves_the_rest_by_patient(make):
    root = make(train=(9, 9, 9), val=(8, 8, 0), test=(234, 242, 148))
    source = Kermany(root, split="pneumonia")
    frame = source.manifest().frame
    counts = frame.groupby(["split", "label"]).size()
    for part in ("val", "test"):
        assert (counts[part]["Normal"], counts[part]["Pneumonia"]) == (121, 199)
    subtypes = frame.groupby(["split", "subtype"]).size()
    assert subtypes["val"].to_dict() == subtypes["test"].to_dict() == {"bacteria": 125, "normal": 121, "virus": 74}
    assert (frame.groupby("group")["split"].nunique() == 1).all()
    assert (frame.loc[frame["path"].str.startswith("train/"), "split"] == "train").all()
    assert [line for line in differences(source, source.manifest()) if not line.startswith("train")] == [
        "251 pictures of 'Normal', where 1583 were published",
        "416 pictures of 'Pneumonia', where 4273 were published",
    ]


def test_the_halves_depend_on_the_seed_alone(make):
    root = make(test=(40, 40, 40))
    first, again, other = (Kermany(root, "pneumonia", seed).manifest() for seed in (0, 0, 1))
    assert first.fingerprint() == again.fingerprint()
    assert first.fingerprint() != other.fingerprint()


def test_patients_are_chosen_to_meet_the_count_exactly():
    import pandas as pd

    chance = np.random.default_rng(0)
    for seed in range(20):
        groups = pd.Series(np.repeat([f"p{i}" for i in range(30)], chance.integers(1, 9, 30)))
        count = len(groups) // 2
        chosen = _patients_with(groups, count, seed)
        assert groups.isin(list(chosen)).sum() == count  # with 30 patients of 1 to 8 pictures any sum can be had
    pairs = pd.Series(["a", "a", "b", "b", "c", "c"])
    assert pairs.isin(list(_patients_with(pairs, 3, 0))).sum() == 2  # three cannot be had
    assert _patients_with(pairs, 0, 0) == set()


def test_the_published_counts_add_up():
    for counts in COUNTS.values():
        assert sum(part["Normal"] for part in counts.values()) == 1583
        assert sum(part["Pneumonia"] for part in counts.values()) == 4273


def test_what_is_missing_is_explained(make, tmp_path):
    with pytest.raises(DataError, match=r"does not exist.*rscbjbr9sj.*NORMAL/"):
        Kermany(tmp_path / "absent").manifest()
    root = make(val=(0, 0, 0))
    source = Kermany(root)
    assert "val" not in set(source.manifest().frame["split"])
    assert "val: 0 pictures of 'Normal', where 8 were published" in differences(source, source.manifest())
    (root / "test" / "NORMAL" / "scan-7.jpeg").touch()
    with pytest.raises(DataError, match=r"names of 1 of 44 .*scan-7\.jpeg.*person12_virus_34"):
        source.manifest()
    for picture in (root / "test" / "NORMAL").iterdir():
        picture.unlink()
    with pytest.raises(DataError, match=r"the folder is empty .*test/NORMAL"):
        source.manifest()
    with pytest.raises(ConfigError, match=r"'pneumonai'.*Did you mean 'pneumonia'"):
        Kermany(root, split="pneumonai")


def test_the_config_builds_it(make, project_config):
    assert len(project_config("dataset/kermany", root=str(make()), split="pneumonia").manifest()) == 47
