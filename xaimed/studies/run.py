"""How is one run made? Fold by fold, each once; a fold that fails costs no other."""

from __future__ import annotations

import errno
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from xaimed.callbacks.panels import OVERVIEW
from xaimed.callbacks.progress import RunProgress
from xaimed.config.labels import CONTROL_OF
from xaimed.config.labels import STAMP as SHUFFLED_STAMP
from xaimed.config.many import many
from xaimed.config.targets import instantiate
from xaimed.data.assignment import assignment, write_assignment
from xaimed.errors import StoreError, TrainingError
from xaimed.evaluation.samples import SAMPLES, write_samples
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.text import visible
from xaimed.store.fold import EXPLANATIONS, FAILURE, QUARANTINE
from xaimed.store.writing import write_json
from xaimed.studies.audited import PAGE, Audited
from xaimed.studies.crowded import crowded
from xaimed.studies.fold import finish_again, make_fold
from xaimed.studies.fold_spread import explain_over_folds
from xaimed.studies.hybrid import check_hybrid
from xaimed.studies.imbalance import imbalance_table
from xaimed.studies.layout import lay_out
from xaimed.studies.parts import check_parts, explain_callback, what_is_trained
from xaimed.studies.plan import Plan, make_plan
from xaimed.studies.report import write_report
from xaimed.studies.result import result_of
from xaimed.studies.staged import STARTED_FROM
from xaimed.studies.stand_in import STAMP as STAND_IN_STAMP
from xaimed.studies.tables import print_results
from xaimed.studies.twin import compare_with_controls
from xaimed.studies.whole_report.write import NAME, write_html

ASSIGNMENT, MODEL = "assignment.csv", "model.json"
MOST_FINDINGS = 7
MEANING = {
    STAND_IN_STAMP: ": nothing made from this run says anything about real weights",
    SHUFFLED_STAMP: ": a control, which must be no better than chance; `xaimed table` compares it with the run itself",
}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)


@dataclass(frozen=True)
class Outcome:
    """What became of a run: where it lies, and which folds failed with what."""

    run: Path
    failures: dict[int, str]


def run_to_the_end(config: dict[str, Any], console: Console | None = None) -> Outcome:
    """Make what is missing of a run, write its tables, and print them."""
    console = console or Console()
    quieten()
    plan = make_plan(config)
    check_parts(plan)
    check_hybrid(plan)
    audit = plan.auditing() if plan.auditing else None
    announce(plan, audit, console)
    failures = make_folds(plan, audit, console)
    with room_on_disk(plan):
        over_folds = explain_over_folds(plan)
        compared = compare_with_controls([plan.run])
        report = write_report(plan.run)
        if report and plan.config["html"]:
            report = write_html([plan.run], plan.run.path / NAME)
    print_results([result_of(plan.run)], console)
    for line in [*compared, *_worth_opening(plan, report), *filter(None, [over_folds])]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return Outcome(plan.run.path, failures)


def make_folds(plan: Plan, audit: Audited | None, console: Console) -> dict[int, str]:
    """Make every fold that is asked for and not there; the failures by fold."""
    finished = [split for split in plan.wanted if plan.run.fold(split.fold).complete]
    for split in finished:
        plan.run.fold(split.fold).verify(plan.identity)
    missing = [split for split in plan.wanted if split not in finished]
    failures: dict[int, str] = {}
    epochs = int(plan.config["trainer"]["max_epochs"])
    with room_on_disk(plan), RunProgress(console, len(missing), epochs) as progress:
        _check_loggers(plan)
        plan.run.describe(_described(plan))
        lay_out(plan)
        if audit:
            audit.write(plan.run.path)
        write_json(plan.run.path / MODEL, plan.complexity.facts())
        write_samples(plan.run.path / SAMPLES, plan.manifest)
        write_assignment(plan.run.path / ASSIGNMENT, assignment(plan.splits, plan.manifest))
        for split in finished:
            added = finish_again(plan, split)
            progress.say(f"fold {split.fold}: finished before, {'explained and evaluated anew' if added else 'reused'}")
        for split in missing:
            try:
                make_fold(plan, split, progress)
            except TrainingError as error:
                failures[split.fold] = str(error)
                write_json(plan.run.fold(split.fold).partial / FAILURE, {"error": str(error)})
                progress.say(f"fold {split.fold}: failed: {error}")
    return failures


