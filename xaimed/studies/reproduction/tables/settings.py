"""With what settings was it trained? As composed, beside those that are printed; ours are marked, with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from xaimed.reporting.tables import Table
from xaimed.studies.reproduction.results import Results

Config = Mapping[str, Any]
Line = tuple[str, str, str, str]
NONE, UNSAID = "none", "–"
WHOLE = ("optimizer", "schedule", "objective", "augmentation", "hybrid")
"""Parts of which every option is shown."""
SETTINGS = {
    "optimizer": "optimizer",
    "optimizer.lr": "learning rate",
    "optimizer.weight_decay": "weight decay",
    "schedule": "schedule",
    "loader.batch_size": "batch size",
    "trainer.max_epochs": "epochs at most",
    "callbacks.early_stopping.patience": "early stopping, patience",
    "callbacks.early_stopping.monitor": "early stopping, watches",
    "callbacks.best_checkpoint.monitor": "checkpoint, best by",
    "objective": "loss",
    "imbalance.weights": "weights of classes",
    "imbalance.sampler": "sampler",
    "imbalance.copies": "copies of small classes",
    "augmentation": "augmentation",
    "image.size": "side of a picture",
    "image.crop": "centre crop",
    "image.normalization": "normalization",
    "backbone.dropout": "dropout",
    "hybrid": "in place of the last layer",
    "protocol": "protocol",
    "protocol.folds": "folds",
    "trainer.precision": "precision",
    "seed": "seed",
}
"""By its place in the configuration, what a setting is called."""


@dataclass(frozen=True)
class Settings:
    """A line for every setting; where runs differ, the commonest value, then the others with the rows that have them.

    Attributes:
        title: what it shows.
        published: by the place of a setting in the configuration, the address of the printed value.
        rows: which rows of the study; all that are trained without.
    """

    title: str
    published: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The table, as soon as the study composes."""
        configs = {row.row.label: config for row in results.named(self.rows) if (config := results.config_of(row))}
        if not configs:
            return []
        lines = [self._line(results, place, configs) for place in self._places(configs)]
        shown = tuple(line for line in lines if line[1:3] != (UNSAID, NONE))
        if results.paper is None:
            return [Table(self.title, ("Setting", "Value"), tuple((name, here) for name, _, here, _ in shown))]
        return [Table(self.title, ("Setting", "Published", "Here", "Compared"), shown, tuple(_notes(results)))]

    def _places(self, configs: Mapping[str, Config]) -> list[str]:
        """All settings in order, the options of a part behind it; then what else is printed."""
        found: dict[str, None] = {}
        for place in SETTINGS:
            options = [option for config in configs.values() for option in _options(config, place)]
            found.update(dict.fromkeys([place, *options]))
        return list(dict.fromkeys([*found, *self.published]))

    def _line(self, results: Results, place: str, configs: Mapping[str, Config]) -> Line:
        values = {label: _told(_at(config, place)) for label, config in configs.items()}
        printed, agrees = _printed(results, self.published.get(place, ""), list(values.values()))
        why = next((why for asked, why in results.study.chosen.items() if _sets(asked, place)), "")
        said = "" if agrees is None else "same" if agrees else "other"
        return _called(place), printed, _together(values), f"ours: {why}" if why else said


def _at(config: Config, place: str) -> Any:
    node: Any = config
    for part in place.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _options(config: Config, place: str) -> list[str]:
    """The places of a part's options; parts within it are not told."""
    node = _at(config, place)
    if place not in WHOLE or not isinstance(node, Mapping):
        return []
    told = (key for key, value in node.items() if not key.startswith("_") and not isinstance(value, Mapping | list))
    return [f"{place}.{key}" for key in told]


def _called(place: str) -> str:
    head, _, last = place.rpartition(".")
    return SETTINGS.get(place) or f"{SETTINGS.get(head, head)}, {last.replace('_', ' ')}"


def _told(value: Any) -> str:
    """A value as people write it, and a part by the name of what builds it."""
    if isinstance(value, Mapping) and "_target_" in value:
        return str(value["_target_"]).rsplit(".", 1)[-1]
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _together(values: Mapping[str, str]) -> str:
    (first, _), *others = Counter(values.values()).most_common()
    apart = [f"{other} ({', '.join(label for label, own in values.items() if own == other)})" for other, _ in others]
    return "; ".join([first, *apart])


def _printed(results: Results, address: str, ours: list[str]) -> tuple[str, bool | None]:
    """What is printed, and whether ours is that; None where words have to be compared by the reader."""
    if results.paper is None:
        return UNSAID, None
    if (value := results.paper.values.get(address)) is not None:
        exact = value.printed.value / value.scale
        return value.printed.text, all(_number(one) in (exact, value.printed.value) for one in ours)
    texts = (table.texts.get(address) for table in results.paper.tables.values())
    text = next(filter(None, texts), UNSAID)
    return text, True if all(_letters(one) == _letters(text) for one in ours) else None


def _number(text: str) -> Fraction | None:
    """Exactly the decimal number that was written, so that 0.1 is a tenth."""
    try:
        return Fraction(text)
    except ValueError:
        return None


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _sets(asked: str, place: str) -> bool:
    """Whether an override, or its key alone, sets what stands at a place."""
    return asked.lstrip("+~").partition("=")[0] == place


def _notes(results: Results) -> Iterator[str]:
    if results.unlike:
        yield f"{results.unlike}: what differs from the paper was made so on purpose."
    if results.study.chosen:
        yield "ours: the paper leaves it blank; an override of that place in the configuration changes it."
