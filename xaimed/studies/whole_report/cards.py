"""Which pictures stand in the gallery, and what is known of each? From stored predictions and maps; no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaimed.callbacks.explain import MAPS, load_maps
from xaimed.callbacks.panels import TITLES
from xaimed.config.targets import instantiate
from xaimed.data.randomness import seed_for
from xaimed.data.reading import read_picture
from xaimed.errors import XaimedError
from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.predictions import Predictions
from xaimed.reporting.html.gallery import Card, Shown
from xaimed.store.fold import EXPLANATIONS
from xaimed.studies.plan import preparation_of
from xaimed.studies.result import RunResult

MOST_PICTURES, MOST_CARDS = 900, 12_000
SIDE = 224
NUMBERS = {
    "probability": "Probability of what was said",
    "entropy": "Entropy of the prediction (nats)",
    "residual": "1 − probability of the true class",
    "mutual_information": "Mutual information of passes (nats)",
    "spread": "Explanation uncertainty (SD ÷ mean)",
}
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cards:
    """What the gallery shows.

    Attributes:
        cards: a card for each picture in each run.
        pictures: by sample.
        explainers: by key, the title.
        measures: of ``NUMBERS``, those that some card knows.
        note: what a reader must know of what is not there.
    """

    cards: list[Card]
    pictures: dict[str, Pixels]
    explainers: dict[str, str]
    measures: dict[str, str]
    note: str


@dataclass
class _Maps:
    """The stored maps of a fold by explainer, with the place of every sample in them."""

    arrays: dict[str, dict[str, npt.NDArray[Any]]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)


def cards_of(results: Sequence[RunResult]) -> Cards:
    """The cards of runs that have predictions; of too many pictures all mistakes come first, then even over classes."""
    names, left_out = _chosen(results)
    cards: list[Card] = []
    for number, result in enumerate(results):
        cards += _of_run(result, number, names)
    keys = list(dict.fromkeys(key for card in cards for key in card.maps))
    pictures, trouble = _pictures(results, names)
    measures = {key: said for key, said in NUMBERS.items() if any(np.isfinite(card.numbers[key]) for card in cards)}
    short = short_names(keys)
    titles = {key: TITLES.get(short[key].split(" ")[0], (short[key], ""))[0] for key in keys}
    unique = {key: title if list(titles.values()).count(title) == 1 else short[key] for key, title in titles.items()}
    return Cards(cards, pictures, unique, measures, " ".join(filter(None, [left_out, trouble])))


def _chosen(results: Sequence[RunResult]) -> tuple[set[str], str]:
    """The samples that are shown, the same in every run, and what to say of the others."""
    wrong: dict[str, int] = {}
    labels: dict[str, str] = {}
    for result in results:
        predictions = result.predictions
        assert predictions is not None
        ids, truth = predictions.frame["sample_id"].astype(str), _words(predictions, "label", "y:")
        for sample, true, correct in zip(ids, truth, predictions.correct, strict=True):
            labels[sample] = true
            wrong[sample] = wrong.get(sample, 0) + int(not correct)
    most = max(1, min(MOST_PICTURES, MOST_CARDS // len(results)))
    if len(labels) <= most:
        return set(labels), ""
    by_chance = sorted(labels, key=lambda name: (-min(wrong[name], 1), seed_for("gallery", name)))
    turn: dict[str, int] = {}
    order = []
    for name in by_chance:
        turn[labels[name]] = turn.get(labels[name], 0) + 1
        order.append((not wrong[name], turn[labels[name]], name))
    kept = {name for *_, name in sorted(order)[:most]}
    mistakes = sum(count > 0 for count in wrong.values())
    said = f"{len(kept)} of {len(labels)} pictures: {min(mistakes, most)} of {mistakes} that some run got wrong"
    return kept, f"{said}, the others drawn at random and even over the classes."


def _of_run(result: RunResult, number: int, names: set[str]) -> list[Card]:
    predictions = result.predictions
    assert predictions is not None
    stored = {fold: _maps_of(result, fold) for fold in predictions.repeats[0]}
    numbers = _numbers(predictions)
    true, said = _words(predictions, "label", "y:"), _words(predictions, "predicted", "predicted:")
    cards = []
    for row, (sample, fold) in enumerate(
        zip(predictions.frame["sample_id"].astype(str), predictions.frame["fold"].astype(int), strict=True)
    ):
        if sample not in names or fold not in stored:
            continue
        maps, more = _shown(stored[fold], sample)
        values = {key: float(column[row]) for key, column in numbers.items()} | more
        cards.append(Card(sample, number, fold, true[row], said[row], bool(predictions.correct[row]), values, maps))
    return cards


def _maps_of(result: RunResult, fold: int) -> _Maps:
    found = _Maps()
    for file in sorted((result.run.fold(fold).path / EXPLANATIONS).glob(f"*/{MAPS}")):
        if file.parent.name.startswith("folds-"):
            continue
        arrays = load_maps(file.parent)
        found.arrays[file.parent.name] = arrays
        found.rows[file.parent.name] = {str(name): i for i, name in enumerate(arrays["sample_id"])}
    return found


def _shown(stored: _Maps, sample: str) -> tuple[dict[str, Shown], dict[str, float]]:
    """The maps of a sample, and what its explainers know of how sure they are."""
    maps: dict[str, Shown] = {}
    more = {"mutual_information": float("nan"), "spread": float("nan")}
    for key, arrays in stored.arrays.items():
        row = stored.rows[key].get(sample)
        if row is None:
            continue
        heat = arrays["heatmap"][row]
        unsure = arrays["uncertainty"][row] if "uncertainty" in arrays else None
        maps[key] = Shown(heat, unsure)
        if unsure is not None and float(np.abs(heat).mean()) > 0:
            more["spread"] = float(unsure.mean() / np.abs(heat).mean())
        if "mutual_information" in arrays:
            more["mutual_information"] = float(arrays["mutual_information"][row])
    return maps, more


def _numbers(predictions: Predictions) -> dict[str, npt.NDArray[np.float64]]:
    chance = np.clip(predictions.probabilities.astype(np.float64), 1e-12, 1)
    rows = np.arange(len(predictions))
    if predictions.kind == "multilabel":
        nothing = np.full(len(predictions), np.nan)
        entropy = -(chance * np.log(chance) + (1 - chance) * np.log1p(-np.clip(chance, 0, 1 - 1e-12))).sum(axis=1)
        return {"probability": nothing, "entropy": entropy, "residual": nothing}
    entropy = -(chance * np.log(chance)).sum(axis=1)
    residual = 1 - chance[rows, predictions.targets]
    return {"probability": chance[rows, predictions.predicted], "entropy": entropy, "residual": residual}


def _words(predictions: Predictions, column: str, prefix: str) -> list[str]:
    if predictions.kind != "multilabel":
        return [str(name) for name in predictions.frame[column]]
    rows = predictions.frame[[prefix + name for name in predictions.classes]].to_numpy()
    return [
        " + ".join(n for n, yes in zip(predictions.classes, row, strict=True) if yes == 1) or "none" for row in rows
    ]


def _pictures(results: Sequence[RunResult], names: set[str]) -> tuple[dict[str, Pixels], str]:
    """The pictures as networks saw them before normalisation, from the datasets of the runs, and what is missing."""
    found: dict[str, Pixels] = {}
    trouble = ""
    for result in results:
        config = result.facts["config"]
        if "dataset" not in config or names <= found.keys():
            continue
        try:
            manifest = instantiate(config["dataset"]).manifest()
        except (XaimedError, OSError) as error:
            trouble = f"Pictures are not shown, for their dataset is not there: {error}"
            continue
        frame = manifest.frame.assign(sample_id=manifest.frame["sample_id"].astype(str))
        wanted = frame[frame["sample_id"].isin(names - found.keys())]
        places = {name: manifest.root / path for name, path in zip(wanted["sample_id"], wanted["path"], strict=True)}
        found |= _read(places, config)
    lacking = len(names) - len(found)
    return found, trouble or (f"{lacking} pictures cannot be read any more." if lacking else "")


def _read(paths: Mapping[str, Path], config: Mapping[str, Any]) -> dict[str, Pixels]:
    preparation = preparation_of(dict(config))
    found = {}
    for name, path in paths.items():
        try:
            picture = preparation.plain(read_picture(path))
        except (XaimedError, OSError):
            continue
        pixels = np.round(255 * picture.numpy()).astype(np.uint8)
        found[name] = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    return found
