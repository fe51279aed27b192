"""What is a network here? A body that looks, a head that decides, and the name of the layer that is explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

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
        self.to_grid = to_grid

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``[B, outputs]``."""
        return cast(Tensor, self.head(self.body(images)))

    def explained_layer(self) -> nn.Module:
        """The module whose output is explained."""
        return self.body.get_submodule(self.explained)

    def grid(self, output: Tensor) -> Tensor:
        """The explained layer's output, or its gradient, as ``[B, channels, h, w]``."""
        return output if self.to_grid is None else self.to_grid(output)

    def active_dropouts(self) -> list[Dropout]:
        """Every dropout with p > 0, those of the body before those of the head."""
        return [*active_dropouts_in(self.body), *active_dropouts_in(self.head)]

    def has_active_dropout(self) -> bool:
        """Whether anything in this network can be sampled."""
        return bool(self.active_dropouts())


def active_dropouts_in(module: nn.Module) -> list[Dropout]:
    """The dropouts with p > 0 inside ``module``, itself included."""
    return [part for part in module.modules() if isinstance(part, Dropout) and part.p > 0]
