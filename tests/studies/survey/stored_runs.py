"""Finished runs made by hand: pictures in class folders, what was said of them, and maps."""

from pathlib import Path

import numpy as np
from PIL import Image

from xaimed.evaluation.predictions import prediction_table, write_predictions
from xaimed.store.run import Run
from xaimed.studies.result import RunResult, result_of

HOSTILE = "<img src=x onerror=document.title='taken'>"
CLASSES = (HOSTILE, "Scoliosis")
KIND = "multiclass"


def draw_pictures(root: Path, each: int = 4, classes: tuple[str, ...] = CLASSES) -> list[tuple[str, int]]:
    """Pictures ``root/<class>/<n>.png``, 24 rows by 32 columns; the sample of each, and the number of its class."""
    found = []
    for number, name in enumerate(sorted(classes)):
        (root / name).mkdir(parents=True)
        for i in range(each):
            grey = np.full((24, 32), 40 + 20 * i, dtype=np.uint8)
            Image.fromarray(grey).save(root / name / f"{i}.png")
            found.append((f"{name}/{i}", number))
    return found


def stored_run(
    output: Path,
    name: str,
    root: Path,
    said: dict[str, tuple[int, int]],
    maps: dict[str, float],
    *,
    crop: float | None = None,
    stamps: tuple[str, ...] = (),
    classes: tuple[str, ...] = CLASSES,
    members: tuple[Path, ...] = (),
) -> RunResult:
    """A run of one fold.

    Args:
        output: where runs lie.
        name: its directory.
        root: of the pictures.
        said: by sample, the true and the predicted class.
        maps: by explainer, the maximum of its maps.
        crop: the share of the side that it saw.
        stamps: of the run.
        classes: in their order.
        members: of an ensemble, which knows of its data what they know.
    """
    names, ids = sorted(classes), list(said)
    run = Run(output / "runs" / name)
    dataset = {"_target_": "xaimed.data.folder.Folder", "root": str(root), "task": KIND}
    image = {"_target_": "xaimed.data.preparation.Preparation", "size": 16, "normalization": "unit", "crop": crop}
    facts = {"identity": name, "folds": [0], "stamps": list(stamps), "note": "", "kind": KIND, "classes": names}
    config = {"members": list(map(str, members))} if members else {"dataset": dataset, "image": image}
    run.describe({**facts, "dataset": "demo", "config": config})
    probabilities = np.full((len(ids), len(names)), 1 - 0.8137)
    probabilities[np.arange(len(ids)), [said[name][1] for name in ids]] = 0.8137
    table = prediction_table(
        KIND,
        names,
        sample_ids=ids,
        groups=ids,
        fold=0,
        targets=[said[name][0] for name in ids],
        logits=np.log(probabilities),
        probabilities=probabilities,
    )
    fold = run.fold(0)
    with fold.being_made() as place:
        write_predictions(place / "predictions.csv", table)
        for other in ("config.yaml", "split.csv", "weights.pt", "normalization.json"):
            (place / other).write_text("")
        for explainer, most in maps.items():
            (place / "explanations" / explainer).mkdir(parents=True)
            heatmaps = np.zeros((len(ids), 2, 2), dtype=np.float32)
            heatmaps[:, 0, 0] = most
            np.savez(place / "explanations" / explainer / "maps.npz", sample_id=np.array(ids), heatmap=heatmaps)
        fold.publish({"identity": name})
    return result_of(run)
