"""Findings of folds joined, and how far they let a run be trusted, on numbers that can be followed by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import table
from xaimed.errors import StoreError
from xaimed.evaluation.calibration import calibration
from xaimed.evaluation.contract import COLUMNS, Findings, Measure
from xaimed.evaluation.findings import read_findings, write_findings
from xaimed.evaluation.gathered import gather, short_names
from xaimed.evaluation.predictions import pool
from xaimed.evaluation.trust import LEAST, Trust, entries_of, preferred
from xaimed.reporting.evaluations import evaluation_table
from xaimed.reporting.tables import to_csv
from xaimed.reporting.trust import compared_table, trust_table
from xaimed.studies.trust import trust_of

MEASURES = {
    "energy": Measure("Energy inside", "higher", percent=True, decimals=1, trust=True, against="control:random"),
    "ratio": Measure("Energy over chance", "higher", trust=True, against=1.0),
    "area": Measure("Deletion area", "lower", trust=True, against="floor"),
    "floor": Measure("Floor"),
}
IDS = [f"{i:03d}" for i in range(40)]


def rows(values, explainer="gradcam-aaaaaa", ids=IDS):
    """One row for each picture and measure."""
    parts = [
        pd.DataFrame({"sample_id": ids, "explainer": explainer, "measure": name, "value": found})
        for name, found in values.items()
    ]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def about(energy, ratio=2.0, area=0.5):
    spread = np.linspace(-0.05, 0.05, len(IDS))
    own = rows({"energy": energy + spread, "ratio": ratio + spread, "area": area, "floor": 0.5})
    return pd.concat([own, rows({"energy": 0.3 + spread}, "control:random")], ignore_index=True)


def gathered(tmp_path, frame, folds=(0,), name="localisation", of="111111"):
    folders = {}
    for fold in folds:
        folder = tmp_path / f"fold-{fold}" / f"{name}-abcdef-{of}"
        folder.mkdir(parents=True)
        write_findings(folder, name, Findings(frame, MEASURES, "Above half of the maximum"))
        folders[fold] = [folder]
    return gather(folders, pool([table(ids=IDS, fold=fold) for fold in folds]))


def test_the_interval_is_that_of_the_mean_over_pictures(tmp_path):
    (found,) = gathered(tmp_path, about(0.6))
    assert (found.key, found.name, list(found.places)) == ("localisation-abcdef", "localisation", [0])
    assert found.explainers == ["gradcam-aaaaaa", "control:random"]
    estimate = found.estimate("gradcam-aaaaaa", "energy")
    assert (estimate.n, estimate.groups) == (40, 20)
    assert estimate.value == pytest.approx(0.6)
    assert estimate.low < 0.6 < estimate.high
    assert found.estimate("control:random", "ratio") is None


def test_a_picture_of_several_repeats_counts_once(tmp_path):
    (found,) = gathered(tmp_path, about(0.6), folds=(0, 1))
    assert list(found.places) == [0, 1]
    assert found.estimate("gradcam-aaaaaa", "energy").n == 40


def test_what_was_asked_twice_in_a_fold_is_counted_once(tmp_path):
    one = tmp_path / "fold-0" / "localisation-abcdef-111111"
    two = tmp_path / "fold-0" / "localisation-abcdef-222222"
    for folder, frame in ((one, about(0.6)), (two, rows({"energy": 0.1}, "lime-bbbbbb"))):
        folder.mkdir(parents=True)
        write_findings(folder, "localisation", Findings(frame, MEASURES, "as before"))
    (found,) = gather({0: [two, one]}, table(ids=IDS))
    assert set(found.explainers) == {"gradcam-aaaaaa", "lime-bbbbbb", "control:random"}
    assert len(found.values("gradcam-aaaaaa", "energy")) == 40


@pytest.mark.parametrize(
    ("energy", "ratio", "area", "readings"),
    [
        (0.6, 2.0, 0.2, ["better", "better", "better"]),
        (0.3, 1.0, 0.5, ["no different", "no different", "no different"]),
        (0.1, 0.5, 0.9, ["worse", "worse", "worse"]),
    ],
)
def test_a_measure_is_read_by_what_it_has_to_beat(tmp_path, energy, ratio, area, readings):
    (found,) = gathered(tmp_path, about(energy, ratio, area))
    entries = entries_of(found)
    assert [entry.measure.title for entry in entries] == ["Energy inside", "Energy over chance", "Deletion area"]
    assert [entry.reading for entry in entries] == readings
    assert [entry.against for entry in entries] == ["random", "1", "floor"]
    assert [entry.reference for entry in entries] == pytest.approx([0.3, 1.0, 0.5])


def test_better_is_so_by_a_tenth_of_what_it_has_to_beat_however_sure_and_worse_at_once(tmp_path):
    def readings(place, energy, ratio, area):
        (found,) = gathered(tmp_path / place, about(energy, ratio, area))
        return [entry.reading for entry in entries_of(found)]

    assert LEAST == 0.1
    assert readings("enough", 0.331, 2.0, 0.449) == ["better"] * 3
    assert readings("little", 0.329, 2.0, 0.451) == ["no different", "better", "no different"]
    assert readings("worse", 0.299, 2.0, 0.501) == ["worse", "better", "worse"]


@pytest.mark.parametrize(("gain", "reading"), [(0.041, "better"), (0.039, "no different"), (-0.001, "worse")])
def test_a_gain_is_judged_by_what_a_random_map_reaches(tmp_path, gain, reading):
    measures = {
        "deletion": Measure("Deletion area", "lower"),
        "deletion_gain": Measure("Gain", "higher", trust=True, against=0.0, share_of="deletion"),
    }
    own = rows({"deletion": 0.4 - gain, "deletion_gain": gain})
    frame = pd.concat([own, rows({"deletion": 0.4}, "control:random")], ignore_index=True)
    folder = tmp_path / "faithfulness-abcdef-111111"
    folder.mkdir()
    write_findings(folder, "faithfulness", Findings(frame, measures, "as usual"))
    (found,) = gather({0: [folder]}, table(ids=IDS))
    (entry,) = entries_of(found)
    assert (entry.reading, entry.reference, entry.against) == (reading, 0, "0")


def trusted(name, found, stamps):
    predictions = table(ids=IDS)
    return trust_of(name, predictions, calibration(predictions), found, stamps)


def run(tmp_path, name, energy, stamps=(), **values):
    return trusted(name, gathered(tmp_path / name, about(energy, **values)), stamps)


def test_the_one_without_warnings_is_preferred(tmp_path):
    honest, stamped = run(tmp_path, "honest", 0.5), run(tmp_path, "stamped", 0.9, stamps=["stand-in weights"])
    assert preferred([stamped, honest]) == ("honest", "it alone carries no warning")
    assert preferred([stamped, stamped]) == (None, "every run carries a warning")


def test_of_equals_in_accuracy_the_one_that_looks_at_the_finding_is_preferred(tmp_path):
    honest, shortcut = run(tmp_path, "honest", 0.6), run(tmp_path, "shortcut", 0.1, ratio=0.4)
    name, reason = preferred([shortcut, honest])
    assert name == "honest"
    assert reason == "with 0 measures worse than a control, the fewest"
    closer = run(tmp_path, "closer", 0.8)
    assert preferred([honest, closer]) == ("closer", "the better Energy inside")


def test_a_run_that_was_not_evaluated_does_not_win_by_it(tmp_path):
    asked, unasked = run(tmp_path, "asked", 0.1), trusted("unasked", [], ())
    assert preferred([asked, unasked]) == (None, "nothing measured tells asked, unasked apart beyond the intervals")


def test_what_the_preferred_run_was_not_asked_is_said(tmp_path):
    stamped, unasked = run(tmp_path, "stamped", 0.9, stamps=["stand-in weights"]), trusted("unasked", [], ())
    reason = "it alone carries no warning; but unlike another it was not evaluated for localisation"
    assert preferred([stamped, unasked]) == ("unasked", reason)


def test_nothing_is_preferred_without_a_reason(tmp_path):
    one, two = run(tmp_path, "one", 0.6), run(tmp_path, "two", 0.601)
    assert preferred([one, two]) == (None, "nothing measured tells one, two apart beyond the intervals")
    assert preferred([one]) == (None, "")


def test_what_was_left_out_before_the_others_could_not_be_told_apart_is_said(tmp_path):
    one, two = run(tmp_path, "one", 0.6), run(tmp_path, "two", 0.601)
    stamped, failing = run(tmp_path, "marked", 0.9, stamps=["stand-in weights"]), run(tmp_path, "off", 0.1, ratio=0.4)
    left = "left out: marked (it carries a warning); off (2 measures worse than a control)"
    assert preferred([one, stamped, failing, two]) == (
        None,
        f"nothing measured tells one, two apart beyond the intervals; {left}",
    )
    far = run(tmp_path, "far", 0.4)
    assert preferred([one, far, two])[1].endswith("; left out: far (Energy inside below that of the best)")


def test_tables_say_the_direction_the_control_and_the_protocol(tmp_path):
    (found,) = gathered(tmp_path, about(0.6))
    shown = evaluation_table(found)
    assert shown.title == "Evaluation: localisation"
    assert shown.columns == (
        "Explainer", "Energy inside (%) ↑", "Energy over chance ↑", "Deletion area ↓", "Floor",
    )  # fmt: skip
    assert [str(row[0]) for row in shown.rows] == ["gradcam", "random map"]
    assert str(shown.rows[0][1]).startswith("60.0 (5")
    assert str(shown.rows[1][2]) == "–"
    assert shown.notes[0] == "Above half of the maximum."
    assert "Energy inside (%) ↑ low" in to_csv(shown).splitlines()[0]

    trust = trust_table(run(tmp_path, "r", 0.6))
    lines = [(row[0], row[2]) for row in trust.rows]
    assert lines[:2] == [("Is it right?", ""), ("· Accuracy (%) ↑", "")]
    assert lines[3:5] == [("Are its probabilities honest?", ""), ("· ECE ↓", "")]
    assert lines[5:8] == [
        ("Does it look at the finding?", ""),
        ("· Energy inside (%) ↑, gradcam", "✓ random 30.0"),
        ("· Energy over chance ↑, gradcam", "✓ 1"),
    ]

    assert trust.notes[0].startswith("Accuracy, AUC, AUROC and ECE are of all pictures together, every other value is ")
    assert "✓ better, and by at least 10 % of that" in trust.notes[1]

    both = compared_table([run(tmp_path, "a", 0.6), run(tmp_path, "b", 0.1, stamps=["labels shuffled"])])
    assert both.columns == ("Measure", "Run 1", "Run 2")
    assert both.notes[:3] == (
        "Prefer Run 1: it alone carries no warning.",
        "Run 1: a.",
        "Run 2: b; warning: labels shuffled.",
    )
    alone = compared_table([run(tmp_path, "c", 0.6)])
    assert alone.notes[0] == "Run 1: c."


def test_what_could_not_be_measured_is_empty_and_said(tmp_path):
    (found,) = gathered(tmp_path, about(0.6).iloc[:0])
    shown = evaluation_table(found)
    assert shown.rows == ()
    assert shown.notes == ("Above half of the maximum.", "Nothing could be measured.")
    assert [entry for entry in trusted("r", [found], ()).entries if entry.explainer] == []


def test_a_damaged_folder_is_named(tmp_path):
    (tmp_path / "about.json").write_text("{")
    with pytest.raises(StoreError, match="these findings cannot be read"):
        read_findings(tmp_path)


def test_rows_that_were_edited_are_refused(tmp_path):
    write_findings(tmp_path, "localisation", Findings(about(0.6), MEASURES, "as before"))
    rows_file = tmp_path / "rows.csv"
    rows_file.write_text(rows_file.read_text().replace("0.55", "0.95", 1))
    with pytest.raises(StoreError, match="not as it was written"):
        read_findings(tmp_path)


def test_names_are_short_unless_they_would_be_alike():
    names = ["gradcam-111111", "lime-222222", "lime-333333", "gradcam-111111 × lime-222222", "control:blob", ""]
    assert short_names(["control:random 32×32"]) == {"control:random 32×32": "random map 32×32"}
    assert list(short_names(names).values()) == [
        "gradcam", "lime-222222", "lime-333333", "gradcam × lime", "centred blob", "network",
    ]  # fmt: skip


def test_an_empty_trust_has_nothing_to_say():
    assert Trust("r", ()).fails == []
