"""What does every row cost? Its weights and multiply-adds, an epoch of training, a prediction and an explanation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xaimed.evaluation.gathered import short_names
from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.published.findings import Finding
from xaimed.studies.published.parts import Value
from xaimed.studies.published.rules.models import check
from xaimed.studies.reproduction.cost import INFERENCE, QUARTILES, Cost, cost_of, decimals, epochs_of, size_of, spread
from xaimed.studies.reproduction.exact import held_exactly
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.stopwatch import Stopwatch
from xaimed.studies.reproduction.verdict import NOT_COMPARABLE, Verdict

COUNTS = {"parameters": ("weights", 1e6, "M"), "multiply_adds": ("multiply-adds", 1e9, "G")}
"""What is counted: its name in words, and in which unit it is shown."""
EPOCH, EXPLANATION = "epoch", "explanation"
TIMES = (EPOCH, INFERENCE, EXPLANATION)
UNITS = {"": 1.0, "s": 1.0, "ms": 1e3, "μs": 1e6}
OTHER_MACHINE = "other machine"
MS = 1e3


@dataclass(frozen=True)
class Costs:
    """What is known of the cost of a row; what nobody measured has no values."""

    row: RowResult

    @property
    def name(self) -> str:
        """How a reader knows the row."""
        return self.row.row.label

    @cached_property
    def size(self) -> dict[str, int]:
        """Of its network."""
        return next((found for run in self.row.there if (found := size_of(run.run))), {})

    @cached_property
    def cost(self) -> Cost | None:
        """Of the run that was timed, all of a row being alike."""
        return next((found for run in self.row.there if (found := cost_of(run.run))), None)

    def seconds(self, what: str) -> list[float]:
        """Of every epoch, prediction or explanation; the explanation is that of the run's first explainer."""
        if what == EPOCH:
            return [each for run in self.row.there for each in epochs_of(run.run)]
        if self.cost is None:
            return []
        name = next(iter(self.cost.explainers), "") if what == EXPLANATION else what
        return list(self.cost.alone.get(name, ()))


@dataclass(frozen=True)
class Complexity:
    """Rows are runs; then each explainer alone and on a batch; then cell by cell what was published.

    A study with this table has a network of every row timed once its folds are finished.

    Attributes:
        title: what it shows.
        beside: the published table.
        axis: whose option names the published row, where the paper has one for several runs; the row itself without.
        columns: by parameters, multiply_adds, epoch, inference or explanation, the published column.
        rows: which rows of the study; all without.
        warm_ups: calls before the clock counts.
        repetitions: calls that count.
        seconds: a call that has taken as long in all is not repeated further, but three times at least.
    """

    title: str
    beside: str = ""
    axis: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    warm_ups: int = 3
    repetitions: int = 20
    seconds: float = 10.0

    @property
    def stopwatch(self) -> Stopwatch:
        """How its times are taken."""
        return Stopwatch(self.warm_ups, self.repetitions, self.seconds)

    def __call__(self, results: Results) -> list[Table]:
        """The tables; those of times and of published values only where there are any."""
        costs = [Costs(row) for row in results.there(self.rows)]
        if not costs:
            return []
        compared, why = list(self._compared(results, costs)), self._audited(results)
        columns = ("Run", "Quantity", "Published", "Here", "Ratio", "Verdict")
        beside = Table(f"{self.title}, beside what was published", columns, tuple(compared), tuple(why))
        timed = [each for each in costs if each.cost]
        return [_laid_out(self.title, costs), *([_calls(timed)] if timed else []), *([beside] if compared else [])]

    def _compared(self, results: Results, costs: list[Costs]) -> Iterator[tuple[Cell, ...]]:
        told = set()
        for each in costs:
            for what, column in self.columns.items():
                value = results.published(self.beside, self._published_row(each), column)
                if value is None:
                    continue
                if what not in COUNTS:
                    yield _timed(results, each, what, value)
                elif value.address not in told and what in each.size:
                    told.add(value.address)
                    yield _counted(results, each, what, value)

    def _published_row(self, each: Costs) -> str:
        return each.row.row.place.get(self.axis, each.row.row.name) if self.axis else each.row.row.name

    def _audited(self, results: Results) -> Iterator[str]:
        """What the audit of the paper knows of the sizes that it prints."""
        if not results.paper:
            return
        for outcome in check(results.paper):
            if isinstance(outcome, Finding) and any(about.startswith(f"{self.beside}.") for about in outcome.about):
                yield f"{outcome.places[0]}: {outcome.told} {'; '.join(outcome.arithmetic)}."


