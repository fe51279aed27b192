"""What was said of new pictures? Gathered group by group: rows, a panel each, raw maps; at the end one folder of it."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from xaimed.callbacks.explain import ASKED, MAPS, PANELS
from xaimed.callbacks.panels import OVERVIEW
from xaimed.config.many import many
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.cases import Case
from xaimed.reporting.overview import draw_overview
from xaimed.reporting.panels import draw_panel
from xaimed.store.writing import write_bytes, write_json
from xaimed.studies.jury import Jury
from xaimed.studies.new_cases import case_of, decision_in_words, panel_names
from xaimed.studies.opinion import Opinion

PREDICTIONS, UNREADABLE = "predictions.csv", "unreadable.csv"
GLANCE = 24
"""Pictures on the overview."""


@dataclass
class Answers:
    """What has been said so far.

    Attributes:
        jury: by whom.
        common: the folder below which all pictures lie.
        folder: where everything is written.
    """

    jury: Jury
    common: str
    folder: Path
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    _rows: list[dict[str, object]] = field(default_factory=list)
    _maps: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    _cases: list[Case] = field(default_factory=list)
    _told: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Of how many pictures."""
        return len(self._rows)

    def add(self, files: Sequence[Path], opinion: Opinion) -> None:
        """What was said of a few pictures more."""
        unsure = {name: look.relative_uncertainty() for name, look in opinion.looks.items()}
        for row, (file, panel) in enumerate(zip(files, panel_names(files, len(self) + 1), strict=True)):
            case = case_of(file, os.path.relpath(file.absolute(), self.common), row, opinion, self.jury)
            save_figure(draw_panel(case, stamp=self._stamp), self.folder / PANELS / panel)
            self._cases += [case] if len(self._cases) < GLANCE else []
            chances = zip(self.jury.task.classes, opinion.probabilities[row].tolist(), strict=True)
            self._rows.append(
                {
                    "file": str(file),
                    "panel": f"{PANELS}/{panel}",
                    "predicted": decision_in_words(opinion, row, self.jury),
                    "explained": self.jury.task.classes[int(opinion.explained[row])],
                    **{f"p:{name}": chance for name, chance in chances},
                    "predictive_entropy": _at(opinion.entropy, row),
                    "mutual_information": _at(opinion.information, row),
                    **{f"explanation_uncertainty:{name}": values[row] for name, values in unsure.items()},
                    **({} if opinion.handcrafted is None else {"handcrafted_share": _at(opinion.handcrafted, row)}),
                }
            )
        self._keep_maps(opinion)
        self._told = {
            "answered": {name: look.asked for name, look in opinion.looks.items()},
            "mutual_information": opinion.disagreement,
            "scale": "each network's map has a mean of 1" if self.jury.several else "raw",
        }

    def write(self, asked: Mapping[str, Any]) -> None:
        """The tables, the maps, the overview, and what was asked; of at least one picture."""
        header, said = list(self._rows[0]), [list(row.values()) for row in self._rows]
        _write_table(self.folder / PREDICTIONS, header, said)
        reasons = [[str(file), reason] for file, reason in self.unreadable]
        _write_table(self.folder / UNREADABLE, ["file", "reason"], reasons)
        arrays = {name: np.concatenate(parts) for name, parts in self._maps.items()}
        files = np.array([str(row["file"]) for row in self._rows], dtype=str)
        np.savez_compressed(self.folder / MAPS, files=files, **arrays)  # type: ignore[arg-type]
        more = len(self) - len(self._cases)
        shown: list[Case | str] = [*self._cases, *([f"and {more} more: see {PREDICTIONS}"] if more else [])]
        title = f"{self.jury.name} · {many(len(self), 'new picture')}, {self.jury.told()}"
        save_figure(draw_overview(shown, title=title, stamp=self._stamp), self.folder / OVERVIEW)
        write_json(self.folder / ASKED, {**asked, **self._told, "unreadable": len(self.unreadable)})

    @property
    def _stamp(self) -> str | None:
        return ", ".join(self.jury.stamps) or None

    def _keep_maps(self, opinion: Opinion) -> None:
        for name, look in opinion.looks.items():
            self._maps.setdefault(f"{name}.heatmap", []).append(look.heatmap.numpy())
            if look.uncertainty is not None:
                self._maps.setdefault(f"{name}.uncertainty", []).append(look.uncertainty.numpy())
        self._maps.setdefault("targets", []).append(opinion.explained.numpy())


def _at(values: Tensor | None, row: int) -> float:
    return math.nan if values is None else float(values[row])


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
