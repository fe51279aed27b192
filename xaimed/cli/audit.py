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
        asked = {key: whole[key] for key in ("dataset", "protocol", "image", "loader", "seed", "output")}
        from omegaconf import OmegaConf

        config = plain(OmegaConf.create(asked))
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    return _audited(config)


def _audited(config: dict[str, Any]) -> int:
    from rich.console import Console
    from rich.text import Text

    from xaimed.config.targets import instantiate
    from xaimed.data.audit.audit import audit
    from xaimed.data.inspection import inspect, inspect_and_cache
    from xaimed.errors import DataError
    from xaimed.reporting.audit_page import audit_page, findings
    from xaimed.reporting.text import visible
    from xaimed.store.writing import write_json, write_text

    manifest = instantiate(config["dataset"]).manifest()
    size, room = instantiate(config["image"]).size, float(dict(config["loader"])["cache_gb"])
    # the pass that a training would make, so that one that comes next decodes nothing
    inspection = inspect_and_cache(manifest, size, room)[0] if room else inspect(manifest)
    seed = int(str(config["seed"]))
    splits, stopped = [], ""
    try:
        splits = instantiate(config["protocol"]).splits(manifest.select(inspection.readable), seed)
    except DataError as error:
        stopped = f"the protocol makes no folds: {error.what}"
    found = audit(manifest, inspection, splits, seed, stopped)
    samples = dict(zip(manifest.frame["sample_id"], inspection.thumbs, strict=True))
    folder = Path(str(config["output"])).absolute() / "audits" / f"{manifest.name}-{manifest.fingerprint()[:10]}"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "audit.json", found.facts())
    write_text(folder / "audit.html", audit_page(found, samples))
    console = Console()
    console.print(Text(f"Audit of {visible(manifest.name)}: {len(manifest)} pictures", style="bold"))
    for bad, said in findings(found):
        console.print(Text(f"  {'!' if bad else '✓'} {visible(said)}", style="yellow" if bad else "green"))
    for one in found.shortcuts:
        line = f"  {one.family.name:<12} AUC {one.auc:.2f} ({one.low:.2f} to {one.high:.2f})  {one.verdict}"
        console.print(Text(visible(line), style="yellow" if one.alarming else ""), soft_wrap=True)
    console.print(f"report: {folder / 'audit.html'}", markup=False, highlight=False, soft_wrap=True)
    return 0
