from __future__ import annotations

from support.running import SMALL, train

from xaimed.cli.main import main
from xaimed.data import looking


def test_a_training_after_an_audit_decodes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    assert main(["audit", *SMALL[:3], f"output={tmp_path}"]) == 0
    assert len(list((tmp_path / "cache" / "pixels").glob("[!.]*"))) == 1
    monkeypatch.setattr(looking, "read_picture", None)
    monkeypatch.setattr("xaimed.data.dataset.read_picture", None)
    assert train(tmp_path, "trainer.max_epochs=1", "protocol.fold=0", "callbacks=best_checkpoint") == 0
