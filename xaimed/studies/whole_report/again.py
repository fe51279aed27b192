"""How is it made again? The command, the seeds, on what it was made, and everything that was set."""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from xaimed import __version__
from xaimed.config.compose import ASKED
from xaimed.reporting.html.document import text
from xaimed.store.fold import CONFIG
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.result import RunResult

ENVIRONMENT = "environment.json"
NOT_KEPT = "It was not kept. The configuration below says what was set; it also lies in every fold."


def again(results: Sequence[RunResult], study: str = "") -> str:
    """The section.

    Args:
        results: the runs.
        study: the command that makes all of them, where a study did.
    """
    whole = f"<h3>All of it</h3><pre>{text(study)}</pre>" if study else ""
    found = [environments_of(result) for result in results]
    alike = len({_facts_in(each) for each in found}) == 1 and len(results) > 1
    parts = [
        _of_run(result, "" if alike else _environments(each), opened=len(results) == 1)
        for result, each in zip(results, found, strict=True)
    ]
    parts += [_environments(found[0])] if alike else []
    made = f"<p class=quiet>Page made by xaimed {text(__version__)} with Python {text(platform.python_version())}.</p>"
    return "".join([whole, *parts, made])


def command_of(result: RunResult) -> str:
    """How the run is made again; empty where that was not written down."""
    config = result.facts["config"]
    if "members" in config:
        output = result.run.path.parent.parent
        vote = [f"{key}={config['ensemble'][key]}" for key in ("vote", "weigh_by") if key in config["ensemble"]]
        return shlex.join(["xaimed", "ensemble", *config["members"], *vote, f"output={output}"])
    return shlex.join(["xaimed", "train", *map(str, config[ASKED])]) if ASKED in config else ""


def seeds_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Every seed of a configuration by its place in it, that of the training first."""
    return dict(sorted(_seeds(config, ""), key=lambda pair: (pair[0] != "seed", pair[0])))


def _seeds(node: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _seeds(value, f"{place}{key}.")
        elif key == "seed" and value is not None:
            yield f"{place}{key}", value


def environments_of(result: RunResult) -> list[tuple[list[int], dict[str, Any]]]:
    """On what the folds were made; those that were made on the same together. Of an ensemble its members' folds."""
    members = [Path(member) for member in result.facts["config"].get("members", ())]
    runs = [Run(member) for member in members if (member / "run.json").is_file()] or [result.run]
    found: dict[str, tuple[list[int], dict[str, Any]]] = {}
    for fold in (fold for run in runs for fold in run.finished()):
        if (file := fold.path / ENVIRONMENT).is_file():
            facts = read_json(file)
            folds, _ = found.setdefault(json.dumps(facts, sort_keys=True), ([], facts))
            folds += [fold.index] if fold.index not in folds else []
    return list(found.values())


def _facts_in(found: Sequence[tuple[list[int], dict[str, Any]]]) -> str:
    return json.dumps([facts for _, facts in found], sort_keys=True)


def _of_run(result: RunResult, environments: str, opened: bool) -> str:
    config = {key: value for key, value in result.facts["config"].items() if key != ASKED}
    command = command_of(result)
    seeds = ", ".join(f"{place} {seed}" for place, seed in seeds_of(config).items())
    return (
        f"<details class=always{' open' if opened else ''}><summary>{text(result.name)}</summary>"
        f"<p>Lies in <code>{text(result.run.path)}</code></p>"
        f"<h3>Command</h3>{f'<pre>{text(command)}</pre>' if command else f'<p>{NOT_KEPT}</p>'}"
        + (
            f"<h3>Seeds</h3><p>{text(seeds)}. All chance is a function of a seed and of the fold, the epoch and the "
            "picture, never of what ran before.</p>"
            if seeds
            else ""
        )
        + f'{environments}<details class="screen"><summary>Configuration</summary>{_pre(_yaml(config))}</details>'
        f'<p class="paper">The configuration stands in this file and in {CONFIG} of every fold.</p></details>'
    )


def _environments(found: Sequence[tuple[list[int], dict[str, Any]]]) -> str:
    return f"<h3>Environment</h3>{''.join(map(_environment, found)) or '<p>It was not kept.</p>'}"


def _environment(found: tuple[list[int], dict[str, Any]]) -> str:
    folds, facts = found
    packages = ", ".join(f"{name} {version}" for name, version in facts.get("packages", {}).items())
    rest = {key: value for key, value in facts.items() if key != "packages"} | (
        {"packages": packages} if packages else {}
    )
    terms = "".join(f"<dt>{text(key)}</dt><dd>{text(value)}</dd>" for key, value in rest.items())
    said = f"Fold {folds[0]}" if len(folds) == 1 else f"Folds {', '.join(map(str, sorted(folds)))}"
    return f"<p>{text(said)}</p><dl>{terms}</dl>"


def _yaml(config: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(config), sort_keys=True, allow_unicode=True))


def _pre(content: str) -> str:
    return "<pre>" + "\n".join(text(line) for line in content.splitlines()) + "</pre>"
