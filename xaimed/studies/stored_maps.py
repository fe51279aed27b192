"""Which maps lie in a fold, and where is each sample in them? And where do the pictures of finished runs lie?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt

from xaimed.callbacks.explain import MAPS, load_maps
from xaimed.config.targets import instantiate
from xaimed.errors import XaimedError
from xaimed.store.fold import EXPLANATIONS
from xaimed.store.run import Run
from xaimed.studies.result import RunResult


@dataclass
class StoredMaps:
    """The stored maps of a fold, by explainer.

    Attributes:
        arrays: what each explainer stored.
        rows: the place of every sample in them.
    """

    arrays: dict[str, dict[str, npt.NDArray[Any]]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def of(self, sample: str) -> dict[str, tuple[Mapping[str, npt.NDArray[Any]], int]]:
        """The arrays of each explainer that has this sample, and its row in them."""
        return {key: (self.arrays[key], rows[sample]) for key, rows in self.rows.items() if sample in rows}


def stored_explainers(result: RunResult, fold: int) -> list[str]:
    """Whose maps lie in a finished fold, but for spreads over folds."""
    files = (result.run.fold(fold).path / EXPLANATIONS).glob(f"*/{MAPS}")
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("folds-"))


def stored_maps(result: RunResult, fold: int, only: Collection[str] | None = None) -> StoredMaps:
    """The maps of a finished fold; of these explainers alone where they are named."""
    found = StoredMaps()
    for name in stored_explainers(result, fold):
        if only is not None and name not in only:
            continue
        arrays = load_maps(result.run.fold(fold).path / EXPLANATIONS / name)
        found.arrays[name] = arrays
        found.rows[name] = {str(sample): i for i, sample in enumerate(arrays["sample_id"])}
    return found


def data_config(result: RunResult) -> dict[str, Any] | None:
    """The configuration that says where a run's pictures lie and how they are made ready; of an ensemble a member's."""
    config: dict[str, Any] = result.facts["config"]
    if "dataset" in config:
        return config
    for member in map(Path, config.get("members", ())):
        if (member / "run.json").is_file() and "dataset" in (found := Run(member).facts()["config"]):
            return dict(found)
    return None


def picture_places(results: Sequence[RunResult], names: set[str]) -> tuple[dict[str, tuple[Path, dict[str, Any]]], str]:
    """Where the picture of each sample lies, with the configuration of the run that knows it, and what is missing.

    Args:
        results: runs; an ensemble whose members are gone is passed over.
        names: of the samples.
    """
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    trouble = ""
    for result in results:
        config = data_config(result)
        if config is None or names <= found.keys():
            continue
        try:
            manifest = instantiate(config["dataset"]).manifest()
        except (XaimedError, OSError) as error:
            trouble = f"Pictures are not shown, for their dataset is not there: {error}"
            continue
        frame = manifest.frame.assign(sample_id=manifest.frame["sample_id"].astype(str))
        wanted = frame[frame["sample_id"].isin(names - found.keys())]
        found |= {
            name: (manifest.root / path, config) for name, path in zip(wanted["sample_id"], wanted["path"], strict=True)
        }
    return found, trouble
