"""What is trained, and what is held still? Of every strategy of the study, told by the strategies themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xaimed.config.targets import instantiate
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.cost import size_of
from xaimed.studies.reproduction.results import Results, RowResult

COLUMNS = {"pretrained": "Pretrained", "frozen": "Frozen", "trained": "Trained"}
NO, NOTHING, ALL, HEAD, REST = "no", "none", "all", "the head", "all but the head"
PERCENT = 100.0


@dataclass(frozen=True)
class Told:
    """What a strategy does with a network.

    Attributes:
        pretrained: from which weights it starts.
        frozen: the parts that are never trained.
        trained: the others, and with which epoch their training begins where not with the first.
    """

    pretrained: str
    frozen: str
    trained: str

    def __getitem__(self, column: str) -> str:
        """By the name of the column."""
        return str(getattr(self, column))


@dataclass(frozen=True)
class Strategies:
    """A line for every row: what its strategy does, in words, and how many weights that leaves to be trained.

    Attributes:
        title: what it shows.
        beside: the published table.
        axis: whose option names the published row; the row itself without.
        columns: by pretrained, frozen and trained, the published column.
        rows: which rows of the study; all without.
    """

    title: str
    beside: str = ""
    axis: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS})
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The table of what was begun, and what is printed in the words of the paper."""
        told = [(row, _told(row)) for row in results.named(self.rows) if _size(row)]
        if not told:
            return []
        heads = ("Run", *COLUMNS.values(), "Weights", "Trained, %")
        lines = tuple((row.row.label, *(of[name] for name in COLUMNS), *_counts(row)) for row, of in told)
        printed = list(dict.fromkeys(line for row, _ in told if (line := self._printed(results, row))))
        beside = Table(f"{self.title}, as published", ("Strategy", *COLUMNS.values()), tuple(printed))
        return [Table(self.title, heads, lines), *([beside] if printed else [])]

    def _printed(self, results: Results, row: RowResult) -> tuple[Cell, ...] | None:
        table = results.paper.tables.get(self.beside) if results.paper else None
        name = row.row.place.get(self.axis, row.row.name)
        texts = (
            {key: table.texts.get(f"{self.beside}.{name}.{at}") for key, at in self.columns.items()} if table else {}
        )
        if not any(texts.values()):
            return None
        label = results.study.axes.get(self.axis, {}).get(name, row.row.label)
        return label, *(texts.get(key) or "–" for key in COLUMNS)


def _told(row: RowResult) -> Told:
    """In words, from a network of that kind without numbers in it."""
    import torch

    from xaimed.data.task import Kind, Task
    from xaimed.models.network import Network
    from xaimed.training.strategies import Strategy

    facts: Mapping[str, Any] = row.results[0].facts
    config, task = facts["config"], Task(Kind(facts["kind"]), tuple(facts["classes"]))
    with torch.device("meta"):
        network: Network = instantiate(config["backbone"], outputs=task.outputs, pretrained=False)
    strategy: Strategy = instantiate(config["strategy"])
    body = strategy.body(network)
    frozen = [part.name for part in body if part.thaw is None]
    late = [f"{part.name} from epoch {part.thaw + 1}" for part in body if part.thaw]
    never = NOTHING if not frozen else REST if len(frozen) == len(body) else ", ".join(frozen)
    trained = ALL if not frozen else HEAD if len(frozen) == len(body) else "the rest"
    weights = str(config["backbone"].get("weights") or "yes").replace("_", "-") if strategy.pretrained else NO
    return Told(weights, never, "; ".join([trained, *late]))


def _size(row: RowResult) -> dict[str, int]:
    return next((size for result in row.results if (size := size_of(result.run))), {})


def _counts(row: RowResult) -> tuple[Cell, Cell]:
    size = _size(row)
    return f"{size['parameters']:,}", f"{PERCENT * size['trainable'] / size['parameters']:.3g}"
