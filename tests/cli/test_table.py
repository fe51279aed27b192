"""``xaimed table``: from stored predictions alone, saying what is missing, failed, edited or foreign."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from support.running import train

from xaimed.cli.main import main
from xaimed.evaluation.reading import read_predictions
from xaimed.store.run import Run
from xaimed.studies.result import result_of
from xaimed.studies.tables import comparison, differences_of, write_runs_table


@pytest.fixture(scope="module")
def made(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        output = tmp_path_factory.mktemp("made")
        for seed in (1, 2):
            assert train(output, f"seed={seed}", "callbacks=[early_stopping]", "logger=[]") == 0
    return output


@pytest.fixture
def output(made, tmp_path):
    return shutil.copytree(made, tmp_path / "copy")


def printed(capsys, *places, status=0):
    capsys.readouterr()
    assert main(["table", *map(str, places)]) == status
    captured = capsys.readouterr()
    return " ".join(captured.out.split()), captured.err


def test_one_run_shows_its_metrics_as_its_predictions_have_them(output, capsys):
    run = sorted((output / "runs").iterdir())[0]
    said, _ = printed(capsys, run)
    tables = [read_predictions(run / f"fold-{fold}" / "predictions.csv") for fold in (0, 1)]
    right = [100 * table.correct.mean() for table in tables]
    mean, spread = sum(right) / 2, abs(right[0] - right[1]) / 2**0.5
    pooled = 100 * sum(table.correct.sum() for table in tables) / 30
    assert f"{mean:.2f} ± {spread:.2f} {pooled:.2f} (" in said
    assert f") {right[0]:.2f} {right[1]:.2f}" in said
    assert "n = 30 samples in 2 folds" in said
    assert "checkpoint chosen on the reported fold" in said
    page = (run / "report.md").read_text()
    assert f"{mean:.2f} ± {spread:.2f}" in page
    assert (run / "tables" / "confusion.png").stat().st_size > 1000
    assert (run / "tables" / "metrics.csv").read_text().startswith("Metric,")


def test_repeated_folds_count_every_picture_once(tmp_path, capsys):
    more = ("protocol=repeated_kfold", "protocol.folds=2", "protocol.repeats=2", "trainer.max_epochs=1")
    assert train(tmp_path, *more, "callbacks=[early_stopping]", "logger=[]") == 0
    (run,) = (tmp_path / "runs").iterdir()
    said, _ = printed(capsys, run)
    assert "n = 30 different samples in 4 folds of 2 repeats, 60 reports" in said
    assert "n = 30 different samples, summed over 2 repeats" in said
    tables = [read_predictions(run / f"fold-{fold}" / "predictions.csv") for fold in range(4)]
    right = [sum(one.correct.sum() for one in pair) / 30 * 100 for pair in (tables[:2], tables[2:])]
    assert f"{right[0]:.2f} | {right[1]:.2f} |" in (run / "report.md").read_text()
    assert (run / "tables" / "repeats.csv").read_text().startswith("Metric,Mean,SD,Repeat 0,Repeat 1")


def test_several_runs_stand_side_by_side(output, capsys):
    said, _ = printed(capsys, output)
    assert all(run.name in said for run in (output / "runs").iterdir())
    assert "McNemar exact by patient" in said
    assert "adjusted for the 2 comparisons of this table" in said  # other seeds are other folds


def test_runs_of_one_seed_are_compared_over_their_folds_too(output, tmp_path):
    assert train(output, "seed=1", "optimizer.lr=0.01", "callbacks=[early_stopping]", "logger=[]") == 0
    results = [result_of(Run(run)) for run in sorted((output / "runs").iterdir())]
    files = write_runs_table(results, tmp_path)
    page = files[0].read_text()
    assert page.count("corrected t, 2 folds, n_test/n_train 1.00") == 2
    assert "adjusted for the 8 comparisons" in page
    assert "| 1 − 3 |" in page
    assert f"- 3: {results[2].name}." in page
    table = files[2].read_text()
    assert table.startswith("Runs,Metric,Difference,Difference low,Difference high,p,")
    assert f"{results[0].name} − {results[2].name}," in table
    assert write_runs_table(results[:1], tmp_path) == files[:2]
    assert not files[2].exists()


def test_too_many_runs_are_not_tested(output):
    one, two = (result_of(Run(run)) for run in sorted((output / "runs").iterdir()))
    assert differences_of([one] * 6 + [two] * 5) is None
    assert any("at most 10 runs" in note for note in comparison([one] * 6 + [two] * 5).notes)


def test_what_is_missing_edited_or_foreign_is_named_and_not_counted(output, capsys):
    first, second = sorted((output / "runs").iterdir())
    shutil.rmtree(first / "fold-0")
    (second / "fold-0" / "predictions.csv").write_text("edited")
    (second / "fold-7").mkdir()
    said, _ = printed(capsys, output)
    assert f"{first.name}: missing folds 0." in said
    assert f"{second.name}: fold 0 is not counted: this file was changed" in said


def test_a_run_without_a_finished_fold_is_still_named(output, capsys):
    run = sorted((output / "runs").iterdir())[0]
    for fold in (0, 1):
        (run / f"fold-{fold}").rename(run / f"fold-{fold}.partial")
    (run / "fold-1.partial" / "failure.json").write_text(json.dumps({"error": "the loss became nan"}))
    said, _ = printed(capsys, run)
    assert f"{run.name}: missing folds 0, 1." in said
    assert "fold 1 failed: the loss became nan" in said


@pytest.mark.parametrize(("place", "said"), [("nowhere", "no such directory"), (".", "no runs here")])
def test_a_place_without_runs_is_refused(tmp_path, monkeypatch, capsys, place, said):
    monkeypatch.chdir(tmp_path)
    assert said in printed(capsys, place, status=2)[1]


def test_foreign_run_json_is_refused(tmp_path, capsys):
    (tmp_path / "run.json").write_text("{}")
    assert "not a run that xaimed began" in printed(capsys, tmp_path, status=2)[1]


def test_no_model_is_needed(output):
    code = (
        "import sys; from xaimed.cli.main import main; status = main(sys.argv[1:]);"
        "sys.exit(status or bool({'torch', 'lightning'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, "table", str(output)], check=False)
    assert done.returncode == 0


def test_a_run_by_groups_of_its_patients(output, capsys):
    run = sorted((output / "runs").iterdir())[0]
    said, _ = printed(capsys, run, "--by", "age", "--bands", "40", "--metric", "accuracy")
    assert "age: below 40" in said
    assert "age: gap" in said
    assert "age is cut at 40." in said
    page = (run / "report.md").read_text()
    assert "Errors and doubt" in page
    assert "![residuals](tables/residuals.png)" in page
    assert "| sex: gap |" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "age", "--bands", "x"], "'x' are no numbers [--bands]"),
        (["--by", "sample"], "there is no column 'sample' [--by]"),
        (["--by"], "expected one argument"),
    ],
)
def test_a_wrong_question_is_refused(output, capsys, arguments, said):
    run = sorted((output / "runs").iterdir())[0]
    assert said in printed(capsys, run, *arguments, status=2)[1]


def test_groups_are_of_one_run(output, capsys):
    assert "--by is for one run, and 2 are named" in printed(capsys, output, "--by", "sex", status=2)[1]


def test_maps_of_two_seeds_are_compared(output, capsys):
    assert main(["table", str(output), "--maps"]) == 2
    assert "have no map of the same picture" in capsys.readouterr().err
    runs = sorted((output / "runs").iterdir())
    for run in runs:
        for fold in run.glob("fold-[0-9]"):
            ids = read_predictions(fold / "predictions.csv").frame["sample_id"].to_numpy(dtype=str)
            maps = np.stack([np.random.default_rng(sum(map(ord, name))).random((4, 4)) for name in ids])
            (fold / "explanations" / "gradcam-123456").mkdir(parents=True)
            np.savez(
                fold / "explanations" / "gradcam-123456" / "maps.npz",
                sample_id=ids,
                targets=np.zeros(len(ids), dtype=np.int64),
                heatmap=maps.astype(np.float32),
            )
    told, _ = printed(capsys, output, "--maps")
    assert "Agreement of maps" in told
    assert "gradcam 30 1.000 (1.000 to 1.000)" in told
    assert main(["table", str(runs[0]), "--maps"]) == 2
    assert "--maps compares runs, and 1 is here" in capsys.readouterr().err
