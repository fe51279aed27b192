"""How much air do the lungs hold, and where not? Vessels and bronchi, and the opacities of pneumonia in their zones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from xaimed.data.phantoms.canvas import Canvas, Field, cover
from xaimed.data.phantoms.pencil import Line, drawn, wander
from xaimed.data.phantoms.thorax import Chest, silhouette

ZONES = ("right upper", "right middle", "right lower", "left upper", "left middle", "left lower")
"""The six lung zones by the patient's own side, which is the other side of the picture."""
PLACES = ((-36.0, -42.0), (-40.0, -8.0), (-42.0, 26.0), (36.0, -42.0), (42.0, -10.0), (52.0, 22.0))
FISSURE = -12.0
EVIDENT = 0.16
"""Share of the air that must be gone for a place to count as opaque."""


def vessels(canvas: Canvas, chest: Chest, traits: Mapping[str, Any], rng: np.random.Generator) -> tuple[Field, Field]:
    """The tree of vessels that leaves both hila, and the bronchi beside them, as covered shares of pixels."""
    lines, tubes = [], []
    size = traits["scale"]
    for side in (-1, 1):
        hilum = np.array([side * 19.0 + 0.5 * traits["turn"], -10.0 - 3 * (side > 0)])
        for angle in np.linspace(-1.25, 1.35, 9) + rng.normal(0, 0.1, 9):
            heading = angle if side > 0 else np.pi - angle
            long = rng.uniform(34, 58) * (0.75 if abs(angle) < 0.5 else 1.0)
            stem = wander(rng, tuple(hilum + rng.normal(0, 2.5, 2)), heading, long, 0.3, 6)
            lines.append(Line(stem, 3.6, 0.7, 0.95))
            for fork in rng.permutation(5)[:2] + 1:
                away = heading + rng.choice((-1, 1)) * rng.uniform(0.35, 0.9)
                lines.append(
                    Line(wander(rng, tuple(stem[fork]), away, long * rng.uniform(0.3, 0.6), 0.3, 5), 1.6, 0.4, 0.7)
                )
            tubes.append(Line(stem[:4] + np.array([0.0, 2.2]), 2.0, 1.0))
        lines.append(Line(wander(rng, (hilum[0], hilum[1] - 7.0), 1.45 if side > 0 else 1.7, 26, 0.15), 7.0, 4.0, 0.9))

    def placed(bunch: list[Line]) -> Field:
        shift = np.array([traits["left"], traits["down"]])
        stretch = size * np.array([traits["wide"], 1.0])
        return drawn(canvas, [Line(one.points * stretch + shift, one.start, one.end, one.strength) for one in bunch])

    return placed(lines), placed(tubes if traits["opacity"] else [])


def filling(canvas: Canvas, chest: Chest, traits: Mapping[str, Any], tubes: Field, rng: np.random.Generator) -> Field:
    """Share of the air that fluid has replaced, from 0 to 1: one lobe or focus, or a net through both lungs."""
    if not traits["opacity"]:
        return np.zeros((canvas.size, canvas.size), dtype=np.float32)
    share = _interstitial(canvas, chest, traits, tubes, rng)
    if traits["subtype"] == "bacterial":
        share = np.maximum(_consolidation(canvas, chest, traits, tubes, rng), np.float32(traits["spread"]) * share)
    replaced: Field = np.clip(share, 0, 1) * np.clip(-chest.lung / np.float32(4), 0, 1)
    return replaced


def air(canvas: Canvas, chest: Chest, traits: Mapping[str, Any], full: Field, tree: Field) -> Field:
    """Millimetres of air at every pixel; heart and mediastinum leave only what lies behind them."""
    f = np.float32
    heart, upper = silhouette(canvas, chest, traits)
    edge = max(canvas.pixel, 1.3)
    hidden = 1 - f(0.66) * cover(heart, 1.6 * edge) * np.clip(1 - heart / 14, 0, 1.5) / f(1.5)
    hidden *= 1 - f(0.7) * cover(upper, 2 * edge)
    depth = f(traits["air"]) * chest.inside() * cover(chest.lung, 2 * edge)
    depth *= hidden * (1 - f(0.15) * chest.v / 70)
    recess = f(5.4) * np.clip(1 - chest.floor / 26, 0, 1) * (chest.floor > 0)  # the lung goes on behind the diaphragm
    depth += recess * cover(np.abs(chest.u) - chest.wall + 8, 8)
    taken = f(traits["crowding"]) * tree * hidden * (1 - full)
    left: Field = np.maximum(depth * (1 - f(0.95) * full) - taken, 0)
    return left


def evidence(canvas: Canvas, full: Field, chest: Chest) -> npt.NDArray[np.bool_]:
    """Where the lung is opaque, the finest meshes of a net closed."""
    share = canvas.refine(ndimage.gaussian_filter(canvas.coarsen(full), 1.0))
    mask: npt.NDArray[np.bool_] = (share > EVIDENT * min(1.0, 2.2 * float(share.max()))) & (chest.lung < 0)
    return mask


def _consolidation(
    canvas: Canvas, chest: Chest, traits: Mapping[str, Any], tubes: Field, rng: np.random.Generator
) -> Field:
    """Alveoli filled in one zone: fluffy at its edges, straight along a fissure, bronchi still full of air in it."""
    f = np.float32
    zone = traits["zone"]
    cx, cy = np.array(PLACES[zone]) + rng.normal(0, 4, 2)
    reach = traits["reach"]
    u, v = chest.u + f(4) * canvas.mottle(rng, 24), chest.v + f(4) * canvas.mottle(rng, 24)
    away = np.sqrt(((u - f(cx)) / f(0.85)) ** 2 + ((v - f(cy)) / f(1.1)) ** 2)
    cloud = (f(reach) - away) / f(0.35 * reach) + f(0.55) * canvas.mottle(rng, 14)
    dense: Field = 1 / (1 + np.exp(-2 * cloud))
    if traits["lobar"] and zone in (0, 1):  # the minor fissure bounds the right upper lobe from below
        line = chest.v - f(FISSURE) - f(0.08) * (chest.u + 40)
        dense = dense * cover(line if zone == 0 else -line, 2.5)
    dense = dense * cover(chest.u if zone < 3 else -chest.u, 6)
    dense *= f(traits["opacity"]) * (1 - f(0.4) * tubes) * (1 + f(0.10) * canvas.mottle(rng, 6))
    return dense


def _interstitial(
    canvas: Canvas, chest: Chest, traits: Mapping[str, Any], tubes: Field, rng: np.random.Generator
) -> Field:
    """Thickened bronchial walls and a fine net on both sides, thickest about the hila and in one zone."""
    f = np.float32
    net = 1 - np.minimum(np.abs(canvas.mottle(rng, 5)), 1) + f(0.7) * (1 - np.minimum(np.abs(canvas.mottle(rng, 9)), 1))
    haze = np.clip(f(0.5) + f(0.35) * canvas.mottle(rng, 26), 0, 1)
    hila = np.exp(-(((np.abs(chest.u) - 26) / f(20)) ** 2) - ((chest.v + 4) / f(30)) ** 2)
    cx, cy = PLACES[traits["zone"]]
    worst = np.exp(-(((chest.u - f(cx)) / f(26)) ** 2) - ((chest.v - f(cy)) / f(26)) ** 2)
    weight: Field = f(0.18) + f(0.55) * hila + f(0.45) * worst
    weight *= f(traits["opacity"]) * (f(0.4) * net + f(0.8) * haze + f(0.2) * tubes)
    return weight
