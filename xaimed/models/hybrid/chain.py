"""What was fitted on a network's features? Standardisation, projection, SVM and calibration, as plain numbers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaimed.errors import ConfigError, WeightsError
from xaimed.models.hybrid.handcrafted import Handcrafted
from xaimed.store.writing import write_bytes

Floats = npt.NDArray[np.float64]

FACTS, VERSION = "facts", 1
KERNELS = ("linear", "rbf")


@dataclass(frozen=True, eq=False)
class Chain:
    """A fitted chain from what the SVM sees, deep features and handcrafted ones, to calibrated logits.

    With d entries seen, p after projection (d without one), K decisions (one for two classes) and S support vectors,
    ``arrays`` holds ``mean, scale [d]``; with a projection ``projection.mean [d], projection.components [p, d]``;
    for a linear kernel ``svm.weights [K, p]``, for RBF ``svm.vectors [S, p], svm.dual [K, S], svm.gamma []``;
    ``svm.intercept, calibration.slope, calibration.offset [K]``.

    Attributes:
        kernel: ``linear`` or ``rbf``.
        deep_width: how many of the entries seen are the network's; the others are handcrafted.
        handcrafted: what makes those.
        pixel_mean: what a picture's channels were normalised with.
        pixel_std: likewise.
        arrays: the numbers, by name.
    """

    kernel: str
    deep_width: int
    handcrafted: Handcrafted
    pixel_mean: tuple[float, ...]
    pixel_std: tuple[float, ...]
    arrays: Mapping[str, Floats] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse numbers that do not belong together."""
        shapes = self._shapes()
        if set(self.arrays) != set(shapes):
            raise WeightsError(f"the arrays are {sorted(self.arrays)}, not {sorted(shapes)}")
        for name, shape in shapes.items():
            array = self.arrays[name]
            if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
                raise WeightsError(f"'{name}' is no finite float64 of shape {list(shape)}")

    @property
    def decisions(self) -> int:
        """How many decision values: one for two classes, else one a class."""
        return len(self.arrays["svm.intercept"]) if "svm.intercept" in self.arrays else 0

    @property
    def width(self) -> int:
        """How many entries the chain sees."""
        return self.deep_width + self.handcrafted.width

    @property
    def projects(self) -> bool:
        """Whether there is a PCA."""
        return "projection.components" in self.arrays

    def save(self, path: Path) -> None:
        """Write one npz of arrays and a line of JSON; nothing in it is pickled."""
        facts = {
            "version": VERSION,
            "kernel": self.kernel,
            "deep_width": self.deep_width,
            "handcrafted": self.handcrafted.options(),
            "pixel_mean": self.pixel_mean,
            "pixel_std": self.pixel_std,
        }
        content = io.BytesIO()
        np.savez(content, **{FACTS: np.array(json.dumps(facts, sort_keys=True)), **self.arrays})  # type: ignore[arg-type]
        write_bytes(path, content.getvalue())

    @classmethod
    def read(cls, path: Path) -> Chain:
        """What ``save`` wrote, or a refusal; reading runs nothing."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            facts: dict[str, Any] = json.loads(str(arrays.pop(FACTS)))
            if facts.pop("version") != VERSION:
                raise WeightsError("it was written by another version of xaimed")
            options = {**facts, "handcrafted": Handcrafted(**facts["handcrafted"])}
            options |= {name: tuple(map(float, facts[name])) for name in ("pixel_mean", "pixel_std")}
            return cls(**options, arrays=arrays)
        except (WeightsError, ConfigError) as error:
            reason = error.what
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(f"this is no fitted SVM of xaimed ({reason})", where=path)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        def count(name: str, axis: int) -> int:
            array = self.arrays.get(name, np.empty(0))
            return array.shape[axis] if array.ndim > axis else 0

        if self.kernel not in KERNELS:
            raise WeightsError(f"there is no kernel '{self.kernel}'")
        d, k = self.width, self.decisions
        p = count("projection.components", 0) if self.projects else d
        shapes: dict[str, tuple[int, ...]] = {"mean": (d,), "scale": (d,)}
        if self.projects:
            shapes |= {"projection.mean": (d,), "projection.components": (p, d)}
        if self.kernel == "linear":
            shapes |= {"svm.weights": (k, p)}
        else:
            s = count("svm.vectors", 0)
            shapes |= {"svm.vectors": (s, p), "svm.dual": (k, s), "svm.gamma": ()}
        return shapes | dict.fromkeys(("svm.intercept", "calibration.slope", "calibration.offset"), (k,))
