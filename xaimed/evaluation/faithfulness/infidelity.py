"""Does a map foretell what a change of the picture does to the score? Infidelity (Yeh et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.controls import CONTROLS_CAPTION
from xaimed.evaluation.faithfulness.judged import (
    CLASS_SAID,
    PRECISION_SAID,
    judged_maps,
    lean_copy,
    refuse_precision,
    samples_said,
)
from xaimed.evaluation.trial import Trial, on_image
from xaimed.explain.contract import class_score
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.pieces import in_pieces

MEASURES = {
    "infidelity": Measure("Infidelity, map scaled", "lower"),
    "unexplained": Measure("Unexplained change of score", "lower", percent=True, decimals=1),
}
Change = Literal["squares", "noise"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Infidelity:
    """The mean squared error with which a map's sum over a change foretells the change of the class score.

    Args:
        samples: how many of a fold are judged; None for all.
        change: ``squares`` sets a square to 0 of the normalised input, which suits maps of what each pixel
            contributes; ``noise`` subtracts Gaussian noise, which suits gradients.
        draws: changes of each picture, the same for all its maps.
        side: of the square, in sides of the picture.
        spread: SD of the noise, in normalised input.
        precision: of the network: ``fp32`` or ``bf16``.
    """

    name: ClassVar[str] = "infidelity"
    samples: int | None = 32
    change: Change = "squares"
    draws: int = 64
    side: float = 0.2
    spread: float = 0.2
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        """Refuse changes that are none."""
        if self.change not in ("squares", "noise"):
            raise ConfigError(f"there is no change '{self.change}'", where="infidelity.change", fix="Say squares.")
        if self.draws < 2 or not 0 < self.side < 1 or self.spread <= 0:
            raise ConfigError(
                f"{self.draws} changes of side {self.side} or SD {self.spread} tell nothing",
                where="infidelity",
                fix="Ask for 2 draws or more, a side between 0 and 1, and an SD above 0.",
            )
        refuse_precision(self.precision, self.name)

    def __call__(self, trial: Trial) -> Findings:
        """Change every chosen picture, and compare what its maps and the controls foretold."""
        positions = trial.chosen(self.samples)
        judged = judged_maps(trial, positions)
        if not judged:
            return Findings(no_rows(), MEASURES, self.caption)
        lean = lean_copy(trial, self.precision)
        values: dict[tuple[str, str], list[float]] = {(m, name): [] for name in judged for m in MEASURES}
        at = 0
        for seen in trial.batches(positions):
            for image, name_of_sample in zip(seen.images, trial.sample_ids[seen.positions], strict=True):
                changes = self.changes(image.shape[-1], seed_for(self.name, trial.seed, str(name_of_sample)))
                before, after = self._logits(lean, image, changes)
                for name, each in judged.items():
                    target = torch.tensor(each.targets[at])
                    drop = class_score(before, target.expand(1)) - class_score(after, target.expand(len(after)))
                    drawn = on_image(torch.from_numpy(each.heatmap[at][None]), image.shape[-1])[0]
                    foretold = (changes.double() * drawn.double()).sum((1, 2))
                    found = scaled_infidelity(foretold.numpy(), drop.double().numpy())
                    for measure, value in zip(MEASURES, found, strict=True):
                        values[measure, name].append(value)
                at += 1
        ids = trial.sample_ids[positions]
        rows = [row_table(ids, name, measure, found) for (measure, name), found in values.items()]
        return Findings(pd.concat(rows, ignore_index=True), MEASURES, self.caption)

    def changes(self, size: int, seed: int) -> Tensor:
        """What is taken away ``[draws, size, size]``: 1 inside a square, or noise."""
        chance = torch.Generator().manual_seed(seed)
        if self.change == "noise":
            return self.spread * torch.randn(self.draws, size, size, generator=chance)
        side = max(1, round(self.side * size))
        corners = torch.randint(0, size - side + 1, (self.draws, 2, 1), generator=chance)
        along = torch.arange(size)
        inside = (along >= corners) & (along < corners + side)
        return (inside[:, 0, :, None] & inside[:, 1, None]).float()

    def _logits(self, lean: Lean, image: Tensor, changes: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``[1, outputs]`` of the picture and ``[draws, outputs]`` of the changed ones, on the CPU."""

        def after(rows: slice) -> Tensor:
            taken = changes[rows, None].to(image.device)
            return lean.logits(image * (1 - taken) if self.change == "squares" else image - taken).cpu()

        return lean.logits(image[None]).cpu(), in_pieces(self.draws, after, lean.at_once)

    @property
    def caption(self) -> str:
        """The protocol."""
        change = (
            f"squares of {self.side:.0%} of the side set to 0 of the normalised input, its mean"
            if self.change == "squares"
            else f"Gaussian noise (SD {self.spread}, the same in all channels) subtracted from the normalised input"
        )
        return (
            f"{self.draws} changes of each picture: {change}. What the bilinearly drawn map sums up to over a change "
            f"is compared with how much the score (logit) of {CLASS_SAID} falls. Infidelity: mean squared error after "
            "the map is multiplied by the factor, not below 0, that fits best; unexplained: its share of the mean "
            f"square of the falls. {PRECISION_SAID[self.precision]}. {samples_said(self.samples)}. {CONTROLS_CAPTION}"
        )


def plain_infidelity(foretold: Floats, drop: Floats) -> float:
    """The mean squared error ``E[(I·Φ − (f(x) − f(x − I)))²]`` over the draws, the map as it is."""
    return float(np.mean((foretold - drop) ** 2))


def scaled_infidelity(foretold: Floats, drop: Floats) -> tuple[float, float]:
    """The same after the map is scaled by the best factor of 0 or more, and its share of the mean square of the drops.

    A factor below 0 would turn a map round, so that one that points away from the evidence would look good.
    """
    square = float(foretold @ foretold)
    factor = max(0.0, float(foretold @ drop) / square) if square > 0 else 0.0
    error, all_there_is = plain_infidelity(factor * foretold, drop), float(np.mean(drop**2))
    return error, error / all_there_is if all_there_is > 0 else float("nan")
