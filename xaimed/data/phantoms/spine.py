"""Is the spine straight, curved or slipped? Radiographs drawn from a seed, with the curve and the slip known."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from xaimed.data.phantoms import spine_frontal, spine_lateral
from xaimed.data.phantoms.canvas import Canvas, Field
from xaimed.data.phantoms.film import Exposure, develop
from xaimed.data.phantoms.markers import lead_marker
from xaimed.data.phantoms.midline import DEPTH, LEVELS, WIDTH
from xaimed.data.phantoms.phantom import Case, Phantom, Picture

MASK_REACH = 42.0
"""Millimetres of spine above and below the apex or the slipped disc that count as the finding."""


class SpinePhantom(Phantom):
    """Radiographs of the thoracolumbar spine in three classes.

    ============  ==================================================================================================
    Classes       Normal (frontal or lateral), Scoliosis (frontal, Cobb angle 12 to 60 degrees), Spondylolisthesis
                  (lateral, L4 or L5 slipped forward by 8 to 60 % of the endplate below)
    Pictures      71, 188 and 79 by default, of patients with one to three pictures each
    Mask          the curve around its apex; the slipped segment; none for Normal
    Free columns  ``sex``, ``age``, ``view`` (AP or LAT), ``cobb_angle`` (degrees), ``slip_percent``, ``level`` (apex or
                  slipped vertebra), ``finding_x`` and ``finding_y`` (its place in pixels)
    ============  ==================================================================================================

    The numbers and the classes are those of the vertebra X-rays of the spine study; the pictures are not.
    """

    name: ClassVar[str] = "spine"
    version: ClassVar[int] = 1
    default_counts: ClassVar[dict[str, int]] = {"Normal": 71, "Scoliosis": 188, "Spondylolisthesis": 79}

    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """One patient: who it is, how it is built, how curved or slipped its spine is."""
        scoliosis, slipped = finding == "Scoliosis", finding == "Spondylolisthesis"
        sex = "F" if rng.random() < (0.65 if scoliosis else 0.5) else "M"
        age = int(rng.uniform(11, 20) if rng.random() < (0.5 if scoliosis else 0.15) else rng.uniform(20, 80))
        cobb = 12 + 48 * rng.beta(1.5, 1.9) if scoliosis else min(abs(rng.normal(0, 2.5)), 8.0)
        slip = 8 + 52 * rng.beta(1.8, 1.8) if slipped else min(abs(rng.normal(0, 1.2)), 3.0)
        apex, side = rng.uniform(6.2, 9.3), float(rng.choice((-1.0, 1.0)))
        worn = min(max((age - 30) / 50, 0.0), 1.0)
        below_apex = np.arange(len(LEVELS)) - apex
        level = LEVELS.index("L5") - int(rng.random() < 0.45)
        return {
            "sex": sex,
            "age": age,
            "scale": rng.normal(0.95 if sex == "F" else 1.01, 0.035),
            "build": float(np.clip(rng.normal(0.96, 0.08), 0.8, 1.2)),
            "hip": rng.normal(1.02 if sex == "F" else 0.97, 0.03),
            "bone": rng.uniform(0.85, 1.2) - 0.2 * worn,
            "wear": worn * rng.uniform(0, 1),
            "disc": rng.uniform(0.9, 1.12) - 0.15 * worn,
            "cobb": float(cobb),
            "apex": apex,
            "reach": rng.uniform(60, 85),
            "second": float(rng.choice((0.0, 0.4, 0.75))),
            "side": side,
            "turn": -side * cobb * rng.uniform(0.12, 0.24) * np.exp(-((below_apex / 2.2) ** 2)) + rng.normal(0, 0.6),
            "slip": float(slip),
            "level": level,
            "lysis": float(slipped and level == LEVELS.index("L5")),
            "narrowing": (0.85 - min(slip, 40) / 65) if slipped else 1 - 0.4 * worn * rng.random(),
            "sclerosis": min(0.45 + slip / 50, 1.2) if slipped else 0.5 * worn * rng.random(),
            "slope": rng.normal(39, 5) + 0.15 * slip,
            "lordosis": rng.normal(52, 6),
        }

    def draw(self, case: Case) -> Picture:
        """One radiograph: the patient as placed this time, in the view that its finding is looked for in."""
        rng = case.rng
        frontal = case.finding == "Scoliosis" or (case.finding == "Normal" and rng.random() < 0.5)
        pose = {"sway": rng.normal(0, 1.3 if frontal else 2.0), "roll": rng.normal(0, 1.5 if frontal else 3.5)}
        traits = {**case.traits, **pose}
        view = self._frontal if frontal else self._lateral
        canvas, attenuation, mask, place, level = view(case.size, traits, rng)
        if not frontal and rng.random() < 0.12:  # some look to the right
            attenuation, mask, place = attenuation[:, ::-1], mask[:, ::-1], (-place[0], place[1])
        exposure = Exposure.drawn(rng, canvas.width)
        lead = lead_marker(canvas, case.marker, rng)
        found = case.finding != "Normal"
        x, y = ((axis / canvas.width + 0.5) * canvas.size - 0.5 for axis in place)
        columns = {
            "sex": traits["sex"],
            "age": traits["age"],
            "view": "AP" if frontal else "LAT",
            "cobb_angle": round(traits["cobb"], 1),
            "slip_percent": round(traits["slip"], 1),
            "level": LEVELS[level] if found else "",
            "finding_x": round(x, 1) if found else math.nan,
            "finding_y": round(y, 1) if found else math.nan,
        }
        pixels = develop(attenuation, lead, canvas, exposure, rng)
        return Picture(pixels, mask if found else None, columns)

    @staticmethod
    def _frontal(size: int, traits: dict[str, Any], rng: np.random.Generator) -> View:
        canvas = Canvas(size, traits["scale"] * rng.uniform(320, 358))
        bones = spine_frontal.stack(traits)
        anchor = (rng.normal(0, 5), canvas.width * rng.uniform(0.25, 0.29))
        line, apex = spine_frontal.curve(traits, bones, anchor)
        where = line.coordinates(canvas)
        attenuation = spine_frontal.attenuation(canvas, traits, line, where, rng)
        level = int(bones.body_at(np.array([apex], dtype=np.float32))[0])
        half = 0.5 * WIDTH[level] * traits["scale"] + 7
        return canvas, attenuation, _around(where, apex, (-half, half)), line.at(apex), level

    @staticmethod
    def _lateral(size: int, traits: dict[str, Any], rng: np.random.Generator) -> View:
        canvas = Canvas(size, traits["scale"] * rng.uniform(286, 322))
        bones, level = spine_lateral.stack(traits), traits["level"]
        anchor = (canvas.width * rng.uniform(0.02, 0.08), canvas.width * rng.uniform(0.16, 0.21))
        line = spine_lateral.curve(traits, bones, anchor)
        where = line.coordinates(canvas)
        attenuation = spine_lateral.attenuation(canvas, traits, line, where, rng)
        disc = float(bones.bottom[level] + bones.top[level + 1]) / 2
        half = 0.5 * DEPTH[level] * traits["scale"] + 6
        front = -half - spine_lateral.slip(traits)
        return canvas, attenuation, _around(where, disc, (front, half + 8)), line.at(disc, front / 4), level


View = tuple[Canvas, Field, npt.NDArray[np.bool_], tuple[float, float], int]
"""The grid, the attenuation, where the finding would be, its middle in millimetres, and its vertebra."""


def _around(where: tuple[Field, Field], place: float, across: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """The stretch of spine about a place on its line, from ``across[0]`` to ``across[1]`` beside it."""
    along, off = where
    mask: npt.NDArray[np.bool_] = (np.abs(along - place) < MASK_REACH) & (off > across[0]) & (off < across[1])
    return mask
