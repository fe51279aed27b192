"""What will training see? The very draws of its first epochs, of a few samples of every class."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.dataset import ManifestDataset
from xaimed.data.manifest import Manifest
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Rows
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.randomness import seed_for
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.cases import Case
from xaimed.reporting.sheet import Varied, draw_sheet, recipe_of
from xaimed.studies.plan import folds_of, preparation_of, seen, wanted_of


def make_sheet(config: dict[str, Any], names: tuple[str, str], samples: int, epochs: int) -> Path:
    """Draw the contact sheet of a configuration's training pictures; nothing is trained.

    Args:
        config: the plain configuration: dataset, image, loader, protocol, augmentation, seed, output.
        names: of the dataset's and the augmentation's option.
        samples: how many rows, spread over the classes.
        epochs: how many epochs.

    Returns:
        The PNG that was written.
    """
    whole: Manifest = instantiate(config["dataset"]).manifest()
    inspection, pixels, _ = seen(whole, config)
    readable, _ = sort_out_unreadable(whole, inspection=inspection)
    manifest, splits, _ = folds_of(whole, readable, inspection, config)
    split, seed = wanted_of(splits, config)[0], int(config["seed"])
    rows = spread_over_classes(manifest, split.train, samples)
    asked = preparation_of(config)
    in_the_open = asked.normalized_by((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))  # as [0, 1], for drawing

    def dataset(augment: Callable[[Tensor], Tensor] | None) -> ManifestDataset:
        return ManifestDataset(
            manifest, rows, in_the_open, augment, seed=seed, fold=split.fold, pixels=pixels, with_masks=True
        )

    plain, varied = dataset(None), dataset(instantiate(config["augmentation"]))
    drawn = [
        Varied(
            _class_of(manifest, int(row)),
            str(plain.sample_ids[position]),
            _case(plain, 0, position),
            tuple(_case(varied, epoch, position) for epoch in range(epochs)),
        )
        for position, row in enumerate(rows)
    ]
    title = f"{names[0]} · augmentation {names[1]} · fold {split.fold}, seed {seed} · {_sides(asked)}"
    decided = {key: config[key] for key in ("dataset", "image", "protocol", "augmentation", "seed")}
    name = identity_hash({**decided, "manifest": manifest.fingerprint(), "samples": samples, "epochs": epochs})
    file = Path(config["output"]).absolute() / "sheets" / f"{names[0]}-{names[1]}-{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    save_figure(draw_sheet(drawn, title=title, recipe=recipe_of(config["augmentation"])), file)
    return file


def spread_over_classes(manifest: Manifest, rows: Rows, count: int) -> Rows:
    """So many of the rows, one of each class in turn, the classes together; the same ones every time."""
    by_class: dict[str, list[int]] = {}
    for row in sorted(rows.tolist(), key=lambda row: seed_for("sheet", str(manifest.frame["sample_id"].iloc[row]))):
        by_class.setdefault(_class_of(manifest, row), []).append(row)
    turns = zip_longest(*(by_class[name] for name in sorted(by_class)))
    chosen = [row for row in chain.from_iterable(turns) if row is not None][:count]
    return np.array(sorted(chosen, key=lambda row: _class_of(manifest, row)), dtype=np.int64)


def _class_of(manifest: Manifest, row: int) -> str:
    found = [name for name, has in zip(manifest.task.classes, manifest.positives[row], strict=True) if has]
    return " + ".join(found) or "none"


def _case(dataset: ManifestDataset, epoch: int, position: int) -> Case:
    sample = dataset[epoch, position]
    return Case(sample["image"].numpy(), (), "", "", (sample["mask"] == 1).numpy())


def _sides(preparation: Preparation) -> str:
    if preparation.resized == preparation.size:
        return f"{preparation.size} px"
    return f"{preparation.resized} px cropped to {preparation.size}"
