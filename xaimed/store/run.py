"""Which runs are there, and which of their folds? Directories under ``<output>/runs``, named after what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.store.fold import Fold
from xaimed.store.writing import read_json, write_json

_FOLD = re.compile(r"fold-(\d+)$")


@dataclass(frozen=True)
class Run:
    """One run on disk: ``run.json`` says what it is, each finished fold lies beside it."""

    path: Path

    def fold(self, index: int) -> Fold:
        """Fold number ``index``, made or not."""
        return Fold(self.path, index)

    def describe(self, facts: dict[str, Any]) -> None:
        """Write down what this run is, or refuse a directory that holds something else."""
        file = self.path / "run.json"
        if file.exists():
            if (found := self.facts()).get("identity") != facts["identity"]:
                raise StoreError(
                    f"this directory belongs to another configuration ({found.get('identity')})",
                    where=self.path,
                    fix="Move it away and run again.",
                )
            return
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(file, facts)

    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says."""
        try:
            return dict(read_json(self.path / "run.json"))
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"not a run of xaimed: {error}", where=self.path) from error

    def finished(self) -> list[Fold]:
        """The finished folds, in order."""
        found = (_FOLD.match(path.name) for path in self.path.iterdir() if path.is_dir())
        folds = [self.fold(int(match.group(1))) for match in found if match]
        return sorted((fold for fold in folds if fold.complete), key=lambda fold: fold.index)


def find_runs(places: Iterable[Path]) -> list[Run]:
    """Every run at or below the places given, each once, in the order of their names."""
    found: dict[Path, Run] = {}
    for place in places:
        if not place.is_dir():
            raise StoreError("there is no such directory", where=place)
        # A fold's own directory stands for its run.
        start = place.parent if _FOLD.match(place.name) and (place.parent / "run.json").is_file() else place
        for file in sorted(start.rglob("run.json")):
            found.setdefault(file.parent.resolve(), Run(file.parent))
    return [found[path] for path in sorted(found)]
