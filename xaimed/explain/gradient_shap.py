"""What does each pixel add on average, anywhere between an empty picture and this one? Expected gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.explain.options import not_negative, whole
from xaimed.explain.path_attribution import PathAttribution
from xaimed.explain.pixel_gradients import PixelGradients


@dataclass(frozen=True, kw_only=True)
class GradientShap(PathAttribution):
    """Gradient SHAP (Lundberg & Lee 2017; Erion et al. 2021): the mean over samples of gradient times way.

    A sample adds noise e to the picture, stands at a random place on the line from the baseline x′ to x + e, and takes
    the class score's gradient there times x + e - x′. The places are spread: each of n samples stands somewhere in its
    own n-th of the line. An explainer sees no other pictures, so the expectation is over places and noise, not over a
    set of background pictures. Chance and noise add to the gap that ``convergence`` tells.

    ``PathAttribution`` says what the map and its ``extra`` are, and the other arguments.

    Args:
        samples: how many; each costs a forward and a backward.
        noise: its standard deviation, in units of the normalised picture.
        seed: of places and noise.
    """

    samples: int = 25
    noise: float = 0.1
    seed: int = 0
    name: ClassVar[str] = "gradient_shap"
    straight: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        super().__post_init__()
        whole(self.samples, f"{self.name}.samples")
        not_negative(self.noise, f"{self.name}.noise")

    @property
    def points(self) -> int:
        """One for each sample."""
        return self.samples

    def attributed(self, asker: PixelGradients, group: Tensor, baselines: Tensor) -> Tensor:
        """The mean over samples of way times gradient."""
        places, noise = (part.to(baselines.device) for part in self.draws(baselines.shape[1:]))

        def points(of: Tensor, sample: Tensor) -> tuple[Tensor, Tensor]:
            begin = baselines[of - group[0]]
            way = asker.images[of] + noise[sample] - begin
            return begin + places[sample] * way, way / self.samples

        return asker.total(group, self.samples, points)

    def draws(self, shape: torch.Size) -> tuple[Tensor, Tensor]:
        """The places ``[samples, 1, 1, 1]`` between 0 and 1, and the noise ``[samples, 3, H, W]``.

        Every image meets the same ones: captum draws them for a whole batch from the global random state, and what is
        said of an image then depends on the batch in which it stands.
        """
        places, noise = [], []
        for sample in range(self.samples):
            chance = torch.Generator().manual_seed(seed_for(self.name, self.seed, sample))
            places.append((sample + torch.rand(1, 1, 1, generator=chance)) / self.samples)
            noise.append(self.noise * torch.randn(shape, generator=chance))
        return torch.stack(places), torch.stack(noise)
