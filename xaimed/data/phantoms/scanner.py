"""What does the scanner show? From tissue signal to 8-bit grey: coil, resolution, noise and window of an MRI."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from xaimed.data.phantoms.canvas import Canvas, Field


def scanned(signal: Field, canvas: Canvas, letters: Field, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The finished picture.

    Args:
        signal: what each pixel gives back, from 0 to about 1.
        canvas: its grid; the coil lies on the right.
        letters: how much of each pixel the burnt-in letter covers.
        rng: draws the scanner and its noise.
    """
    f = np.float32
    x, y = canvas.xy
    reach = canvas.width / 2
    fall = rng.uniform(0.2, 0.6)
    coil = np.exp(f(fall) * (x / reach - f(0.4))) * np.exp(
        -(((y - f(rng.normal(0, 15))) / f(reach * rng.uniform(1.3, 2))) ** 2)
    )
    if rng.random() < 0.6:  # a saturation band keeps the moving belly out
        edge = -reach * rng.uniform(0.6, 0.95)
        coil = coil * (1 - f(0.7) / (1 + np.exp(np.clip((x + f(0.15) * y - f(edge)) / f(4), -30, 30))))
    seen = ndimage.gaussian_filter(signal, rng.uniform(0.35, 0.6) / canvas.pixel, truncate=2.5) * coil
    sharp = ndimage.gaussian_filter(seen, 1.1 / canvas.pixel, truncate=2.5)
    seen = seen + f(0.35) * (seen - sharp)
    noise = f(np.exp(rng.normal(-3.75, 0.3)))
    real, imaginary = (noise * rng.standard_normal(seen.shape, dtype=np.float32) for _ in range(2))
    seen = np.sqrt((seen + real) ** 2 + imaginary**2)
    top = f(np.percentile(seen[::3, ::3], 99.4) * rng.uniform(0.85, 1.08))
    grey = np.clip(seen / top, 0, 1) ** f(rng.uniform(0.8, 1.05))
    result: npt.NDArray[np.uint8] = np.rint(np.maximum(grey, letters * f(0.95)) * 255).astype(np.uint8)
    return result
