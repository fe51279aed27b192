from __future__ import annotations

import pandas as pd
import pytest

from xaimed.data.published import differences
from xaimed.data.sources.isic2020 import DIAGNOSES, ISIC2020
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "image_name": ["ISIC_2637011", "ISIC_0015719", "ISIC_0052212", "ISIC_0068279"],
            "patient_id": ["IP_7279968", "IP_3075186", "IP_7279968", "IP_6723298"],
            "sex": ["male", "female", "female", ""],
            "age_approx": ["45.0", "", "50.0", "NA"],
            "anatom_site_general_challenge": ["head/neck", "upper extremity", "", "torso"],
            "diagnosis": ["unknown", "melanoma", "nevus", "cafe-au-lait macule"],
            "benign_malignant": ["benign", "malignant", "benign", "benign"],
            "target": [0, 1, 0, 0],
        }
    )


@pytest.fixture
def root(tmp_path, table):
    table.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "jpeg" / "train").mkdir(parents=True)
    for name in table["image_name"]:
        (tmp_path / "jpeg" / "train" / f"{name}.jpg").touch()
    return tmp_path


def test_binary_by_default(root):
    manifest = ISIC2020(root).manifest()
    frame = manifest.frame
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("benign", "malignant")
    assert list(frame["label"]) == ["benign", "malignant", "benign", "benign"]
    assert list(frame["group"]) == ["IP_7279968", "IP_3075186", "IP_7279968", "IP_6723298"]
    assert frame["path"].iloc[0] == "jpeg/train/ISIC_2637011.jpg"
    assert list(frame["sample_id"])[:2] == ["ISIC_2637011", "ISIC_0015719"]
    assert list(frame["sex"]) == ["male", "female", "female", ""]
    assert frame["age"].fillna(-1).tolist() == [45, -1, 50, -1]
    assert list(frame["site"]) == ["head/neck", "upper extremity", "", "torso"]


def test_seven_diagnoses_have_more_than_one_picture(root):
    source = ISIC2020(root, target="diagnosis")
    manifest = source.manifest()
    assert manifest.task.kind is Kind.MULTICLASS
    assert len(manifest.task.classes) == 7
    assert list(manifest.frame["label"]) == ["unknown", "melanoma", "nevus"]
    assert len(ISIC2020(root, target="diagnosis", classes=["melanoma", "nevus"]).manifest()) == 2
    assert "1 picture of 'nevus', where 5193 were published" in differences(source, manifest)
    for options in ({"classes": ["melanoma", "nevus"]}, {"target": "diagnosis", "classes": ["melanoma", "naevus"]}):
        with pytest.raises(ConfigError, match=r"dataset\.classes"):
            ISIC2020(root, **options)


def test_the_published_counts_add_up(root):
    counts = ISIC2020(root).published()[""]
    assert counts["benign"] + counts["malignant"] == counts["pictures"] == sum(DIAGNOSES.values()) == 33126


def test_other_layouts_are_found(root, table):
    (root / "jpeg" / "train").rename(root / "train")
    (root / "train.csv").rename(root / "ISIC_2020_Training_GroundTruth.csv")
    for picture in (root / "train").iterdir():
        picture.rename(picture.with_suffix(".dcm"))
    assert ISIC2020(root).manifest().frame["path"].iloc[0] == "train/ISIC_2637011.dcm"


def test_what_is_missing_is_explained(root, table, tmp_path):
    with pytest.raises(DataError, match=r"does not exist.*10\.34970/2020-ds01"):
        ISIC2020(tmp_path / "absent").manifest()
    table.assign(patient_id=["IP_1", "", "IP_1", ""]).to_csv(root / "train.csv", index=False)
    with pytest.raises(DataError, match=r"2 of 4 pictures have no patient .*ISIC_0015719"):
        ISIC2020(root).manifest()
    table.assign(target=[0, 1, 0, 2]).to_csv(root / "train.csv", index=False)
    with pytest.raises(DataError, match=r"the target '2' is not 0 or 1 .*row 5"):
        ISIC2020(root).manifest()
    (root / "train.csv").unlink()
    with pytest.raises(DataError, match=r"the table is missing \(looked for ISIC_2020_Training_GroundTruth\.csv"):
        ISIC2020(root).manifest()


def test_the_config_builds_it(root, project_config):
    assert len(project_config("dataset/isic2020", root=str(root)).manifest()) == 4
