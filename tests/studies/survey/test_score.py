"""Answers of which it is known what they say, and files that cannot be used."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from xaimed.cli.main import main
from xaimed.errors import StoreError
from xaimed.evaluation.statistics.agreement import icc
from xaimed.reporting.html.survey import NONE_OF_THESE
from xaimed.studies.survey.cases import Case, Said
from xaimed.studies.survey.key import Entry, Key
from xaimed.studies.survey.rated import FOR_STUDIES
from xaimed.studies.survey.score import score

CLASSES = ("Normal", "Scoliosis", "Slip")
RUN, OTHER = "run-a", "run-b"
CASES = 12


def key(tmp_path, *, dataset="demo", kind="multiclass", runs=(RUN,), cases=CASES, chosen="random"):
    """Of every case the picture, a map of each run and, for the first two, both again: written, and its file."""
    of = {}
    for i in range(cases):
        truth = (CLASSES[i % 3],)
        said = {run: Said((CLASSES[0],), 0.7, i % 3 == 0, 0) for run in runs}
        of[f"s{i}"] = Case(f"s{i}", f"p{i}", truth, (), said)
    entries = []
    for name in [*of, "s0", "s1"]:
        for run in ("", *runs):
            explainer = "gradcam-0a0a0a" if run else ""
            before = next((e.item for e in entries if (e.sample_id, e.run) == (name, run)), None)
            entries.append(Entry(len(entries) + 1, name, run, explainer, before))
    about = {"dataset": dataset, "kind": kind, "runs": list(runs), "stamps": [], "cases": chosen, "page": ""}
    made = Key(about, CLASSES, of, {entry.item: entry for entry in entries})
    folder = tmp_path / dataset
    folder.mkdir()
    return made, made.write(folder)


def answers(made, trust, diagnosis=None, **changes):
    """A file's content: trust by item of a map (a function), diagnoses by item of a picture."""
    lines = []
    for item, entry in made.entries.items():
        if entry.run:
            lines.append({"item": item, "structure": "yes", "focus": "no", "trust": trust(item)})
        else:
            told = [item % 3] if diagnosis is None else diagnosis(item)
            lines.append({"item": item, "diagnosis": told, "reliable": "yes", "difficulty": 2})
    facts = {"kind": "xaimed survey answers", "survey": made.survey, "rater": {"name": "A", "role": "x"}}
    return {**facts, "simulated": False, "exported": "2026-01-01T00:00:00.000Z", "answers": lines, **changes}


def put(tmp_path, name, content):
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def by(name):
    return {"rater": {"name": name, "role": "x"}}


def cell(table, row, column):
    return next(line for line in table.rows if line[0] == row)[table.columns.index(column)]


def test_scores_are_means_with_patients_drawn_again_and_repeats_left_out(tmp_path):
    made, file = key(tmp_path)
    given = {item: 1 + item % 5 for item in made.entries}
    again = {item for item, entry in made.entries.items() if entry.repeat_of}
    maps = [given[item] for item, entry in made.entries.items() if entry.run and item not in again]
    found = score([put(tmp_path, "a.json", answers(made, given.get))], [file])
    table = found.named["explainers"]
    name, rated, count, trust, at_least, above, mark = table.rows[0]
    assert (name, rated, count) == ("gradcam", CASES, CASES)
    assert trust.mean == pytest.approx(np.mean(maps))
    draws = np.random.default_rng(7).choice(maps, size=(4000, CASES)).mean(axis=1)
    assert [trust.low, trust.high] == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.15)
    assert at_least.mean == pytest.approx(100 * np.mean(np.array(maps) >= 4))
    assert above.mean == pytest.approx(100 * np.mean(np.array(maps) > 4))
    assert mark == "below"
    for group, cases in (("Normal", [0, 3, 6, 9]), ("Slip", [2, 5, 8, 11])):
        assert cell(found.named["classes"], group, "HTS (95 % interval)").mean == np.mean([maps[i] for i in cases])
    right = cell(found.named["right"], "right", "HTS (95 % interval)")
    assert right.mean == np.mean([maps[i] for i in (0, 3, 6, 9)])
    assert cell(found.named["seen"], "gradcam", "Right structure (%) (95 % interval)").mean == 100
    assert cell(found.named["cases"], "all", "Difficulty (95 % interval)").mean == 2


