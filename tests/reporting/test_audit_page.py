from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from xaimed.data.audit.audit import audit
from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect
from xaimed.reporting.audit_page import audit_page

NASTY = "<img src=x onerror=alert(1)>&amp;"


@pytest.fixture
def audited(tmp_path):
    rng = np.random.default_rng(0)
    for label in ("a", NASTY.replace("/", "")):
        folder = tmp_path / "set" / label
        folder.mkdir(parents=True)
        for number in range(6):
            Image.fromarray(rng.integers(0, 255, (64, 64), dtype=np.uint8)).save(folder / f"{number}.png")
    one = tmp_path / "set" / "a" / "0.png"
    (one.parent / "copy.png").write_bytes(one.read_bytes())
    (one.parent / "bad.png").write_bytes(b"")
    manifest = Folder(tmp_path / "set", name=NASTY).manifest()
    seen = inspect(manifest)
    return audit(manifest, seen), dict(zip(manifest.frame["sample_id"], seen.thumbs, strict=True))


def test_the_page_needs_nothing_else_and_runs_nothing(audited):
    page = audit_page(*audited)
    assert NASTY not in page
    assert "&lt;img src=x" in page
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,)', page) == []
    assert "<script" not in page


def test_the_page_shows_what_was_found(audited):
    page = audit_page(*audited)
    assert "1 exact copy" in page
    assert "the file is empty" in page
    assert page.count("data:image/png") >= 2
    assert audited[0].facts()["copies"]["pairs"][0]["kind"] == "exact"
