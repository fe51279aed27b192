"""What is in the data: counted from a run's own files, from the data where there is none, and never invented."""

import pandas as pd
import pytest
from support.stored import CONFIG, stored_run, study_results

from tests.evaluation.made_predictions import binary, by_hand, multilabel
from xaimed.studies.reproduction.tables.dataset import Dataset, Parts, Summary

SEX = {"total": {}, "female": {"sex": "F"}, "male": {"sex": "M"}}
PUBLISHED = {
    "tables": {
        "people": {
            "place": "Table 1",
            "columns": {"total": {}, "female": {}, "male": {}},
            "rows": {"A": {"total": 3, "female": 1, "male": 1}, "b": {"total": 4}, "unknown": {"total": 1}},
        },
        "parts": {
            "place": "Section V",
            "columns": {"normal": {}, "pneumonia": {}},
            "rows": {"train": {"normal": 2, "pneumonia": 3}, "test": {"normal": 2, "pneumonia": 2}},
        },
        "sets": {
            "place": "Table 2",
            "columns": {"images": {}, "classes": {}, "side": {}},
            "rows": {"first": {"images": 8, "classes": 14, "side": 320}},
        },
    }
}


def phantom(**counts):
    return {
        **CONFIG,
        "dataset": {"_target_": "xaimed.data.phantoms.chest.ChestPhantom", "counts": counts, "size": 32, "seed": 0},
    }


def samples(sexes):
    return pd.DataFrame({"sample_id": [str(i) for i in range(8)], "group": ["g"] * 6 + ["h", "i"], "sex": sexes})


def cells(table):
    return [[str(cell) for cell in row] for row in table.rows]


def test_classes_by_sex_from_the_files_of_a_run(tmp_path):
    run = stored_run(tmp_path / "run", [by_hand()], samples=samples([*"FMFFMMF", ""]))
    ours, beside = Dataset("Data", SEX, "people")(study_results({"net": run}, published=PUBLISHED))
    assert ours.columns == ("Class", "Total", "Female", "Male")
    assert cells(ours) == [["a", "3", "2", "1"], ["b", "3", "1", "2"], ["c", "2", "1", "0"], ["all", "8", "4", "3"]]
    assert ours.notes == ("8 samples of 3 patients.", "'sex' is not known of 1 samples.")
    assert cells(beside) == [
        ["a", "total", "3", "3", "+0", "inside"],
        ["a", "female", "1", "2", "+1", "outside"],
        ["a", "male", "1", "1", "+0", "inside"],
        ["b", "total", "4", "3", "-1", "outside"],
    ]


@pytest.mark.parametrize("sexes", [None, [""] * 8])
def test_a_column_that_the_data_do_not_have_stays_empty(tmp_path, sexes):
    table = samples([""] * 8) if sexes else samples([""] * 8).drop(columns="sex")
    run = stored_run(tmp_path / "run", [by_hand()], samples=table)
    ours, beside = Dataset("Data", SEX, "people")(study_results({"net": run}, published=PUBLISHED))
    assert cells(ours)[0] == ["a", "3", "–", "–"]
    assert "The data do not tell 'sex'." in ours.notes
    assert cells(beside)[1] == ["a", "female", "1", "–", "–", "not in the data"]


def test_a_rehearsal_is_not_held_against_the_paper(tmp_path):
    run = stored_run(tmp_path / "run", [by_hand()], samples=samples([""] * 8))
    _, beside = Dataset("Data", beside="people")(study_results({"net": run}, published=PUBLISHED, stamp="rehearsal"))
    assert {row[-1] for row in cells(beside) if row[1] == "total"} == {"not comparable: rehearsal"}


def test_before_anything_is_trained_the_data_are_counted():
    results = study_results({}, configs={"net": phantom(NORMAL=3, PNEUMONIA=5)})
    (ours,) = Dataset("Data")(results)
    assert cells(ours) == [["NORMAL", "3"], ["PNEUMONIA", "5"], ["all", "8"]]
    assert "Counted in the data; nothing is trained yet." in ours.notes
    assert Parts("Parts")(results) == []


