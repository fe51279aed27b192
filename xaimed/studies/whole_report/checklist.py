"""What would a reviewer ask of the paper? Items of CLAIM and METRICS, answered where the run knows, open elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xaimed.evaluation.metrics import METRICS
from xaimed.reporting.tables import Table
from xaimed.studies.result import RunResult

OPEN = "open: to be written by the authors"
NOTE = (
    "CLAIM: Checklist for Artificial Intelligence in Medical Imaging, items by their number. METRICS: Methodological "
    "Radiomics Score, items by subject. The wording is ours. What is answered here is read from what is stored; "
    "whether it is enough is for the authors to judge."
)


def checklist(results: Sequence[RunResult]) -> Table:
    """The items with what is known."""
    known = _known(results)
    rows = tuple((item, asked, known.get(item, OPEN)) for item, asked in ITEMS.items())
    answered = sum(row[2] != OPEN for row in rows)
    title = f"Reporting checklist: {answered} of {len(rows)} items answered from what is stored"
    return Table(title, ("Item", "Asks for", "What is known"), rows, (NOTE,))


ITEMS = {
    "CLAIM 5": "Prospective or retrospective study",
    "CLAIM 6": "Goal of the study",
    "CLAIM 7": "Sources of the data",
    "CLAIM 8": "Who and what was eligible",
    "CLAIM 9": "Preprocessing of the pictures",
    "CLAIM 10": "Which subset was used",
    "CLAIM 12": "De-identification",
    "CLAIM 13": "What was done about missing or unusable data",
    "CLAIM 14": "Definition of the reference standard",
    "CLAIM 16": "Who annotated, with what qualification",
    "CLAIM 18": "Variability between and within annotators",
    "CLAIM 19": "Sample size and how it was chosen",
    "CLAIM 20": "How samples were assigned to partitions",
    "CLAIM 21": "At which level partitions are disjoint",
    "CLAIM 22": "The model",
    "CLAIM 23": "Software",
    "CLAIM 24": "Initial weights",
    "CLAIM 25": "Training in detail",
    "CLAIM 26": "How the final model was chosen",
    "CLAIM 27": "Ensembling",
    "CLAIM 28": "Measures of performance",
    "CLAIM 29": "Statistical uncertainty and tests",
    "CLAIM 30": "Robustness",
    "CLAIM 31": "Explainability",
    "CLAIM 32": "External data",
    "CLAIM 34": "Demographics of each partition",
    "CLAIM 36": "Accuracy with its precision",
    "CLAIM 37": "Analysis of failures",
    "CLAIM 38": "Limitations",
    "CLAIM 41": "Where protocol and code can be had",
    "CLAIM 42": "Funding",
    "METRICS, centres": "Data of more than one centre",
    "METRICS, partition": "Leakage between partitions excluded",
    "METRICS, confounders": "Confounding looked for",
    "METRICS, calibration": "Calibration assessed",
    "METRICS, sharing": "Data, code and model shared",
}


def _known(results: Sequence[RunResult]) -> dict[str, str]:
    first = results[0]
    facts, config = first.facts, first.facts["config"]
    assert first.predictions is not None
    found = {part.name for result in results for part in result.findings()}
    patients = first.predictions.frame["group"].nunique()
    said = {
        "CLAIM 7": f"dataset '{facts['dataset']}'; the source itself must be described",
        "CLAIM 13": f"{facts.get('quarantined', 0)} unreadable pictures set aside (quarantine.csv in every fold)",
        "CLAIM 19": f"{first.predictions.samples} pictures of {patients} patients; how that number came about is open",
        "CLAIM 20": f"{len(facts['folds'])} folds, {facts['note']} (assignment.csv)",
        "CLAIM 21": "patient: no patient stands in two partitions of a fold",
        "CLAIM 28": ", ".join(metric.title for metric in METRICS.values()),
        "CLAIM 29": "95 % bootstrap by patient; paired tests between runs, corrected for their number",
        "CLAIM 36": "tables of metrics with intervals in this report",
        "CLAIM 37": "confident mistakes listed, every wrong picture in the gallery",
        "METRICS, calibration": "ECE, Brier score and reliability in this report",
        "METRICS, partition": "patients kept together; the audit looks for copies and leaks",
    }
    if (first.run.path / "audit.json").is_file():
        said["METRICS, confounders"] = "the audit of the data says which properties tell the class"
    if "shortcuts" in found:
        said["METRICS, confounders"] = "shortcut probe and audit of the data in this report"
        said["CLAIM 30"] = "border, corners and markers masked and the loss measured"
    if found:
        said["CLAIM 31"] = f"maps put to the test by {', '.join(sorted(found))}"
    if "members" in config:
        return said | {"CLAIM 27": "an ensemble of finished runs; shares.csv in every fold"}
    return said | _of_training(config)


def _of_training(config: dict[str, Any]) -> dict[str, str]:
    image, optimizer, loader = config["image"], config["optimizer"], config["loader"]
    best = config.get("callbacks", {}).get("best_checkpoint", {})
    backbone = _last(config["backbone"])
    weights = config["backbone"].get("weights")
    return {
        "CLAIM 9": f"resized to {image['size']} px, normalised by {image['normalization']}",
        "CLAIM 22": f"{config['backbone'].get('name') or backbone}; sizes in model.json",
        "CLAIM 23": "environment.json in every fold; versions in this report",
        "CLAIM 24": f"{_last(config['strategy'])}" + (f", weights {weights}" if weights else ""),
        "CLAIM 25": f"{_last(optimizer)}, learning rate {optimizer.get('lr')}, batch {loader['batch_size']}, at most "
        f"{config['trainer']['max_epochs']} epochs, seed {config['seed']}; the whole configuration in this report",
        "CLAIM 26": f"the epoch with the best {best.get('monitor', 'val/loss')}",
    }


def _last(node: dict[str, Any]) -> str:
    return str(node.get("_target_", "")).rsplit(".", 1)[-1]
