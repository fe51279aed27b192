"""Does the prediction fall when a map's pixels are replaced by what could stand there? ROAD (Rong et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.data.task import Task
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.controls import CONTROLS_CAPTION
from xaimed.evaluation.faithfulness.imputation import imputed
from xaimed.evaluation.faithfulness.judged import (
    CLASS_SAID,
    PRECISION_SAID,
    judged_maps,
    lean_copy,
    refuse_precision,
    samples_said,
)
from xaimed.evaluation.faithfulness.ranks import ranks
from xaimed.evaluation.trial import Seen, Trial
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.pieces import in_pieces

MEASURES = {
    "road": Measure("ROAD", "higher"),
    "road_morf": Measure("ROAD, most relevant replaced", "lower"),
    "road_lerf": Measure("ROAD, least relevant replaced", "higher"),
}
AT_ONCE = {"cpu": 2**16, "cuda": 2**22}  # pixels imputed together; on a processor more do not fit the cache
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Road:
    """Remove and debias: probabilities while the most, and while the least relevant pixels are imputed.

    In ``arrays``: ``shares``, ``sample_id``, and ``morf|<explainer>`` and ``lerf|<explainer>``, ``[n, shares]``.

    Args:
        samples: how many of a fold are judged; None for all.
        shares: of the pixels that are replaced; results are means over them.
        noise: SD of the noise on replaced pixels, in SDs of the intensity, so that the hole's outline says nothing.
        precision: of the network: ``fp32`` or ``bf16``.
    """

    name: ClassVar[str] = "road"
    samples: int | None = 32
    shares: Sequence[float] = (0.2, 0.4, 0.6, 0.8)
    noise: float = 0.01
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        """Refuse shares that leave nothing to impute, or to impute from."""
        if not self.shares or not all(0 < share < 1 for share in self.shares):
            raise ConfigError(
                f"{list(self.shares)} are no shares between 0 and 1", where="road.shares", fix="Ask for [0.2, 0.5]."
            )
        refuse_precision(self.precision, self.name)

    def __call__(self, trial: Trial) -> Findings:
        """Replace the most and the least relevant pixels of every map and of the controls."""
        positions = trial.chosen(self.samples)
        judged = judged_maps(trial, positions)
        if not judged:
            return Findings(no_rows(), MEASURES, self.caption)
        lean, task = lean_copy(trial, self.precision), trial.data.manifest.task
        found: dict[tuple[str, str], list[Floats]] = {(m, name): [] for m in ("morf", "lerf") for name in judged}
        start = 0
        for seen in trial.batches(positions):
            rows = slice(start, start + len(seen.positions))
            noise = self._noise(trial, seen)
            for name, each in judged.items():
                heatmap, targets = torch.from_numpy(each.heatmap[rows]), torch.from_numpy(each.targets[rows])
                order = ranks(heatmap, trial.sample_ids[seen.positions], seen.images.shape[-1], trial.seed)
                order = order.to(seen.images.device)
                for measure, ordered in {"morf": order, "lerf": order[0].numel() - 1 - order}.items():
                    found[measure, name].append(
                        chances_when_replaced(lean, task, seen.images, ordered, self.shares, noise, targets).numpy()
                    )
            start = rows.stop
        return self._findings(trial.sample_ids[positions], {key: np.concatenate(each) for key, each in found.items()})

    def _noise(self, trial: Trial, seen: Seen) -> Tensor:
        """The same for all maps of a sample, so that they differ by what they replace alone."""
        noise = torch.empty(seen.images.shape)
        for at, name in enumerate(trial.sample_ids[seen.positions]):
            chance = torch.Generator().manual_seed(seed_for("road", trial.seed, str(name)))
            noise[at].normal_(std=self.noise, generator=chance)
        return noise.to(seen.images.device)

    def _findings(self, ids: npt.NDArray[Any], found: dict[tuple[str, str], Floats]) -> Findings:
        parts = []
        for name in {name: None for _, name in found}:
            morf, lerf = (found[measure, name].astype(np.float64).mean(1) for measure in ("morf", "lerf"))
            values = {"road": (lerf - morf) / 2, "road_morf": morf, "road_lerf": lerf}
            parts += [row_table(ids, name, measure, value) for measure, value in values.items()]
        arrays: dict[str, npt.NDArray[Any]] = {"shares": np.array(self.shares), "sample_id": ids.astype(str)}
        arrays |= {f"{measure}|{name}": chances for (measure, name), chances in found.items()}
        return Findings(pd.concat(parts, ignore_index=True), MEASURES, self.caption, arrays)

    @property
    def caption(self) -> str:
        """The protocol."""
        shares = ", ".join(f"{share:.0%}" for share in self.shares)
        return (
            f"Probability of {CLASS_SAID} with {shares} of the pixels replaced by noisy linear imputation (noise SD "
            f"{self.noise} in normalised input), mean over these shares; most or least relevant first, by exact ranks "
            "of the bilinearly drawn map, ties broken by seeded chance. ROAD: half the difference, least − most. "
            f"{PRECISION_SAID[self.precision]}. {samples_said(self.samples)}. {CONTROLS_CAPTION}"
        )


def chances_when_replaced(
    lean: Lean, task: Task, images: Tensor, order: Tensor, shares: Sequence[float], noise: Tensor, targets: Tensor
) -> Tensor:
    """Probabilities ``[B, shares]`` of the targets with the first pixels in this order imputed, on the CPU.

    Args:
        lean: the network.
        task: what its logits mean.
        images: ``[B, 3, H, W]``.
        order: ranks ``[B, H, W]``, those of lowest rank replaced first.
        shares: of the pixels.
        noise: as large as the images, added to what is imputed.
        targets: a class for each picture.
    """
    found = []
    for share in shares:
        missing = order < round(share * order[0].numel())
        filled = in_pieces(
            len(images),
            lambda rows, missing=missing: imputed(images[rows], missing[rows]),  # type: ignore[misc]
            AT_ONCE.get(images.device.type, 2**16) // order[0].numel(),
        )
        chances = task.probabilities(lean.logits(torch.where(missing[:, None], filled + noise, images))).cpu()
        found.append(chances.gather(1, targets[:, None])[:, 0])
    return torch.stack(found, 1)
