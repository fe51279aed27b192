from __future__ import annotations

import os
import shutil

import pytest

from xaimed.data import looking
from xaimed.data.folder import Folder
from xaimed.data.manifest import Manifest
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.task import Kind, Task
from xaimed.errors import DataError


@pytest.fixture
def decoded(monkeypatch):
    """Counts the pictures that are decoded."""
    paths = []
    read = looking.read_picture
    monkeypatch.setattr(looking, "read_picture", lambda path: (paths.append(path), read(path))[1])
    return paths


def test_bad_pictures_go_with_their_reasons(class_folder, write_picture, tmp_path):
    root = class_folder(a=20, b=20)
    (root / "a" / "3.png").write_bytes(b"")
    (root / "b" / "5.png").write_bytes(b"a letter")
    outside = write_picture(tmp_path / "elsewhere.png")
    (root / "b" / "link.png").symlink_to(outside)
    (root / "b" / "ring.png").symlink_to(root / "b" / "ring.png")
    inside = root / "b" / "inside.png"
    inside.symlink_to(root / "b" / "1.png")
    manifest = Folder(root).manifest()
    kept, bad = sort_out_unreadable(manifest)
    assert list(bad.columns) == ["sample_id", "path", "reason"]
    reasons = dict(zip(bad["path"], bad["reason"], strict=True))
    assert list(reasons) == ["a/3.png", "b/5.png", "b/link.png", "b/ring.png"]
    assert "empty" in reasons["a/3.png"]
    assert "no JPEG" in reasons["b/5.png"]
    assert "leads out" in reasons["b/link.png"]
    assert set(kept.frame["sample_id"]) == set(manifest.frame["sample_id"]) - set(bad["sample_id"])
    assert "b/inside" in set(kept.frame["sample_id"])


def test_a_linked_class_folder_is_refused(class_folder, write_picture, tmp_path):
    root = class_folder(a=3)
    write_picture(tmp_path / "other" / "1.png")
    (root / "b").symlink_to(tmp_path / "other", target_is_directory=True)
    with pytest.raises(DataError, match=r"class 'b' can be used.*b/1\.png: it leads out"):
        sort_out_unreadable(Folder(root).manifest(), limit=0.5)


def test_a_clean_folder_loses_nothing(class_folder):
    manifest = Folder(class_folder(a=2, b=2)).manifest()
    kept, bad = sort_out_unreadable(manifest)
    assert kept.fingerprint() == manifest.fingerprint()
    assert bad.empty
    assert list(bad.columns) == ["sample_id", "path", "reason"]


def test_files_are_decoded_once_until_one_changes(class_folder, decoded, cache):
    root = class_folder(a=10, b=10)
    (root / "a" / "0.png").write_bytes(b"")
    first = sort_out_unreadable(Folder(root).manifest())
    assert len(decoded) == 20
    second = sort_out_unreadable(Folder(root).manifest())
    assert len(decoded) == 20
    assert second[1].equals(first[1])
    changed = root / "b" / "1.png"
    stat = changed.stat()
    changed.write_bytes(b"x" * stat.st_size)
    os.utime(changed, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # even if it looks as old as before
    _, bad = sort_out_unreadable(Folder(root).manifest())
    assert len(decoded) == 40
    assert list(bad["sample_id"]) == ["a/0", "b/1"]
    assert len(list((cache / "inspected").glob("[!.]*"))) == 2


def test_a_damaged_or_unwritable_cache_only_costs_time(class_folder, decoded, cache):
    manifest = Folder(class_folder(a=2, b=2)).manifest()
    sort_out_unreadable(manifest)
    (folder,) = (cache / "inspected").glob("[!.]*")
    for name, damage in (("reasons.json", "{"), ("reasons.json", "[]"), ("facts.npz", "x"), ("thumbs.bin", "")):
        (folder / name).write_text(damage)
        assert sort_out_unreadable(manifest)[1].empty
    assert len(decoded) == 20
    shutil.rmtree(cache / "inspected")
    (cache / "inspected").write_text("a file where the folder should be")
    assert sort_out_unreadable(manifest)[1].empty


def test_too_many_bad_pictures_refuse_the_dataset(class_folder):
    root = class_folder(a=20, b=20)
    for number in range(5):
        (root / "a" / f"{number}.png").write_bytes(b"")
    manifest = Folder(root).manifest()
    with pytest.raises(DataError, match=r"5 of 40 .*10% allowed: a/0\.png \(the file is empty\); a/1\.png.*; …"):
        sort_out_unreadable(manifest)
    assert len(sort_out_unreadable(manifest, limit=0.125)[0]) == 35


def test_a_class_without_a_readable_picture_refuses_the_dataset(class_folder):
    root = class_folder(a=30, b=1)
    (root / "b" / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"class 'b' can be used.*b/0\.png: the file is empty"):
        sort_out_unreadable(Folder(root).manifest())


def test_a_label_without_a_readable_picture_refuses_the_dataset(class_folder):
    root = class_folder(a=30, b=1)
    (root / "b" / "0.png").write_bytes(b"")
    frame = Folder(root).manifest().frame
    frame["common"] = 1
    frame["rare"] = (frame["label"] == "b").astype(int)
    manifest = Manifest("labels", root, Task(Kind.MULTILABEL, ("common", "rare")), frame)
    with pytest.raises(DataError, match="class 'rare' can be used"):
        sort_out_unreadable(manifest)
    # a label that nobody has to begin with is not the quarantine's business
    assert len(sort_out_unreadable(Manifest("labels", root, manifest.task, frame.assign(rare=0)))[0]) == 30


def test_the_same_files_are_judged_anew_under_another_root(class_folder, tmp_path):
    root = class_folder(a=2, b=2)
    links = tmp_path / "links"
    links.mkdir()
    for name in ("a", "b"):
        (links / name).symlink_to(root / name, target_is_directory=True)
    assert sort_out_unreadable(Folder(root, name="x").manifest())[1].empty
    with pytest.raises(DataError, match="4 of 4"):
        sort_out_unreadable(Folder(links, name="x").manifest())
