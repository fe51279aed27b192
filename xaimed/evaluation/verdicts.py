"""What do findings say in words? A sentence or two for the evaluations whose numbers alone would not be understood."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from xaimed.evaluation.gathered import Gathered, short_names
from xaimed.evaluation.resemblance import resemblances
from xaimed.evaluation.shortcuts.rows import SHORTCUTS, spoken
from xaimed.evaluation.shortcuts.verdict import verdict as shortcut_verdict
from xaimed.evaluation.statistics.bootstrap import mean_interval

SANITY, LABEL_RANDOMISED = "sanity", "label_randomised"
SIMILARITY, ALL = "similarity:", "all"
SHUFFLED, TOLD_BY_CONTROL = "similarity:shuffled", "told_apart:shuffled"
CHANCE = 0.5


def said_of(found: Gathered) -> list[str]:
    """What an evaluation of a run says in words; nothing for those that speak in numbers."""
    groups = _patients(found)
    if found.name == SHORTCUTS:
        return shortcut_verdict(found.rows, groups).sentences()
    rows = found.rows.assign(explainer=found.rows["explainer"].map(short_names(found.explainers)))
    if found.name == SANITY:
        return sanity_verdict(rows, groups)
    return shuffled_verdict(rows, groups) if found.name == LABEL_RANDOMISED else []


def warnings_of(found: Gathered) -> list[str]:
    """What of it forbids to trust a run, whatever its numbers are."""
    if found.name != SHORTCUTS:
        return []
    shortcuts = shortcut_verdict(found.rows, _patients(found)).found
    return [f"shortcut: {', '.join(spoken(each.name) for each in shortcuts)}"] if shortcuts else []


def sanity_verdict(rows: pd.DataFrame, groups: Mapping[str, str]) -> list[str]:
    """In words, from stored rows of one fold or several, a sentence for each explainer.

    Args:
        rows: what ``Sanity`` found.
        groups: the patient of every sample.
    """
    said = []
    for found in resemblances(rows, SIMILARITY + ALL, groups):
        if found.blunt:
            words = "cannot be judged: maps of different pictures are too alike"
        elif found.alike:
            words = "fails: its maps stay when the network has forgotten everything"
        else:
            words = "passes: its maps change when the network forgets"
        said.append(f"the explainer {found.explainer} {words} ({found.said()})")
    return said


def shuffled_verdict(rows: pd.DataFrame, groups: Mapping[str, str]) -> list[str]:
    """In words, from stored rows of one fold or several, what the control says of the run.

    Args:
        rows: what ``label_randomised`` found.
        groups: the patient of every sample.
    """
    own = rows[rows["measure"] == TOLD_BY_CONTROL]
    reached = mean_interval(own["value"].to_numpy(), [groups.get(str(name), str(name)) for name in own["sample_id"]])
    nothing = not reached.low > CHANCE
    told = "has learned nothing, as it should" if nothing else "is better than chance: something other than labels told"
    said = [f"the control on shuffled labels {told} (AUC {reached.value:.2f} [{reached.low:.2f}, {reached.high:.2f}])"]
    for found in resemblances(rows, SHUFFLED, groups):
        if found.blunt:
            words = "of different pictures are too alike to tell"
        elif found.alike:
            words = "still resemble those of the control: part of them is not what was learned from the labels"
        else:
            words = "do not resemble those of the control"
        said.append(f"maps by {found.explainer} {words} ({found.said()})")
    return said


def _patients(found: Gathered) -> dict[str, str]:
    alone = found.rows.drop_duplicates("sample_id")
    return {str(name): str(group) for name, group in zip(alone["sample_id"], alone["group"], strict=True)}
