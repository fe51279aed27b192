"""What do people measure on a picture? Edges, texture and grey levels, each entry with a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from skimage import feature
from torch import Tensor

from xaimed.config.nearmiss import near_miss
from xaimed.data.preparation import square
from xaimed.errors import ConfigError

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LUMA = (0.2125, 0.7154, 0.0721)
ANGLES = (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
TEXTURE = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation")
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Handcrafted:
    """A vector of handcrafted features, the same for the same picture on every machine.

    The picture is taken as 8-bit grey, its luma, at a size of its own. The families, in this order:

    * ``hog``: histograms of oriented gradients, blocks of 2×2 cells, L2-Hys;
    * ``lbp``: for each radius r, the histogram of uniform local binary patterns of 8·r points (8·r + 2 bins);
    * ``glcm``: for each distance, contrast, dissimilarity, homogeneity, energy and correlation of the grey levels'
      co-occurrence, each the mean over four directions;
    * ``intensity``: mean, SD, skewness, excess kurtosis, entropy in bits, and five percentiles, of values in [0, 1].

    Args:
        families: which of them.
        size: side of the square on which they are measured.
        hog_cell: side of a cell in pixels.
        hog_orientations: bins of a cell's histogram.
        lbp_radii: in pixels.
        glcm_levels: grey levels that co-occur.
        glcm_distances: in pixels.
    """

    families: Sequence[str] = ("hog", "lbp", "glcm", "intensity")
    size: int = 128
    hog_cell: int = 32
    hog_orientations: int = 9
    lbp_radii: Sequence[int] = (1, 2)
    glcm_levels: int = 32
    glcm_distances: Sequence[int] = (1, 2, 4)

    def __post_init__(self) -> None:
        """Refuse what cannot be measured; lists become tuples."""
        for name in ("families", "lbp_radii", "glcm_distances"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for family in self.families:
            if family not in self._measures:
                fix = near_miss(str(family), self._measures)
                raise ConfigError(f"there are no features '{family}'", where="hybrid.handcrafted.families", fix=fix)
        if not self.families or len(set(self.families)) < len(self.families):
            raise ConfigError("name at least one family, and each once", where="hybrid.handcrafted.families")
        reach = max(2 * self.hog_cell, 2 * max(self.lbp_radii, default=0), max(self.glcm_distances, default=0) + 1)
        if self.size < reach:
            raise ConfigError(f"{self.size} pixels a side are too few", where="hybrid.handcrafted.size")
        counts = (self.hog_cell, self.hog_orientations, self.glcm_levels - 1, *self.lbp_radii, *self.glcm_distances)
        if min(counts) < 1 or self.glcm_levels > 256:
            raise ConfigError("cells, bins, radii, distances and levels are counted from 1", where="hybrid.handcrafted")

    def __call__(self, pictures: Tensor) -> Tensor:
        """The vectors ``[B, width]`` float32 of pictures ``[B, 3, H, W]`` in [0, 1], without gradient."""
        eight_bit = (pictures.detach().cpu().float().clamp(0, 1) * 255).round()
        luma = torch.einsum("bchw,c->bhw", eight_bit, torch.tensor(LUMA)).round().to(torch.uint8)
        rows = [_vector(self, square(grey[None], self.size).numpy().tobytes()) for grey in luma]
        return torch.from_numpy(np.array(rows, dtype=np.float32).reshape(len(rows), self.width)).to(pictures.device)

    def vector(self, grey: Grey) -> Floats:
        """The features of one picture ``[size, size]``."""
        return np.concatenate([self._measures[family](grey) for family in self.families])

    @cached_property
    def entries(self) -> tuple[tuple[str, int], ...]:
        """The family of every entry, and its number there."""
        blank = np.zeros((self.size, self.size), dtype=np.uint8)
        return tuple((name, i) for name in self.families for i in range(len(self._measures[name](blank))))

    @property
    def width(self) -> int:
        """How many entries."""
        return len(self.entries)

    def options(self) -> dict[str, Any]:
        """The arguments that make the same features again, as JSON can hold them."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @property
    def _measures(self) -> Mapping[str, Callable[[Grey], Floats]]:
        return {"hog": self._hog, "lbp": self._lbp, "glcm": self._glcm, "intensity": intensity}

    def _hog(self, grey: Grey) -> Floats:
        cell = (self.hog_cell, self.hog_cell)
        gradients: Floats = feature.hog(
            grey / 255, self.hog_orientations, pixels_per_cell=cell, cells_per_block=(2, 2), block_norm="L2-Hys"
        )
        return gradients

    def _lbp(self, grey: Grey) -> Floats:
        parts = []
        for radius in self.lbp_radii:
            patterns = feature.local_binary_pattern(grey, 8 * radius, radius, method="uniform").astype(np.int64)  # type: ignore[no-untyped-call]
            parts.append(np.bincount(patterns.ravel(), minlength=8 * radius + 2) / grey.size)
        return np.concatenate(parts)

    def _glcm(self, grey: Grey) -> Floats:
        levels = (grey.astype(np.int64) * self.glcm_levels // 256).astype(np.uint8)
        together = feature.graycomatrix(  # type: ignore[no-untyped-call]
            levels, self.glcm_distances, ANGLES, self.glcm_levels, symmetric=True, normed=True
        )
        return np.concatenate([feature.graycoprops(together, name).mean(axis=1) for name in TEXTURE])  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)  # predicting, explaining and drawing a fold ask for the same pictures again
def _vector(measures: Handcrafted, content: bytes) -> Floats:
    return measures.vector(np.frombuffer(content, dtype=np.uint8).reshape(measures.size, measures.size))


def intensity(grey: Grey) -> Floats:
    """Mean, SD, skewness, excess kurtosis, entropy in bits, percentiles; a picture of one grey has no shape (0)."""
    values = grey.ravel() / 255
    mean, spread = float(values.mean()), float(values.std())
    standard = (values - mean) / spread if spread > 0 else np.zeros_like(values)
    shape = [float((standard**3).mean()), float((standard**4).mean()) - 3 if spread > 0 else 0.0]
    shares = np.bincount(grey.ravel(), minlength=256) / grey.size
    entropy = -float((shares[shares > 0] * np.log2(shares[shares > 0])).sum())
    return np.array([mean, spread, *shape, abs(entropy), *np.percentile(values, PERCENTILES)])
