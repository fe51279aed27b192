"""Where does the report come from, and where does it go? From finished runs to one file that can be carried away."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from xaimed.config.compose import ASKED
from xaimed.errors import StoreError
from xaimed.reporting.html.document import document, text
from xaimed.store.run import Run
from xaimed.store.writing import write_text
from xaimed.studies.result import RunResult, result_of
from xaimed.studies.whole_report.content import IN_DETAIL, sections
from xaimed.studies.whole_report.study import StudyPage

NAME = "report.html"


def write_html(runs: Sequence[Run], target: Path, title: str = "", studies: Sequence[StudyPage] = ()) -> Path:
    """Write the report of these runs.

    Args:
        runs: finished or not; what has no predictions is named and left out.
        target: the file.
        title: what stands above it; the study's or the run's name, or how many there are, without.
        studies: what is known of the studies that the runs belong to.

    Raises:
        StoreError: none of them has a finished fold.
    """
    results = [result_of(run) for run in runs]
    done = [result for result in results if result.predictions is not None]
    if not done:
        raise StoreError("no fold of these runs is finished", where=", ".join(str(run.path) for run in runs))
    parts, data = sections(done, [command_of(result) for result in done])
    parts[1:1] = [study.section() for study in studies]  # right after trust
    stamp = ", ".join(dict.fromkeys(stamp for result in done for stamp in result.facts["stamps"]))
    stamp = ", ".join(dict.fromkeys([*(str(study.facts["stamp"]) for study in studies), stamp])).strip(", ")
    name = title or (studies[0].title if len(studies) == 1 else done[0].name if len(done) == 1 else f"{len(done)} runs")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, document(name, parts, lead=_lead(results, done), stamp=stamp, data=data))
    return target


def command_of(result: RunResult) -> str:
    """How the run is made again, where it was written down."""
    asked = result.facts["config"].get(ASKED)
    return "" if asked is None else shlex.join(["xaimed", "train", *asked])


def _lead(results: Sequence[RunResult], done: Sequence[RunResult]) -> str:
    lines = [
        f"{result.facts['dataset']}, {result.predictions.samples} pictures reported in "
        f"{len(result.predictions.folds)} folds; {result.facts['note']}"
        for result in done[:1]
        if result.predictions is not None
    ]
    lines += [f"{result.name}: nothing is finished" for result in results if result not in done]
    lines += [
        f"{result.name}: folds {', '.join(map(str, result.missing))} are missing" for result in done if result.missing
    ]
    lines += [
        f"{result.name}: fold {fold} is not counted: {why}" for result in done for fold, why in result.refused.items()
    ]
    if len(done) > IN_DETAIL:
        lines.append(f"Details of the first {IN_DETAIL} of {len(done)} runs")
    return "".join(f'<p class="quiet">{text(line)}</p>' for line in lines)
