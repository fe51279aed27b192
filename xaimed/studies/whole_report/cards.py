"""Which pictures stand in the gallery, and what is known of each? From stored predictions and maps; no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xaimed.callbacks.panels import TITLES
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seed_for
from xaimed.data.reading import read_picture
from xaimed.errors import XaimedError
from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.predictions import Predictions
from xaimed.reporting.html.gallery import Card, Shown
from xaimed.studies.plan import preparation_of
from xaimed.studies.result import RunResult
from xaimed.studies.stored_maps import StoredMaps, picture_places, stored_maps

MOST_PICTURES, MOST_CARDS = 900, 6_000
NUMBERS = {
    "probability": "Probability of the prediction",
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
        whole: whether every reported picture is among them and can be seen.
    """

    cards: list[Card]
    pictures: dict[str, Pixels]
    explainers: dict[str, str]
    measures: dict[str, str]
    note: str
    whole: bool


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
    note = " ".join(filter(None, [left_out, trouble]))
    return Cards(cards, pictures, unique, measures, note, whole=not note)


def _chosen(results: Sequence[RunResult]) -> tuple[set[str], str]:
    """The samples that are shown, the same in every run, and what to say of the others."""
    wrong: dict[str, int] = {}
    labels: dict[str, str] = {}
    for result in results:
        predictions = result.predictions
        assert predictions is not None
        ids, truth = predictions.frame["sample_id"].astype(str), _classes(predictions, "label", "y:")
        for sample, true, correct in zip(ids, truth, predictions.correct, strict=True):
            labels[sample] = " + ".join(true)
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
    stored = {fold: stored_maps(result, fold) for fold in predictions.repeats[0]}
    numbers = _numbers(predictions)
    true, said = _classes(predictions, "label", "y:"), _classes(predictions, "predicted", "predicted:")
    cards = []
    for row, (sample, fold) in enumerate(
        zip(predictions.frame["sample_id"].astype(str), predictions.frame["fold"].astype(int), strict=True)
    ):
        if sample not in names or fold not in stored:
            continue
        maps, more = _shown(stored[fold], sample, said[row], predictions.classes)
        values = {key: float(column[row]) for key, column in numbers.items()} | more
        cards.append(Card(sample, number, fold, true[row], said[row], bool(predictions.correct[row]), values, maps))
    return cards


def _shown(
    stored: StoredMaps, sample: str, said: tuple[str, ...], classes: tuple[str, ...]
) -> tuple[dict[str, Shown], dict[str, float]]:
    """The maps of a sample, and what its explainers know of how sure they are.

    A mean over dropout passes can favour another class than the plain prediction, and of several labels a map explains
    one: the reader must know which.
    """
    maps: dict[str, Shown] = {}
    more = {"mutual_information": float("nan"), "spread": float("nan")}
    for key, (arrays, row) in stored.of(sample).items():
        heat = arrays["heatmap"][row]
        unsure = arrays["uncertainty"][row] if "uncertainty" in arrays else None
        explained = classes[int(arrays["targets"][row])]
        maps[key] = Shown(heat, unsure, "" if said == (explained,) else explained)
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


def _classes(predictions: Predictions, column: str, prefix: str) -> list[tuple[str, ...]]:
    """By row, its class; of several labels those that it has."""
    if predictions.kind != "multilabel":
        return [(str(name),) for name in predictions.frame[column]]
    rows = predictions.frame[[prefix + name for name in predictions.classes]].to_numpy()
    return [tuple(name for name, yes in zip(predictions.classes, row, strict=True) if yes == 1) for row in rows]


def _pictures(results: Sequence[RunResult], names: set[str]) -> tuple[dict[str, Pixels], str]:
    """The pictures as networks saw them before normalisation, from the datasets of the runs, and what is missing."""
    places, trouble = picture_places(results, names)
    preparations: dict[int, Preparation] = {}
    found: dict[str, Pixels] = {}
    for name, (path, config) in places.items():
        if id(config) not in preparations:
            preparations[id(config)] = preparation_of(config)
        try:
            picture = preparations[id(config)].plain(read_picture(path))
        except (XaimedError, OSError):
            continue
        pixels = np.round(255 * picture.numpy()).astype(np.uint8)
        found[name] = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
    lacking = len(names) - len(found)
    return found, trouble or (f"{lacking} pictures cannot be read any more." if lacking else "")
