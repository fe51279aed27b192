from __future__ import annotations

import importlib.util
import re

import pandas as pd
import pytest
from support.corpus import CORPUS

from xaimed.data.manifest import Manifest
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind, Task
from xaimed.errors import UnreadableImageError

HERE = [odd for odd in CORPUS if not odd.needs_pydicom or importlib.util.find_spec("pydicom")]

pytestmark = [
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # decoders grumble about bad files
]


def test_the_corpus_is_large_and_its_names_differ():
    assert len({odd.name for odd in CORPUS}) == len(CORPUS) >= 40
    assert sum(isinstance(odd.outcome, str) for odd in CORPUS) >= 20


@pytest.mark.parametrize("odd", HERE, ids=lambda odd: odd.name)
def test_each_file_has_the_stated_outcome(tmp_path, odd):
    path = tmp_path / odd.name
    odd.write(path)
    if isinstance(odd.outcome, str):
        with pytest.raises((UnreadableImageError, OSError, RuntimeError)) as caught:
            read_picture(path)
        if isinstance(caught.value, UnreadableImageError):
            assert re.search(odd.outcome, caught.value.what), caught.value.what
            assert caught.value.where == path
        return
    picture = read_picture(path)
    assert (tuple(picture.shape), picture.dtype) == odd.outcome
    if picture.is_floating_point():
        assert 0 <= picture.min() <= picture.max() <= 1


def test_the_quarantine_sorts_the_whole_corpus(tmp_path):
    for odd in HERE:
        odd.write(tmp_path / odd.name)
    frame = pd.DataFrame({"sample_id": [odd.name for odd in HERE], "label": "a"})
    frame["path"] = frame["group"] = frame["sample_id"]
    outside = frame.iloc[:1].assign(sample_id="outside", path="../outside.png", label="b")
    frame = pd.concat([frame, outside], ignore_index=True).assign(split="", mask_path="")
    frame.loc[0, "label"] = "b"
    manifest = Manifest("corpus", tmp_path, Task(Kind.BINARY, ("a", "b")), frame)
    kept, bad = sort_out_unreadable(manifest, limit=1)
    reasons = dict(zip(bad["sample_id"], bad["reason"], strict=True))
    assert set(reasons) == {odd.name for odd in HERE if isinstance(odd.outcome, str)} | {"outside"}
    assert "leads out" in reasons["outside"]
    for odd in HERE:
        if isinstance(odd.outcome, str):
            assert re.search(odd.outcome, reasons[odd.name]), odd.name
    assert len(kept) + len(bad) == len(manifest)