@contextmanager
def room_on_disk(plan: Plan) -> Iterator[None]:
    """A full or read-only disk ends the run with one clear line; what was finished stays as it is."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        kept = ", ".join(str(fold.index) for fold in plan.run.finished()) if plan.run.path.is_dir() else ""
        raise StoreError(
            f"nothing more can be written ({error.strerror}); finished folds are intact: {kept or 'none yet'}",
            where=error.filename or plan.run.path,
            fix="Make room and give the same command again.",
        ) from error


def announce(plan: Plan, audit: Audited | None, console: Console) -> None:
    """What is about to be made, what was set aside, and what is done about rare classes."""
    counts = plan.manifest.class_counts()
    patients = plan.manifest.frame["group"].nunique()
    backbone = plan.config["backbone"]
    lines = [
        f"run       {plan.run.path}",
        f"data      {plan.manifest.name}: {many(len(plan.manifest), 'picture')} of {many(patients, 'patient')} · "
        + " · ".join(f"{name} {count}" for name, count in counts.items()),
        f"protocol  {many(len(plan.splits), 'fold')}, {plan.note}",
        f"model     {backbone.get('name') or backbone['_target_'].rsplit('.', 1)[-1]}: {plan.complexity.told()}",
    ]
    if len(plan.quarantined):
        first = plan.quarantined.iloc[0]
        lines.append(
            f"set aside {many(len(plan.quarantined), 'unreadable picture')}, e.g. {first['path']}: {first['reason']} "
            f"(all in {QUARANTINE} of every fold)"
        )
    lines.extend(f"note      {remark}" for remark in [*plan.remarks, *filter(None, [crowded()])])
    lines.extend(_audit_lines(plan, audit))
    lines.extend(f"STAMP     {stamp}{MEANING.get(stamp, '')}" for stamp in plan.stamps)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if table := imbalance_table(plan, plan.wanted[0]):
        console.print(TerminalTable(table))
    missing = [split for split in plan.wanted if not plan.run.fold(split.fold).complete]
    if missing:
        console.print(TerminalTable(what_is_trained(plan, missing[0])))


def _audit_lines(plan: Plan, audit: Audited | None) -> list[str]:
    if audit is None:
        return []
    if not audit.bad:
        return ["audit     nothing found against these data; see " + PAGE]
    first, *others = [visible(said) for said in audit.bad]
    if len(others) > MOST_FINDINGS:
        others = [*others[:MOST_FINDINGS], f"and {len(others) - MOST_FINDINGS} more"]
    return [f"audit   ! {first}", *(f"        ! {said}" for said in others), f"          see {plan.run.path / PAGE}"]


def _worth_opening(plan: Plan, report: Path | None) -> list[str]:
    if report is None:
        return []
    explain = explain_callback(plan)
    drawn = f"fold-*/{EXPLANATIONS}/{explain.panels_name}/{OVERVIEW}" if explain else ""
    overviews = sorted(plan.run.path.glob(drawn)) if drawn else []
    return [
        *(f"panels: {overview.parent}" for overview in overviews[:1]),
        f"curves: xaimed dashboard {plan.run.path}",
        f"report: {report}",
    ]


def quieten() -> None:
    """Lightning's greetings and hints are for developers; xaimed says itself what is going on."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*|torchmetrics\..*")
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")


def _check_loggers(plan: Plan) -> None:
    """A logger whose package is missing is found now, not after the first fold has been set up."""
    Path(plan.config["output"]).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as nowhere:
        for node in (plan.config.get("logger") or {}).values():
            instantiate(node, save_dir=nowhere)


def _described(plan: Plan) -> dict[str, Any]:
    return {
        "identity": plan.identity,
        "name": plan.config["name"],
        "dataset": plan.manifest.name,
        "data": plan.data,
        "kind": plan.manifest.task.kind.value,
        "classes": list(plan.manifest.task.classes),
        "samples": len(plan.manifest),
        "quarantined": len(plan.quarantined),
        "folds": [split.fold for split in plan.splits],
        "note": plan.note,
        "stamps": list(plan.stamps),
        STARTED_FROM: plan.start.started_from,
        **({CONTROL_OF: plan.control_of} if plan.control_of else {}),
        "config": plan.config,
    }
