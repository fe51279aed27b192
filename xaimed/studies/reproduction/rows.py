"""Which rows does a study have? The axes of its grid multiplied, what stands outside of it, and what votes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.reproduction.study import NESTED, Member, Row

GROUP = "study"
REPEATS = "repeats"
OPTION_KEYS = ("is", "overrides")
Node = Mapping[str, Any]
Options = list[tuple[str, Node]]


def trained_rows(node: Node, last: Sequence[str]) -> list[Row]:
    """The rows of the grid and those outside of it; what differs in nothing but an axis that repeats is one row.

    Args:
        node: with ``recipe``, ``grid`` and ``runs``.
        last: overrides of every run after its own.
    """
    axes = {axis: options_of(axis, options) for axis, options in node["grid"].items()}
    repeating = [axis for axis, options in node["grid"].items() if options.get(REPEATS)]
    rows: dict[str, Row] = {}
    for combination in _combinations(axes) if len(axes) > len(repeating) else []:
        kept = {axis: option for axis, option in combination.items() if axis not in repeating}
        name, label = "_".join(key for key, _ in kept.values()), _labels(kept.values())
        member = _member(combination, node["recipe"], last)
        before = rows[name].members if name in rows else ()
        rows[name] = Row(name, label, (*before, member))
    for name, run in node["runs"].items():
        only(run, OPTION_KEYS, f"{GROUP}.runs.{name}")
        again = _combinations({axis: axes[axis] for axis in repeating})
        members = tuple(_member({"": (str(name), run), **each}, node["recipe"], last) for each in again)
        rows[str(name)] = Row(str(name), label_of(name, run), members)
    return list(rows.values())


def voting_rows(votes: Node, trained: Sequence[Row]) -> list[Row]:
    """The ensembles of trained rows; what repeats votes each for itself, the runs of one row alone vote together."""
    known, rows = [row.name for row in trained], []
    for name, vote in votes.items():
        where = f"{GROUP}.votes.{name}"
        only(vote, ("is", "of"), where)
        if not texts(vote.get("of")):
            raise ConfigError("nobody votes", where=where, fix="Name the rows that do: of: [one, two].")
        for voter in texts(vote.get("of")):
            if voter not in known:
                raise ConfigError(
                    f"there is no row '{voter}' that could vote", where=where, fix=near_miss(voter, known)
                )
        voters = [row for voter in texts(vote.get("of")) for row in trained if row.name == voter]
        rows.append(Row(str(name), label_of(name, vote), tuple(_votes(str(name), label_of(name, vote), voters))))
    return rows


def once_more(row: Row, overrides: tuple[str, ...]) -> Row:
    """The same row with the checkpoint chosen on other samples than are reported."""
    members = tuple(
        Member(
            f"{each.name}_{NESTED}", f"{each.label}, {NESTED}", (*each.overrides, *overrides), each.place, nested=True
        )
        for each in row.members
    )
    return Row(f"{row.name}_{NESTED}", f"{row.label}, {NESTED}", members)


def options_of(axis: str, options: Node) -> Options:
    """The options of an axis; those that a profile has set to null are none."""
    found = [(str(key), option) for key, option in options.items() if key != REPEATS and option is not None]
    for key, option in found:
        only(option, OPTION_KEYS, f"{GROUP}.grid.{axis}.{key}")
    return found


def label_of(key: Any, option: Node) -> str:
    """How a reader knows it."""
    return str(option.get("is") or key)


def texts(node: Any) -> tuple[str, ...]:
    """Nothing, one text or a list of them, as texts."""
    return () if node is None else tuple(map(str, node)) if isinstance(node, list | tuple) else (str(node),)


def only(node: Node, known: Sequence[str], where: str) -> None:
    """Refuse keys that mean nothing."""
    for key in mapping(node, where):
        if key not in known:
            raise ConfigError(f"there is no '{key}' here", where=where, fix=near_miss(str(key), list(known)))


def mapping(node: Any, where: str) -> Node:
    """What has a name for each of its parts; nothing counts as one without any."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        raise ConfigError(
            f"'{node}' has no names for its parts", where=where, fix="Write 'name: …' for each, as in conf/study/spine."
        )
    return node


def _votes(name: str, label: str, voters: Sequence[Row]) -> Iterator[Member]:
    if len(voters) < 2 or len(voters[0].members) < 2:
        yield Member(name, label, votes=tuple(each.name for row in voters for each in row.members))
        return
    for together in zip(*(row.members for row in voters), strict=True):
        which = [
            option
            for axis, option in together[0].place.items()
            if any(other.place[axis] != option for other in voters[0].members)
        ]
        yield Member("_".join([name, *which]), label, votes=tuple(each.name for each in together))


def _combinations(axes: Mapping[str, Options]) -> Iterator[dict[str, tuple[str, Node]]]:
    """One option of every axis; without axes there is one combination, of nothing."""
    for chosen in product(*axes.values()):
        yield dict(zip(axes, chosen, strict=True))


def _member(combination: Mapping[str, tuple[str, Node]], recipe: Sequence[str], last: Sequence[str]) -> Member:
    overrides = (text for _, option in combination.values() for text in texts(option.get("overrides")))
    place = {axis: key for axis, (key, _) in combination.items() if axis}
    name = "_".join(key for key, _ in combination.values())
    return Member(name, _labels(combination.values()), (*recipe, *overrides, *last), place)


def _labels(options: Any) -> str:
    return ", ".join(label_of(key, option) for key, option in options)
