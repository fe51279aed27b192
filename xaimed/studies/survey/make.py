"""How is a survey made? Cases drawn, shuffled and numbered; the questionnaire in one place, its key in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xaimed.errors import StoreError
from xaimed.reporting.html.survey import Item, survey_data, survey_html
from xaimed.store.writing import write_text
from xaimed.studies.result import RunResult
from xaimed.studies.survey.cases import MISCLASSIFIED, cases_of, choose
from xaimed.studies.survey.key import Entry, Key, digest
from xaimed.studies.survey.material import Material, material_of
from xaimed.studies.survey.order import in_order, maps_in_order

QUESTIONNAIRE, FOLDER = "survey.html", "questionnaire"


@dataclass(frozen=True)
class Asked:
    """What is wished for.

    Attributes:
        cases: ``misclassified`` or ``random``.
        n: at most so many of them; without, all that are misclassified, or 150 at random.
        balanced: as even over the classes as they allow.
        repeats: the share of cases that is shown again.
        explainers: only these.
        seed: decides what is drawn and in which order.
    """

    cases: str = MISCLASSIFIED
    n: int | None = None
    balanced: bool = False
    repeats: float = 0.1
    explainers: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Made:
    """A survey that is not written yet.

    Attributes:
        page: the questionnaire.
        key: what it does not tell.
        notes: what a maker must know.
    """

    page: str
    key: Key
    notes: list[str]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both; the files of the questionnaire and of the key."""
        page = folder / FOLDER / QUESTIONNAIRE
        page.parent.mkdir(parents=True, exist_ok=True)
        write_text(page, self.page)
        return page, self.key.write(folder)


def make(results: Sequence[RunResult], asked: Asked) -> Made:
    """The survey of these runs.

    Args:
        results: runs with or without predictions, on one dataset.
        asked: what is wished for.

    Raises:
        StoreError: there is nothing to ask about.
    """
    done = [result for result in results if result.predictions is not None]
    if not done:
        raise StoreError("no fold of these runs is finished", where=", ".join(str(each.run.path) for each in results))
    notes = [f"{each.name} is left out, for nothing of it is finished." for each in results if each not in done]
    chosen = choose(cases_of(done), asked.cases, asked.n, asked.balanced, asked.seed)
    material = material_of(done, chosen, asked.explainers)
    items, entries = _numbered(material, asked)
    facts, classes = done[0].facts, tuple(map(str, done[0].facts["classes"]))
    data = survey_data(items, material.pictures, classes, facts["kind"] == "multilabel")
    stamps = list(dict.fromkeys(stamp for each in done for stamp in each.facts["stamps"]))
    about = {
        "dataset": str(facts["dataset"]),
        "kind": facts["kind"],
        "runs": [each.name for each in done],
        "stamps": stamps,
        "cases": asked.cases,
        "balanced": asked.balanced,
        "repeats": asked.repeats,
        "seed": asked.seed,
        "page": digest(data),
    }
    key = Key(about, classes, {case.sample_id: case for case in material.cases}, {each.item: each for each in entries})
    # A stamp of some runs alone would tell theirs from the others'.
    common = [stamp for stamp in stamps if all(stamp in each.facts["stamps"] for each in done)]
    page = survey_html(f"Survey: {facts['dataset']}", key.survey, data, ", ".join(common))
    return Made(page, key, [*notes, *material.notes])


def _numbered(material: Material, asked: Asked) -> tuple[list[Item], list[Entry]]:
    """Every item in the order in which it is shown, and what it is."""
    items: list[Item] = []
    entries: list[Entry] = []
    first: dict[tuple[str, str, str], int] = {}

    def add(item: Item, run: str = "", explainer: str = "") -> None:
        what = (item.picture, run, explainer)
        items.append(item)
        entries.append(Entry(len(items), *what, repeat_of=first.get(what)))
        first.setdefault(what, len(items))

    for sample, time in in_order([case.sample_id for case in material.cases], asked.repeats, asked.seed):
        add(Item(sample))
        for each in maps_in_order(material.maps[sample], sample, time, asked.seed):
            add(Item(sample, each.heatmap, each.box), each.run, each.explainer)
    return items, entries
