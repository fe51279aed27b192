"""What does one run know that a reviewer asks? Read from what it stored, with what is lacking of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.config.many import many
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.samples import SAMPLES
from xaimed.store.run import Run
from xaimed.studies.audited import FACTS
from xaimed.studies.result import RunResult
from xaimed.studies.stored_maps import data_config, stored_explainers
from xaimed.studies.whole_report.again import environments_of

NOTHING_SEGMENTED = "nothing is segmented"
NO_FEATURES = "no handcrafted features"
ATTRIBUTES = ("sex", "age", "view", "dicom_sex", "dicom_age", "dicom_view")


@dataclass(frozen=True)
class Answer:
    """What is known of an item.

    Attributes:
        said: in words.
        lacks: what remains open of it.
        asked: whether the item applies at all.
    """

    said: str
    lacks: str = ""
    asked: bool = True


def answers_of(result: RunResult, *, several: bool, whole: bool) -> dict[str, Answer]:
    """By checklist and number, such as ``CLAIM 9``.

    Args:
        result: a run with predictions.
        several: whether it is compared with others in the same report.
        whole: whether every picture can be seen there.
    """
    config = data_config(result) or {}
    said = _of_data(result, config) | _of_results(result, several, whole) | _of_explanations(result)
    if "members" in result.facts["config"]:
        said |= _of_members(result.facts["config"]["members"])
        said["CLAIM 27"] = Answer(f"{result.facts['note']}; shares.csv in every fold")
    else:
        said |= _of_training(result.facts["config"], str(result.facts["note"]))
    for item, other in {11: 9, 20: 28, 21: 29, 17: 30}.items():
        if f"CLAIM {other}" in said:
            said[f"METRICS {item}"] = said[f"CLAIM {other}"]
    said |= {f"METRICS {item}": Answer(NOTHING_SEGMENTED, asked=False) for item in (8, 9, 10)}
    if not result.facts["config"].get("hybrid"):
        said |= {f"METRICS {item}": Answer(NO_FEATURES, asked=False) for item in (12, 13, 14, 15, 16)}
    return said


def _of_data(result: RunResult, config: dict[str, Any]) -> dict[str, Answer]:
    facts, predictions = result.facts, result.predictions
    assert predictions is not None
    pictures, patients = predictions.samples, predictions.frame["group"].nunique()
    aside = int(facts.get("quarantined", 0))
    protocol = config.get("protocol", {})
    audited = (result.run.path / FACTS).is_file()
    disjoint = _disjoint(pictures, patients, str(protocol.get("leakage", "refuse")), audited)
    drawn = ".phantoms." in str(config.get("dataset", {}).get("_target_", ""))
    said = {
        "CLAIM 7": Answer(f"dataset '{facts['dataset']}'", "where, when and by whom it was gathered"),
        "CLAIM 11": Answer(f"classes: {', '.join(predictions.classes)}", "what each of them means"),
        "CLAIM 13": Answer(f"{many(aside, 'unreadable picture')} set aside, with the reason (quarantine.csv)"),
        "CLAIM 19": Answer(
            f"{many(pictures, 'picture')} of {many(patients, 'patient')} reported", "how that number came about"
        ),
        "CLAIM 20": Answer(
            f"{many(len(facts['folds']), 'fold')}, {_last(protocol) or '?'}; {facts['note']} (assignment.csv)"
        ),
        "CLAIM 21": disjoint,
        "CLAIM 23": Answer(f"xaimed{_software(result)}; all versions in this report"),
        "CLAIM 33": Answer(
            f"{many(int(facts.get('samples', pictures)), 'picture')} read, {aside} set aside, {pictures} reported",
            "who was excluded before",
        ),
        "METRICS 18": disjoint,
    }
    if drawn:
        said["CLAIM 7"] = Answer(f"phantoms drawn by xaimed ('{facts['dataset']}'); none is of a patient")
        said["CLAIM 12"] = Answer("drawn, of nobody", asked=False)
    if columns := _columns(result):
        lacking = "each partition apart, and what else is known of the patients"
        said["CLAIM 34"] = Answer(f"reported pictures by {', '.join(columns)} (subgroups)", lacking)
    if audited:
        said["METRICS 19"] = Answer("the audit asks which properties that are no anatomy tell the class")
    return said


def _software(result: RunResult) -> str:
    found: dict[str, str] = next((facts.get("packages", {}) for _, facts in environments_of(result)), {})
    return "".join(f", {name} {found[name]}" for name in ("torch", "lightning") if name in found)


def _disjoint(pictures: int, patients: int, leakage: str, audited: bool) -> Answer:
    """At which level no picture of one side has a relative on the other."""
    if leakage == "ignore":
        said = "patients or copies may stand on both sides (protocol.leakage=ignore)"
        return Answer(said, "partitions that are disjoint")
    copies = "" if audited else "whether there are copies: the data were not audited"
    if pictures == patients:
        lacking = "; ".join(filter(None, ["whether each is of a patient of its own", copies]))
        return Answer("picture: no two are said to be of one patient", lacking)
    kept = "; copies across them are refused or kept together" if audited else ""
    return Answer(f"patient: none stands in two partitions of a fold{kept}", copies)


def _columns(result: RunResult) -> list[str]:
    file = result.run.path / SAMPLES
    if not file.is_file():
        return []
    return [str(name) for name in pd.read_csv(file, nrows=0).columns if name in ATTRIBUTES]


def _of_results(result: RunResult, several: bool, whole: bool) -> dict[str, Answer]:
    tests = "; paired tests between runs, corrected for their number" if several else ""
    epochs = "; loss and accuracy of training and validation by epoch" if result.history() else ""
    gallery = "every wrong picture in the gallery" if whole else "the gallery says which of the wrong pictures it lacks"
    chosen = str(result.facts["note"])
    unbiased = "" if "chosen on the reported" not in chosen else "pictures that had no part in choosing the checkpoint"
    return {
        "CLAIM 28": Answer(", ".join(metric.title for metric in METRICS.values())),
        "CLAIM 29": Answer(f"95 % intervals, bootstrap by patient{tests}"),
        "CLAIM 35": Answer(f"reported pictures{epochs}", "external data"),
        "CLAIM 36": Answer("tables of metrics with intervals in this report"),
        "CLAIM 37": Answer(f"confident mistakes listed; {gallery}"),
        "METRICS 1": Answer("this list", "what is open in it"),
        "METRICS 22": Answer("ECE, Brier score and reliability in this report"),
        "METRICS 26": Answer(f"{many(len(result.facts['folds']), 'fold')}; {chosen}", unbiased),
        "METRICS 30": Answer("weights.pt in every fold", "whether and where it is shared"),
    }


def _of_explanations(result: RunResult) -> dict[str, Answer]:
    assert result.predictions is not None
    tested = sorted({part.name.replace("_", " ") for part in result.findings()})
    maps = sorted(
        {name.rsplit("-", 1)[0] for fold in result.predictions.repeats[0] for name in stored_explainers(result, fold)}
    )
    said: dict[str, Answer] = {}
    if maps:
        how = f"maps by {', '.join(maps)}"
        said["CLAIM 31"] = (
            Answer(f"{how}; put to the test: {', '.join(tested)}") if tested else Answer(how, "any test of them")
        )
    stirred = []
    if "shortcuts" in tested:
        stirred.append("border, corners and marks masked and the loss measured")
        said["METRICS 19"] = Answer("shortcut probe in this report")
    if "agreement" in tested:
        stirred.append("noise, brightness, shift and turn: share of changed predictions and likeness of maps")
    return said | ({"CLAIM 30": Answer("; ".join(stirred))} if stirred else {})


def _of_training(config: dict[str, Any], chosen: str) -> dict[str, Answer]:
    image, optimizer, loader = config["image"], config["optimizer"], config["loader"]
    best = config.get("callbacks", {}).get("best_checkpoint", {})
    backbone, weights = config["backbone"], config["backbone"].get("weights")
    epoch = f"the epoch with the best {best['monitor']}" if best else "the last epoch"
    crop = f", the middle {image['crop']:g} of it" if image.get("crop") else ""
    return {
        "CLAIM 9": Answer(f"resized to {image['size']} px{crop}, normalised by {image['normalization']}"),
        "CLAIM 22": Answer(f"{backbone.get('name') or _last(backbone)}; sizes in model.json"),
        "CLAIM 24": Answer(f"{_last(config['strategy'])}{f', weights {weights}' if weights else ', drawn at random'}"),
        "CLAIM 25": Answer(
            f"{_last(optimizer)}, learning rate {optimizer.get('lr')}, batch {loader['batch_size']}, at most "
            f"{config['trainer']['max_epochs']} epochs, {_last(config.get('augmentation', {})) or 'no augmentation'}, "
            f"seed {config['seed']}; the whole configuration in this report"
        ),
        "CLAIM 26": Answer(f"{epoch}; {chosen}"),
        "CLAIM 27": Answer("none: the run decides alone"),
    }


def _of_members(members: Sequence[str]) -> dict[str, Answer]:
    """What an ensemble's members say of their training, those that are still there."""
    facts = [Run(Path(member)).facts() for member in members if (Path(member) / "run.json").is_file()]
    found = [_of_training(each["config"], str(each["note"])) for each in facts if "dataset" in each["config"]]
    items = dict.fromkeys(item for each in found for item in each)
    told = {item: dict.fromkeys(each[item].said for each in found) for item in items}
    return {item: Answer(f"its members: {'; '.join(said)}") for item, said in told.items()}


def _last(node: dict[str, Any]) -> str:
    return str(node.get("_target_", "")).rsplit(".", 1)[-1]
