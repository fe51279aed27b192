"""How much of a figure is the choice of the checkpoint? The paper's protocol beside one that chooses elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import mean

from xaimed.errors import StoreError
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.bootstrap import SEED, Interval
from xaimed.reporting.intervals import interval_cell
from xaimed.reporting.results import heading
from xaimed.reporting.tables import INTERVAL, Cell, Table
from xaimed.studies.reproduction.choice import Choice, on_the_same, with_what_chose
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.study import NESTED

CHOICE = "the choice of the checkpoint on the reported samples"
MIXTURE = "counting the samples that chose the checkpoint among the reported ones"


@dataclass(frozen=True)
class Doubt:
    """Rows are runs and metrics: published, by the paper's protocol, nested, and the difference on the same samples.

    It is there once runs were made with ``--nested``.

    Attributes:
        title: what it shows.
        metrics: by metric, what the published table calls it.
        beside: the published table.
        rows: which rows of the study; all without.
        between: in what the two protocols differ.
    """

    title: str
    metrics: Mapping[str, str] = field(default_factory=lambda: {"accuracy": "accuracy"})
    beside: str = ""
    rows: tuple[str, ...] = ()
    between: str = CHOICE

    def __call__(self, results: Results) -> list[Table]:
        """The table of every row that was made both ways.

        Raises:
            StoreError: no run was made both ways.
        """
        nested = {row.row.name: row for row in results.rows if row.row.members[0].nested and row.there}
        lines: list[tuple[Cell, ...]] = []
        notes: list[str] = []
        for row in results.there(self.rows):
            other = nested.get(f"{row.row.name}_{NESTED}")
            if other is None:
                continue
            assert row.predictions is not None
            assert other.predictions is not None
            if (choice := on_the_same(row.predictions, other.predictions)) is None:
                notes.append(f"{row.row.label}: the two runs report no sample in common.")
                continue
            lines += _lines(results, row, choice, self.metrics, (self.beside, row.row.name))
            notes += [_sentence(row, choice, next(iter(self.metrics)), self.between), *_trained_with(row, other)]
        if not lines and not notes:
            raise StoreError("it takes every run once more, by another protocol", fix="Add --nested to the command.")
        columns = ("Run", "Metric", "Published", "Its protocol", "Nested", f"Difference{INTERVAL}")
        return _table(results, self.title, columns, lines, notes)


@dataclass(frozen=True)
class Mixed:
    """The same for a figure that counts what chose the checkpoint: with it, and on the reported samples alone.

    Nothing has to be made for it: a run with one fold keeps what its network said of the samples that chose it.

    Attributes:
        title: what it shows.
        metrics: by metric, what the published table calls it.
        beside: the published row, such as ``section6e.text``.
        rows: which rows of the study; all without.
    """

    title: str
    metrics: Mapping[str, str] = field(default_factory=lambda: {"accuracy": "accuracy"})
    beside: str = ""
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The table of every row that can be read so."""
        lines: list[tuple[Cell, ...]] = []
        notes: list[str] = []
        table, _, name = self.beside.partition(".")
        for row in results.there(self.rows):
            if (choice := with_what_chose(row)) is not None:
                lines += _lines(results, row, choice, self.metrics, (table, name or row.row.name))
                notes.append(_sentence(row, choice, next(iter(self.metrics)), MIXTURE))
        columns = ("Run", "Metric", "Published", "With both", "Reported alone", f"Difference{INTERVAL}")
        return _table(results, self.title, columns, lines, notes)


def _table(
    results: Results, title: str, columns: tuple[str, ...], lines: list[tuple[Cell, ...]], notes: Iterable[str]
) -> list[Table]:
    if not lines:
        return []
    if results.paper is None:
        columns, lines = (*columns[:2], *columns[3:]), [(*line[:2], *line[3:]) for line in lines]
    how = f"Differences: percentile bootstrap by patient, the same resamples for both, seed {SEED}."
    unlike = [f"{results.unlike}: nothing here says anything about the published values."] if results.unlike else []
    return [Table(title, columns, tuple(lines), (*notes, how, *unlike))]


def _lines(
    results: Results, row: RowResult, choice: Choice, metrics: Mapping[str, str], beside: tuple[str, str]
) -> Iterator[tuple[Cell, ...]]:
    for metric, column in metrics.items():
        value = results.published(*beside, column)
        printed = "–" if value is None else value.printed.text
        both = [interval_cell(metric, each.interval(metric)) for each in (choice.published, choice.apart)]
        yield row.row.label, heading(metric), printed, *both, interval_cell(metric, choice.given_away(metric))


def _sentence(row: RowResult, choice: Choice, metric: str, what: str) -> str:
    """How much of the figure it is, or that nobody can tell."""
    found = choice.given_away(metric)
    percent = METRICS[metric].percent
    unit, decimals, name = (100, 1, " points") if percent else (1, 3, "")
    value, low, high = (f"{unit * each:.{decimals}f}" for each in (found.value, found.low, found.high))
    whole = f"{unit * choice.published.measured[metric]:.{decimals}f}"
    bounds = f" ({low} to {high})" if found.low == found.low else ""
    title = METRICS[metric].title
    figure = f"{title.lower()} {whole} %" if percent else f"{title} {whole}"
    said = f"{row.row.label}: {figure}, of which {what} gives {value}{name}{bounds}{_verdict(found)}"
    return f"{said}; n = {_counted(choice)}."


def _verdict(found: Interval) -> str:
    if found.low > 0:
        return ""
    if found.high < 0:
        return ", which has lowered it"
    return ", which cannot be told from nothing"


def _counted(choice: Choice) -> str:
    first, second, patients = choice.published.samples, choice.apart.samples, choice.published.clusters.number
    samples = f"{first} samples" if first == second else f"{first} and {second} samples"
    return f"{samples} of {patients} patients"


def _trained_with(row: RowResult, other: RowResult) -> Iterator[str]:
    """That the nested run has fewer samples to learn from, which lowers it too."""
    first, second = (_training_samples(each) for each in (row, other))
    if second < first:
        yield (
            f"{row.row.label}: nested, a fold trains on {second:.0f} samples and not on {first:.0f}, for the others "
            "choose; that is part of the difference."
        )


def _training_samples(row: RowResult) -> float:
    from xaimed.data.assignment import read_assignment

    tables = [read_assignment(result.run.path / "assignment.csv") for result in row.there]
    return mean(float((table["role"] == "train").sum() / table["fold"].nunique()) for table in tables)
