"""The table of explainers: what was measured of hand-written findings, and the printed cells beside it."""

import numpy as np
import pytest
from support.studied import binary, found, lines, printed, stored_run, studied

from xaimed.evaluation.contract import Measure
from xaimed.studies.reproduction.tables.interpretability import Interpretability

N = 12
TRUTH = [0, 1] * (N // 2)
PREDICTIONS = binary([0.2, 0.8] * (N // 2), TRUTH)
LOCALISED = {"iou": Measure("IoU", "higher"), "outside": Measure("Mass outside the body", "lower", percent=True)}
FAITHFUL = {"deletion": Measure("Deletion area", "lower"), "insertion": Measure("Insertion area", "higher")}
SPREAD = np.linspace(-0.1, 0.1, N)
CAPTION = (
    "Maps of the predicted class. IoU and Dice: of pixels above 0.5 of the maximum. Pointing game: the peak lies in "
    "the mask. Outside the body: what is black"
)
TABLE = Interpretability(
    "Explainers", {"gradcam": "gradcam", "lime": "lime", "integrated_gradients": "ig"}, beside="table6"
)


def localised(gradcam=0.573, lime=0.9):
    values = {("gradcam-aaaaaa", "iou"): gradcam + SPREAD, ("lime-bbbbbb", "iou"): lime + SPREAD}
    return found("localisation", LOCALISED, values, CAPTION)


def faithful(deletion=0.30):
    values = {("gradcam-aaaaaa", "deletion"): deletion + SPREAD, ("gradcam-aaaaaa", "insertion"): 0.74 + SPREAD}
    return found("faithfulness", FAITHFUL, values, "Deleted in 25 steps")


@pytest.fixture
def explained(tmp_path):
    return stored_run(tmp_path, "ours", PREDICTIONS, [localised(), faithful()])


def test_a_line_for_each_explainer_with_what_was_measured(explained):
    table, _ = TABLE(studied({"ours": explained}, paper=printed("hybrid")))
    assert table.columns == ("Explainer", "IoU (%) ↑", "Deletion area ↓", "Insertion area ↑", "HTS (1–5) ↑")
    (gradcam, lime) = lines(table)
    assert gradcam[0] == "gradcam"
    assert gradcam[1].startswith("57.3 (5")
    assert gradcam[2].startswith("0.300 (0.2")
    assert lime[1].startswith("90.0 (")
    assert lime[2:] == ["–", "–", "–"]


def test_the_notes_tell_the_protocol_of_what_is_shown_and_why_cells_are_empty(explained):
    table, _ = TABLE(studied({"ours": explained}, paper=printed("hybrid")))
    said = " ".join(table.notes)
    assert "IoU and Dice: of pixels above 0.5 of the maximum." in said
    assert "Deleted in 25 steps." in said
    assert "Pointing game" not in said
    assert "Pictures: IoU (%) 12, Deletion area 12, Insertion area 12." in said
    assert "Not evaluated: integrated gradients." in said
    assert "Nobody has rated yet: raters.csv" in said


def test_printed_cells_are_held_against_ours_in_their_unit(explained):
    _, beside = TABLE(studied({"ours": explained}, paper=printed("hybrid")))
    cells = {(row[0], row[1]): row[2:] for row in lines(beside)}
    assert cells["Ours, gradcam", "IoU (%) ↑"][0] == "57.3"
    assert cells["Ours, gradcam", "IoU (%) ↑"][2].startswith("0.0 (")
    assert cells["Ours, gradcam", "IoU (%) ↑"][3] == "inside"
    assert cells["Ours, gradcam", "Deletion area ↓"][0] == "0.48"
    assert cells["Ours, gradcam", "Deletion area ↓"][2].startswith("-0.180 (")
    assert cells["Ours, gradcam", "Deletion area ↓"][3] == "not comparable: published without n"
    assert ("Ours, lime", "Deletion area ↓") not in cells


def test_a_rehearsal_is_never_held_against_the_paper(explained):
    _, beside = TABLE(studied({"ours": explained}, paper=printed("hybrid"), stamp="rehearsal"))
    assert {row[-1] for row in lines(beside)} == {"not comparable: rehearsal"}


def test_without_masks_the_column_of_overlap_is_empty_and_says_so(tmp_path):
    values = {("gradcam-aaaaaa", "outside"): np.zeros(N)}
    run = stored_run(tmp_path, "ours", PREDICTIONS, [found("localisation", LOCALISED, values), faithful()])
    (table,) = TABLE(studied({"ours": run}))
    assert lines(table)[0][1] == "–"
    assert "IoU (%): empty, for no picture has an evidence mask." in table.notes
    run = stored_run(tmp_path, "unasked", PREDICTIONS, [faithful()])
    (table,) = TABLE(studied({"ours": run}))
    assert "IoU (%): empty, for it was not evaluated (evaluation=[localisation])." in table.notes


def test_of_runs_that_repeat_every_picture_counts_once_with_its_mean(tmp_path):
    runs = [stored_run(tmp_path, f"seed{i}", PREDICTIONS, [localised(gradcam=0.3 + 0.2 * i)]) for i in range(2)]
    (table,) = TABLE(studied({"ours": runs}))
    assert lines(table)[0][1].startswith("40.0 (")
    assert "Pictures: IoU (%) 12." in " ".join(table.notes)


def test_several_rows_stand_below_one_another_and_what_is_missing_is_said(tmp_path, explained):
    other = stored_run(tmp_path, "other", PREDICTIONS, [localised(gradcam=0.2)], folds=2)
    results = studied({"ours": explained, "other": other, "later": None})
    (table,) = TABLE(results)
    assert [row[0] for row in lines(table)] == ["Ours, gradcam", "Ours, lime", "Other, gradcam", "Other, lime"]
    assert "Other: folds 1." in table.notes
    assert Interpretability("t", {"scorecam": "x"})(results) == []
    assert TABLE(studied({"later": None})) == []


def test_simulated_raters_are_stamped_in_title_and_cells(tmp_path, explained):
    answers = [f"r{rater},0{case},ours,gradcam-aaaaaa,trust,{score},true" for rater, case, score in
               [(1, 0, 4), (1, 1, 3), (2, 0, 5), (2, 1, 4)]]  # fmt: skip
    header = "rater,sample_id,model,explainer,question,answer,simulated"
    (tmp_path / "raters.csv").write_text("\n".join([header, *answers]) + "\n")
    table, beside = TABLE(studied({"ours": explained}, paper=printed("hybrid"), folder=tmp_path))
    assert table.title == "Explainers (simulated raters)"
    assert lines(table)[0][4] == "4.00 ± 0.71 (simulated)"
    (line,) = (row for row in lines(beside) if row[1].startswith("HTS"))
    assert line[2] == "3.8"
    assert line[5] == "not comparable: simulated raters"
