"""What is a network here? A body that looks, a head that decides, and the name of the layer that is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from torch import Tensor, nn

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

State = Mapping[str, Tensor]
Dropout = nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d


class Network(nn.Module):
    """A classifier cut in two, so that training, freezing and explaining need not know which backbone it is.

    Args:
        body: images ``[B, 3, H, W]`` to a feature vector ``[B, feature_width]``, flattening included.
        head: feature vector to logits; dropout lives here, before the last dense layer.
        explained: dotted name of the module inside ``body`` whose output is explained.
        feature_width: length of the feature vector.
        input_size: side of the square image the architecture was made for.
        to_grid: turns the explained layer's output into ``[B, channels, h, w]`` where it is not one already (the
            tokens of a transformer).
        size: side of the images that it will see; the one it was made for unless said.
        smallest: side of the smallest image that it can look at.
        adapt: makes the body's weights from another image size fit this one (the positions of a transformer).

    Attributes:
        remarks: what a user should know of it before training.
    """

    remarks: tuple[str, ...] = ()

    def __init__(
        self,
        body: nn.Module,
        head: nn.Sequential,
        *,
        explained: str,
        feature_width: int,
        input_size: int,
        to_grid: Callable[[Tensor], Tensor] | None = None,
        size: int | None = None,
        smallest: int = 1,
        adapt: Callable[[State], State] | None = None,
    ) -> None:
        super().__init__()
        layers = dict(body.named_modules())
        if explained not in layers:
            raise ConfigError(
                f"the body has no layer '{explained}' to explain",
                where=f"{type(body).__name__}",
                fix=near_miss(explained, filter(None, layers)),
            )
        self.body, self.head = body, head
        self.explained, self.feature_width, self.input_size = explained, feature_width, input_size
        self.to_grid, self.size, self.smallest, self.adapt = to_grid, size or input_size, smallest, adapt

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``[B, outputs]``."""
        return cast(Tensor, self.head(self.body(images)))

    def explained_layer(self) -> nn.Module:
        """The module whose output is explained."""
        return self.body.get_submodule(self.explained)

    def grid(self, output: Tensor) -> Tensor:
        """The explained layer's output, or its gradient, as ``[B, channels, h, w]``."""
        return output if self.to_grid is None else self.to_grid(output)

    @property
    def last(self) -> str:
        """The dotted name of the layer that decides between the classes, the last one with weights."""
        names: list[str] = [name for name, part in self.head.named_modules() if hasattr(part, "weight")]
        return f"head.{names[-1]}"

    @property
    def never_negative(self) -> bool:
        """Whether the logits come out of a ReLU, so that a sigmoid of them could never say no."""
        silent = (nn.Flatten, nn.Identity, nn.AdaptiveAvgPool2d)
        speaking = [part for part in self.head if not isinstance(part, silent)]
        return bool(speaking) and isinstance(speaking[-1], nn.ReLU)

    def check_size(self, size: int) -> None:
        """Refuse images that are too small for this network."""
        if size < self.smallest:
            raise ConfigError(
                f"images of {size} px are too small: this network needs {self.smallest} px or more",
                where="image.size",
                fix=f"It was made for {self.input_size} px.",
            )

    def active_dropouts(self) -> list[Dropout]:
        """Every dropout with p > 0, those of the body before those of the head."""
        return [*active_dropouts_in(self.body), *active_dropouts_in(self.head)]

    def has_active_dropout(self) -> bool:
        """Whether anything in this network can be sampled."""
        return bool(self.active_dropouts())


def active_dropouts_in(module: nn.Module) -> list[Dropout]:
    """The dropouts with p > 0 inside ``module``, itself included."""
    return [part for part in module.modules() if isinstance(part, Dropout) and part.p > 0]
