"""Has a shortcut been found? In words and with an interval, from the stored rows of the probe alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.many import many
from xaimed.evaluation.shortcuts.rows import (
    BEYOND_CHANCE,
    DROP,
    FLIP,
    REGIONS,
    SURROUNDINGS,
    beside_controls,
    excess_of,
    spoken,
    worst_region,
)
from xaimed.evaluation.statistics.bootstrap import Clusters, Interval, mean_interval
from xaimed.evaluation.statistics.corrections import adjusted

ALPHA, MATERIAL = 0.05, 0.05
"""A shortcut is found where p, adjusted, is below the one and the mean excess (drop, or flips) above the other."""
DRAWS, BLOCK = 10_000, 500
"""So often the signs of the patients' differences are drawn, and so many at a time."""
FEWEST = 6
"""Of fewer patients no difference could be told from chance."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Loss:
    """What is lost by masking one region.

    Attributes:
        here: the mean over pictures.
        elsewhere: the same with the controls.
        excess: of the one over the other, where that is above zero, with its interval over patients.
        p: one-sided, that the excess is chance; patients' signs drawn, Holm over all that was tested.
    """

    here: float
    elsewhere: float
    excess: Interval
    p: float

    @property
    def found(self) -> bool:
        """Whether it is more than chance, and more than a trifle."""
        return bool(self.p < ALPHA and self.excess.value >= MATERIAL)


@dataclass(frozen=True)
class Region:
    """What masking one region costs, beside masks of its shape elsewhere.

    Attributes:
        name: of the region, as in ``REGIONS``.
        drop: of the predicted class's probability.
        flip: of decisions, as a share.
    """

    name: str
    drop: Loss
    flip: Loss

    @property
    def found(self) -> bool:
        """Whether the prediction rests on it: it loses probability, or decisions turn, to and fro."""
        return self.drop.found or self.flip.found


@dataclass(frozen=True)
class Verdict:
    """What the probe says of one fold or several.

    Attributes:
        regions: every region that was masked, in the order of ``REGIONS``.
        surroundings: how often the decision by border and corners alone is right.
        beyond_chance: by how much more often than chance.
        patients: how many it rests on.
        worst: the region of the largest excess drop, among those that many pictures have.
    """

    regions: tuple[Region, ...]
    surroundings: float
    beyond_chance: Interval
    patients: int
    worst: str | None

    @property
    def found(self) -> tuple[Region, ...]:
        """The shortcuts, the largest first."""
        return tuple(sorted((each for each in self.regions if each.found), key=lambda each: -each.drop.excess.value))

    def sentences(self) -> list[str]:
        """In words: every shortcut that was found, or that none was; then what surroundings alone tell."""
        if not self.regions:
            return ["nothing was probed"]
        over = f"Holm over {2 * len(self.regions)} tests"
        said = [f"the prediction rests on the {spoken(each.name)}: {_costs(each)}, {over}" for each in self.found]
        if not said:
            most = next(each for each in self.regions if each.name == self.worst)
            few = (
                f", and {many(self.patients, 'patient')} {'is' if self.patients == 1 else 'are'} too few to tell"
                if self.patients < FEWEST
                else ""
            )
            said = [
                f"no shortcut found in border, corners or marks{few}; the largest excess drop is that of the "
                f"{spoken(most.name)}: {_costs(most)}, {over}; one inside the anatomy would not be seen"
            ]
        if self.beyond_chance.low > 0:
            said.append(
                f"by border and corners alone {self.surroundings:.0%} are still told rightly, "
                f"{_points(self.beyond_chance)} points more than by chance; anatomy may reach there"
            )
        return said


def verdict(rows: pd.DataFrame, groups: Mapping[str, str] | None = None) -> Verdict:
    """What the rows of the probe say, of one fold or of several together.

    Args:
        rows: ``sample_id, explainer, measure, value``.
        groups: the patient of every sample; without it each sample stands for a patient of its own.
    """
    known = groups or {}

    def people(table: pd.DataFrame) -> npt.NDArray[np.str_]:
        return np.array([known.get(str(name), str(name)) for name in table["sample_id"]], dtype=str)

    drops, flips = beside_controls(rows, DROP), beside_controls(rows, FLIP)
    there = [name for name in REGIONS if (drops["region"] == name).any()]
    tables = [table[table["region"] == name] for name in there for table in (drops, flips)]
    excesses = [np.asarray(excess_of(table), dtype=np.float64) for table in tables]
    chances = [chance_of(excess, people(table)) for excess, table in zip(excesses, tables, strict=True)]
    intervals = [mean_interval(excess, people(table)) for excess, table in zip(excesses, tables, strict=True)]
    losses = [
        Loss(float(table["here"].mean()), float(table["elsewhere"].mean()), interval, float(p))
        for table, interval, p in zip(tables, intervals, adjusted(chances).p, strict=True)
    ]
    regions = [Region(*each) for each in zip(there, losses[::2], losses[1::2], strict=True)]
    right, beyond = (rows[rows["measure"] == name] for name in (SURROUNDINGS, BEYOND_CHANCE))
    patients = len(np.unique(people(drops)))
    beyond_chance = mean_interval(beyond["value"].to_numpy(dtype=np.float64), people(beyond))
    return Verdict(tuple(regions), float(right["value"].mean()), beyond_chance, patients, worst_region(drops))


def chance_of(differences: Values, groups: npt.ArrayLike) -> float:
    """How likely differences without any direction would be so large on average: patients' signs are drawn.

    Region and control could be exchanged if neither mattered; then every patient's sum is as likely negative.
    """
    sums = Clusters(groups).sums(differences)
    sums = sums[sums != 0]
    if not len(sums):
        return 1.0
    rng = np.random.default_rng(0)
    # rounding must not tell a draw from what was observed when it is the same
    observed = sums.sum() - 1e-9 * np.abs(sums).sum()
    as_large = sum(
        int((np.where(rng.random((BLOCK, len(sums))) < 0.5, -sums, sums).sum(1) >= observed).sum())
        for _ in range(DRAWS // BLOCK)
    )
    return (as_large + 1) / (DRAWS + 1)


def _costs(region: Region) -> str:
    drop, flip = region.drop, region.flip
    return (
        f"without it {100 * drop.here:.1f} points of probability are lost, {_points(drop.excess)} more than without "
        f"the same shape elsewhere (p = {drop.p:.2g}), and {flip.here:.0%} of decisions change, {_points(flip.excess)} "
        f"points more (p = {flip.p:.2g}); {many(drop.excess.n, 'picture')}"
    )


def _points(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"
