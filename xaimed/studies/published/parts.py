"""Which things does a paper print? Samples, tables, confusion matrices, models and statements, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xaimed.studies.published.findings import Weight
from xaimed.studies.published.printed import Printed

FOLDS, POOLED, RUNS = "folds", "pooled", "runs"
MACRO, WEIGHTED, MICRO = "macro", "weighted", "micro"
ERRORS = "errors"
"""The metric of a column that counts how many of its samples are wrong."""


@dataclass(frozen=True)
class Samples:
    """A set of samples that something is counted over.

    Attributes:
        folds: into how many parts it was cut, each of which was held out once; None where it was not.
        runs: how many runs are averaged where values are means over runs.
        positive: the class that is looked for, where there are two.
        parts: the other sets that it holds, where the paper says that it was put together.
    """

    name: str
    n: int
    classes: Mapping[str, int] = field(default_factory=dict)
    folds: int | None = None
    runs: int | None = None
    positive: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """What the values of a column are.

    Attributes:
        metric: accuracy, recall (or sensitivity), specificity, precision, f1, kappa, mcc, auc, mean, …; empty for
            what no rule knows.
        unit: ``%`` where the values are percentages.
        average: over the classes: macro, weighted, micro.
        label: the class that it is about, where it is about one.
        over: folds (mean over them), runs, or pooled (all samples at once).
        of: the samples.
        parts: the columns whose mean (and spread) it is.
    """

    name: str
    metric: str = ""
    unit: str = ""
    average: str = ""
    label: str = ""
    over: str = ""
    of: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Value:
    """One printed number with its address, its place and what it is."""

    address: str
    place: str
    printed: Printed
    column: Column

    @property
    def row(self) -> str:
        """The place without the column."""
        return self.place.removesuffix(f", {self.column.name}")

    @property
    def percent(self) -> bool:
        """Whether it is in hundredths."""
        return "%" in (self.column.unit, self.printed.unit)

    @property
    def scale(self) -> int:
        """What a share is multiplied with to be printed like this."""
        return 100 if self.percent else 1


@dataclass(frozen=True)
class Table:
    """Printed rows and columns; a per-class report is one whose rows are classes."""

    name: str
    place: str
    weight: Weight
    rows: Mapping[str, Mapping[str, Value]]
    texts: Mapping[str, str] = field(default_factory=dict)
    relations: tuple[str, ...] = ()
    report: str = ""


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: true classes in rows, predicted ones in columns.

    Attributes:
        row: the address of the table row with the metrics of the same predictions, if there is one.
    """

    name: str
    place: str
    of: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    row: str = ""

    @property
    def correct(self) -> int:
        """What lies on the diagonal."""
        return sum(line[i] for i, line in enumerate(self.counts))

    @property
    def total(self) -> int:
        """All of it."""
        return sum(map(sum, self.counts))


@dataclass(frozen=True)
class Model:
    """A network as the paper describes it, and what the paper prints of it, by quantity.

    Attributes:
        backbone: the option of ``conf/backbone`` and its changes, as overrides.
        strategy: the option of ``conf/strategy``, for what is trained.
        remark: what explains a difference, if that is known.
    """

    name: str
    place: str
    backbone: tuple[str, ...]
    outputs: int
    size: int
    strategy: str
    values: Mapping[str, str]
    remark: str = ""


@dataclass(frozen=True)
class Claim:
    """A statement of the text: what it says in words of ours, and what would have to be true.

    Attributes:
        checks: expressions over addresses that must hold.
        contradicts: names of statements that cannot be true together with this one.
        compares: two matrices of the same samples, the first of which is called better.
        pools: table whose values it says are made from all predictions at once.
    """

    name: str
    place: str
    says: str
    weight: Weight
    checks: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    compares: tuple[str, ...] = ()
    pools: str = ""
