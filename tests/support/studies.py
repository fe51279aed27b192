"""The smallest study: a grid of runs on the tiny backbone, given to ``xaimed reproduce`` as a user gives his own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from support.running import CONF, SMALL, contents
from xaimed.cli.main import main
from xaimed.store.run import find_runs

RECIPE = (
    "backbone=tiny",
    "strategy=scratch",
    *SMALL,
    "loader.workers=0",
    "evaluation=[]",
    "explainer=gradcam",
    "callbacks.explain.cases=0",
    "logger=[]",
)
GRID = {
    "width": {
        "narrow": {"is": "narrow", "overrides": ["backbone.width=4"]},
        "wide": {"is": "wide", "overrides": ["backbone.width=8"]},
    }
}
METRICS = {
    "_target_": "xaimed.studies.reproduction.tables.metrics.Metrics",
    "title": "Results",
    "metrics": {"accuracy": "accuracy"},
}


def write_study(folder: Path, name: str = "little", **changes: Any) -> Path:
    """A directory for ``--config-dir`` with a study and the tiny backbone; changes are keys of the study."""
    node: dict[str, Any] = {"recipe": list(RECIPE), "grid": GRID, "tables": {"metrics": METRICS}}
    (folder / "study").mkdir(parents=True, exist_ok=True)
    (folder / "backbone").mkdir(exist_ok=True)
    (folder / "backbone" / "tiny.yaml").write_text((CONF / "backbone" / "tiny.yaml").read_text())
    OmegaConf.save({"name": name, **node, **changes}, folder / "study" / f"{name}.yaml")
    return folder


def asked(conf: Path, output: Path, *more: str, name: str = "little") -> list[str]:
    """The arguments of ``xaimed`` for a study of one's own."""
    return ["reproduce", name, "--config-dir", str(conf), "--allow", "support", f"output={output}", *more]


def reproduce(conf: Path, output: Path, *more: str, name: str = "little") -> int:
    """``xaimed reproduce``; the exit status."""
    return main(asked(conf, output, *more, name=name))


def all_contents(output: Path, name: str = "little") -> Mapping[str, bytes]:
    """Every file of runs and study whose bytes must not depend on interruptions, by its place."""
    found = {}
    for run in find_runs([output / "runs"]):
        for fold in run.finished():
            for file, content in contents(run.path, fold.index).items():
                found[f"{run.path.name}/{fold.index}/{file}"] = content
        tables = [file for file in (run.path / "tables").glob("*") if file.suffix in (".csv", ".md")]
        found |= {f"{run.path.name}/{file.name}": file.read_bytes() for file in tables}
    study = output / "studies" / name
    pages = [study / "study.md", *(study / "tables").glob("*")]
    return found | {str(file.relative_to(study)): file.read_bytes() for file in pages}
