from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaimed.data.published import differences
from xaimed.data.sources.chexpert import LABELS, CheXpert
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

ROWS = {  # patient, study, view, projection, AP/PA, Cardiomegaly, Edema
    "train": [
        (1, 1, 1, "Frontal", "AP", 1.0, -1.0),
        (1, 2, 1, "Frontal", "PA", -1.0, 0.0),
        (1, 2, 2, "Lateral", None, -1.0, 0.0),
        (2, 1, 1, "Frontal", "LL", None, 1.0),
    ],
    "valid": [(64541, 1, 1, "Frontal", "AP", 0.0, 1.0)],
}


@pytest.fixture
def root(tmp_path):
    for part, rows in ROWS.items():
        table = pd.DataFrame(
            {
                "Path": [
                    f"CheXpert-v1.0-small/{part}/patient{row[0]:05d}/study{row[1]}/view{row[2]}_{row[3].lower()}.jpg"
                    for row in rows
                ],
                "Sex": ["Female", "Male", "Unknown", "Male"][: len(rows)],
                "Age": [68, 87, 83, 0][: len(rows)],
                "Frontal/Lateral": [row[3] for row in rows],
                "AP/PA": [row[4] for row in rows],
                **dict.fromkeys(LABELS, np.nan),
                "Cardiomegaly": [row[5] for row in rows],
                "Edema": [row[6] for row in rows],
            }
        )
        table.to_csv(tmp_path / f"{part}.csv", index=False)
    return tmp_path


def test_the_tables_become_one_manifest(root):
    manifest = CheXpert(root).manifest()
    assert manifest.task.kind is Kind.MULTILABEL
    assert manifest.task.classes == LABELS
    frame = manifest.frame
    assert list(frame["path"])[:2] == [
        "train/patient00001/study1/view1_frontal.jpg",
        "train/patient00001/study2/view1_frontal.jpg",
    ]
    assert frame["sample_id"].iloc[-1] == "valid/patient64541/study1/view1_frontal"
    assert list(frame["group"]) == ["patient00001"] * 3 + ["patient00002", "patient64541"]
    assert list(frame["split"]) == ["train"] * 4 + ["val"]
    assert list(frame["sex"]) == ["Female", "Male", "Unknown", "Male", "Female"]
    assert list(frame["view"]) == ["AP", "PA", "", "LL", "AP"]
    assert list(frame["projection"]) == ["Frontal", "Frontal", "Lateral", "Frontal", "Frontal"]
    assert list(frame["age"]) == [68, 87, 83, 0, 68]


@pytest.mark.parametrize(("policy", "uncertain"), [("ignore", -1), ("zeros", 0), ("ones", 1)])
def test_uncertain_labels_follow_the_policy(root, policy, uncertain):
    manifest = CheXpert(root, uncertain=policy, labels=["Cardiomegaly", "Edema"]).manifest()
    assert manifest.labels.tolist() == [[1, uncertain], [uncertain, 0], [uncertain, 0], [0, 1], [0, 1]]
    assert manifest.class_counts()["Cardiomegaly"] == 1 + 2 * (uncertain == 1)


def test_the_policy_can_differ_by_label(root):
    mixed = {"Cardiomegaly": "ones", "others": "zeros"}
    manifest = CheXpert(root, uncertain=mixed, labels=["Edema", "Cardiomegaly"]).manifest()
    assert manifest.labels.tolist() == [[0, 1], [0, 1], [0, 1], [1, 0], [1, 0]]
    manifest = CheXpert(root, uncertain={"Edema": "zeros"}, labels=["Edema", "Cardiomegaly"]).manifest()
    assert manifest.labels.tolist() == [[0, 1], [0, -1], [0, -1], [1, 0], [1, 0]]
    with pytest.raises(ConfigError, match=r"'Oedema'.*Did you mean 'Edema'"):
        CheXpert(root, uncertain={"Oedema": "ones"})
    with pytest.raises(ConfigError, match=r"'one'.*'ones'"):
        CheXpert(root, uncertain={"Edema": "one"})


def test_the_projection_can_be_chosen(root):
    assert set(CheXpert(root, projection="frontal").manifest().frame["projection"]) == {"Frontal"}
    assert len(CheXpert(root, projection="lateral").manifest()) == 1


def test_published_counts_follow_the_projection(root):
    source = CheXpert(root)
    assert differences(source, source.manifest())[:2] == [
        "train: 4 pictures, where 223414 were published",
        "train: 2 patients, where 64540 were published",
    ]
    frontal, lateral = (CheXpert(root, projection=name).published() for name in ("frontal", "lateral"))
    for split, counts in source.published().items():
        assert frontal[split]["pictures"] + lateral[split]["pictures"] == counts["pictures"]


def test_what_is_wrong_is_said_with_its_row(root, tmp_path):
    with pytest.raises(DataError, match=r"does not exist.*Stanford.*train\.csv"):
        CheXpert(tmp_path / "absent").manifest()
    with pytest.raises(ConfigError, match=r"'Oedema'.*Did you mean 'Edema'"):
        CheXpert(root, labels=["Oedema"])
    with pytest.raises(ConfigError, match=r"dataset\.uncertain.*'ones'"):
        CheXpert(root, uncertain="one")
    table = pd.read_csv(root / "train.csv")
    table.assign(Edema=[0, 0, 3, 0]).to_csv(root / "train.csv", index=False)
    with pytest.raises(DataError, match=r"'3(\.0)?' is no value of the label 'Edema' .*train\.csv: row 4"):
        CheXpert(root).manifest()
    table.assign(Path="elsewhere/1.jpg").to_csv(root / "train.csv", index=False)
    with pytest.raises(DataError, match=r"'elsewhere/1\.jpg' does not tell the patient .*row 2"):
        CheXpert(root).manifest()
    table.drop(columns="AP/PA").to_csv(root / "train.csv", index=False)
    with pytest.raises(DataError, match=r"no column 'AP/PA'"):
        CheXpert(root).manifest()
    (root / "train.csv").unlink()
    with pytest.raises(DataError, match=r"table of the dataset is missing .*train\.csv"):
        CheXpert(root).manifest()


def test_the_config_builds_it(root, project_config):
    assert len(project_config("dataset/chexpert", root=str(root), projection="frontal").manifest()) == 4
