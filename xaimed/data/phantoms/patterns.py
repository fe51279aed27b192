"""What can a network learn to see in general? Coloured textures and shapes, for the filters of stand-in weights."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from xaimed.data.phantoms.canvas import Canvas, Field, box, ellipse
from xaimed.data.phantoms.phantom import Case, Phantom, Picture


class PatternsPhantom(Phantom):
    """Eight classes of generic colour pictures, 64 of each by default; no patients in particular and no masks.

    Not medical, and made only so that a backbone can be trained briefly on something else than the study's own data.
    """

    name: ClassVar[str] = "patterns"
    version: ClassVar[int] = 1
    default_counts: ClassVar[dict[str, int]] = dict.fromkeys(
        ("steep_grating", "flat_grating", "checker", "blobs", "rings", "polygons", "speckle", "edges"), 64
    )

    def __init__(self, counts: Any = None, size: int = 224, seed: int = 0) -> None:
        """Set the parameters.

        Args:
            counts: pictures by class name, or in the order of the classes.
            size: side of the square pictures in pixels.
            seed: where all chance comes from.
        """
        super().__init__(counts, size, seed)

    def traits(self, finding: str, rng: np.random.Generator) -> dict[str, Any]:
        """Nothing is shared between pictures."""
        return {}

    def draw(self, case: Case) -> Picture:
        """The pattern between two random colours, under random light and noise."""
        rng, canvas = case.rng, Canvas(case.size, 2.0)
        strength = _pattern(case.finding, canvas, rng)[..., None]
        dark, bright = rng.uniform(0, 0.45, 3).astype(np.float32), rng.uniform(0.5, 1, 3).astype(np.float32)
        if rng.random() < 0.5:
            dark, bright = bright, dark
        colour = dark + (bright - dark) * strength
        colour *= 1 + np.float32(0.15) * canvas.mottle(rng, 1.0)[..., None]
        colour += rng.standard_normal(colour.shape, dtype=np.float32) * np.float32(rng.uniform(0.01, 0.08))
        return Picture(np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8))


def _pattern(kind: str, canvas: Canvas, rng: np.random.Generator) -> Field:
    """One pattern, from 0 to 1, on a square from -1 to 1."""
    x, y = canvas.xy
    steep = kind == "steep_grating" or (kind in ("checker", "edges") and rng.random() < 0.5)
    angle = rng.uniform(-math.pi / 4, math.pi / 4) + (0 if steep else math.pi / 2)
    u = x * math.cos(angle) + y * math.sin(angle)
    v = y * math.cos(angle) - x * math.sin(angle)
    frequency = rng.uniform(8, 50)
    pattern: Field
    if kind.endswith("grating"):
        pattern = 0.5 + 0.5 * np.sin(frequency * u + rng.uniform(0, 6))
    elif kind == "checker":
        pattern = 0.5 + 3 * np.sin(frequency * u / 2) * np.sin(frequency * v / 2)
    elif kind == "blobs":
        pattern = 0.5 + 0.8 * canvas.mottle(rng, rng.uniform(0.15, 0.5))
    elif kind == "speckle":
        pattern = 0.4 * np.abs(canvas.mottle(rng, rng.uniform(0.02, 0.06)))
    elif kind == "rings":
        radius = ellipse(x - rng.uniform(-0.5, 0.5), y - rng.uniform(-0.5, 0.5), rng.uniform(0.6, 1), 1.0)
        pattern = 0.5 + 0.5 * np.sin(frequency * radius)
    elif kind == "edges":
        pattern = 0.5 + rng.uniform(1, 20) * (u - rng.uniform(-0.5, 0.5))
    else:
        pattern = _polygons(canvas, rng)
    return np.clip(pattern, 0, 1)


def _polygons(canvas: Canvas, rng: np.random.Generator) -> Field:
    """A few bent rectangles, one over another."""
    x, y = canvas.xy
    picture = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    for _ in range(int(rng.integers(3, 10))):
        cx, cy, turn = rng.uniform(-0.8, 0.8), rng.uniform(-0.8, 0.8), rng.uniform(0, math.pi)
        p, q = x - cx, y - cy
        p, q = p * math.cos(turn) + q * math.sin(turn), q * math.cos(turn) - p * math.sin(turn)
        shape = box(p, q + rng.uniform(0, 0.8) * np.abs(p), rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.4), 0.0)
        picture = np.maximum(picture, canvas.cover(shape) * np.float32(rng.uniform(0.4, 1)))
    return picture
