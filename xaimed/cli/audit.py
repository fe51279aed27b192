"""``xaimed audit``: what is wrong with a dataset, before anything is trained on it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaimed.errors import ConfigError, DataError, StoreError

if TYPE_CHECKING:
    from xaimed.data.inspection import Inspection
    from xaimed.data.manifest import Manifest
    from xaimed.data.protocol import Protocol, Split

HELP = """usage: xaimed audit [group=option] [key=value] [--config-dir DIR] [--debug]

Looks once at every file of a dataset and says what is wrong with it: unreadable files, exact and near copies, copies
whose labels disagree, patients or copies on both sides of a split, and whether the class can be told from what is not
anatomy. Nothing is trained and no data are changed. Takes the same groups and keys as xaimed train; the folds of the
protocol are checked as well, with copies kept together where protocol.leakage=group asks for it.

Writes audit.html (with pictures, needs nothing else) and audit.json to <output>/audits/<dataset>-<hash>. The exit
status is 0 whatever was found, 2 when the dataset could not be audited.

examples:
  xaimed audit dataset=folder dataset.root=/data/spine
  xaimed audit dataset=folder dataset.root=/data/chest 'dataset.group_pattern="^(person\\d+)"'
  xaimed audit dataset=spine dataset.shortcut=1     a phantom whose marker gives the class away"""

KEYS = ("dataset", "protocol", "image", "loader", "seed", "output")


def run(arguments: Sequence[str]) -> int:
    """Audit the dataset that the overrides describe."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config-dir")
    try:
        asked, overrides = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError as error:
        raise ConfigError(str(error), fix="See xaimed audit --help.") from error
    if options := [text for text in overrides if text.startswith("-")]:
        raise ConfigError(f"xaimed audit has no option '{options[0]}'", fix="See xaimed audit --help.")
    return _audited(_config(overrides, asked.config_dir))


def _config(overrides: Sequence[str], config_dir: str | None) -> dict[str, Any]:
    """What of the composed configuration an audit needs."""
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from xaimed.config.compose import composed, plain, refuse_foreign_reach, said_in_one_line

    try:
        whole = composed(overrides, config_dir=None if config_dir is None else str(Path(config_dir).absolute()))
        refuse_foreign_reach(whole)
        return plain(OmegaConf.create({key: whole[key] for key in KEYS}))
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error


def _audited(config: dict[str, Any]) -> int:
    from rich.console import Console

    from xaimed.config.targets import instantiate
    from xaimed.data.audit.leakage import POLICIES
    from xaimed.data.inspection import inspect, inspect_and_cache
    from xaimed.data.published import differences
    from xaimed.data.sources.rows import one_of
    from xaimed.studies.audited import audited, print_audit

    asked, seed = dict(config["protocol"]), int(config["seed"])
    leakage = one_of(str(asked.pop("leakage", "refuse")), POLICIES, "protocol.leakage")
    source, protocol = instantiate(config["dataset"]), instantiate(asked)
    manifest: Manifest = source.manifest()
    folder = Path(str(config["output"])).absolute() / "audits" / f"{manifest.name}-{manifest.fingerprint()[:10]}"
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    size, room = instantiate(config["image"]).resized, float(config["loader"]["cache_gb"])
    # the pass that a training would make, so that one that comes next decodes nothing
    inspection = inspect_and_cache(manifest, size, room)[0] if room else inspect(manifest)
    splits, stopped = _folds(manifest, inspection, protocol, seed, leakage)
    found = audited(manifest, inspection, splits, seed, stopped, differences(source, manifest))
    with _writable(folder):
        page = found.write(folder)
    console = Console()
    print_audit(found, console)
    console.print(f"report: {page}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _folds(
    manifest: Manifest, inspection: Inspection, protocol: Protocol, seed: int, leakage: str
) -> tuple[list[Split], str]:
    """The folds that training would use, or why there are none."""
    from xaimed.data.audit.copies import find_copies, merged_groups

    readable = manifest.select(inspection.readable)
    if leakage == "group":
        readable = merged_groups(readable, find_copies(manifest, inspection))
    try:
        return protocol.splits(readable, seed), ""
    except DataError as error:
        return [], f"the protocol makes no folds: {error.what}"


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the audit cannot be written ({error.strerror})", where=folder, fix="Give another folder as output=…."
        ) from error
