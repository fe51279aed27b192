"""How is a checkpoint written? Straight to a file beside its place, then moved: whole or not at all, and not twice.

Lightning's own way serialises into memory first and writes that, which takes about twice as long on a small network.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO


class WholeFile(TorchCheckpointIO):
    """Lightning's reading, our writing."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write ``checkpoint`` to a local ``path``."""
        place = Path(path)
        aside = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            with aside.open("wb") as file:  # a file object, for torch hides the operating system's error otherwise
                torch.save(checkpoint, file)
            os.replace(aside, place)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
