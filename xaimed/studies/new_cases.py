"""What does a new picture look like beside its maps? As in a run's panels, but for the truth, which nobody has told."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from xaimed.callbacks.panels import TITLES, shown
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind
from xaimed.reporting.cases import Case, PanelMap, caption_of_new
from xaimed.studies.jury import Jury
from xaimed.studies.opinion import Look, Opinion


def case_of(file: Path, name: str, row: int, opinion: Opinion, jury: Jury) -> Case:
    """One picture, under the name given, with the maps of every explainer, and what was said of it."""
    preparation = jury.voters[0].preparation()
    header, subline = caption_of_new(
        file=name,
        predicted=decision_in_words(opinion, row, jury),
        explained=jury.task.classes[int(opinion.explained[row])],
        probability=float(opinion.probabilities[row].max()),
        said=" · ".join(_said(opinion, row, jury)),
    )
    maps = [part for look in opinion.looks.values() for part in _maps(look, row, jury)]
    return Case(shown(preparation.framed(read_picture(file))).numpy(), tuple(maps), header, subline)


def decision_in_words(opinion: Opinion, row: int, jury: Jury) -> str:
    """The class that was chosen; for multi-label those found present, joined."""
    decided = jury.task.predicted(opinion.probabilities[row])
    if jury.task.kind is not Kind.MULTILABEL:
        return jury.task.classes[int(decided)]
    return " + ".join(name for name, yes in zip(jury.task.classes, decided.tolist(), strict=True) if yes) or "none"


def panel_names(files: Sequence[Path], first: int) -> list[str]:
    """A file name for the panel of every picture; the number in front keeps pictures of one name apart."""
    plain = [re.sub(r"[^A-Za-z0-9_.+-]+", "_", file.stem)[:60] for file in files]
    return [f"{number:04d}-{name}.png" for number, name in enumerate(plain, first)]


def _said(opinion: Opinion, row: int, jury: Jury) -> list[str]:
    said = [jury.told(), f"entropy {float(opinion.entropy[row]):.2f} nats"]
    if opinion.information is not None:
        said.append(f"of which disagreement {float(opinion.information[row]):.2g}")
    share = math.nan if opinion.handcrafted is None else float(opinion.handcrafted[row])
    if not math.isnan(share):
        said.append(f"{100 * share:.0f}\u00a0% of the decision handcrafted, without a map")
    return said


def _maps(look: Look, row: int, jury: Jury) -> list[PanelMap]:
    title, spread = TITLES.get(look.name, (look.name, f"{look.name} uncertainty"))
    if jury.several:
        title, spread = f"{title}, mean of {jury.told()}", f"{title}, SD over {jury.told()}"
    found = [PanelMap(title, look.heatmap[row].numpy(), "heatmap")]
    if look.uncertainty is not None:
        found.append(PanelMap(spread, look.uncertainty[row].numpy(), "uncertainty"))
    return found
