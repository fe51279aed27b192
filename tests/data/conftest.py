"""Small datasets: pictures written to a folder, and tables without pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from xaimed.data.manifest import Manifest
from xaimed.data.task import Kind, Task


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XAIMED_CACHE", str(folder))
    return folder


@pytest.fixture
def write_picture():
    """Writes a picture of noise that depends on the path's name only."""

    def write(path: Path, size: tuple[int, int] = (20, 16), colour: bool = False) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = np.random.default_rng(sum(path.name.encode()))
        shape = (size[1], size[0], 3) if colour else (size[1], size[0])
        Image.fromarray(chance.integers(0, 256, shape, dtype=np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def class_folder(tmp_path, write_picture):
    """Makes class folders: ``class_folder(Normal=3, Scol=2)``."""

    def make(**counts: int) -> Path:
        root = tmp_path / "set"
        for name, count in counts.items():
            for number in range(count):
                write_picture(root / name / f"{number}.png")
        return root

    return make


@pytest.fixture
def table_manifest(tmp_path):
    """Makes a manifest without pictures from labels (names, or a 0/1 matrix) and patients."""

    def make(labels, groups, classes: tuple[str, ...]) -> Manifest:
        count = len(groups)
        frame = pd.DataFrame(
            {
                "sample_id": [f"s{i}" for i in range(count)],
                "path": [f"{i}.png" for i in range(count)],
                "group": [f"p{group}" for group in groups],
                "split": "",
                "mask_path": "",
            }
        )
        if np.ndim(labels) == 2:
            frame[list(classes)] = np.asarray(labels)
            return Manifest("table", tmp_path, Task(Kind.MULTILABEL, classes), frame)
        frame["label"] = labels
        return Manifest("table", tmp_path, Task(Kind.MULTICLASS, classes), frame)

    return make


@pytest.fixture
def project_config():
    """Builds what a file of ``conf/`` describes: ``project_config("protocol/kfold", folds=3)``."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    def build(name: str, **changes):
        file = Path(__file__).parents[2] / "conf" / f"{name}.yaml"
        config = OmegaConf.merge(OmegaConf.load(file), changes)
        config.pop("leakage", None)  # for the plan, which settles it before the protocol is built
        return instantiate(config)

    return build
