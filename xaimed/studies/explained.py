"""How are new pictures explained? A few at a time, into a folder that is complete or absent and never overwritten."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from xaimed import __version__
from xaimed.callbacks.explain import ASKED, PANELS
from xaimed.callbacks.panels import OVERVIEW
from xaimed.config.identity import identity_hash
from xaimed.data.task import Kind
from xaimed.errors import DataError, StoreError
from xaimed.explain.contract import Explainer
from xaimed.store.cache import publish_directory
from xaimed.store.writing import read_json, sha256_of
from xaimed.studies.answers import PREDICTIONS, UNREADABLE, Answers
from xaimed.studies.jury import Bench, Jury
from xaimed.studies.opinion import opinion_on, see
from xaimed.studies.plan import explainers_of

TOGETHER = 64
"""Pictures that are held in memory at once; they go through a network in batches as small as in training."""
ONE_CLASS = "the most probable class, of several labels too"


def explain_files(
    jury: Jury, nodes: Mapping[str, Any], files: Sequence[Path], console: Console, folder: Path | None = None
) -> Path:
    """Predict and explain pictures; the folder with everything, made before if the same was asked before.

    Args:
        jury: the networks that decide.
        nodes: the configuration of every explainer, by its name.
        files: the pictures.
        console: where progress is shown.
        folder: where the results go; ``outputs/explained/<run>-<hash>`` when it is None.
    """
    asked = _asked(jury, nodes, files)
    final = (folder or Path("outputs") / "explained" / f"{jury.name}-{identity_hash(asked)}").absolute()
    if _made_before(final, asked):
        return final
    jury.check_crops()
    bench = Bench(jury)
    explainers = _explainers(nodes, bench)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            build = partial(_make, bench, explainers, files, asked, progress)
            return publish_directory(final, build)
    except StoreError as error:
        if isinstance(error.__cause__, OSError):
            raise StoreError(error.what, where=error.where, fix="Make room, or name another --output.") from error
        raise


def _explainers(nodes: Mapping[str, Any], bench: Bench) -> dict[str, Explainer]:
    """The explainers, once every network that votes is known to be explainable by them."""
    made: dict[str, Explainer] = {}
    for _, network in bench.networks():
        made = explainers_of({"explainer": dict(nodes)}, network, bench.jury.task.kind)
    return dict(zip(nodes, made.values(), strict=True))


def _asked(jury: Jury, nodes: Mapping[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """All that decides what comes out, in one piece."""
    return {
        "xaimed": __version__,
        "run": jury.name,
        "identity": jury.identity,
        "kind": jury.task.kind.value,
        "classes": list(jury.task.classes),
        "vote": jury.vote,
        "voters": jury.checksums(),
        "stamps": list(jury.stamps),
        "explainers": dict(nodes),
        "explained": ONE_CLASS,
        "pictures": {str(file): _digest(file) for file in files},
    }


def _digest(file: Path) -> str:
    try:
        return sha256_of(file) if file.is_file() else ""
    except OSError:
        return ""


def _made_before(folder: Path, asked: Mapping[str, Any]) -> bool:
    """Whether the folder holds just this; refused where it holds anything else."""
    if not os.path.lexists(folder):
        return False
    try:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()  # what is made aside takes its place
            return False
        found = read_json(folder / ASKED)
        if {key: found.get(key) for key in asked} == asked:
            return True
    except (OSError, ValueError, AttributeError):
        pass
    raise StoreError(
        "this is there already and holds something else",
        where=folder,
        fix="Name another --output, or move it away; nothing is overwritten.",
    )


def _make(
    bench: Bench,
    explainers: Mapping[str, Explainer],
    files: Sequence[Path],
    asked: Mapping[str, Any],
    progress: Progress,
    aside: Path,
) -> None:
    (aside / PANELS).mkdir()
    answers = Answers(bench.jury, os.path.commonpath([file.absolute().parent for file in files]), aside)
    shown = progress.add_task("explaining", total=len(files))
    sizes = sorted({voter.preparation().resized for voter in bench.jury.voters})
    at_once = int(bench.jury.config["loader"]["batch_size"])
    for start in range(0, len(files), TOGETHER):
        seen = see(files[start : start + TOGETHER], sizes)
        answers.unreadable += seen.unreadable
        if seen.files:
            answers.add(seen.files, opinion_on(seen, bench, explainers, at_once))
        progress.update(shown, completed=start + TOGETHER)
    if not len(answers):
        file, reason = answers.unreadable[0]
        raise DataError(
            f"no picture of {len(files)} can be read; the first: {reason}", where=file, fix="Name other files."
        )
    answers.write(asked)


def said_of(folder: Path, stamps: Sequence[str]) -> list[str]:
    """What to tell of a folder of explained pictures, and what to open."""
    with (folder / PREDICTIONS).open(encoding="utf-8", newline="") as file:
        predicted = [row["predicted"] for row in csv.DictReader(file)]
    asked = read_json(folder / ASKED)
    counts = {name: predicted.count(name) for name in sorted(set(predicted))}
    lines = [f"pictures  {len(predicted)}: " + " · ".join(f"{name} {count}" for name, count in counts.items())]
    if asked["unreadable"]:
        lines.append(f"set aside {asked['unreadable']} that cannot be read: {folder / UNREADABLE}")
    if asked["kind"] == Kind.MULTILABEL.value:
        lines.append("note      of several labels, the maps show the most probable one")
    lines += [f"STAMP     {stamp}" for stamp in stamps]
    return [
        *lines,
        f"panels: {folder / PANELS}",
        f"table: {folder / PREDICTIONS}",
        f"open: {folder / OVERVIEW}",
    ]