def test_the_share_above_four_is_of_means_over_raters_and_the_mark_of_the_whole(tmp_path):
    made, file = key(tmp_path)
    files = [
        put(tmp_path, "a.json", answers(made, lambda item: 5)),
        put(
            tmp_path, "b.json", answers(made, lambda item: 3 if made.entries[item].sample_id == "s5" else 4, **by("B"))
        ),
    ]
    found = score(files, [file])
    _, rated, count, trust, at_least, above, mark = found.named["explainers"].rows[0]
    assert (rated, count) == (CASES, 2 * CASES)
    assert at_least.mean == pytest.approx(100 * 23 / 24)
    assert above.mean == pytest.approx(100 * 11 / 12)  # of 5 and 3 the mean is 4, which is not above it
    assert trust.mean == pytest.approx((5 * 12 + 4 * 11 + 3) / 24)
    assert mark == "above"
    assert [line[0] for line in found.named["raters"].rows] == ["A", "B"]


def test_the_papers_table_has_a_column_for_each_expert_and_their_mean_and_sd(tmp_path):
    made, file = key(tmp_path)
    other, second = key(tmp_path, dataset="other", runs=(OTHER,))
    files = [
        put(tmp_path, f"{made_.about['dataset']}{name}.json", answers(made_, lambda item, t=trust: t, **by(name)))
        for made_, marks in ((made, (2, 4, 5)), (other, (1, 3)))
        for name, trust in zip("ABC", marks, strict=False)
    ]
    table = score(files, [file, second]).named["experts"]
    assert table.columns == ("Dataset", "Expert 1", "Expert 2", "Expert 3", "Mean ± SD")
    (demo, *means, whole), (rest, *fewer, both) = table.rows
    assert (demo, [cell.mean for cell in means], str(whole)) == ("demo", [2, 4, 5], "3.67 ± 1.53")
    assert (rest, [str(cell) for cell in fewer], str(both)) == ("other", ["1.00", "3.00", "–"], "2.00 ± 1.41")


def test_raters_are_held_against_each_other_themselves_the_label_and_the_model(tmp_path):
    made, file = key(tmp_path)
    chance = np.random.default_rng(0)
    told = {name: {item: int(chance.integers(1, 6)) for item in made.entries} for name in "AB"}
    seen = {name: {item: [[0], [1], [2], []][chance.integers(4)] for item in made.entries} for name in "AB"}
    files = [put(tmp_path, f"{name}.json", answers(made, told[name].get, seen[name].get, **by(name))) for name in "AB"]
    found = score(files, [file])
    first = [item for item, entry in made.entries.items() if not entry.repeat_of]
    maps = [item for item in first if made.entries[item].run]
    pictures = [item for item in first if not made.entries[item].run]
    lines = {line[1]: line[2:] for line in found.named["agreement"].rows}
    a, b = ([told[name][item] for item in maps] for name in "AB")
    assert lines["trust"][0] == CASES
    assert lines["trust"][1].mean == pytest.approx(100 * np.mean(np.array(a) == np.array(b)))
    assert lines["trust"][2].mean == pytest.approx(cohen_kappa_score(a, b, weights="quadratic", labels=range(1, 6)))
    one, two = ([(seen[name][item] or [3])[0] for item in pictures] for name in "AB")
    assert lines["diagnosis"][2].mean == pytest.approx(cohen_kappa_score(one, two))
    assert found.named["icc"].rows[0][:3] == ("trust", 2, CASES)
    assert found.named["icc"].rows[0][3].mean == pytest.approx(icc(np.transpose([a, b])).value)
    against = {(line[0], line[1]): line[2:] for line in found.named["diagnoses"].rows}
    truth = [i % 3 for i in range(CASES)]
    assert against["A", "label"][2].mean == pytest.approx(cohen_kappa_score(one, truth))
    assert against["B", RUN][1].mean == pytest.approx(100 * np.mean(np.array(two) == 0))
    again = [item for item, entry in made.entries.items() if entry.repeat_of and entry.run]
    repeated = {(line[0], line[1]): line[2:] for line in found.named["repeats"].rows}
    same = np.mean([told["A"][item] == told["A"][made.entries[item].repeat_of] for item in again])
    assert repeated["A", "trust"][0] == 2
    assert repeated["A", "trust"][1].mean == 100 * same
    assert repeated["A", "trust"][2].low is None  # two patients are too few


