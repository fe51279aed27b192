"""What the network said of the rows that chose it: kept where they are not reported, sealed, and used for scaling."""

import json
import shutil

import pytest
from support.running import contents, only_run, train

import xaimed.callbacks.predictions
from xaimed.callbacks.predictions import WritePredictions
from xaimed.cli.main import main
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.temperature import fit_temperature
from xaimed.store.run import Run
from xaimed.studies.result import result_of
from xaimed.studies.tables import tables_of

QUICK = (
    *("callbacks=[early_stopping]", "logger=[]", "trainer.max_epochs=1", "protocol.folds=2"),
    "dataset.counts={Normal: 18, Scoliosis: 18, Spondylolisthesis: 18}",
)
NESTED = ("protocol=nested", "protocol.inner=0.4", *QUICK)


@pytest.fixture(scope="module")
def made(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        output = tmp_path_factory.mktemp("nested")
        assert train(output, *NESTED) == 0
    return only_run(output)


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / made.name)


def roles(fold):
    lines = [line.rsplit(",", 1) for line in (fold / "split.csv").read_text().splitlines()[1:]]
    return {line[0].split(",")[0]: line[1] for line in lines}


def table_called(result, title):
    return next(table for table in tables_of(result) if table.title == title)


def test_the_selection_rows_are_predicted_in_the_format_of_the_reported_ones(run):
    for fold in (run / "fold-0", run / "fold-1"):
        kept = read_predictions(fold / "validation.csv")
        assert set(kept.frame["sample_id"]) == {name for name, role in roles(fold).items() if role == "select"}
        assert kept.folds == [int(fold.name[-1])]
        assert "validation.csv" in json.loads((fold / "fold.json").read_text())["sealed"]


def test_the_temperature_is_fitted_on_them_alone(run):
    result = result_of(Run(run))
    fitted = result.calibrated.temperatures
    expected = fit_temperature(read_predictions(run / "fold-1" / "validation.csv"))
    assert fitted[1] == expected
    table = table_called(result, "Calibration")
    assert f"{expected.value:.2f} in fold 1 (n = {expected.n})" in " ".join(table.notes)
    assert all(str(row[2]) != "–" for row in table.rows)


def test_report_and_folder_show_the_calibration(run, capsys):
    assert main(["table", str(run)]) == 0
    assert "Calibration" in capsys.readouterr().out
    assert "tables/reliability.png" in (run / "report.md").read_text()
    assert (run / "tables" / "reliability.png").stat().st_size > 1000
    assert (run / "tables" / "calibration.csv").read_text().startswith("Measure,Pooled,Pooled low")


def test_selection_rows_that_were_edited_refuse_the_fold(run):
    file = run / "fold-0" / "validation.csv"
    file.write_text(file.read_text().replace("0", "1", 1))
    assert "validation.csv" in result_of(Run(run)).refused[0]


def test_a_fold_from_before_is_read_and_not_scaled(run):
    for fold in (run / "fold-0", run / "fold-1"):
        facts = json.loads((fold / "fold.json").read_text())
        del facts["sealed"]["validation.csv"]
        (fold / "fold.json").write_text(json.dumps(facts))  # the file itself may lie there, sealed it is not
    (run / "fold-1" / "validation.csv").unlink()
    result = result_of(Run(run))
    assert result.missing == []
    table = table_called(result, "Calibration")
    assert [str(row[2]) for row in table.rows] == ["–"] * 5
    assert "Not scaled: fold 0 keeps no predictions of the rows that chose its checkpoint." in table.notes


def test_where_the_same_rows_choose_and_report_nothing_is_kept_and_the_table_says_why(tmp_path):
    assert train(tmp_path, *QUICK) == 0
    run = only_run(tmp_path)
    assert not list(run.glob("fold-*/validation.csv"))
    table = table_called(result_of(Run(run)), "Calibration")
    assert [str(row[2]) for row in table.rows] == ["–"] * 5
    assert any("would flatter" in note for note in table.notes)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def test_cut_off_between_the_two_tables_it_ends_with_the_same_bytes(tmp_path, monkeypatch, made):
    whole, state = WritePredictions.on_predict_end, {"calls": 0}

    def cut(self, *arguments):
        state["calls"] += 1
        if state["calls"] == 2:
            raise Killed
        whole(self, *arguments)

    monkeypatch.setattr(xaimed.callbacks.predictions.WritePredictions, "on_predict_end", cut)
    with pytest.raises(Killed):
        train(tmp_path, *NESTED)
    run = only_run(tmp_path)
    assert (run / "fold-0.partial" / "validation.csv").is_file()
    assert not (run / "fold-0.partial" / "predictions.csv").exists()
    assert train(tmp_path, *NESTED) == 0
    for fold in (0, 1):
        assert "validation.csv" in contents(run, fold)
        assert contents(run, fold) == contents(made, fold)
