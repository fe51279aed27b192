"""Where does the report come from, and where does it go? From finished runs to one file that can be carried away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xaimed.config.labels import STAMP as SHUFFLED
from xaimed.config.many import many
from xaimed.errors import StoreError
from xaimed.reporting.html.document import document, text
from xaimed.store.run import Run
from xaimed.store.writing import write_text
from xaimed.studies.result import RunResult, result_of
from xaimed.studies.staged import STAMP as HAVE_SEEN
from xaimed.studies.stand_in import STAMP as STAND_IN
from xaimed.studies.summoned import STAMP as FROM_OUTSIDE
from xaimed.studies.whole_report.content import IN_DETAIL, sections
from xaimed.studies.whole_report.study import StudyPage

NAME, REHEARSAL = "report.html", "rehearsal"
MEANING = {
    REHEARSAL: "made small and on drawn pictures, to see every table and figure filled. No value here is a result.",
    STAND_IN: "the networks began from weights learned on drawn patterns in place of ImageNet's. No value here says "
    "anything about real weights.",
    SHUFFLED: "a control, whose labels were shuffled. Nothing can be learned, and nothing may be better than chance.",
    FROM_OUTSIDE: "networks that this run did not train itself.",
    HAVE_SEEN: "the networks began from weights that have seen patients who are reported here. Values are too good.",
}
"""What a stamp says to a reader who meets it for the first time."""


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
    names = {place: name for study in studies for place, name in study.runs.items()} if len(studies) == 1 else {}
    results = [replace(result_of(run), called=names.get(run.path.resolve(), "")) for run in runs]
    done = [result for result in results if result.predictions is not None]
    if not done:
        raise StoreError("no fold of these runs is finished", where=", ".join(str(run.path) for run in runs))
    parts, data = sections(done, "\n".join(study.command for study in studies if study.command))
    parts[1:1] = [study.section() for study in studies]  # right after trust
    said = [*(str(study.facts["stamp"]) for study in studies), *(each for one in done for each in one.facts["stamps"])]
    stamps = list(dict.fromkeys(stamp for each in said for stamp in each.split(", ") if stamp))
    name = title or (studies[0].title if len(studies) == 1 else done[0].name if len(done) == 1 else f"{len(done)} runs")
    target.parent.mkdir(parents=True, exist_ok=True)
    lead = _meanings(stamps) + _lead(results, done)
    write_text(target, document(name, parts, lead=lead, stamp=", ".join(stamps), data=data))
    return target


def _meanings(stamps: Sequence[str]) -> str:
    known = [f"{stamp}: {MEANING[stamp]}" for stamp in stamps if stamp in MEANING]
    return "".join(f'<p class="means">{text(line[0].upper() + line[1:])}</p>' for line in known)


def _lead(results: Sequence[RunResult], done: Sequence[RunResult]) -> str:
    lines = [
        f"Data: {result.facts['dataset']}, {many(result.predictions.samples, 'picture')} of "
        f"{many(result.predictions.frame['group'].nunique(), 'patient')}, reported in "
        f"{many(len(result.predictions.folds), 'fold')}; {result.facts['note']}"
        for result in done[:1]
        if result.predictions is not None
    ]
    lines += [f"{result.name}: nothing is finished" for result in results if result not in done]
    lines += [
        f"{result.name}: {many(len(result.missing), 'fold')} of {len(result.facts['folds'])} not finished "
        f"({', '.join(map(str, result.missing))})"
        for result in done
        if result.missing
    ]
    lines += [
        f"{result.name}: fold {fold} is not counted: {why}" for result in done for fold, why in result.refused.items()
    ]
    if len(done) > IN_DETAIL:
        lines.append(f"Details of the first {IN_DETAIL} of {len(done)} runs")
    return "".join(f'<p class="quiet">{text(line)}</p>' for line in lines)
