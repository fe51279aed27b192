"""On what was this made? Versions, machine and device, written beside every fold."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import lightning.pytorch as pl
import torch

from xaimed import __version__

PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "lightning",
    "hydra-core",
    "omegaconf",
    "torchmetrics",
    "scikit-learn",
    "numpy",
    "pandas",
    "pillow",
)


def environment(trainer: pl.Trainer) -> dict[str, Any]:
    """What would have to be the same for the same numbers, bit for bit."""
    device = trainer.strategy.root_device
    return {
        "xaimed": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "precision": str(trainer.precision),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
