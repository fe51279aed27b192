"""How does a YAML become a study? Axes are multiplied, a profile makes it smaller, what fits nowhere is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from xaimed.studies.reproduction.rows import (
    GROUP,
    Node,
    label_of,
    mapping,
    once_more,
    only,
    options_of,
    texts,
    trained_rows,
    voting_rows,
)
from xaimed.studies.reproduction.study import NESTED, Row, Study

KEYS = (
    *("published", "name", "title", "roots", "readings", "recipe", "grid", "runs", "votes", "chosen", NESTED),
    "profiles",
)
MADE_FROM = ("recipe", "grid", "runs", "votes")
SHOWN = ("tables", "figures")
PROFILE_KEYS = ("stamp", "recipe", "grid", "runs", "votes", "last", "without", "raters", NESTED, *SHOWN)


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
    only(node, (*KEYS, *SHOWN), GROUP)
    profiles = mapping(node.get("profiles"), f"{GROUP}.profiles")
    if profile and profile not in profiles:
        raise ConfigError(f"study '{name}' has no profile '{profile}'", fix=near_miss(profile, profiles))
    smaller: Node = profiles.get(profile) or {}
    only(smaller, PROFILE_KEYS, f"{GROUP}.profiles.{profile}")
    if not any(node.get(key) for key in ("grid", "runs")):
        raise ConfigError(
            f"study '{name}' names no runs", where=f"{GROUP}.grid", fix="Give it a grid, or runs, as conf/study/spine."
        )
    merged = _merged(node, smaller)
    left_out = texts(smaller.get("without"))
    trained = [row for row in trained_rows(merged, (*texts(smaller.get("last")), *given)) if row.name not in left_out]
    trained = [_with_own_backbone(row, given) for row in trained]
    if not trained:
        raise ConfigError(f"of study '{name}' no run is left", where=GROUP, fix="Leave an option of every axis in it.")
    rows = [*trained, *(row for row in voting_rows(merged["votes"], trained) if row.name not in left_out)]
    if nested:
        if not merged[NESTED]:
            raise ConfigError(
                f"study '{name}' names no nested protocol", where=f"{GROUP}.{NESTED}", fix="Such as [protocol=nested]."
            )
        rows += [once_more(row, texts(merged[NESTED])) for row in trained]
    published, chosen = node.get("published"), mapping(node.get("chosen"), f"{GROUP}.chosen")
    return Study(
        name=name,
        title=str(node.get("title") or name),
        profile=profile,
        rows=tuple(rows),
        axes={
            axis: {key: label_of(key, option) for key, option in options_of(axis, options)}
            for axis, options in merged["grid"].items()
        },
        tables=merged["tables"],
        figures=merged["figures"],
        chosen={str(key): str(why) for key, why in chosen.items()},
        stamp=str(smaller.get("stamp") or ""),
        changed=(
            *(text for text in own if _key(text).removeprefix(f"{GROUP}.").split(".")[0] in MADE_FROM),
            *(text for text in given if _decides(text) and _key(text) not in chosen),
        ),
        paper=paper_from(name, published) if published else None,
        raters=_raters(smaller, f"{GROUP}.profiles.{profile}.raters"),
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
    """What a profile says over what the study says; null takes a part, an option, a run or a table out."""
    parts = {**_parts(node.get("recipe"), "of the study"), **_parts(smaller.get("recipe"), "of the profile")}
    grid: dict[str, dict[str, Any]] = {}
    for axis, options in [*_named(node, "grid"), *_named(smaller, "grid")]:
        grid[axis] = {} if options is None else {**grid.get(axis, {}), **mapping(options, f"{GROUP}.grid.{axis}")}
    grid = {axis: options for axis, options in grid.items() if options}
    others = {key: dict([*_named(node, key), *_named(smaller, key)]) for key in ("runs", "votes", *SHOWN)}
    return {
        "recipe": [text for part in parts.values() for text in texts(part)],
        "grid": grid,
        NESTED: smaller.get(NESTED) or node.get(NESTED),
        **{key: {name: part for name, part in named.items() if part is not None} for key, named in others.items()},
    }


def _named(node: Node, key: str) -> list[tuple[str, Any]]:
    return list(mapping(node.get(key), f"{GROUP}.{key}").items())


def _raters(smaller: Node, where: str) -> int:
    """How many are simulated; without a stamp nobody is."""
    count = smaller.get("raters") or 0
    if type(count) is not int or count < 0:
        raise ConfigError(f"'{count}' is no number of raters", where=where, fix="Give a whole one, such as raters: 3.")
    return count if smaller.get("stamp") else 0


def _with_own_backbone(row: Row, given: Sequence[str]) -> Row:
    """The row under a name that tells which backbone the user has put in the place of the study's."""
    asked = [text.partition("=")[2] for text in given if _key(text) == "backbone"]
    if not asked:
        return row
    members = tuple(replace(member, label=f"{member.label} ({asked[-1]} here)") for member in row.members)
    return replace(row, label=f"{row.label} ({asked[-1]} here)", members=members)


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _decides(override: str) -> bool:
    """Whether an override of the user can change what is trained."""
    try:
        key = OverridesParser.create().parse_override(override).key_or_group
    except HydraException as error:
        raise said_in_one_line(error) from error
    return not any(key == free or key.startswith(f"{free}.") for free in DECIDES_NOTHING)


def _parts(recipe: Any, unnamed: str) -> dict[str, Any]:
    """A recipe in named parts, so that a profile can replace one; a plain list is one part of its own."""
    return dict(recipe) if isinstance(recipe, Mapping) else {unnamed: recipe}
