"""All rows in one table of trust, so many abreast, and which of them to prefer."""

import numpy as np
from support.studied import binary, found, lines, stored_run, studied

from xaimed.evaluation.contract import Measure
from xaimed.studies.reproduction.tables.trust import TrustTable

N = 24
TRUTH = [0, 1] * (N // 2)
PREDICTIONS = binary([0.2, 0.8] * (N // 2), TRUTH)
MEASURES = {"iou": Measure("IoU", "higher", trust=True, against=0.5)}


def run(output, name, iou, **options):
    values = {("gradcam-aaaaaa", "iou"): iou + np.linspace(-0.05, 0.05, N)}
    return stored_run(output, name, PREDICTIONS, [found("localisation", MEASURES, values)], **options)


def test_rows_abreast_and_the_one_a_careful_reader_prefers(tmp_path):
    results = studied({
        "good": run(tmp_path, "a", 0.7),
        "poor": run(tmp_path, "b", 0.2),
        "stamped": run(tmp_path, "c", 0.9, stamps=["stand-in weights"]),
        "later": None,
    })  # fmt: skip
    (table,) = TrustTable("Trust")(results)
    assert table.columns == ("Measure", "Run 1", "Run 2", "Run 3")
    assert [row[0] for row in lines(table)] == ["Accuracy (%) ↑", "AUC ↑", "ECE ↓", "IoU ↑"]
    assert lines(table)[3][1].startswith("0.700 (")
    assert table.notes[0] == "Prefer Run 1: with 0 measures worse than a control, the fewest."
    assert "Run 3: Stamped; warning: stand-in weights." in table.notes
    assert table.notes[-1] == "Later: not made."


def test_more_rows_than_stand_abreast_are_cut_and_the_notes_stand_below_the_last(tmp_path):
    rows = {name: run(tmp_path, name, 0.1 * i) for i, name in enumerate("abc")}
    first, second = TrustTable("Trust", abreast=2)(studied(rows))
    assert (first.title, second.title) == ("Trust, runs 1 to 2", "Trust, runs 3 to 3")
    assert (first.columns, second.columns) == (("Measure", "Run 1", "Run 2"), ("Measure", "Run 3"))
    assert first.notes == ()
    assert [row[0] for row in first.rows] == [row[0] for row in second.rows]
    assert TrustTable("Trust")(studied({"later": None})) == []


def test_runs_that_repeat_are_one_column(tmp_path):
    (table,) = TrustTable("Trust")(studied({"ours": [run(tmp_path, "a", 0.3), run(tmp_path, "b", 0.5)]}))
    assert table.columns == ("Measure", "Run 1")
    assert lines(table)[3][1].startswith("0.400 (")
