"""What would be made, what is there already, and what would the rest take? Nothing is made or written to tell it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from xaimed.config.targets import instantiate
from xaimed.errors import XaimedError
from xaimed.reporting.text import visible
from xaimed.studies.reproduction.beforehand import Data, Looked
from xaimed.studies.reproduction.estimate import Cost, Need, cost_of, measured_below, together
from xaimed.studies.reproduction.standing import Standing
from xaimed.studies.reproduction.watching import say_what_failed

NO_ESTIMATE = "no estimate yet"
HOUR, DAY = 3600.0, 86400.0


def print_dry_run(looked: Looked, output: Path, console: Console) -> None:
    """Run by run which folds are there and which would be made, and what that would take."""
    known = measured_below(output)
    table = Table("Run", "There", "To make", "Likely", "At most", "Room")
    costs: dict[str, list[Cost]] = {}
    folds_known, folds_unknown = 0, 0
    for each in looked.standings:
        data = looked.data.get(each.member.name)
        folds = folds_to_make(each, data)
        cost = cost_of(Need(each.config, data.pictures if data else 0), known) if folds and each.config else None
        shown = ["–"] * 3 if not folds else ["?"] * 3
        if folds and cost:
            whole = together([cost] * len(folds))
            costs.setdefault(cost.rests_on, []).append(whole)
            shown = [spoken(whole.likely), spoken(whole.most), room(whole.room)]
            folds_known += len(folds)
        elif folds:
            folds_unknown += len(folds)
        table.add_row(Text(visible(each.member.label)), listed(each.done), _asked(each, folds), *shown)
    console.print(table)
    for line in [*_total(costs, folds_known, folds_unknown), *(f"note: {remark}" for remark in looked.remarks)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    say_what_failed(looked.standings, reasons(looked.standings), {}, console)


def reasons(standings: Sequence[Standing]) -> dict[str, str]:
    """By name, why a run cannot be completed."""
    refused = {each.member.name: next(iter(each.refused.values())) for each in standings if each.refused}
    return {**refused, **{each.member.name: each.problem for each in standings if each.problem and not each.complete}}


def folds_to_make(standing: Standing, data: Data | None) -> list[int]:
    """The folds that would be made of a run."""
    if standing.config is None or not standing.startable:
        return []
    if standing.folds:
        return standing.left
    protocol = standing.config["protocol"]
    if protocol.get("fold") is not None:
        return [int(protocol["fold"])]
    if "folds" in protocol:
        return list(range(int(protocol["folds"]) * int(protocol.get("repeats", 1))))
    if data is None or data.manifest is None:
        return [0]
    try:
        made = instantiate({key: value for key, value in protocol.items() if key != "leakage"})
        return [split.fold for split in made.splits(data.manifest, standing.config["seed"])]
    except XaimedError:
        return [0]


def listed(folds: Sequence[int]) -> str:
    """Fold numbers, neighbours joined, such as ``0–3, 7``."""
    ranges: list[list[int]] = []
    for fold in folds:
        if ranges and fold == ranges[-1][-1] + 1:
            ranges[-1].append(fold)
        else:
            ranges.append([fold])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in ranges) or "–"


def spoken(seconds: float) -> str:
    """A time that is only roughly known."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} days"


def room(size: float) -> str:
    """An amount of bytes that is only roughly known."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _asked(standing: Standing, folds: Sequence[int]) -> str:
    if standing.complete:
        return "–"
    if not folds and standing.startable:
        return f"maps of {listed(standing.unexplained)}"
    return listed(folds) if folds else standing.word


def _total(costs: dict[str, list[Cost]], known: int, unknown: int) -> list[str]:
    if not known and not unknown:
        return ["nothing to make"]
    if not known:
        return [f"to make: {_folds(unknown)}; {NO_ESTIMATE}: no fold was finished in this output yet"]
    whole = together([cost for part in costs.values() for cost in part])
    lines = [
        f"to make: {_folds(known)}, one after another in about {spoken(whole.likely)}, at most {spoken(whole.most)}, "
        f"taking {room(whole.room)}"
    ]
    lines += [f"  rests on {rests_on}" for rests_on in costs]
    return [*lines, *([f"and {_folds(unknown)} more: {NO_ESTIMATE}"] if unknown else [])]


def _folds(count: int) -> str:
    return f"{count} fold{'' if count == 1 else 's'}"
