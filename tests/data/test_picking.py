"""Files, folders and patterns as pictures: each once, in an order that does not depend on the disk."""

import pytest

from xaimed.data.picking import pictures_named
from xaimed.errors import DataError


@pytest.fixture
def root(tmp_path):
    for name in ("10.png", "2.PNG", "b/1.dcm", "b/.hidden.png", "b/notes.txt", "c[1].png", "IM1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([""], ["2.PNG", "10.png", "b/1.dcm", "c[1].png"]),
        (["b", ""], ["b/1.dcm", "2.PNG", "10.png", "c[1].png"]),
        (["IM1", "b/notes.txt"], ["IM1", "b/notes.txt"]),
        (["*.png"], ["10.png", "c[1].png"]),
        (["**/*.dcm"], ["b/1.dcm"]),
        (["?"], ["b/1.dcm"]),
        (["c[1].png"], ["c[1].png"]),
    ],
)
def test_what_is_meant(root, places, found):
    assert pictures_named([f"{root}/{place}" for place in places]) == [root / name for name in found]


def test_one_file_by_two_names_is_one_picture(root, monkeypatch):
    monkeypatch.chdir(root)
    assert [str(path) for path in pictures_named(["b/../10.png", "10.png", str(root / "10.png")])] == ["b/../10.png"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("empty", "can be named itself"),
        ("*.gif", "any depth"),
        ("11.png", "Did you mean '10.png'"),
        ("d/1.png", "There is no folder"),
    ],
)
def test_no_picture_at_all_is_refused_with_what_is_there(root, place, said):
    with pytest.raises(DataError, match="no picture is there") as refusal:
        pictures_named([f"{root}/{place}"])
    assert said in str(refusal.value)
