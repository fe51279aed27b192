"""What surrounds the spine? Soft tissue of a living thickness, with air in lungs and bowel, seen from two sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xaimed.data.phantoms.canvas import Canvas, Field
from xaimed.data.phantoms.film import WATER
from xaimed.data.phantoms.midline import Midline


def frontal_trunk(canvas: Canvas, traits: Mapping[str, Any], line: Midline, rng: np.random.Generator) -> Field:
    """Soft tissue, less the air in lungs and bowel."""
    x, y = canvas.coarse
    scale, build = traits["scale"], traits["build"]
    sacrum_y = float(np.interp(0, line.along, line.y))
    down = (y - sacrum_y) / (100 * scale)  # 0 at the sacrum, -1 at the waist, -2 at the costal margin
    half = scale * build * (137 + 44 * np.exp(-((down - 0.7) ** 2) / 0.9) + 14 * np.exp(-((down + 2.6) ** 2) / 1.2))
    middle = 0.45 * np.interp(y, line.y, line.x) + 0.55 * float(np.interp(0, line.along, line.x))
    across = (x - middle) / half
    round_ = np.maximum(1 - np.abs(across) ** 2.6, 0) ** 0.5
    depth = scale * build * (182 + 22 * np.exp(-((down - 0.7) ** 2) / 0.6))
    thick = depth * round_

    dome_right = sacrum_y - scale * rng.normal(248, 9)
    dome_left = dome_right + scale * rng.normal(9, 4)
    for side, dome in ((-1, dome_right), (1, dome_left)):
        u = np.clip((side * across - 0.5) / 0.45, -1.4, 1.4)
        floor = dome + scale * (10 * u + 34 * u * u)
        lateral = side * across
        heart = (0.2 if side < 0 else 0.34) + 0.1 * np.clip((y - dome_right) / (40 * scale) + 0.6, 0, 1.2)
        width = np.clip((lateral - heart) * 6, 0, 1) * np.clip((0.97 - lateral) * 9, 0, 1)
        air = 1 / (1 + np.exp(np.clip((y - floor) / 2.2, -30, 30)))
        thick = thick - 0.47 * thick * air * width
    liver = 1 / (1 + np.exp(np.clip((y - sacrum_y + scale * (150 + 60 * across)) / 6, -30, 30)))
    thick = thick * (1 + 0.05 * liver * (across < 0.05))
    for side in (-1, 1):  # psoas: its outer edge runs from T12 down and outwards
        edge = np.interp(y, line.y, line.x) + side * scale * (24 + 46 * np.clip(down + 2.0, 0, 2.2) / 2)
        inner = 1 / (1 + np.exp(np.clip(side * (x - edge) / 1.8, -30, 30)))
        thick = thick + 9 * inner * (side * (x - middle) > 0) * np.clip(down + 2.2, 0, 1) * np.clip(1.2 - down, 0, 1)
    body = canvas.refine((thick * WATER).astype(np.float32))
    body = body * (1 + np.float32(0.022) * canvas.mottle(rng, 22) + np.float32(0.008) * canvas.mottle(rng, 7))
    return body - _gas(canvas, traits, middle, sacrum_y, rng)


def _gas(canvas: Canvas, traits: Mapping[str, Any], middle: Field, sacrum_y: float, rng: np.random.Generator) -> Field:
    """Air in the stomach, along the colon and in the rectum."""
    scale, build = traits["scale"], traits["build"]
    x, y = canvas.coarse
    x = x - middle
    air = np.zeros(x.shape)

    def bubble(cx: float, cy: float, rx: float, ry: float, depth: float) -> None:
        r = ((x - cx) / rx) ** 2 + ((y - sacrum_y - cy) / ry) ** 2
        np.maximum(air, depth * np.sqrt(np.maximum(1 - r, 0)), out=air)

    if rng.random() < 0.75:
        bubble(scale * rng.normal(62, 8), -scale * rng.normal(205, 8), rng.uniform(18, 34), rng.uniform(10, 18), 45)
    for _ in range(int(rng.integers(5, 16))):
        place = rng.random()
        side = rng.choice((-1.0, 1.0))
        if place < 0.6:  # ascending and descending colon
            cx, cy = side * rng.normal(100, 8) * scale * build, -scale * rng.uniform(-20, 165)
        elif place < 0.8:  # transverse colon
            cx, cy = rng.uniform(-85, 85) * scale, -scale * rng.normal(130, 14)
        else:  # small bowel and rectum
            cx, cy = rng.normal(0, 40) * scale, scale * rng.uniform(-70, 70)
        for _ in range(int(rng.integers(1, 4))):
            radius = rng.uniform(6, 14)
            bubble(cx, cy, radius * rng.uniform(0.9, 1.4), radius, radius * rng.uniform(1.2, 2.4))
            cx, cy = cx + rng.normal(0, 5), cy + rng.normal(0, 13)
    return np.maximum(canvas.refine(air.astype(np.float32)), 0) * np.float32(WATER * 0.8)


def lateral_trunk(canvas: Canvas, traits: Mapping[str, Any], line: Midline, rng: np.random.Generator) -> Field:
    """Soft tissue, less the air in lungs and bowel."""
    x, y = canvas.coarse
    scale, build = traits["scale"], traits["build"]
    spine = np.interp(y, line.y, line.x)
    down = (y - float(np.interp(0, line.along, line.y))) / (100 * scale)
    hollow = scale * (14 * np.exp(-((down + 0.9) ** 2) / 0.5) - 34 * np.exp(-((down - 0.8) ** 2) / 0.5))
    back = 0.35 * spine + 0.65 * float(line.x.mean()) + scale * build * 74 - hollow
    front = (
        0.2 * spine
        + 0.8 * float(np.interp(-110, line.along, line.x))
        - scale * build * (138 + 10 * np.sin(2.2 * down) - 8 * np.exp(-((down + 2.4) ** 2)))
    )
    across = (x - (front + back) / 2) / ((back - front) / 2)
    thick = (
        scale
        * build
        * (258 + 40 * np.exp(-((down - 0.6) ** 2) / 0.6))
        * np.maximum(1 - np.abs(across) ** 2.4, 0) ** 0.5
    )
    dome = float(np.interp(0, line.along, line.y)) - scale * rng.normal(236, 9)
    for lift in (0.0, scale * rng.normal(11, 4)):  # two leaves of the diaphragm, the nearer to the film higher
        u = np.clip(across + 0.1, -1.2, 1.2)
        floor = dome - lift + scale * (12 * u + 46 * u * u + 22 * np.clip(u - 0.35, 0, 1))
        air = 1 / (1 + np.exp(np.clip((y - floor) / 1.6, -30, 30)))
        thick = thick - 0.27 * thick * air * np.clip((0.96 - np.abs(across)) * 8, 0, 1)
    body = canvas.refine((thick * 0.8 * WATER).astype(np.float32))
    body = body * (1 + np.float32(0.022) * canvas.mottle(rng, 24) + np.float32(0.007) * canvas.mottle(rng, 7))
    gas = np.zeros(x.shape)
    for _ in range(int(rng.integers(4, 12))):
        cx = float(np.interp(-90, line.along, line.x)) - scale * rng.uniform(42, 115)
        cy = float(np.interp(0, line.along, line.y)) + scale * rng.uniform(-170, 50)
        for _ in range(int(rng.integers(1, 4))):
            radius = rng.uniform(6, 14)
            r = ((x - cx) / (radius * rng.uniform(0.8, 1.5))) ** 2 + ((y - cy) / radius) ** 2
            np.maximum(gas, radius * rng.uniform(1.4, 2.6) * np.sqrt(np.maximum(1 - r, 0)), out=gas)
            cx, cy = cx + rng.normal(0, 12), cy + rng.normal(0, 10)
    return body - np.maximum(canvas.refine(gas.astype(np.float32)), 0) * np.float32(0.8 * WATER)
