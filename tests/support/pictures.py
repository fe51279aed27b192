"""Class folders of small noisy pictures, brighter by class: files that a test can move away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("Normal", "Scoliosis", "Slip")


def noise(seed: int, level: int = 0, height: int = 40, width: int = 32) -> np.ndarray:
    """A grey picture ``[height, width]``, the brighter the higher its level, with a bright block in the middle."""
    values = np.random.default_rng([seed, level]).integers(0, 60, (height, width)) + 60 * level
    values[height // 3 : height // 2, width // 3 : 2 * width // 3] += 70
    return values.astype(np.uint8)


def class_folders(root: Path, seed: int = 0, each: int = 6, names: tuple[str, ...] = CLASSES) -> Path:
    """``root/<class>/<number>.png``, so many of each class."""
    for level, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(noise(1000 * seed + number, level)).save(root / name / f"{number}.png")
    return root
