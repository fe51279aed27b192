"""What is left of explaining new pictures? A folder with predictions, panels, raw maps, and all that was asked."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from rich.progress import Progress

from xaimed import __version__
from xaimed.callbacks.explain import ASKED, MAPS, PANELS
from xaimed.callbacks.panels import OVERVIEW
from xaimed.config.identity import identity_hash
from xaimed.data.task import Kind
from xaimed.errors import DataError, StoreError
from xaimed.explain.contract import Explainer
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.cases import Case
from xaimed.reporting.overview import draw_overview
from xaimed.reporting.panels import draw_panel
from xaimed.store.cache import publish_directory
from xaimed.store.writing import read_json, sha256_of, write_bytes, write_json
from xaimed.studies.jury import Bench, Jury
from xaimed.studies.new_cases import case_of, decision_in_words, panel_names
from xaimed.studies.opinion import Opinion, opinion_on, see
from xaimed.studies.plan import explainers_of

PREDICTIONS, UNREADABLE = "predictions.csv", "unreadable.csv"
TOGETHER = 64
"""Pictures that are held in memory at once; they go through a network in batches as small as in training."""
GLANCE = 24
"""Pictures on the overview."""
ONE_CLASS = "the most probable class, of several labels too"


@dataclass
class _Rows:
    """What has been said so far of the pictures below one folder."""

    common: str
    table: list[dict[str, object]] = field(default_factory=list)
    maps: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)

    def called(self, file: Path) -> str:
        """A picture's name, with as much of its folder as tells it from the others."""
        return os.path.relpath(file.absolute(), self.common)


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
    jury.check_crops()
    bench = Bench(jury)
    explainers = _explainers(nodes, bench)
    asked = _asked(jury, nodes, files)
    final = (folder or Path("outputs") / "explained" / f"{jury.name}-{identity_hash(asked)}").absolute()
    if _made_before(final, asked):
        return final
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
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        return False
    try:
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
    common = os.path.commonpath([file.absolute().parent for file in files])
    rows, shown = _Rows(common), progress.add_task("explaining", total=len(files))
    sizes = sorted({voter.preparation().resized for voter in bench.jury.voters})
    at_once = int(bench.jury.config["loader"]["batch_size"])
    for start in range(0, len(files), TOGETHER):
        seen = see(files[start : start + TOGETHER], sizes)
        rows.unreadable += seen.unreadable
        if seen.files:
            opinion = opinion_on(seen, bench, explainers, at_once)
            _add(rows, seen.files, opinion, bench.jury, aside)
        progress.update(shown, completed=start + len(seen.files) + len(seen.unreadable))
    if not rows.table:
        file, reason = rows.unreadable[0]
        raise DataError(
            f"none of the {len(files)} pictures can be read; the first: {reason}", where=file, fix="Name other files."
        )
    _write(rows, asked, bench.jury, aside)


def _add(rows: _Rows, files: Sequence[Path], opinion: Opinion, jury: Jury, aside: Path) -> None:
    """What was said of a few pictures: rows, maps, and a panel each."""
    stamp = ", ".join(jury.stamps) or None
    unsure = {name: look.relative_uncertainty() for name, look in opinion.looks.items()}
    for row, (file, panel) in enumerate(zip(files, panel_names(files, len(rows.table) + 1), strict=True)):
        case = case_of(file, rows.called(file), row, opinion, jury)
        save_figure(draw_panel(case, stamp=stamp), aside / PANELS / panel)
        rows.cases += [case] if len(rows.cases) < GLANCE else []
        chances = opinion.probabilities[row].tolist()
        rows.table.append(
            {
                "file": str(file),
                "panel": f"{PANELS}/{panel}",
                "predicted": decision_in_words(opinion, row, jury),
                "explained": jury.task.classes[int(opinion.explained[row])],
                **{f"p:{name}": chance for name, chance in zip(jury.task.classes, chances, strict=True)},
                "predictive_entropy": _at(opinion.entropy, row),
                "mutual_information": _at(opinion.information, row),
                **{f"explanation_uncertainty:{name}": values[row] for name, values in unsure.items()},
                **({} if opinion.handcrafted is None else {"handcrafted_share": _at(opinion.handcrafted, row)}),
            }
        )
    for name, look in opinion.looks.items():
        rows.maps.setdefault(f"{name}.heatmap", []).append(look.heatmap.numpy())
        if look.uncertainty is not None:
            rows.maps.setdefault(f"{name}.uncertainty", []).append(look.uncertainty.numpy())
    rows.maps.setdefault("targets", []).append(opinion.explained.numpy())
    rows.told = {
        "answered": {name: look.asked for name, look in opinion.looks.items()},
        "mutual_information": opinion.disagreement,
        "scale": "each network's map has a mean of 1" if jury.several else "raw",
    }


def _at(values: torch.Tensor | None, row: int) -> float:
    return math.nan if values is None else float(values[row])


def _write(rows: _Rows, asked: Mapping[str, Any], jury: Jury, aside: Path) -> None:
    _write_table(aside / PREDICTIONS, list(rows.table[0]), [list(row.values()) for row in rows.table])
    _write_table(aside / UNREADABLE, ["file", "reason"], [[str(file), reason] for file, reason in rows.unreadable])
    arrays = {name: np.concatenate(parts) for name, parts in rows.maps.items()}
    files = np.array([str(row["file"]) for row in rows.table], dtype=str)
    np.savez_compressed(aside / MAPS, files=files, **arrays)  # type: ignore[arg-type]
    more = len(rows.table) - len(rows.cases)
    shown: list[Case | str] = [*rows.cases, *([f"and {more} more: see {PREDICTIONS}"] if more else [])]
    title = f"{jury.name} · {len(rows.table)} new pictures, {jury.told()}"
    save_figure(draw_overview(shown, title=title, stamp=", ".join(jury.stamps) or None), aside / OVERVIEW)
    write_json(aside / ASKED, {**asked, **rows.told, "unreadable": len(rows.unreadable)})


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    write_bytes(path, text.getvalue().encode())


def _cell(value: object) -> object:
    """Numbers to eight digits, which is more than fp32 holds; nothing for what is not defined."""
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.8g}"


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
