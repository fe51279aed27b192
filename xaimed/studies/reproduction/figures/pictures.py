"""What does the picture of a stored prediction look like? Read from its dataset, where that is still here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torchvision.transforms.v2 import functional

from xaimed.callbacks.panels import shown, shown_mask
from xaimed.config.targets import instantiate
from xaimed.data.evidence import evidence_mask
from xaimed.data.manifest import Manifest
from xaimed.data.reading import read_picture
from xaimed.errors import StoreError, XaimedError
from xaimed.store.run import Run
from xaimed.studies.plan import preparation_of
from xaimed.studies.result import RunResult

LARGEST = 320  # pixels a side
MOST = 3  # problems that are told


@dataclass(frozen=True)
class Picture:
    """A picture as a person sees it: ``[1 or 3, H, W]`` in 0..1, and its evidence ``[H, W]`` where there is any."""

    pixels: npt.NDArray[np.float32]
    mask: npt.NDArray[np.bool_] | None


@dataclass
class Pictures:
    """The pictures of some runs; a dataset is looked at once, and what is not here is said once.

    Attributes:
        problems: why some pictures cannot be shown.
    """

    problems: list[str] = field(default_factory=list)
    _manifests: dict[str, tuple[Manifest, dict[str, int]] | None] = field(default_factory=dict)
    _read: dict[tuple[str, ...], Picture | None] = field(default_factory=dict)

    def of(self, result: RunResult, sample: str, label: str | None) -> Picture | None:
        """The picture of a sample as that run was shown it; None where it is not here, or has another label now.

        Args:
            result: the run.
            sample: the name of the sample.
            label: its class when it was predicted; None for several labels.
        """
        try:
            config = _config_of(result)
            key = (_text(config["dataset"]), _text(config["image"]), sample)
            if key not in self._read:
                self._read[key] = None
                self._read[key] = self._look(config, sample, label)
            return self._read[key]
        except XaimedError as error:
            told = f"Pictures are missing: {error.what}."
            if told not in self.problems and len(self.problems) < MOST:
                self.problems.append(told)
            return None

    def _look(self, config: dict[str, Any], sample: str, label: str | None) -> Picture | None:
        known = self._manifest(config["dataset"])
        if known is None:
            return None
        manifest, rows = known
        if sample not in rows or label not in (None, manifest.frame["label"].iloc[rows[sample]]):
            raise StoreError(f"sample '{sample}' of {manifest.name} is no longer what it was")
        entry, preparation = manifest.frame.iloc[rows[sample]], preparation_of(config)
        picture = _smaller(shown(preparation.framed(read_picture(manifest.root / entry["path"]))))
        evidence = evidence_mask(manifest.root, entry["mask_path"])
        return Picture(picture.numpy(), shown_mask(evidence, preparation, picture.shape[-2:]))

    def _manifest(self, node: dict[str, Any]) -> tuple[Manifest, dict[str, int]] | None:
        """The table of a dataset, and where each sample stands in it; None where that was asked for in vain."""
        key = _text(node)
        if key not in self._manifests:
            self._manifests[key] = None
            manifest = instantiate(node).manifest()
            ids = manifest.frame["sample_id"].astype(str)
            self._manifests[key] = manifest, {name: at for at, name in enumerate(ids)}
        return self._manifests[key]


def _text(node: dict[str, Any]) -> str:
    return json.dumps(node, sort_keys=True, default=str)


def _smaller(picture: Tensor) -> Tensor:
    """No larger than it is printed: a page holds dozens of pictures and keeps them all until it is written."""
    height, width = picture.shape[-2:]
    shrink = min(1.0, LARGEST / max(height, width))
    smaller: Tensor = functional.resize(picture, [round(height * shrink), round(width * shrink)], antialias=True)
    return smaller


def _config_of(result: RunResult) -> dict[str, Any]:
    """What the run was shown; an ensemble was shown what its members were."""
    config: dict[str, Any] = result.facts["config"]
    while "members" in config:
        config = Run(Path(config["members"][0])).facts()["config"]
    return config