def test_runs_are_called_without_their_hash_where_that_leaves_no_two_alike(tmp_path):
    alone, one, other = "demo-vgg16-0123456789", "demo-resnet50-aaaaaaaaaa", "demo-resnet50-bbbbbbbbbb"
    made, file = key(tmp_path, runs=(alone, one, other))
    found = score([put(tmp_path, "a.json", answers(made, lambda _: 3))], [file])
    assert [row[0] for row in found.named["models"].rows] == [one, other, "demo-vgg16"]
    assert {row[1] for row in found.named["diagnoses"].rows} == {"label", one, other, "demo-vgg16"}


def test_labels_that_can_stand_together_are_decisions_of_their_own(tmp_path):
    made, file = key(tmp_path, kind="multilabel")
    both = answers(made, lambda item: 3, lambda item: [0, 1])
    line = next(iter(score([put(tmp_path, "a.json", both)], [file]).named["diagnoses"].rows))
    truth = [int(i % 3 == label) for i in range(CASES) for label in range(3)]
    assert line[:3] == ("A", "label", CASES)
    assert line[3].mean == 0  # never the same set
    assert line[4].mean == pytest.approx(cohen_kappa_score([1, 1, 0] * CASES, truth))


def test_raters_csv_says_in_words_what_was_answered_first(tmp_path):
    made, file = key(tmp_path, runs=(RUN, OTHER))
    content = answers(made, lambda item: 1 + item % 5, lambda item: [] if item == 1 else [2])
    content["answers"][1]["comment"] = "line\nbreak, \x1b[31m"
    found = score([put(tmp_path, "a.json", content)], [file])
    found.write(tmp_path / "scores")
    frame = pd.read_csv(tmp_path / "scores" / "raters.csv", dtype=str, keep_default_na=False)
    assert tuple(frame.columns) == FOR_STUDIES
    assert not frame.duplicated(["rater", "sample_id", "model", "explainer", "question"]).any()
    of = frame[(frame["sample_id"] == "s0")].set_index(["question", "model"])["answer"]
    assert of["diagnosis", RUN] == of["diagnosis", OTHER] == NONE_OF_THESE
    assert of["trust", RUN] == "3"
    assert of["structure", OTHER] == "yes"
    assert of["comment", RUN] == "line break, \ufffd[31m"
    assert set(frame["simulated"]) == {"false"}
    assert (frame["question"] == "trust").sum() == 2 * CASES
    assert [line[0] for line in found.named["models"].rows] == [RUN, OTHER]
    text = (tmp_path / "scores" / "scores.md").read_text()
    assert "line break, \ufffd\\[31m" in text
    assert {file.suffix for file in (tmp_path / "scores" / "tables").iterdir()} == {".csv", ".tex"}


def test_raters_that_are_no_human_beings_are_said_to_be_none_in_every_title(tmp_path):
    made, file = key(tmp_path)
    robot = put(tmp_path, "r.json", answers(made, lambda item: 5, simulated=True, **by("Robot")))
    human = put(tmp_path, "h.json", answers(made, lambda item: 4))
    assert all("(simulated raters)" in table.title for table in score([robot], [file]).tables)
    mixed = score([robot, human], [file])
    assert all("(simulated: Robot)" in table.title for table in mixed.tables)
    assert [line[0] for line in mixed.named["raters"].rows] == ["A", "Robot (simulated)"]


