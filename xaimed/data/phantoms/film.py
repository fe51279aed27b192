"""What does the film show? From how much each ray was weakened to 8-bit grey values, as a digital radiograph does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from xaimed.data.phantoms.canvas import Canvas, Field, box

WATER = 0.021
"""Attenuation of soft tissue per millimetre at the tube voltage of a spine radiograph."""


@dataclass(frozen=True)
class Exposure:
    """How one radiograph was taken and processed."""

    photons: float
    blur: float
    scatter: float
    flattening: float
    sharpening: float
    brightness: float
    contrast: float
    heel: float
    collimation: tuple[float, float, float, float]
    tilt: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, width: float) -> Exposure:
        """A plausible exposure of a field of this width."""
        reach = width / 2
        top, bottom = reach * rng.uniform(0.93, 1.06, 2)
        left, right = reach * (1.06 - 0.34 * rng.beta(1, 2.2, 2))
        return cls(
            photons=float(np.exp(rng.normal(10.6, 0.4))),
            blur=rng.uniform(0.5, 1.0),
            scatter=rng.uniform(0.1, 0.3),
            flattening=rng.uniform(0.35, 0.65),
            sharpening=rng.uniform(0.3, 0.9),
            brightness=rng.normal(0, 0.05),
            contrast=float(np.exp(rng.normal(0, 0.1))),
            heel=rng.normal(0, 0.12),
            collimation=(float(left), float(right), float(top), float(bottom)),
            tilt=rng.normal(0, 0.006),
        )


def develop(
    attenuation: Field, lead: Field, canvas: Canvas, exposure: Exposure, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """The finished picture, bone bright.

    Args:
        attenuation: minus the logarithm of what passes the patient, at every pixel.
        lead: how much of each pixel a lead marker covers.
        canvas: the grid of both.
        exposure: how the radiograph was taken and processed.
        rng: draws the quantum noise.
    """
    x, y = canvas.xy
    light = np.exp(-attenuation)
    light += exposure.scatter * canvas.refine(ndimage.gaussian_filter(canvas.coarsen(light), 9, truncate=2.5))
    log = -np.log(light + np.float32(1e-4)) + exposure.heel * y / (canvas.width / 2)
    log = ndimage.gaussian_filter(log, exposure.blur / canvas.pixel, truncate=2.5)
    grain = rng.standard_normal(log.shape, dtype=np.float32) * np.exp(np.clip(log, 0, 7) / 2)
    grain = 0.6 * grain + 0.7 * ndimage.uniform_filter(grain, 2)
    log += grain / np.float32(np.sqrt(exposure.photons))
    broad = canvas.refine(ndimage.gaussian_filter(canvas.coarsen(log), 24 / (canvas.pixel * 4), truncate=2.5))
    fine = ndimage.gaussian_filter(log, 2.4 / canvas.pixel, truncate=2.5)
    processed = log - exposure.flattening * broad + exposure.sharpening * (log - fine)
    left, right, top, bottom = exposure.collimation
    field = box(
        x + exposure.tilt * y - (right - left) / 2, y - (bottom - top) / 2, (left + right) / 2, (top + bottom) / 2, 2.0
    )
    opened = canvas.cover(field)
    seen = processed[::3, ::3][(opened[::3, ::3] > 0.5) & (log[::3, ::3] > 1.0)]
    low, high = np.percentile(seen, (1.5, 99.6)).astype(np.float32)
    grey = (processed - low) / (high - low)
    grey = 0.5 + exposure.contrast * (grey - 0.5 + np.float32(exposure.brightness))
    grey = np.float32(1.04) / (1 + np.exp(-4.4 * (grey - 0.5))) - np.float32(0.06)
    grey = np.maximum(grey * opened, lead * np.float32(0.97))
    result: npt.NDArray[np.uint8] = np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    return result
