"""What is shown of one sample? Its picture, its maps, its evidence, and a caption that says what the model decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from xaimed.reporting.colours import MapKind
from xaimed.reporting.text import shortened, visible

Floats = npt.NDArray[np.float64]

LONGEST_ID = 40


@dataclass(frozen=True)
class PanelMap:
    """One map on its own grid, raw.

    Attributes:
        title: what it is, such as ``Grad-CAM``.
        values: ``[h, w]``, not normalised.
        kind: decides the colours.
    """

    title: str
    values: npt.ArrayLike
    kind: MapKind = "heatmap"

    @property
    def raw(self) -> Floats:
        """The values as an array."""
        return np.asarray(self.values, dtype=np.float64)

    @property
    def maximum(self) -> float:
        """The largest raw value, 0 if none is above 0; NaN for a map that is not finite."""
        return float(max(self.raw.max(), 0.0)) if np.isfinite(self.raw).all() else float("nan")

    def strength(self, height: int, width: int) -> Floats:
        """The map at picture size, bilinear, divided by its own raw maximum; zero where it cannot be drawn."""
        if not self.maximum > 0:
            return np.zeros((height, width))
        drawn = Image.fromarray((self.raw / self.maximum).astype(np.float32))
        return np.clip(np.asarray(drawn.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float64), 0, 1)


@dataclass(frozen=True)
class Case:
    """One sample ready to be drawn.

    Attributes:
        picture: ``[H, W]``, ``[1, H, W]`` or ``[3, H, W]`` in 0..1.
        maps: what stands beside it, from left to right.
        header: what was decided, see ``caption``.
        subline: which sample this is.
        mask: evidence mask ``[H, W]``, or None where there is none.
    """

    picture: npt.ArrayLike
    maps: tuple[PanelMap, ...]
    header: str
    subline: str
    mask: npt.ArrayLike | None = None

    @property
    def image(self) -> Floats:
        """The picture as ``[H, W]`` or ``[H, W, 3]``, in 0..1."""
        picture = np.clip(np.asarray(self.picture, dtype=np.float64), 0, 1)
        if picture.ndim == 2:
            return picture
        return picture[0] if len(picture) == 1 else np.moveaxis(picture, 0, -1)

    @property
    def aspect(self) -> float:
        """Height over width."""
        return float(self.image.shape[0] / self.image.shape[1])

    @property
    def titles(self) -> list[str]:
        """What stands above the columns."""
        return ["Image", *(panel_map.title for panel_map in self.maps)]


def caption(
    *, true: str, predicted: str, correct: bool, probability: float | None, fold: int, sample_id: str
) -> tuple[str, str]:
    """The header and the subline of a case: right or wrong by sign and word, not by colour alone.

    Args:
        true: the true class, or the positive labels joined.
        predicted: likewise what the model says.
        correct: whether that is right.
        probability: of the predicted class; None where no single one exists.
        fold: the fold that held the sample out.
        sample_id: shortened in the middle when long.
    """
    verdict = "✓ correct" if correct else "✗ wrong"
    sure = "" if probability is None else f" (p\u00a0{_probability(probability)})"
    header = f"{verdict} · true: {visible(true)} · predicted: {visible(predicted)}{sure}"
    return header, f"sample {shortened(sample_id, LONGEST_ID)} · fold {fold}"


def caption_of_new(*, file: str, predicted: str, explained: str, probability: float, said: str) -> tuple[str, str]:
    """The header and the subline of a picture whose true class nobody has told.

    Args:
        file: what the picture is called; shortened in the middle when long.
        predicted: what the networks say: a class, or the positive labels joined.
        explained: the class that the maps speak of.
        probability: of that class.
        said: what else there is to say.
    """
    of = "" if explained == predicted else f" · maps of: {visible(explained)}"
    header = f"{shortened(file, LONGEST_ID)} · predicted: {visible(predicted)}{of} (p\u00a0{_probability(probability)})"
    return header, said


def _probability(value: float) -> str:
    """Two decimals, never a 1.00 or 0.00 that is not one, and never broken over two lines."""
    return ">\u00a00.99" if 0.995 <= value < 1 else "<\u00a00.01" if 0 < value < 0.005 else f"=\u00a0{value:.2f}"
