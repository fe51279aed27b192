"""Where do the shipped YAML files lie? In the wheel inside the package, in a checkout beside it."""

from __future__ import annotations

from pathlib import Path

OF_NO_RUN = ("study",)
"""Groups that describe more than one run, and are no part of its configuration."""


def conf_dir() -> Path:
    """The folder of the shipped configuration, the same files in a wheel and in a checkout."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "conf"
    return in_wheel if in_wheel.is_dir() else package.parent / "conf"


def groups(own: Path | None = None) -> dict[str, list[str]]:
    """Every config group with the names of its options; those of a user's own directory, where one is given."""
    found: dict[str, list[str]] = {}
    for folder in sorted(path for path in (own or conf_dir()).iterdir() if path.is_dir()):
        found[folder.name] = sorted(file.stem for file in folder.glob("*.yaml"))
    return found


def run_groups() -> dict[str, list[str]]:
    """The groups that one run is composed of."""
    return {group: options for group, options in groups().items() if group not in OF_NO_RUN}


def summary_of(group: str, option: str, own: Path | None = None) -> str:
    """The first line of an option's YAML, which says in words what it is."""
    first = ((own or conf_dir()) / group / f"{option}.yaml").read_text(encoding="utf-8").splitlines()[:3]
    return next((line.lstrip("# ").strip() for line in first if line.startswith("# ") and "@package" not in line), "")
