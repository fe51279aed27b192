"""How does a YAML become a study? Axes are multiplied, a profile makes it smaller, what fits nowhere is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xaimed.config.compose import composed, refuse_foreign_reach, said_in_one_line
from xaimed.config.identity import DECIDES_NOTHING
from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.study import NESTED, Member, Row, Study

GROUP = "study"
KEYS = ("published", "name", "title", "roots", "recipe", "grid", "runs", "votes", "chosen", NESTED, "profiles")
SHOWN = ("tables", "figures")
PROFILE_KEYS = ("stamp", "recipe", "grid", "runs", "votes", "last", "without", *SHOWN)
OPTION_KEYS = ("is", "overrides", "repeats")
Node = Mapping[str, Any]


def study_of(
    name: str,
    overrides: Sequence[str] = (),
    config_dir: Path | None = None,
    profile: str = "",
    nested: bool = False,
) -> Study:
    """The study of that name.

    Args:
        name: of its YAML in ``conf/study`` or in a ``study`` folder of the user's own.
        overrides: ``study.…`` changes the study, all others are given to every run, after its own.
        config_dir: where the user's own options lie.
        profile: one of the study's profiles.
        nested: whether every run is made once more with the checkpoint chosen on other samples than are reported.

    Raises:
        ConfigError: it does not exist, or does not fit together.
    """
    own = [text for text in overrides if _key(text).startswith(f"{GROUP}.")]
    given = tuple(text for text in overrides if text not in own)
    node = _node(name, own, config_dir)
    _only(node, (*KEYS, *SHOWN), GROUP)
    profiles = node.get("profiles") or {}
    if profile and profile not in profiles:
        raise ConfigError(f"study '{name}' has no profile '{profile}'", fix=near_miss(profile, profiles))
    smaller: Node = profiles.get(profile) or {}
    _only(smaller, PROFILE_KEYS, f"{GROUP}.profiles.{profile}")
    if not any(node.get(key) for key in ("grid", "runs")):
        raise ConfigError(
            f"study '{name}' names no runs", where=f"{GROUP}.grid", fix="Give it a grid, or runs, as conf/study/spine."
        )
    left_out = smaller.get("without") or []
    last = (*_texts(smaller.get("last")), *given)
    trained = list(_trained({**node, **_merged(node, smaller)}, last))
    rows = [row for row in trained if row.name not in left_out]
    rows += [row for row in _voting(node, smaller) if row.name not in left_out]
    if nested:
        if not node.get(NESTED):
            raise ConfigError(
                f"study '{name}' names no nested protocol", where=f"{GROUP}.{NESTED}", fix="Such as [protocol=nested]."
            )
        rows += [_once_more(row, _texts(node[NESTED])) for row in trained if row.name not in left_out]
    published = node.get("published")
    return Study(
        name=name,
        title=str(node.get("title") or name),
        profile=profile,
        rows=tuple(rows),
        axes={
            axis: {key: _label(key, option) for key, option in _options(axis, options)}
            for axis, options in (_merged(node, smaller).get("grid") or {}).items()
        },
        tables={
            key: part for key, part in {**(node.get("tables") or {}), **(smaller.get("tables") or {})}.items() if part
        },
        figures={
            key: part for key, part in {**(node.get("figures") or {}), **(smaller.get("figures") or {})}.items() if part
        },
        chosen={str(key): str(why) for key, why in (node.get("chosen") or {}).items()},
        stamp=str(smaller.get("stamp") or ""),
        changed=tuple(text for text in given if _decides(text)),
        paper=paper_from(name, published) if published else None,
    )


def _node(name: str, own: Sequence[str], config_dir: Path | None) -> dict[str, Any]:
    try:
        directory = None if config_dir is None else str(config_dir.absolute())
        config = composed([f"+{GROUP}={name}", *own], config_dir=directory)
        refuse_foreign_reach(config)
        # Mandatory values may stay open: a root that nobody has named is said where it is needed.
        node: Any = OmegaConf.to_container(config[GROUP], resolve=True, throw_on_missing=False)
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    if not isinstance(node, dict):
        raise ConfigError(f"study '{name}' says nothing", where=GROUP)
    return node


def _merged(node: Node, smaller: Node) -> dict[str, Any]:
    """Recipe, grid and runs, those of a profile over those of the study; null takes an option out."""
    recipe = [*_texts(node.get("recipe")), *_texts(smaller.get("recipe"))]
    grid: dict[str, dict[str, Any]] = {axis: dict(options) for axis, options in (node.get("grid") or {}).items()}
    for axis, options in (smaller.get("grid") or {}).items():
        grid[axis] = {**grid.get(axis, {}), **options}
    runs = {**(node.get("runs") or {}), **(smaller.get("runs") or {})}
    return {"recipe": recipe, "grid": grid, "runs": {key: run for key, run in runs.items() if run is not None}}


def _trained(node: Node, last: Sequence[str]) -> Iterator[Row]:
    """The rows of the grid and those outside of it; what repeats is one row."""
    recipe, grid = tuple(node["recipe"]), node["grid"]
    repeating = [axis for axis, options in grid.items() if options.get("repeats")]
    axes = {axis: _options(axis, options) for axis, options in grid.items()}
    rows: dict[tuple[str, ...], list[Member]] = {}
    for combination in product(*axes.values()) if axes else []:
        place = {axis: key for axis, (key, _) in zip(axes, combination, strict=True)}
        overrides = tuple(text for _, option in combination for text in _texts(option.get("overrides")))
        shown = {axis: _label(key, option) for axis, (key, option) in zip(axes, combination, strict=True)}
        name, label = "_".join(place.values()), ", ".join(shown.values())
        kept = tuple(key for axis, key in place.items() if axis not in repeating)
        rows.setdefault(kept, []).append(Member(name, label, (*recipe, *overrides, *last), place))
    for kept, members in rows.items():
        labels = [grid[axis][members[0].place[axis]] for axis in axes if axis not in repeating]
        keys = [key for axis, key in members[0].place.items() if axis not in repeating]
        yield Row("_".join(kept), ", ".join(map(_label, keys, labels)), tuple(members))
    for name, run in node["runs"].items():
        _only(run, OPTION_KEYS, f"{GROUP}.runs.{name}")
        member = Member(str(name), _label(name, run), (*recipe, *_texts(run.get("overrides")), *last))
        yield Row(member.name, member.label, (member,))


def _voting(node: Node, smaller: Node) -> Iterator[Row]:
    for name, vote in {**(node.get("votes") or {}), **(smaller.get("votes") or {})}.items():
        if vote is None:
            continue
        _only(vote, ("is", "of"), f"{GROUP}.votes.{name}")
        member = Member(str(name), _label(name, vote), votes=_texts(vote["of"]))
        yield Row(member.name, member.label, (member,))


def _once_more(row: Row, overrides: tuple[str, ...]) -> Row:
    members = tuple(
        Member(
            f"{each.name}_{NESTED}", f"{each.label}, {NESTED}", (*each.overrides, *overrides), each.place, nested=True
        )
        for each in row.members
    )
    return Row(f"{row.name}_{NESTED}", f"{row.label}, {NESTED}", members)


def _options(axis: str, options: Node) -> list[tuple[str, Node]]:
    found = [(str(key), option) for key, option in options.items() if key != "repeats" and option is not None]
    for key, option in found:
        _only(option, OPTION_KEYS, f"{GROUP}.grid.{axis}.{key}")
    return found


def _label(key: Any, option: Node) -> str:
    return str(option.get("is") or key)


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _decides(override: str) -> bool:
    """Whether an override of the user can change what is trained."""
    try:
        key = OverridesParser.create().parse_override(override).key_or_group
    except HydraException as error:
        raise said_in_one_line(error) from error
    return not any(key == free or key.startswith(f"{free}.") for free in DECIDES_NOTHING)


def _texts(node: Any) -> tuple[str, ...]:
    return () if node is None else (node,) if isinstance(node, str) else tuple(map(str, node))


def _only(node: Node, known: Sequence[str], where: str) -> None:
    for key in node:
        if key not in known:
            raise ConfigError(f"there is no '{key}' here", where=where, fix=near_miss(str(key), list(known)))
