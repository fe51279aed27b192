from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.published import differences
from xaimed.data.sources.vertebrae import Vertebrae, _facts
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

NAMES = {
    "Normal": ["N1,N,40,M_1_0.jpg", "N1,N,40,M_2_0.jpg", "N2,N,7,F_1_0.jpg", "N10,N,33,F_1_0.jpg"],
    "Scol": ["N10, Rt TAIS, M, 16 yrs.jpg", "N11, Lt TLAIS,f,12yrs.jpg", "N12.jpg"],
    "Spond": ["S3, L4-L5, Female, 61 years_1_0.jpg", "no number.jpg"],
}


@pytest.fixture
def root(tmp_path, write_picture):
    for folder, names in NAMES.items():
        for name in names:
            write_picture(tmp_path / folder / name)
    return tmp_path


def test_names_tell_patient_sex_and_age(root):
    manifest = Vertebrae(root).manifest()
    assert manifest.name == "vertebrae"
    assert manifest.task.kind is Kind.MULTICLASS
    assert manifest.class_counts() == {"Normal": 4, "Scoliosis": 3, "Spondylolisthesis": 2}
    facts = manifest.frame.set_index("path")[["group", "sex", "age"]]
    nan = float("nan")
    for path, (group, sex, age) in {
        "Normal/N1,N,40,M_1_0.jpg": ("Normal/N1", "M", 40),
        "Normal/N1,N,40,M_2_0.jpg": ("Normal/N1", "M", 40),
        "Normal/N2,N,7,F_1_0.jpg": ("Normal/N2", "F", 7),
        "Normal/N10,N,33,F_1_0.jpg": ("Normal/N10", "F", 33),
        "Scol/N10, Rt TAIS, M, 16 yrs.jpg": ("Scol/N10", "M", 16),
        "Scol/N11, Lt TLAIS,f,12yrs.jpg": ("Scol/N11", "F", 12),
        "Scol/N12.jpg": ("Scol/N12", "", nan),
        "Spond/S3, L4-L5, Female, 61 years_1_0.jpg": ("Spond/S3", "F", 61),
        "Spond/no number.jpg": ("Spond/no number", "", nan),
    }.items():
        assert tuple(facts.loc[path][["group", "sex"]]) == (group, sex), path
        np.testing.assert_equal(float(facts.loc[path]["age"]), float(age), path)


@pytest.mark.parametrize(
    ("name", "patient", "sex", "age"),
    [
        ("N3, Rt TAIS, M, 16 yrs (2)", "N3", "M", 16),
        ("N3, Rt TAIS, M, 16 yrs - Copy", "N3", "M", 16),
        ("n 7 ,L TLS , F. , 12-yrs", "N7", "F", 12),
        ("N4; kyphosis; female; 9 y.o.", "N4", "F", 9),
        ("N5,N,40,M_1_0 (1)", "N5", "M", 40),
        ("N6,18 years old,F", "N6", "F", 18),
        ("N8,N,61 Y.,m", "N8", "M", 61),
        ("N9, 8 months, F", "N9", "F", float("nan")),
        ("N10,2014,M", "N10", "M", float("nan")),
        ("N11,400,Mary", "N11", "", float("nan")),
        ("12,M,0", "12", "M", 0),
        ("脊椎,M,30", "脊椎,M,30", "M", 30),
    ],
)
def test_odd_names_tell_what_they_can(name, patient, sex, age):
    facts = _facts(f"Scol/{name}.jpg")
    assert (facts["group"], facts["sex"]) == (f"Scol/{patient}", sex)
    np.testing.assert_equal(facts["age"], float(age))


def test_a_missing_class_is_tolerated_only_in_a_subset(root):
    for picture in (root / "Spond").iterdir():
        picture.unlink()
    with pytest.raises(DataError, match=r"'Spondylolisthesis' is empty .*yasserhessein.*dataset\.classes"):
        Vertebrae(root).manifest()
    (root / "Spond").rmdir()
    with pytest.raises(DataError, match="'Spondylolisthesis' is missing"):
        Vertebrae(root).manifest()
    manifest = Vertebrae(root, classes=["Scoliosis", "Normal"]).manifest()
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("Scoliosis", "Normal")
    assert len(manifest) == 7


def test_wrong_subsets_are_refused(root):
    with pytest.raises(ConfigError, match=r"'Scol'.*Did you mean 'Scoliosis'"):
        Vertebrae(root, classes=["Normal", "Scol"])
    for classes in (["Normal"], ["Normal", "Normal"]):
        with pytest.raises(ConfigError, match="two or more different"):
            Vertebrae(root, classes=classes)


def test_the_published_counts_are_those_of_the_paper(root, tmp_path):
    source = Vertebrae(root)
    assert sum(source.published()[""][name] for name in source.classes) == source.published()[""]["pictures"] == 338
    assert differences(source, source.manifest()) == [
        "9 pictures, where 338 were published",
        "4 pictures of 'Normal', where 71 were published",
        "3 pictures of 'Scoliosis', where 188 were published",
        "2 pictures of 'Spondylolisthesis', where 79 were published",
    ]
    with pytest.raises(DataError, match=r"does not exist.*yasserhessein.*Scol/"):
        Vertebrae(tmp_path / "absent").manifest()


def test_masks_by_pattern(root, write_picture):
    write_picture(root / "masks" / "Scol" / "N12.png")
    frame = Vertebrae(root, masks="masks/{stem}.png").manifest().frame
    assert list(frame.loc[frame["mask_path"] != "", "path"]) == ["Scol/N12.jpg"]
    with pytest.raises(DataError, match=r"no picture has a mask .*it would be elsewhere/N1,N,40,M_1_0\.png"):
        Vertebrae(root, masks="elsewhere/{name}.png").manifest()
    with pytest.raises(ConfigError, match=r"no pattern for masks .*\{stem\}"):
        Vertebrae(root, masks="masks/{patient}.png").manifest()


def test_the_config_builds_it(root, project_config):
    assert len(project_config("dataset/vertebrae", root=str(root)).manifest()) == 9


@pytest.mark.parametrize("names", [[f"N ({i}).jpg" for i in range(4)], [f"Spine_{i}.jpg" for i in range(4)]])
def test_a_number_that_stands_alone_is_the_patients_and_not_a_copys(names):
    assert len({_facts(f"Normal/{name}")["group"] for name in names}) == 4
