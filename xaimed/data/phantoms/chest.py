"""Are the lungs clear? Paediatric chest radiographs drawn from a seed, with pneumonia's opacities known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from xaimed.data.phantoms.airspace import ZONES, air, evidence, filling, vessels
from xaimed.data.phantoms.canvas import Canvas, Field, ellipse
from xaimed.data.phantoms.film import Exposure, develop
from xaimed.data.phantoms.markers import lead_marker
from xaimed.data.phantoms.pencil import Line, drawn, wander
from xaimed.data.phantoms.phantom import Case, Phantom, Picture
from xaimed.data.phantoms.thorax import Chest, attenuation
from xaimed.data.task import Kind

FIELD = 200.0
"""Millimetres that the picture shows."""


class ChestPhantom(Phantom):
    """Frontal chest radiographs of children, with and without pneumonia.

    ============  ==================================================================================================
    Classes       NORMAL and PNEUMONIA (binary, the latter positive)
    Pictures      158 and 427 by default: a tenth of the 1583 and 4273 of the paediatric set, of patients with one to
                  three pictures each
    Mask          where the lung is opaque; none for NORMAL
    Free columns  ``sex``, ``age``, ``subtype`` (bacterial: an opacity in one place, or a whole lobe; viral: a net and
                  haze on both sides), ``opacity`` (share of air replaced in the worst place, 0 to 1), ``zone`` (the
                  worst of six, by the patient's own side)
    ============  ==================================================================================================

    Mild cases look like healthy children who have breathed out, are turned, or have crowded vessels or a large thymus:
    no reader should reach every one. Leads and tubes lie on some pictures of either class.
    """

    name: ClassVar[str] = "chest"
    version: ClassVar[int] = 1
    kind: ClassVar[Kind] = Kind.BINARY
    default_counts: ClassVar[dict[str, int]] = {"NORMAL": 158, "PNEUMONIA": 427}

    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """One child: who it is, how it is built, how ill it is."""
        ill = finding == "PNEUMONIA"
        age = int(rng.integers(1, 6))
        bacterial = rng.random() < 0.62
        opacity = float(0.25 + 0.75 * rng.beta(2.2, 1.1)) if ill else 0.0
        young = age <= 2
        return {
            "sex": "F" if rng.random() < 0.45 else "M",
            "age": age,
            "subtype": ("bacterial" if bacterial else "viral") if ill else "",
            "opacity": opacity,
            "zone": int(rng.choice(6, p=(0.17, 0.16, 0.25, 0.09, 0.12, 0.21))),
            "spread": rng.uniform(0.35, 0.85),
            "lobar": rng.random() < 0.35,
            "reach": rng.uniform(20, 32) + 14 * opacity,
            "size": rng.normal(1.0, 0.04),
            "wide": rng.normal(0.99, 0.06),
            "fat": rng.uniform(3, 11),
            "bone": rng.uniform(0.9, 1.3),
            "heart": rng.normal(1.0 if young else 0.93, 0.07),
            "thymus": rng.uniform(2, 13) if young and rng.random() < 0.6 else rng.uniform(-2, 2),
            "sail": rng.uniform(-4, 6),
            "step": rng.normal(5, 3),
            "slope": rng.normal(13, 3),
            "stomach": (
                rng.normal(42, 8),
                rng.normal(72, 5),
                rng.uniform(10, 24),
                rng.uniform(7, 14),
                rng.choice((0, 16, 30)),
            ),
        }

    def draw(self, case: Case) -> Picture:
        """One radiograph: the child as it lay and breathed this time."""
        rng = case.rng
        canvas = Canvas(case.size, FIELD)
        traits = {**case.traits, **_pose(case.traits, rng)}
        chest = Chest.placed(canvas, traits)
        tree, tubes = vessels(canvas, chest, traits, rng)
        full = filling(canvas, chest, traits, tubes, rng)
        rays = attenuation(canvas, chest, traits, air(canvas, chest, traits, full, tree), rng)
        rays = rays + _attached(canvas, rng)
        exposure = replace(
            Exposure.drawn(rng, canvas.width), flattening=rng.uniform(0.15, 0.35), brightness=rng.normal(0.09, 0.03)
        )
        lead = lead_marker(canvas, case.marker, rng, scale=0.8)
        ill = case.finding == "PNEUMONIA"
        columns = {
            "sex": traits["sex"],
            "age": traits["age"],
            "subtype": traits["subtype"],
            "opacity": round(traits["opacity"], 2),
            "zone": ZONES[traits["zone"]] if ill else "",
        }
        return Picture(
            develop(rays, lead, canvas, exposure, rng), evidence(canvas, full, chest) if ill else None, columns
        )


def _pose(traits: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """What differs between two pictures of one child: place, turn, breath and arms."""
    breath = rng.normal(0, 1) - 0.8 * (rng.random() < 0.2)
    raised = rng.random() < 0.4
    return {
        "scale": traits["size"] * rng.uniform(1.0, 1.14),
        "left": rng.normal(0, 4),
        "down": rng.normal(3, 5),
        "roll": rng.normal(0, 2.5),
        "turn": rng.normal(0, 3.5),
        "dome": 47 + 6.5 * breath,
        "bow": float(np.clip(1 - 0.12 * breath + rng.normal(0, 0.1), 0.6, 1.3)),
        "air": 43 + 3 * breath + rng.normal(0, 2),
        "crowding": max(7 - 1.5 * breath + rng.normal(0, 1.0), 4),
        "elbow": (112.0, -122.0) if raised else (rng.uniform(102, 116), 30.0),
        "pull": 6.0 if raised else rng.uniform(-2, 4),
        "clavicle": rng.normal(7, 2) if raised else rng.normal(0, 3),
        "chin": rng.uniform(-24, 10),
        "ribs": rng.normal(0, 2, 2),
    }


def _attached(canvas: Canvas, rng: np.random.Generator) -> Field:
    """Leads with their electrodes, and tubes, on some pictures."""
    lines, metal = [], np.zeros((canvas.size, canvas.size), dtype=np.float32)
    if rng.random() < 0.1:
        for _ in range(int(rng.integers(1, 4))):
            x, y = rng.uniform(-70, 70), rng.uniform(-60, 60)
            heading = rng.uniform(0, 2 * np.pi)
            lines.append(Line(wander(rng, (x, y), heading, rng.uniform(90, 170), 1.6, 24), 1.2, 1.2))
            metal = np.maximum(metal, canvas.cover(ellipse(canvas.xy[0] - x, canvas.xy[1] - y, 3.4, 3.4)))
    if rng.random() < 0.06:
        lines.append(Line(wander(rng, (rng.normal(0, 3), -110.0), np.pi / 2, 175, 0.12, 12), 2.0, 2.0, 0.6))
    if not lines:
        return metal
    return np.float32(0.6) * np.maximum(metal, drawn(canvas, lines))
