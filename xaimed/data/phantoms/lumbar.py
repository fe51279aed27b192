"""Is the lower spine healthy, its disc slipped out, its canal narrow, or is it worn? Drawn sagittal T2 MRI."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.lumbar_anatomy import LAST, LUMBAR, Plane, canal, signal, stack
from xaimed.data.phantoms.markers import DEPTHWISE, lead_marker
from xaimed.data.phantoms.midline import LEVELS
from xaimed.data.phantoms.phantom import Case, Phantom, Picture
from xaimed.data.phantoms.scanner import scanned
from xaimed.data.phantoms.spine_lateral import curve

NAMES = tuple(f"{upper}-{lower}" for upper, lower in zip(LEVELS, (*LEVELS[1:], "S1"), strict=True))
"""Discs by the vertebrae above and below."""
REACH = 11.0
"""Millimetres above and below a disc that count as its level."""


class LumbarPhantom(Phantom):
    """Midsagittal T2-weighted MRI of the lumbar spine in four classes.

    ============  ==================================================================================================
    Classes       Healthy, Herniated Disk (one disc out by 3 to 11 mm), Spinal Stenosis (canal at its narrowest about
                  4 to 9 mm, by bulging discs and thick ligaments), Spondylosis (spurs, low dark discs, changed marrow)
    Pictures      40, 40, 80 and 30 by default, of patients with one to three pictures each
    Mask          canal and disc margin at the herniated level; canal at the narrow levels; the worn discs with their
                  endplates; none for Healthy
    Free columns  ``sex``, ``age``, ``level`` (the worst), ``herniation_mm``, ``canal_mm`` (the narrowest place),
                  ``spur_mm``, ``slip_mm`` (backwards, of the worst level), ``wear`` (of the worst disc, 0 to 1)
    ============  ==================================================================================================

    The classes are those of the lumbar study, whose test tenth has 4, 4, 8 and 3 pictures. Healthy discs wear with age,
    and every disease comes with worn discs, so that a dark disc alone decides nothing.
    """

    name: ClassVar[str] = "lumbar"
    version: ClassVar[int] = 1
    default_counts: ClassVar[dict[str, int]] = {
        "Healthy": 40,
        "Herniated Disk": 40,
        "Spinal Stenosis": 80,
        "Spondylosis": 30,
    }

    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """One patient: build, age, and the state of every disc."""
        n = len(LEVELS)
        sex = "F" if rng.random() < 0.5 else "M"
        oldest = {"Healthy": (19, 62), "Herniated Disk": (24, 64)}.get(finding, (48, 84))
        age = int(rng.uniform(*oldest))
        old = min(max((age - 18) / 60, 0.0), 1.0)
        low = np.exp(-((np.arange(n) - LAST + 0.6) ** 2) / 5)  # wear begins at the bottom
        wear = np.clip(old * (0.25 + 0.75 * low) * rng.uniform(0.2, 1.0) + rng.normal(0, 0.06, n), 0, 0.85)
        bulge = np.clip(wear * low * rng.uniform(0, 3.0, n), 0, 2.2)
        state: dict[str, Any] = {
            "hernia": np.zeros(n),
            "flavum": np.clip(rng.normal(0.6, 0.5, n) + old, 0, 2.2) * low,
            "spur": np.clip(wear - 0.35, 0, 1) * rng.uniform(0, 3, n),
            "modic": np.zeros(n),
            "slid": np.zeros(n),
            "canal": float(np.clip(rng.normal(16.8, 1.3), 14, 20)),
            "crowded": 0.0,
            "level": int(np.argmax(wear)),
        }
        state |= {"wear": wear, "bulge": bulge}
        _FINDINGS[finding](state, rng)
        return state | {
            "sex": sex,
            "age": age,
            "scale": rng.normal(0.97 if sex == "F" else 1.03, 0.035),
            "height": np.clip(rng.uniform(0.98, 1.14) - 0.42 * np.clip(state["wear"] - 0.3, 0, 1), 0.45, 1.2),
            "slope": rng.normal(37, 5),
            "lordosis": rng.normal(47, 7),
            "marrow": rng.uniform(0.32, 0.42) + 0.08 * old,
            "modic_at": rng.uniform(-8, 8),
            "aorta": rng.uniform(15, 21),
            "skin": rng.uniform(5, 20),
            "conus": rng.normal(0, 9),
            "sunk": rng.uniform(-2.0, 4.5),
            "core": rng.uniform(0.16, 0.42),
        }

    def draw(self, case: Case) -> Picture:
        """One picture: the patient as it lay this time, in a field of this size."""
        rng, traits = case.rng, dict(case.traits)
        canvas = Canvas(case.size, traits["scale"] * rng.uniform(235, 285))
        traits["sway"] = rng.normal(0, 2.5)
        bones = stack(traits)
        anchor = (canvas.width * rng.uniform(-0.06, 0.04), canvas.width * rng.uniform(0.2, 0.27))
        line = traits["line"] = curve(traits, bones, anchor)
        traits["tight_at"] = float(bones.bottom[traits["level"]]) - 8
        plane = Plane.placed(canvas, traits, bones, line)
        picture = signal(canvas, traits, bones, plane, rng)
        letters = lead_marker(canvas, case.marker, rng, scale=0.8, letters=DEPTHWISE)
        level = traits["level"]
        room = traits["canal"] - traits["bulge"] - traits["hernia"] - traits["flavum"]
        columns = {
            "sex": traits["sex"],
            "age": traits["age"],
            "level": "" if case.finding == "Healthy" else NAMES[level],
            "herniation_mm": round(float(traits["hernia"].max()), 1),
            "canal_mm": round(float(room[LUMBAR:].min()), 1),
            "spur_mm": round(float(traits["spur"].max()), 1),
            "slip_mm": round(float(traits["slid"].max()), 1),
            "wear": round(float(traits["wear"][LUMBAR:].max()), 2),
        }
        return Picture(scanned(picture, canvas, letters, rng), _mask(case.finding, plane, traits), columns)


def _herniated(state: dict[str, Any], rng: np.random.Generator) -> None:
    """One disc of the lowest three has burst backwards."""
    level = LAST - int(rng.choice(3, p=(0.45, 0.42, 0.13)))
    state["hernia"][level] = min(3 + 8 * rng.beta(1.5, 2.2), 0.72 * state["canal"])
    state["wear"][level] = rng.uniform(0.55, 0.95)
    state["bulge"][level] = rng.uniform(0, 1.2)
    state["level"] = level


def _narrow(state: dict[str, Any], rng: np.random.Generator) -> None:
    """Bulging discs and thick ligaments close the canal from both sides at one to three levels."""
    level = LAST - int(rng.choice(3, p=(0.2, 0.5, 0.3)))
    state["canal"] = float(np.clip(rng.normal(14.8, 1.3), 12, 17.5))
    left = 3.5 + 5.5 * rng.beta(1.6, 1.5)
    for place in {level, *(level - 1 - np.arange(rng.integers(0, 3)))}:
        taken = max(state["canal"] - left - (0 if place == level else rng.uniform(0.8, 3.2)), 2.0)
        share = rng.uniform(0.35, 0.6)
        state["bulge"][place], state["flavum"][place] = share * taken, (1 - share) * taken
        state["wear"][place] = max(state["wear"][place], rng.uniform(0.4, 0.9))
    state["crowded"] = rng.uniform(0.3, 1.6)
    state["level"] = level


def _worn(state: dict[str, Any], rng: np.random.Generator) -> None:
    """Three to five discs are low and dark, with spurs at their rims and marrow changed beside some."""
    last = LAST - int(rng.integers(0, 2))
    places = np.arange(last - int(rng.integers(2, 5)), last + 1)
    state["wear"][places] = rng.uniform(0.6, 1.0, len(places))
    state["spur"][places] = 1.8 + 5 * rng.beta(1.6, 2, len(places))
    state["bulge"][places] = rng.uniform(0.3, 2.6, len(places))
    state["modic"][places] = rng.choice((0.0, 0.0, 0.24, -0.2), len(places))
    state["level"] = int(places[np.argmax(state["spur"][places])])
    if rng.random() < 0.4:
        state["slid"][state["level"]] = rng.uniform(1, 3.5)


_FINDINGS = {
    "Healthy": lambda state, rng: None,
    "Herniated Disk": _herniated,
    "Spinal Stenosis": _narrow,
    "Spondylosis": _worn,
}


def _mask(finding: str, plane: Plane, traits: dict[str, Any]) -> npt.NDArray[np.bool_] | None:
    """Where a reader looks for the finding."""
    front, back = canal(plane, {**traits, "bulge": traits["bulge"] * 0, "hernia": traits["hernia"] * 0})
    at_level = np.abs(plane.w) < REACH
    if finding == "Herniated Disk":
        where = (plane.by_disc(traits["hernia"]) > 0) & (plane.t > front - 8) & (plane.t < back + 2)
    elif finding == "Spinal Stenosis":
        room = traits["canal"] - traits["bulge"] - traits["flavum"]
        tight = plane.by_disc((room < max(room.min() + 3.5, 9.0)).astype(float)) > 0
        where = tight & (plane.t > front - 4) & (plane.t < back + 4 + plane.by_disc(traits["flavum"]))
    elif finding == "Spondylosis":
        where = (plane.by_disc(traits["spur"]) >= 1.8) & (np.abs(plane.t) < plane.wall + 8)
    else:
        return None
    mask: npt.NDArray[np.bool_] = at_level & where
    return mask
