"""How is a study reproduced? What is missing is made, what can vote votes, and the page shows what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from xaimed.config.nearmiss import near_miss
from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError, XaimedError
from xaimed.studies.reproduction.beforehand import Looked, look_beforehand
from xaimed.studies.reproduction.dryrun import reasons
from xaimed.studies.reproduction.making import check_launcher, launch
from xaimed.studies.reproduction.records import epoch_of, failure_of, log_file, remember
from xaimed.studies.reproduction.results import Results, folder_of, results_of
from xaimed.studies.reproduction.standing import Standing, look_again, standings
from xaimed.studies.reproduction.study import Member, Study
from xaimed.studies.reproduction.timing import time_networks
from xaimed.studies.reproduction.voting import votes_of
from xaimed.studies.reproduction.watching import Watch, say_what_failed, state_table

LOGS = "logs"


@dataclass(frozen=True)
class Order:
    """What is asked of a study.

    Attributes:
        output: where runs and studies lie.
        only: the rows that are made; all without.
        changed: what the user changed of the study.
        launcher: overrides of Hydra's launcher.
        config_dir: the user's own options.
        fail_fast: whether the first failure ends it.
    """

    output: Path
    only: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    config_dir: Path | None = None
    fail_fast: bool = False


def there_is(study: Study, order: Order) -> list[Standing]:
    """How far every run is; nothing but the disk is asked."""
    return standings(study, order.output, order.config_dir, records_of(study, order.output))


def look(study: Study, order: Order, fetch: bool = True) -> Looked:
    """How far every run that is wanted is, and what stands in the way of the rest."""
    check_only(study, order.only)
    check_shown(study)
    check_launcher(order.launcher, order.config_dir)
    wanted = [each for each in there_is(study, order) if is_wanted(study, each.member, order.only)]
    looked = look_beforehand(study, wanted, fetch)
    # Once the data are known, a run of other data is none of these.
    again = look_again(looked.standings, order.output, records_of(study, order.output))
    return replace(looked, standings=tuple(again))


def make(study: Study, order: Order, console: Console) -> tuple[list[Standing], dict[str, str]]:
    """Make what is missing; how far every run is then, and what is not complete for which reason, by name."""
    looked = look(study, order)
    before, folder = looked.standings, records_of(study, order.output)
    problems = reasons(before)
    jobs = [job for each in before if not each.complete and each.startable for job in jobs_of(each)]
    owners = {job.name: each.member.name for each in before for job in jobs_of(each)}
    if order.fail_fast and problems:
        jobs = []
    names = [job.name for job in jobs]
    if jobs or any(each.run for each in before):  # a command of which nothing came is none to go back to
        remember(folder_of(study, order.output), order.changed)

    def failures() -> dict[str, str]:
        return {**problems, **{owners[name]: why for name in names if (why := failure_of(folder, name))}}

    def said() -> dict[str, str]:
        return {**{owners[name]: epoch for name in names if (epoch := epoch_of(folder, name))}, **failures()}

    for remark in looked.remarks:
        console.print(f"note: {remark}", markup=False, highlight=False, soft_wrap=True)
    if jobs:
        console.print(state_table(before, problems))
        say_what_failed(before, problems, {}, console)
        with Watch(lambda: look_again(before, order.output, folder), said, console):
            launch(jobs, folder, launcher=order.launcher, config_dir=order.config_dir, fail_fast=order.fail_fast)
    after, failed = look_again(before, order.output, folder), failures()
    console.print(state_table(after, failed))
    time_networks(study, after, folder, console)
    logs = {owners[name]: log_file(folder, name) for name in names if failure_of(folder, name)}
    say_what_failed(after, failed, logs, console)
    left = [each.member.label for each in after if not each.complete and each.member.name not in failed]
    if order.fail_fast and failed and left:
        console.print(f"not begun after the first failure: {', '.join(left)}", markup=False, highlight=False)
    return after, {**{each.member.name: "not complete" for each in after if not each.complete}, **failed}


def jobs_of(standing: Standing) -> list[Member]:
    """What is launched for a run: all of it, or where a directory stands in the way of a fold, the other folds."""
    protocol = (standing.config or {}).get("protocol") or {}
    if not standing.refused or "fold" not in protocol:
        return [standing.member]
    return [
        replace(
            standing.member,
            name=f"{standing.member.name}-fold-{fold}",
            overrides=(*standing.member.overrides, f"protocol.fold={fold}"),
        )
        for fold in standing.left
    ]


def gather(study: Study, made: Sequence[Standing], output: Path, *, explain: bool = False) -> Results:
    """Everything that the study has to show so far; ensembles vote, explained if asked, once members are there."""
    runs = {each.member.name: each.run for each in made if each.run is not None}
    whole = {each.member.name: each.run for each in made if each.run is not None and each.complete}
    configs = {each.member.name: each.config for each in made if each.config is not None}
    voted, problems = votes_of(study, whole, output, explain=explain)
    folder = folder_of(study, output)
    return results_of(study, {**runs, **voted}, folder=folder, problems=problems, configs=configs)


def check_only(study: Study, only: Sequence[str]) -> None:
    """Refuse the name of a row that is not there."""
    known = [row.name for row in study.rows]
    for name in only:
        if name not in known:
            raise ConfigError(f"study '{study.name}' has no run '{name}'", where="--only", fix=near_miss(name, known))


def check_shown(study: Study) -> None:
    """Refuse a table or a figure that cannot be built, before hours are spent on what it is for."""
    for kind, nodes in (("tables", study.tables), ("figures", study.figures)):
        for name, node in nodes.items():
            try:
                instantiate(node)
            except XaimedError as error:
                raise ConfigError(str(error), where=f"study.{kind}.{name}") from error


def is_wanted(study: Study, member: Member, only: Sequence[str]) -> bool:
    """Whether a run is of the rows that are asked for, or votes in one."""
    if not only:
        return True
    asked = [each for name in only for each in study.row(name).members]
    return member in asked or any(member.name in each.votes for each in asked)


def records_of(study: Study, output: Path) -> Path:
    """Where logs and outcomes of a study lie."""
    return folder_of(study, output) / LOGS