BAD = {
    "half.json": ('{"kind": "xaimed', "cannot be read"),
    "list.json": ([1], "holds no answers"),
    "foreign.json": ({"survey": "abc"}, "answers another survey (abc)"),
    "nobody.json": ({"rater": {"name": " "}}, "whose answers"),
    "unsaid.json": ({"simulated": "no"}, "whether the rater is simulated"),
    "undated.json": ({"exported": "today"}, "when it was saved"),
    "beyond.json": ({"answers": [{"item": 99, "trust": 3}]}, "an item that the survey does not have (99)"),
    "twice.json": ({"answers": [{"item": 2, "trust": 3}, {"item": 2, "trust": 4}]}, "item 2 twice"),
    "nine.json": ({"answers": [{"item": 2, "trust": 9}]}, "'9' to 'trust' is no answer about item 2"),
    "true.json": ({"answers": [{"item": 2, "trust": True}]}, "no answer about item 2"),
    "wrong.json": ({"answers": [{"item": 1, "trust": 3}]}, "'3' to 'trust' is no answer about item 1"),
    "two.json": ({"answers": [{"item": 1, "diagnosis": [0, 1]}]}, "no answer about item 1"),
    "empty.json": ({"answers": []}, "nothing in it is answered"),
}


def test_what_cannot_be_used_is_named_with_its_reason_and_the_rest_scored(tmp_path, capsys):
    made, file = key(tmp_path)
    folder = tmp_path / "handed in"
    folder.mkdir()
    good = answers(made, lambda item: 4)
    for name, (changes, _) in BAD.items():
        put(folder, name, {**good, **changes} if isinstance(changes, dict) else changes)
    half = answers(made, lambda item: 5, **by("B"))
    put(folder, "b.json", {**half, "answers": half["answers"][:3]})
    put(folder, "a.json", good)
    assert main(["survey", "score", str(folder), "--key", str(file)]) == 1
    said = capsys.readouterr().out
    for name, (_, reason) in BAD.items():
        assert any(line.startswith(f"{name} is not counted: ") and reason in line for line in said.splitlines()), name
    assert "b.json: partial, 3 of 28 items are answered; these count." in said
    assert (file.parent / "scores" / "scores.md").is_file()
    frame = pd.read_csv(file.parent / "scores" / "raters.csv")
    assert list(frame[frame["question"] == "trust"].groupby("rater").size()) == [CASES, 1]
    for name in ("a.json", "b.json"):
        (folder / name).unlink()
    assert main(["survey", "score", str(folder), "--key", str(file)]) == 2
    assert "none of these answer files can be used: beyond.json: it answers an item" in capsys.readouterr().err


def test_two_files_of_one_rater_count_once_and_the_later_one(tmp_path):
    made, file = key(tmp_path)
    early = answers(made, lambda item: 1)
    same = {**early, "exported": "2026-01-02T00:00:00.000Z"}
    late = answers(made, lambda item: 5, exported="2026-01-03T00:00:00+01:00", rater={"name": " a ", "role": "y"})
    files = [put(tmp_path, f"{i}.json", content) for i, content in enumerate((late, early, same))]
    found = score(files, [file])
    assert found.named["explainers"].rows[0][3].mean == 5
    assert len(found.sheets) == 1
    assert "1.json and 2.json: both by A, with the same answers which count once." in found.notes
    assert any(
        "2.json and 0.json: both by a" in note and "what was saved later, 0.json" in note for note in found.notes
    )


def test_without_a_key_files_or_rated_maps_nothing_is_scored(tmp_path, capsys):
    made, file = key(tmp_path)
    (tmp_path / "nothing").mkdir()
    pictures = answers(made, lambda item: 1)
    pictures["answers"] = [line for line in pictures["answers"] if "diagnosis" in line]
    with pytest.raises(StoreError, match="no map was rated"):
        score([put(tmp_path, "a.json", pictures)], [file])
    with pytest.raises(StoreError, match="no answer files here"):
        score([tmp_path / "nothing"], [file])
    assert main(["survey", "score", str(tmp_path / "a.json")]) == 2
    assert "--key" in capsys.readouterr().err
    assert main(["survey", "score", str(tmp_path / "a.json"), "--key", str(tmp_path / "a.json")]) == 2
    assert "this is no key of a survey" in capsys.readouterr().err