def _laid_out(title: str, costs: list[Costs]) -> Table:
    heads = [f"{name.capitalize()}, {unit}" for name, _, unit in COUNTS.values()]
    columns = ("Run", *heads, "Epoch, s", "Inference, ms", "Explanation, ms")
    lines: list[tuple[Cell, ...]] = []
    for each in costs:
        weights, adds = (each.size.get(key, math.nan) / unit for key, (_, unit, _) in COUNTS.items())
        times = [spread(each.seconds(what), 1.0 if what == EPOCH else MS) for what in TIMES]
        lines.append((each.name, Estimate(weights), _in_digits(adds), *times))
    return Table(title, columns, tuple(lines), tuple(_notes(costs)))


def _calls(timed: list[Costs]) -> Table:
    """Everything that was timed: one picture alone, and a picture of a batch as large as in training."""
    columns = ("Run", "What", "Alone, ms", "In a batch, ms", "Batch", "n")
    lines: list[tuple[Cell, ...]] = []
    for each in timed:
        cost = each.cost
        assert cost is not None
        names = short_names(cost.explainers)
        for what in (INFERENCE, *cost.explainers):
            alone, together = cost.alone[what], cost.together.get(what, ())
            times = spread(alone, MS), spread(together, MS / cost.batch)
            lines.append((each.name, names.get(what, what), *times, cost.batch, len(alone)))
    notes = [
        f"A picture, {QUARTILES}; n calls for one picture alone. In a batch: a call with as many pictures, divided by "
        "their number; a dash where that would have taken too long.",
        "Evaluation mode, without gradients; an explanation holds the prediction that it explains.",
    ]
    return Table("Time of a picture", columns, tuple(lines), tuple(notes))


def _notes(costs: list[Costs]) -> Iterator[str]:
    yield f"Times are {QUARTILES}; an epoch is training and validation, over all epochs of all finished folds."
    firsts = {short_names([name])[name] for each in costs if each.cost for name in each.cost.explainers[:1]}
    if firsts:
        yield f"Explanation: {', '.join(sorted(firsts))}, one picture alone, as inference."
    for how in dict.fromkeys(each.cost.told() for each in costs if each.cost):
        yield f"Measured on {how}."
    if untimed := [each.name for each in costs if not each.cost]:
        yield f"Not timed yet: {'; '.join(untimed)}."
    if lacking := [each.name for each in costs if not each.seconds(EPOCH)]:
        yield f"Whose epochs nobody has timed: {'; '.join(lacking)}."


def _counted(results: Results, each: Costs, what: str, value: Value) -> tuple[Cell, ...]:
    (name, unit, sign), count = COUNTS[what], each.size[what]
    here = f"{count / unit:.2f} {sign}"
    said = held_exactly(value, count, results.unlike)
    return each.name, name, value.printed.text, here, _ratio(value, count), str(said)


def _timed(results: Results, each: Costs, what: str, value: Value) -> tuple[Cell, ...]:
    unit = UNITS[value.printed.unit or value.column.unit]
    seconds = each.seconds(what)
    here = spread(seconds, unit)
    said = Verdict(NOT_COMPARABLE, results.unlike or OTHER_MACHINE) if seconds else "not timed"
    return each.name, what, value.printed.text, here, _ratio(value, here.mean), str(said)


def _ratio(value: Value, ours: float) -> Estimate:
    """Ours over what is printed."""
    return _in_digits(ours / float(value.printed.value))


def _in_digits(value: float) -> Estimate:
    return Estimate(value, None, 0 if math.isnan(value) else decimals(value))
