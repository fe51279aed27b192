"""Does TensorBoard stay usable on a sweep of a hundred runs?

``python -m benchmarks.dashboard [RUNS] [FOLDS]``: event files of so many runs, not trained but written by what writes
those of a real run (curves of 30 epochs, figures, panels of 12 cases), then ``xaimed dashboard`` on them. Linux only.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.request import Request, urlopen

import lightning.pytorch as pl
import numpy as np
import pandas as pd
from lightning.pytorch.loggers import TensorBoardLogger
from omegaconf import OmegaConf

from xaimed.config.compose import composed
from xaimed.evaluation.predictions import Predictions
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.cases import Case, PanelMap, caption
from xaimed.reporting.dashboard import add_layout
from xaimed.reporting.panels import draw_panel
from xaimed.reporting.tensorboard import add_hparams, add_pictures, flatten_params
from xaimed.studies.fold_pictures import show_fold
from xaimed.studies.report import OF_INTEREST

CLASSES, SAMPLES, EPOCHS, PANELS = ("Normal", "Scoliosis", "Spondylolisthesis"), 68, 30, 12
TAGS = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "val/auc", "val/ece", "lr")
GRID = {
    "backbone": ("resnet18", "resnet50", "vgg16", "mobilenet_v2", "densenet121"),
    "strategy": ("scratch", "feature_extraction", "finetune", "staged"),
    "optimizer.lr": ("1e-4", "3e-4", "1e-3"),
    "seed": tuple(map(str, range(9))),
}
PATIENCE = 600.0


def sweep(place: Path, runs: int, folds: int) -> None:
    """The event files of so many runs; pictures are drawn for one fold and copied, for they weigh the same."""
    rng = np.random.default_rng(0)
    drawn = place / "drawn"
    _pictures(drawn, rng)
    grid = itertools.islice(itertools.product(*reversed(GRID.values())), runs)
    for number, values in enumerate(grid):
        asked = [f"{key}={value}" for key, value in zip(reversed(GRID), values, strict=True)]
        run = place / "runs" / f"spine-{values[-1]}-{values[-2]}-{number:010x}"
        add_layout(run / "hparams", TAGS)
        config = OmegaConf.masked_copy(composed([*asked, "dataset=spine"]), list(OF_INTEREST))
        final = {f"final/{name}": float(rng.uniform(0.5, 1)) for name in ("accuracy", "auc", "f1", "kappa", "mcc")}
        params = flatten_params(cast(dict[str, Any], OmegaConf.to_container(config, resolve=True)))
        add_hparams(run / "hparams", params, final, name=run.name)
        for fold in range(folds):
            logger = TensorBoardLogger(run / f"fold-{fold}", name="", version="tensorboard", default_hp_metric=False)
            for epoch, level in enumerate(np.exp(-np.arange(EPOCHS) / 9) + rng.normal(0, 0.02, EPOCHS)):
                logger.log_metrics(dict.fromkeys(TAGS, float(level)), epoch)
            logger.finalize("success")
            shutil.copytree(drawn, logger.log_dir, dirs_exist_ok=True)


def _pictures(folder: Path, rng: np.random.Generator) -> None:
    logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
    truth = np.arange(SAMPLES) % len(CLASSES)
    chances = rng.dirichlet(np.ones(len(CLASSES)), SAMPLES)
    chances[np.arange(SAMPLES), truth] += 0.5
    chances /= chances.sum(axis=1, keepdims=True)
    names = np.array(CLASSES, dtype=object)
    rows: dict[str, Any] = {"sample_id": [f"p_{i}" for i in range(SAMPLES)], "group": range(SAMPLES), "fold": 0}
    rows |= {"label": names[truth], "predicted": names[chances.argmax(axis=1)]}
    rows |= {f"logit:{name}": np.log(chances[:, i]) for i, name in enumerate(CLASSES)}
    rows |= {f"p:{name}": chances[:, i] for i, name in enumerate(CLASSES)}
    trainer = cast(pl.Trainer, SimpleNamespace(loggers=[logger]))
    show_fold(trainer, Predictions("multiclass", CLASSES, pd.DataFrame(rows)), "spine", "stand-in weights")
    logger.finalize("success")
    with tempfile.TemporaryDirectory() as aside:
        files = {}
        for i in range(PANELS):
            told = caption(true="Normal", predicted="Normal", probability=0.9, fold=0, sample_id=f"p_{i}", correct=True)
            maps = tuple(PanelMap(name, rng.random((7, 7), dtype=np.float32)) for name in ("Grad-CAM", "SD"))
            picture = np.outer(np.sin(np.arange(224) / (9 + i)), np.linspace(0.2, 1, 224)) + rng.normal(
                0, 0.02, (224, 224)
            )
            files[f"panels/Normal/p_{i}"] = Path(aside) / f"{i}.png"
            save_figure(draw_panel(Case(picture.clip(0, 1), maps, *told, None)), files[f"panels/Normal/p_{i}"])
        add_pictures(folder, files)


def asked(address: str, path: str, body: object = None) -> tuple[Any, float]:
    """What the server answers, and after how many seconds."""
    began = time.monotonic()
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{address}data/{path}", data, {"Content-Type": "application/json"}), timeout=PATIENCE) as got:
        return json.load(got), time.monotonic() - began


def processes(number: int) -> Iterator[int]:
    """A process and all that it started."""
    yield number
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from processes(int(child))


def memory(number: int) -> float:
    """What a process and all that it started hold, in MiB."""
    told = [Path(f"/proc/{each}/status").read_text().splitlines() for each in processes(number)]
    return sum(int(line.split()[1]) for lines in told for line in lines if line.startswith("VmRSS")) / 1024


def main(runs: int = 100, folds: int = 5, keep: str = "") -> None:
    """Print what was measured; with ``keep`` the event files stay there."""
    with tempfile.TemporaryDirectory() as aside:
        place = Path(keep or aside)
        sweep(place, runs, folds)
        files = [file for file in (place / "runs").rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 2**20
        print(f"{runs} runs of {folds} folds: {len(files)} files, {size:.0f} MiB, {size / runs / folds:.2f} a fold")
        command = [sys.executable, "-m", "xaimed", "dashboard", str(place / "runs"), "--port", "0"]
        began = time.monotonic()
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split(": ", 1)[1].split("#")[0]
            print(f"answers after {time.monotonic() - began:.1f} s")
            names: set[str] = set()
            while sum("fold-" in name for name in names) < runs * folds:
                assert time.monotonic() - began < PATIENCE
                names = set(asked(address, "runs")[0])
                time.sleep(0.2)
            print(f"every run listed after {time.monotonic() - began:.1f} s, as {len(names)} runs of TensorBoard's")
            while len(tags := asked(address, "plugin/images/tags")[0]) < runs * folds or not all(tags.values()):
                time.sleep(0.5)
            print(f"every picture read after {time.monotonic() - began:.1f} s; {memory(server.pid):.0f} MiB held")
            _, took = asked(address, "plugin/custom_scalars/layout")
            print(f"layout in {took:.2f} s")
            asked(address, "plugin/hparams/experiment", {"includeMetrics": True})
            wish = {"allowedStatuses": ["STATUS_SUCCESS"], "startIndex": 0, "sliceSize": runs, "includeMetrics": True}
            found, took = asked(address, "plugin/hparams/session_groups", wish)
            print(f"HParams table of {len(found['sessionGroups'])} rows in {took:.2f} s")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:3]), *sys.argv[3:])
