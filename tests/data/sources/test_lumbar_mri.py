from __future__ import annotations

import pytest

from xaimed.data.published import differences
from xaimed.data.sources.lumbar_mri import CLASSES, LumbarMRI
from xaimed.errors import DataError


@pytest.fixture
def root(tmp_path, write_picture):
    for name in CLASSES:
        for patient in range(2):
            write_picture(tmp_path / name / f"p{patient}_1.png")
    return tmp_path


def test_class_folders_become_four_classes(root):
    source = LumbarMRI(root, group_pattern=r"^(p\d+)_")
    manifest = source.manifest()
    assert manifest.name == "lumbar_mri"
    assert manifest.class_counts() == dict.fromkeys(CLASSES, 2)
    assert set(manifest.frame["group"]) == {"p0", "p1"}
    assert differences(source, manifest) == []


def test_what_is_missing_is_explained(root, tmp_path):
    with pytest.raises(DataError, match=r"does not exist.*Healthy, Herniated Disk"):
        LumbarMRI(tmp_path / "absent").manifest()
    (tmp_path / "other" / "cats").mkdir(parents=True)
    with pytest.raises(DataError, match=r"none of the class folders.*Spondylosis"):
        LumbarMRI(tmp_path / "other").manifest()
    (root / "other" / "cats").rmdir()
    (root / "other").rmdir()
    (root / "Herniated Disk").rename(root / "Herniated Disc")
    with pytest.raises(DataError, match=r"'Herniated Disk' has no folder.*Did you mean 'Herniated Disc'"):
        LumbarMRI(root).manifest()


def test_the_config_builds_it(root, project_config):
    assert len(project_config("dataset/lumbar_mri", root=str(root)).manifest()) == 8
