"""In which zones do the classes differ? Activation and uncertainty by zone and class, tested, beside the published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from xaimed.evaluation.gathered import Gathered, short_names
from xaimed.evaluation.regions import ACTIVATION, UNCERTAINTY
from xaimed.evaluation.statistics.bootstrap import Interval, mean_interval
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.judgement import zone_tables
from xaimed.studies.reproduction.explained import named
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.against import against_table, lacking, line_against

SIDES = (
    "Zones bear the patient's own side; the reader sees the patient's right on the left of the picture, as the "
    "brackets say. Compass points are read as on a map, north up: east is the reader's right and the patient's left"
)


@dataclass(frozen=True)
class Zones:
    """For each row and explainer, mean ± SD of every zone in each class: of activation, and of uncertainty if there is.

    Attributes:
        title: what it shows.
        evaluation: by which the zones were measured.
        explainers: by their names; all that were evaluated without.
        rows: which rows of the study; all without.
        beside: the published table of activation.
        zones: by our zone, the row of the published table.
        classes: by our class, the column of the published table.
        note: what has to be said of this reading of the published zones.
    """

    title: str
    evaluation: str = "lung_zones"
    explainers: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    beside: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    note: str = SIDES

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none where no zone was evaluated."""
        tables: list[Table] = []
        lines: list[tuple[Cell, ...]] = []
        for row in results.there(self.rows):
            for found in (each for each in row.findings if each.name == self.evaluation):
                tables += self._of(results, row, self._asked(found))
                lines += self._compared(results, row, self._asked(found))
        notes = (f"{self.note}.", "How the published maps were scaled is not known; ours are shares of their maximum.")
        return [*tables, *against_table(self.title, lines, notes)]

    def _asked(self, found: Gathered) -> Gathered:
        """Only the explainers that are asked for."""
        if not self.explainers:
            return found
        names = {name for asked in self.explainers for name in named(found, asked)}
        return replace(found, rows=found.rows[found.rows["explainer"].isin(names)])

    def _of(self, results: Results, row: RowResult, found: Gathered) -> Iterator[Table]:
        assert row.predictions is not None
        for table in zone_tables(row.predictions, found):
            kind = table.title.partition(" ")[0].lower()
            if kind in (ACTIVATION, UNCERTAINTY):
                title = f"{self.title}, {table.title[0].lower()}{table.title[1:]}; {row.row.label}"
                captions = [f"{caption}." for caption in found.captions]
                yield replace(table, title=title, notes=(*table.notes, *captions, *lacking(results, [row.row.name])))

    def _compared(self, results: Results, row: RowResult, found: Gathered) -> Iterator[tuple[Cell, ...]]:
        names = short_names(found.explainers)
        for explainer in found.explainers:
            for zone, published in self.zones.items():
                for name, column in self.classes.items():
                    value = results.published(self.beside, published, column)
                    ours = _mean(row, found, explainer, f"{ACTIVATION}:{zone}", name)
                    if value is not None and ours is not None:
                        seen = found.measures[f"{ACTIVATION}:{zone}"].title.split(", ", 1)[-1]
                        what = f"{names[explainer]}, {seen}"
                        called = value.row.rpartition(", ")[-1]
                        called = f"{row.row.label}: {called}" if len(results.there(self.rows)) > 1 else called
                        yield line_against(
                            value, ours, row=f"{called}, {name}", what=what, decimals=3, unlike=results.unlike
                        )


def _mean(row: RowResult, found: Gathered, explainer: str, measure: str, label: str) -> Interval | None:
    """The mean over patients of a class, the pictures of each averaged first, as the table of zones has it."""
    assert row.predictions is not None
    truth = row.predictions.frame.drop_duplicates("sample_id").set_index("sample_id")["label"]
    values = found.values(explainer, measure).dropna(subset="value")
    own = values[values["sample_id"].map(truth) == label].groupby("group")["value"].mean()
    return mean_interval(own.to_numpy(), own.index.to_numpy(dtype=str)) if len(own) else None
