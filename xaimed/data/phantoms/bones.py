"""How bright is a bone? A dense rim where the beam runs along its cortex, spongy bone within."""

from __future__ import annotations

import numpy as np

from xaimed.data.phantoms.canvas import Field, cover


def bone(distance: Field, pixel: float, *, inside: float, cortex: float, depth: float) -> Field:
    """Added attenuation of a bone from the distance to its outline.

    Args:
        distance: millimetres to the outline, negative inside.
        pixel: millimetres per pixel.
        inside: attenuation of the spongy inside.
        cortex: what the cortex adds at the very edge.
        depth: millimetres over which that fades inwards.
    """
    fading = np.exp(np.minimum(distance, 0) / np.float32(depth))
    return cover(distance, pixel) * (np.float32(inside) + np.float32(cortex) * fading)


def plate(distance: Field, pixel: float, thickness: float) -> Field:
    """A thin sheet seen edge-on, as a soft line where the distance is zero; never thinner than a pixel can show."""
    width = np.float32(max(thickness, 0.6 * pixel))
    line: Field = np.exp(-((distance / width) ** 2)) * np.float32(min(1.0, thickness / (0.6 * pixel)))
    return line
