"""How is a study reproduced? What is missing is made, what can vote votes, and the page shows what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.reproduction.making import failure_of, launch
from xaimed.studies.reproduction.results import Results, folder_of, results_of
from xaimed.studies.reproduction.standing import Standing, look_again, standings
from xaimed.studies.reproduction.study import Study
from xaimed.studies.reproduction.timing import time_networks
from xaimed.studies.reproduction.voting import votes_of
from xaimed.studies.reproduction.watching import Watch, state_table

LOGS = "logs"


@dataclass(frozen=True)
class Order:
    """What is asked of a study.

    Attributes:
        output: where runs and studies lie.
        only: the rows that are made; all without.
        launcher: overrides of Hydra's launcher.
        config_dir: the user's own options.
        fail_fast: whether the first failure ends it.
    """

    output: Path
    only: tuple[str, ...] = ()
    launcher: tuple[str, ...] = ()
    config_dir: Path | None = None
    fail_fast: bool = False


def make(study: Study, order: Order, console: Console) -> tuple[list[Standing], dict[str, str]]:
    """Make what is missing; how far every run is then, and what failed, by name."""
    check_only(study, order.only)
    before = standings(study, order.output, order.config_dir)
    folder = folder_of(study, order.output) / LOGS
    wanted = [
        each.member for each in before if _is_wanted(study, each, order.only) and not each.complete and not each.problem
    ]
    names = [member.name for member in wanted]
    problems = {each.member.name: each.problem for each in before if each.problem}

    def failures() -> dict[str, str]:
        return {**problems, **{name: why for name in names if (why := failure_of(folder, name))}}

    if wanted:
        console.print(state_table(before, problems))
        with Watch(lambda: look_again(before, order.output), failures, console):
            launch(wanted, folder, launcher=order.launcher, config_dir=order.config_dir, fail_fast=order.fail_fast)
    after = look_again(before, order.output)
    console.print(state_table(after, failures()))
    time_networks(study, after, folder, console)
    return after, failures()


def gather(study: Study, made: Sequence[Standing], output: Path, *, explain: bool = False) -> Results:
    """Everything that the study has to show so far; ensembles vote, explained if asked, once members are there."""
    runs = {each.member.name: each.run for each in made if each.run is not None}
    configs = {each.member.name: each.config for each in made if each.config is not None}
    voted, problems = votes_of(study, runs, output, explain=explain)
    folder = folder_of(study, output)
    return results_of(study, {**runs, **voted}, folder=folder, problems=problems, configs=configs)


def check_only(study: Study, only: Sequence[str]) -> None:
    """Refuse the name of a row that is not there."""
    known = [row.name for row in study.rows]
    for name in only:
        if name not in known:
            raise ConfigError(f"study '{study.name}' has no run '{name}'", where="--only", fix=near_miss(name, known))


def _is_wanted(study: Study, standing: Standing, only: Sequence[str]) -> bool:
    if not only:
        return True
    chosen = [study.row(name) for name in only]
    voting = {name for row in chosen for member in row.members for name in member.votes}
    members = [member for row in study.rows if row.name in {*only, *voting} for member in row.members]
    return standing.member in members
