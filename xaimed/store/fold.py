"""Is this fold there, and is it whole? A fold's directory is complete or absent.

While a fold is made it lies at ``fold-2.partial``, held by a lock; when it is done its facts and the checksums of what
every table is derived from are written into ``fold.json`` and the directory is renamed to ``fold-2``.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.store.lock import is_in_use
from xaimed.store.writing import read_json, sha256_of, write_json

CONFIG, PREDICTIONS, SPLIT, WEIGHTS = "config.yaml", "predictions.csv", "split.csv", "weights.pt"
NORMALIZATION = "normalization.json"
HISTORY, QUARANTINE, TIMINGS = "history.csv", "quarantine.csv", "timings.json"
EPOCH_SECONDS = "epoch_seconds"  # in TIMINGS, of every epoch
EXPLANATIONS, EVALUATIONS = "explanations", "evaluations"
FAILURE, IMBALANCE = "failure.json", "imbalance.csv"
SVM, BRANCHES = "svm.npz", "branches.csv"  # of a hybrid
VALIDATION = "validation.csv"  # predictions of the rows that chose the checkpoint, where none of them is reported
SEALED = (CONFIG, PREDICTIONS, SPLIT, WEIGHTS, NORMALIZATION)
SEALED_WHERE_THERE = (SVM, BRANCHES, VALIDATION)
GLANCES = 20
"""How often a lock is tried: somebody who only looks whether it is held holds it himself for a moment."""


class Fold:
    """One fold of a run, on disk."""

    def __init__(self, run: Path, index: int) -> None:
        """Name the places; nothing is touched.

        Args:
            run: the run's directory.
            index: the fold's number, from 0.
        """
        self.index = index
        self.path = run / f"fold-{index}"
        self.partial = run / f"fold-{index}.partial"
        self._lock = self.partial / "making.lock"

    @property
    def complete(self) -> bool:
        """Whether the fold is done."""
        return (self.path / "fold.json").is_file()

    @property
    def occupied(self) -> bool:
        """Whether something lies in its place that is no finished fold."""
        return self.path.exists() and not self.complete

    @property
    def being_made_now(self) -> bool:
        """Whether some process is making it."""
        return is_in_use(self._lock)

    def facts(self) -> dict[str, Any]:
        """What was written down when the fold was done."""
        try:
            facts = read_json(self.path / "fold.json")
            return dict(facts)
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"not a finished fold: {error}", where=self.path, fix="Move the directory away and run again."
            ) from error

    def verify(self, identity: str | None = None) -> None:
        """Refuse a finished fold that was edited, damaged or made from another configuration."""
        facts = self.facts()
        if facts.get("fold", self.index) != self.index:
            raise StoreError(
                f"this is fold {facts['fold']} under another name",
                where=self.path,
                fix="Move the directory away and run again.",
            )
        if identity is not None and facts.get("identity") != identity:
            raise StoreError(
                f"this fold was made from another configuration ({facts.get('identity')} instead of {identity})",
                where=self.path,
                fix="Move the directory away and run again.",
            )
        sealed = facts.get("sealed")
        if not isinstance(sealed, dict):
            raise StoreError("fold.json carries no checksums; this is not a fold that xaimed finished", where=self.path)
        for name, checksum in sealed.items():
            file = self.path / Path(name).name
            if not file.is_file():
                raise StoreError("a part of this finished fold is missing", where=file)
            if sha256_of(file) != checksum:
                raise StoreError(
                    "this file was changed after the fold was finished",
                    where=file,
                    fix="Restore it, or move the whole fold directory away and run again.",
                )

    @contextmanager
    def being_made(self) -> Iterator[Path]:
        """The partial directory, held by this process alone."""
        if self.occupied:
            raise StoreError(
                "there is no fold.json in this directory: it is half a fold, or none of xaimed's",
                where=self.path,
                fix="Move the directory away and run again.",
            )
        self.partial.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock:
            for left in reversed(range(GLANCES)):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if left:
                        time.sleep(0.01)
                        continue
                    lock.seek(0)
                    raise StoreError(
                        f"fold {self.index} is being made by {lock.read().strip() or 'another process'} just now",
                        where=self.partial,
                        fix="Wait for it, or stop it first.",
                    ) from error
            lock.truncate(0)
            lock.write(f"process {os.getpid()}")
            lock.flush()
            yield self.partial

    def publish(self, facts: dict[str, Any], parts: Sequence[str] = SEALED) -> None:
        """Seal the partial directory and move it in place; the last thing done to a fold.

        Args:
            facts: what ``fold.json`` says of it.
            parts: the files that must be there and may not change.
        """
        names = [*parts, *(name for name in SEALED_WHERE_THERE if (self.partial / name).is_file())]
        sealed = {name: sha256_of(self.partial / name) for name in names}
        write_json(self.partial / "fold.json", {**facts, "fold": self.index, "sealed": sealed})
        os.rename(self.partial, self.path)
        (self.path / self._lock.name).unlink()