def test_every_dataset_has_its_own_table_and_a_line_in_the_summary():
    first, second = phantom(NORMAL=3, PNEUMONIA=5), phantom(NORMAL=2, PNEUMONIA=2)
    configs = {"a_x": first, "a_y": second, "b_x": first}
    places = {name: {"data": "first" if name.endswith("x") else "second"} for name in configs}
    results = study_results({}, configs=configs, places=places, published=PUBLISHED)
    assert [table.title for table in Dataset("Data")(results)] == ["Data, chest"] * 2
    ours, beside = Summary("Sets", "data", "sets")(results)
    assert [row[:2] + row[3:] for row in cells(ours)] == [["first", "8", "2"], ["second", "4", "2"]]
    assert cells(beside) == [
        ["first", "images", "8", "8", "+0", "inside"],
        ["first", "classes", "14", "2", "-12", "outside"],
        ["first", "side", "320", "–", "–", "not in the data"],
    ]


def test_data_that_are_nowhere_give_no_table():
    assert Dataset("Data")(study_results({}, configs={"net": CONFIG})) == []


def roles(*given):
    return pd.DataFrame(
        {"fold": 0, "sample_id": [str(i) for i in range(len(given))], "group": "g", "role": list(given)}
    )


def test_what_a_run_has_not_reported_has_no_class_without_the_data(tmp_path):
    told = binary([1.0, -1.0, 1.0, -1.0], [1, 0, 1, 0])
    known = pd.DataFrame({"sample_id": [str(i) for i in range(6)], "group": "g"})
    split = roles("report", "report", "report", "report", "train", "select")
    run = stored_run(tmp_path / "run", [told], samples=known, roles=split)
    parts = {"train": "train", "test": "report"}
    ours, beside = Parts("Parts", parts, "parts")(study_results({"net": run}, published=PUBLISHED))
    assert cells(ours) == [["train", "–", "–"], ["test", "2", "2"]]
    assert any(note.startswith("Only the samples that were reported") for note in ours.notes)
    assert [row[-1] for row in cells(beside)] == ["not in the data", "not in the data", "inside", "inside"]


def test_parts_and_copies_are_counted_in_the_first_fold(tmp_path):
    told = binary([1.0, -1.0, 1.0, -1.0, 1.0], [1, 0, 1, 0, 1])
    known = pd.DataFrame({"sample_id": [str(i) for i in range(5)], "group": "g"})
    split = pd.concat(
        [roles("train", "train", "train", "select+report", "report"), roles(*["report"] * 5).assign(fold=1)]
    )
    run = stored_run(tmp_path / "run", [told], samples=known, roles=split)
    (run.path / "fold-0" / "imbalance.csv").write_text("class,pictures,with copies\nNORMAL,1,2\nPNEUMONIA,2,2\n")
    parts = {"train": "train", "augmented": "copies", "validation": "select", "test": "report"}
    (ours,) = Parts("Parts", parts)(study_results({"net": run}))
    assert cells(ours) == [["train", "1", "2"], ["augmented", "2", "2"], ["validation", "1", "0"], ["test", "1", "1"]]
    assert "Of the first of 2 folds." in ours.notes
    (run.path / "fold-0" / "imbalance.csv").unlink()
    assert cells(Parts("Parts", parts)(study_results({"net": run}))[0])[1] == ["augmented", "–", "–"]


def test_labels_that_nobody_knows_are_not_counted(tmp_path):
    told = multilabel([[1, -1], [1, 0], [0, 1]], [[0.5, 0.5]] * 3)
    run = stored_run(tmp_path / "run", [told], samples=told.frame[["sample_id", "group"]])
    (ours,) = Dataset("Data")(study_results({"net": run}))
    assert cells(ours) == [["Edema", "2"], ["Mass, left", "1"], ["all", "3"]]
