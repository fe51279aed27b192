"""The audit that comes before training: what it says, that it is made once, and when it is made anew."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from support.running import TINY, only_run, train

from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect
from xaimed.data.protocols.kfold import KFold
from xaimed.studies import audited as room
from xaimed.studies.audited import FACTS, PAGE, audited

ON = ("audit=true", "explainer=gradcam", "callbacks.explain.cases=0", "trainer.max_epochs=1", "protocol.fold=0")


ANY_DATA = tuple(override for override in TINY if not override.startswith("dataset."))


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(3)
    for label in ("a", "b"):
        folder = tmp_path / "set" / label
        folder.mkdir(parents=True)
        for number in range(6):
            Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(folder / f"{number}.png")
    return tmp_path / "set"


@pytest.fixture
def counted(monkeypatch):
    """How often an audit is really made."""
    made, real = [], room.audit
    monkeypatch.setattr(room, "audit", lambda *given: (made.append(1), real(*given))[1])
    return made


def asked(folder, folds=2):
    manifest = Folder(folder, name="set").manifest()
    seen = inspect(manifest)
    return audited(manifest, seen, KFold(folds).splits(manifest.select(seen.readable), 0), 0)


def test_it_is_made_once_for_the_same_data_and_folds_and_anew_for_others(pictures, counted, tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    first = asked(pictures)
    assert (asked(pictures).facts, len(counted)) == (first.facts, 1)
    asked(pictures, folds=3)
    assert len(counted) == 2
    (pictures / "a" / "copy.png").write_bytes((pictures / "a" / "0.png").read_bytes())
    assert any("1 exact copy" in said for said in asked(pictures).bad)
    assert len(counted) == 3


def test_a_damaged_memory_is_made_anew(pictures, counted, tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    first = asked(pictures)
    (facts,) = (tmp_path / "cache" / "audits").glob(f"*/{FACTS}")
    facts.write_text('{"half')
    assert asked(pictures).facts == first.facts
    assert len(counted) == 2
    facts.parent.joinpath(PAGE).unlink()
    assert asked(pictures).page == first.page


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(pictures, counted, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "file"))
    assert asked(pictures).facts["pictures"] == 12
    assert len(counted) == 1


def test_training_shows_what_was_found_and_keeps_the_page(pictures, tmp_path, capsys):
    copy = pictures / "b" / "twin of a.png"
    copy.write_bytes((pictures / "a" / "1.png").read_bytes())
    data = ("dataset=folder", f"dataset.root={pictures}", "protocol.leakage=group")
    assert train(tmp_path / "out", *data, *ON, base=ANY_DATA) == 0
    said = capsys.readouterr().out
    assert "1 exact copy" in said
    assert "2 copies whose labels disagree" in said
    run = only_run(tmp_path / "out")
    assert f"see {run / PAGE}" in said
    assert len(json.loads((run / FACTS).read_text())["copies"]["pairs"]) == 1
    assert "twin of a.png" in (run / PAGE).read_text()


def test_it_can_be_left_out_and_does_not_name_the_run(tmp_path, capsys):
    assert train(tmp_path / "out", *ON) == 0
    assert train(tmp_path / "out", *ON, "audit=false") == 0
    assert "reused" in capsys.readouterr().out
    only_run(tmp_path / "out")


def test_what_is_not_bad_is_said_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(room, "findings", lambda found: [(False, "0 exact copies")])
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    assert train(tmp_path / "out", *ON) == 0
    assert "nothing found against these data" in capsys.readouterr().out


def test_what_is_refused_anyway_waits_for_no_audit(counted, tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    assert train(tmp_path / "out", "audit=true", "optimizer.betas=[2, 2]") == 2
    assert counted == []
