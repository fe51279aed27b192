"""``xaimed audit``: what is wrong with a dataset, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaimed.errors import ConfigError

HELP = """usage: xaimed audit [group=option] [key=value] [--debug]

Looks once at every file of a dataset and says what is wrong with it: unreadable files, exact and near copies, copies
whose labels disagree, patients or copies on both sides of a split, and whether the class can be told from what is not
anatomy. Nothing is trained and no data are changed. Takes the same groups and keys as xaimed train.

Writes audit.html (with pictures, needs nothing else) and audit.json to <output>/audits/<dataset>-<hash>.

examples:
  xaimed audit dataset=folder dataset.root=/data/spine
  xaimed audit dataset=folder dataset.root=/data/chest 'dataset.group_pattern="^(person\\d+)"'
  xaimed audit dataset=spine dataset.shortcut=1     a phantom whose marker gives the class away"""


def run(arguments: Sequence[str]) -> int:
    """Audit the dataset that the overrides describe."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0
    options = [argument for argument in arguments if argument.startswith("-")]
    if options:
        raise ConfigError(f"xaimed audit has no option '{options[0]}'", fix="See xaimed audit --help.")
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from xaimed.config.compose import composed, plain, refuse_foreign_reach, said_in_one_line

    try:
        whole = composed(arguments)
        refuse_foreign_reach(whole)
        asked = {key: whole[key] for key in ("dataset", "protocol", "seed", "output")}
        from omegaconf import OmegaConf

        config = plain(OmegaConf.create(asked))
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    return _audited(config)


def _audited(config: dict[str, Any]) -> int:
    from rich.console import Console

    from xaimed.config.targets import instantiate
    from xaimed.data.audit.copies import find_copies, merged_groups
    from xaimed.data.inspection import inspect
    from xaimed.errors import DataError
    from xaimed.studies.audited import audited, print_audit

    manifest = instantiate(config["dataset"]).manifest()
    inspection = inspect(manifest)
    seed = int(config["seed"])
    splits, stopped, protocol = [], "", dict(config["protocol"])
    leakage = protocol.pop("leakage", "refuse")
    readable = manifest.select(inspection.readable)
    try:
        kept = merged_groups(readable, find_copies(manifest, inspection)) if leakage == "group" else readable
        splits = instantiate(protocol).splits(kept, seed)
    except DataError as error:
        stopped = f"the protocol makes no folds: {error.what}"
    found = audited(manifest, inspection, splits, seed, stopped)
    folder = Path(config["output"]).absolute() / "audits" / f"{manifest.name}-{manifest.fingerprint()[:10]}"
    console = Console()
    print_audit(found, console)
    console.print(f"report: {found.write(folder)}", markup=False, highlight=False, soft_wrap=True)
    return 0
