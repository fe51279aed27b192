"""What a report says of errors and doubt, from stored rows of a run that was never trained."""

import pandas as pd
import pytest

from tests.evaluation.made_predictions import table
from xaimed.callbacks.cases import choose_cases
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.contract import Findings, Measure, row_table
from xaimed.evaluation.findings import write_findings
from xaimed.evaluation.uncertainty import ENTROPY, MEASURES, entropy
from xaimed.store.run import Run
from xaimed.studies.doubts import doubt_figures, doubt_tables, subgroup_table
from xaimed.studies.result import RunResult

FACTS = {"stamps": ["stand-in weights"]}


@pytest.fixture
def result(tmp_path):
    predictions = table(60, ("a", "b", "c"))
    predictions.frame.loc[:, [f"p:{name}" for name in "abc"]] **= 4
    total = predictions.probabilities.sum(axis=1)
    for name in "abc":
        predictions.frame[f"p:{name}"] /= total
    fold = tmp_path / "fold-0"
    fold.mkdir()
    (fold / "fold.json").write_text("{}")
    ids = predictions.frame["sample_id"]
    known = pd.DataFrame({"sample_id": ids, "group": predictions.frame["group"], "sex": list("FM") * 30, "name": ids})
    known.assign(age=[20 + i % 50 for i in range(60)]).to_csv(tmp_path / "samples.csv", index=False)
    return RunResult(Run(tmp_path), FACTS, predictions, [], {}, {})


def evaluated(result, name, rows, measures):
    folder = result.run.path / "fold-0" / "evaluations" / f"{name}-aaaaaa-bbbbbb"
    folder.mkdir(parents=True)
    write_findings(folder, name, Findings(rows, measures, "c"))


def test_without_evaluations_there_are_mistakes_and_subgroups(result, tmp_path):
    mistakes, subgroups = doubt_tables(result)
    assert mistakes.title == "Confident mistakes"
    assert mistakes.columns == ("Sample", "Patient", "Fold", "Truth", "Predicted", "p")
    assert 0 < len(mistakes.rows) <= 10
    assert [row[0] for row in subgroups.rows] == [
        "sex: F", "sex: M", "sex: gap", "age: 18 to <40", "age: 40 to <60", "age: 60 to <80", "age: gap",
    ]  # fmt: skip
    assert [file.name for file in doubt_figures(result, tmp_path)] == ["residuals.png"]
    assert (tmp_path / "residuals.png").stat().st_size > 1000


def test_with_uncertainty_its_worth_comes_first(result, tmp_path):
    ids = result.predictions.frame["sample_id"]
    evaluated(result, "uncertainty", row_table(ids, "", ENTROPY, entropy(result.predictions)), MEASURES)
    worth, *_ = doubt_tables(result)
    assert worth.title == "Does doubt find the errors?"
    assert [file.name for file in doubt_figures(result, tmp_path)] == ["residuals.png", "risk-coverage.png"]


def test_a_mistake_names_its_panel(result):
    panels = result.run.path / "fold-0" / "explanations" / "panels-abc123"
    panels.mkdir(parents=True)
    cases = [case for case in choose_cases(result.predictions, 2) if not case.correct]
    for case in cases:
        (panels / case.file).write_bytes(b"")
    mistakes, _ = doubt_tables(result)
    drawn = {case.sample_id: f"fold-0/explanations/panels-abc123/{case.file}" for case in cases}
    listed = {row[0]: row[-1] for row in mistakes.rows}
    assert listed == {name: drawn.get(name, "–") for name in listed}
    assert set(listed) & set(drawn)


def test_any_metric_and_any_measure_by_any_column(result):
    by_sex = subgroup_table(result, "sex", "kappa")
    assert by_sex.columns[-1] == "Kappa ↑"
    ids = result.predictions.frame["sample_id"]
    rows = [row_table(ids, name, "iou", value) for name, value in (("gradcam-111111", 0.4), ("control:random", 0.1))]
    evaluated(result, "localisation", pd.concat(rows), {"iou": Measure("IoU", "higher")})
    by_age = subgroup_table(result, "age", "iou", [30])
    assert by_age.columns == ("Group", "Pictures", "Patients", "IoU, gradcam ↑", "IoU, random map ↑")
    assert str(by_age.rows[0][3]) == "0.400 (0.400 to 0.400)"


@pytest.mark.parametrize(
    ("column", "metric", "said"),
    [
        ("sexx", "auc", "no column 'sexx'.*'sex'"),
        ("group", "auc", "no column 'group'"),
        ("name", "auc", "nearly unique.*These do: sex, age"),
        ("sex", "acc", "no metric and no measure 'acc'.*'accuracy'"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_can(result, column, metric, said):
    with pytest.raises(ConfigError, match=said):
        subgroup_table(result, column, metric)


def test_a_run_from_before_columns_were_kept(result):
    (result.run.path / "samples.csv").unlink()
    assert [each.title for each in doubt_tables(result)] == ["Confident mistakes"]
    with pytest.raises(StoreError, match="before they were kept"):
        subgroup_table(result, "sex", "auc")
