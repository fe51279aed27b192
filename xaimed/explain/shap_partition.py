"""Which regions share the prediction, coarse to fine? Partition SHAP of the shap library: halves of halves."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.explain.by_superpixels import known, named
from xaimed.explain.coalitions import chances
from xaimed.explain.contract import Explanation, asked_targets, predicted_class
from xaimed.explain.hidden import Fill, hidden
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.sign import Sign, of_sign
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network

TOGETHER = 32  # coalitions asked about before the next are chosen; it decides the map, so it is the same everywhere
FEWEST = 4  # everything, nothing, and the first two halves


@dataclass(frozen=True)
class PartitionSHAP:
    """Owen values of image regions, by the ``shap`` library's partition explainer.

    The picture is halved again and again, wherever the halves differ most in what they add to the probability of the
    class, until ``max_evals`` pictures have been asked about; a region that was not halved shares its value evenly over
    its pixels. ``heatmap`` is at the size of the picture. In ``extra``:

    * ``signed`` ``[B, H, W]``: the values with their sign;
    * ``convergence`` ``[B]``: by how much the map's sum misses what the probability gains from the hidden picture to
      the whole one. It is 0 up to rounding however few pictures are asked about: more make regions finer.

    Args:
        max_evals: pictures asked about.
        fill: what stands where a region is hidden: ``zero``, ``mean`` or ``blurred``.
        sign: ``positive``, ``absolute`` or ``signed``.
        precision: ``bf16`` asks a network that computes in half precision; the name of the explainer says so.
        seed: decides between regions of equal worth.
        exclusive: whether an image has one class; false for multi-label.
    """

    method: ClassVar[str] = "shap_partition"
    max_evals: int = 500
    fill: Fill = "blurred"
    sign: Sign = "positive"
    precision: Precision = "fp32"
    seed: int = 0
    exclusive: bool = True

    def __post_init__(self) -> None:
        """Refuse options that do not exist, and a picture that is never halved."""
        known(self.method, fill=(self.fill, Fill), sign=(self.sign, Sign), precision=(self.precision, Precision))
        if self.max_evals < FEWEST:
            raise ConfigError(
                f"{self.max_evals} evaluations do not halve a picture",
                where="shap_partition.max_evals",
                fix=f"Ask for {FEWEST} or more.",
            )

    @property
    def name(self) -> str:
        """How files and panels call it; maps in half precision have a name of their own."""
        return named(self.method, self.precision)

    def check(self, network: Network) -> None:
        """Explain one blank image, so that a missing library or a network that cannot be asked is found early."""
        like = next(network.parameters())
        blank = torch.zeros(1, 3, network.size, network.size, device=like.device)
        replace(self, max_evals=FEWEST)(network, blank)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        shap = library()
        images = images.float()
        with untouched(network):
            logits = network(images)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            lean = Lean(network, images, self.precision)
            found = [self._explained(shap, lean, *each) for each in zip(images, classes.tolist(), strict=True)]
        signed = torch.stack([each for each, _ in found]).to(images.device)
        return Explanation(
            heatmap=of_sign(signed, self.sign),
            targets=classes,
            logits=logits,
            extra={"signed": signed, "convergence": torch.tensor([missed for _, missed in found])},
            asked={"explainer": self.name, "score": "probability", **vars(self)},
        )

    def _explained(self, shap: Any, lean: Lean, image: Tensor, target: int) -> tuple[Tensor, float]:
        """The signed map of one picture, and by how much its sum misses the gain."""

        def asked(pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
            batch = torch.from_numpy(pictures).permute(0, 3, 1, 2)
            return cast(npt.NDArray[np.float64], chances(lean, batch, target, self.exclusive).numpy())

        whole, absent = (_last(each) for each in (image, hidden(image, self.fill)))
        explain = shap.PartitionExplainer(asked, shap.maskers.Image(absent))
        with _numpy_seeded(seed_for(self.method, self.seed)):
            told = explain(whole[None], max_evals=self.max_evals, batch_size=TOGETHER, silent=True)
        values = torch.from_numpy(told.values[0]).sum(2)  # the channels of a pixel are halved last
        hides, shows = asked(np.stack([absent, whole]))
        return values.float(), abs(float(values.sum()) - float(shows - hides))


def library() -> Any:
    """The ``shap`` package, which is an extra."""
    try:
        return importlib.import_module("shap")
    except ImportError as error:
        raise ConfigError(
            "Partition SHAP needs the package shap",
            where="explainer=shap_partition",
            fix="Install xaimed[shap], or say explainer=shap_kernel.",
        ) from error


def _last(image: Tensor) -> npt.NDArray[np.float32]:
    """``[H, W, 3]`` on the CPU."""
    return cast(npt.NDArray[np.float32], image.permute(1, 2, 0).contiguous().cpu().numpy())


@contextmanager
def _numpy_seeded(seed: int) -> Iterator[None]:
    """NumPy's own generator, from which shap draws, seeded inside the block and untouched outside it."""
    before = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(before)
