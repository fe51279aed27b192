"""``xaimed reproduce STUDY``: what is made, what is left alone, what is said before anything is trained."""

import shutil
from pathlib import Path

import pytest
from support.jobs import at_home, only_pretended
from support.studies import METRICS, RECIPE, reproduce, write_study

from xaimed.config.targets import allow
from xaimed.store.writing import read_json
from xaimed.studies.reproduction import whole
from xaimed.studies.reproduction.reading import study_of
from xaimed.studies.reproduction.standing import standings
from xaimed.studies.sweep import runs_at


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("conf"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, conf, session_cache):
    """The whole study, once."""
    output = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        jobs = at_home(patch)
        assert reproduce(conf, output) == 0
    assert jobs == ["narrow", "wide"]
    return output


@pytest.fixture
def jobs(monkeypatch):
    return at_home(monkeypatch)


@pytest.fixture
def copy(made, tmp_path):
    output = tmp_path / "copy"
    shutil.copytree(made, output)
    return output


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}


def run_of(conf, output, name):
    allow(["support"])
    here = standings(study_of("little", [f"output={output}"], conf), output, conf)
    return next(each.run.path for each in here if each.member.name == name)


def test_what_is_done_is_not_done_again(conf, copy, jobs, capsys):
    folds = {path: when for path, when in tree(copy).items() if "/fold-" in path}
    assert reproduce(conf, copy) == 0
    assert jobs == []
    assert {path: when for path, when in tree(copy).items() if "/fold-" in path} == folds
    said = capsys.readouterr().out
    assert said.count("2 of 2") == 2
    assert (copy / "studies/little/tables/metrics.csv").is_file()


def test_the_directory_of_a_study_stands_for_its_runs(made):
    found = runs_at([made / "studies/little"])
    assert sorted(run.path for run in found) == sorted((made / "runs").iterdir())


def test_only_what_is_missing_is_made(conf, copy, jobs, capsys):
    run = run_of(conf, copy, "narrow")
    kept = tree(run / "fold-0")
    shutil.rmtree(run / "fold-1")
    assert reproduce(conf, copy) == 0
    assert jobs == ["narrow"]
    assert tree(run / "fold-0") == kept
    said = capsys.readouterr().out
    assert "narrow: done, 2 of 2 folds" in said
    assert "wide: " not in said  # a line for a change, and there was none


def test_one_row_alone(conf, tmp_path, monkeypatch, capsys):
    jobs = only_pretended(monkeypatch)
    assert reproduce(conf, tmp_path, "--only", "wide") == 1  # and nothing has come of it
    assert jobs == ["wide"]
    assert reproduce(conf, tmp_path, "--only", "wid") == 2
    assert "has no run 'wid'" in (said := capsys.readouterr().err)
    assert "'wide'" in said


def test_a_row_that_votes_stands_for_those_that_it_asks(tmp_path, monkeypatch):
    jobs = only_pretended(monkeypatch)
    third = {"third": {"overrides": ["backbone.width=2"]}}
    conf = write_study(tmp_path / "conf", runs=third, votes={"both": {"is": "both", "of": ["narrow", "wide"]}})
    assert reproduce(conf, tmp_path / "out", "--only", "both") == 1
    assert jobs == ["narrow", "wide"]


def test_tables_at_any_moment_make_nothing(conf, copy, jobs):
    shutil.rmtree(run_of(conf, copy, "wide"))
    shutil.rmtree(copy / "studies")
    runs = tree(copy / "runs")
    assert reproduce(conf, copy, "--tables") == 0
    assert jobs == []
    assert tree(copy / "runs") == runs
    assert "narrow" in (copy / "studies/little/tables/metrics.csv").read_text()


def test_tables_are_of_the_study_as_it_was_asked_for_the_last_time(conf, tmp_path, monkeypatch, capsys):
    only_pretended(monkeypatch)
    assert reproduce(conf, tmp_path, "trainer.max_epochs=3") == 1
    assert "the last time" not in capsys.readouterr().out
    assert reproduce(conf, tmp_path, "--tables") == 0
    assert "as it was asked for the last time: trainer.max_epochs=3" in capsys.readouterr().out
    assert "trainer.max_epochs=3" in (tmp_path / "studies/little/study.md").read_text().splitlines()[2]
    assert reproduce(conf, tmp_path, "--tables", "trainer.max_epochs=4") == 0
    assert "the last time" not in capsys.readouterr().out


def test_a_command_of_which_nothing_could_come_is_none_to_go_back_to(conf, copy, jobs, capsys):
    table = copy / "studies/little/tables/metrics.csv"
    before = table.read_text()
    for more in (["--tables"], []):
        assert reproduce(conf, copy, *more, "optimizer.rate=3") == 1
        assert "there is no option 'optimizer.rate'" in capsys.readouterr().out
        assert table.read_text() == before
    assert reproduce(conf, copy, "--tables") == 0
    assert "the last time" not in capsys.readouterr().out
    assert reproduce(conf, copy, "--tables", "--only", "wid") == 2
    assert jobs == []


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_table_that_cannot_be_built_is_refused_before_anything_is_made(tmp_path, jobs, capsys, more):
    conf = write_study(tmp_path / "conf", tables={"metrics": {**METRICS, "colums": ["accuracy"]}})
    assert reproduce(conf, tmp_path / "out", *more) == 2
    said = capsys.readouterr().err
    assert "has no option 'colums'" in said
    assert "[study.tables.metrics]" in said
    assert jobs == []


def test_a_dry_run_writes_nothing_and_estimates_from_what_was_measured(conf, copy, jobs, capsys, tmp_path):
    run = run_of(conf, copy, "wide")
    shutil.rmtree(run / "fold-1")
    before = tree(copy)
    assert reproduce(conf, copy, "--dry-run") == 0
    assert tree(copy) == before
    said = capsys.readouterr().out
    assert "to make: 1 fold, one after another in about" in said
    assert "rests on 1 finished fold of the same backbone, size and strategy, on cpu" in said
    assert reproduce(conf, tmp_path / "new", "--dry-run") == 0
    assert not (tmp_path / "new").exists()
    assert "to make: 4 folds; no estimate yet" in capsys.readouterr().out
    assert jobs == []


def test_a_failing_run_costs_no_other_and_names_its_log(conf, tmp_path, monkeypatch, capsys):
    jobs = only_pretended(monkeypatch, {"narrow": "the rate is no number"})
    assert reproduce(conf, tmp_path) == 1
    assert jobs == ["narrow", "wide"]
    said = capsys.readouterr().out
    assert "narrow: failed" in said
    end = said.index("narrow: the rate is no number")
    assert f"  the end of {tmp_path}/studies/little/logs/narrow.log:\n" in said[end:]
    assert "    Traceback of narrow\n" in said[end:]
    assert "wide.log" not in said


def test_the_first_failure_ends_it_where_that_is_asked(conf, tmp_path, monkeypatch, capsys):
    jobs = only_pretended(monkeypatch, {"narrow": "the rate is no number"})
    assert reproduce(conf, tmp_path, "--fail-fast") == 1
    assert jobs == ["narrow"]
    assert "not begun after the first failure: wide" in capsys.readouterr().out


def test_the_end_of_a_log_is_that_of_the_last_attempt(conf, tmp_path, monkeypatch, capsys):
    for name in ("narrow", "wide"):
        only_pretended(monkeypatch, {name: f"{name} failed"})
        assert reproduce(conf, tmp_path, "--only", "narrow") == 1
    said = capsys.readouterr().out
    assert said.count("Traceback of narrow") == 1
    assert (tmp_path / "studies/little/logs/narrow.log").read_text().count("==== begun") == 2


def test_every_run_once_more_with_the_nested_protocol(tmp_path, monkeypatch):
    jobs = only_pretended(monkeypatch)
    conf = write_study(tmp_path / "conf", nested=["protocol=nested", "protocol.folds=2"])
    assert reproduce(conf, tmp_path / "out", "--nested") == 1
    assert jobs == ["narrow", "wide", "narrow_nested", "wide_nested"]
    logs = tmp_path / "out/studies/little/logs"
    protocols = [read_json(logs / f"{name}.json")["protocol"]["_target_"].rpartition(".")[2] for name in jobs]
    assert protocols == ["KFold", "KFold", "Nested", "Nested"]


def test_without_data_the_others_are_made_and_nothing_is_trained_for_it(tmp_path, jobs, capsys):
    runs = {
        "here": {"overrides": ["backbone.width=4", "trainer.max_epochs=1", "protocol.fold=0"]},
        "gone": {"overrides": ["dataset=vertebrae", f"dataset.root={tmp_path}/nowhere"]},
        "unnamed": {"overrides": ["dataset=vertebrae"]},
        "weightless": {"overrides": ["backbone=resnet18", "strategy=finetune", "backbone.weights=/no/such.pth"]},
    }
    recipe = [text for text in RECIPE if not text.startswith(("dataset.counts", "dataset.size"))]
    counts = [text for text in RECIPE if text.startswith(("dataset.counts", "dataset.size"))]
    for name in ("here", "weightless"):
        runs[name]["overrides"] += counts
    conf = write_study(tmp_path / "conf", grid={}, runs=runs, recipe=recipe)
    assert reproduce(conf, tmp_path / "out") == 1
    assert jobs == ["here"]
    said = capsys.readouterr().out
    assert "gone: the dataset folder does not exist" in said
    assert "unnamed: dataset.root must be given" in said
    assert "weightless: there is no such weights file" in said
    assert said.index("impossible") < said.index("here: done")


@pytest.mark.parametrize("kind", ["edited", "half written", "foreign"])
def test_a_spoilt_fold_is_named_left_alone_and_not_counted(conf, copy, jobs, capsys, kind):
    run = run_of(conf, copy, "narrow")
    if kind == "edited":
        with (run / "fold-0" / "predictions.csv").open("a") as file:
            file.write("\n")
    elif kind == "half written":
        (run / "fold-0" / "fold.json").unlink()
    else:
        shutil.rmtree(run / "fold-0")
        shutil.copytree(run_of(conf, copy, "wide") / "fold-0", run / "fold-0")
    if again := kind == "half written":
        shutil.rmtree(run / "fold-1")
    before = tree(run / "fold-0")
    assert reproduce(conf, copy, "--dry-run") == 1
    assert reproduce(conf, copy) == 1
    said = capsys.readouterr().out
    assert {"edited": "changed after", "half written": "no fold.json", "foreign": "another configuration"}[kind] in said
    assert str(run / "fold-0") in said
    assert jobs == (["narrow-fold-1"] if again else [])  # which it is not in the way of
    assert (run / "fold-1" / "fold.json").is_file()
    assert tree(run / "fold-0") == before
    table = (copy / "studies/little/tables/metrics.md").read_text()
    assert "narrow: folds 0" in table


def test_a_fold_that_the_run_does_not_have_is_not_counted(conf, copy, jobs):
    run = run_of(conf, copy, "narrow")
    shutil.copytree(run / "fold-0", run / "fold-7")
    before = (copy / "studies/little/tables/metrics.csv").read_text()
    assert reproduce(conf, copy, "--tables") == 0
    assert (copy / "studies/little/tables/metrics.csv").read_text() == before


def test_a_finished_run_that_lacks_maps_gets_them_and_no_more(conf, copy, jobs):
    weights = {path: when for path, when in tree(copy).items() if path.endswith("weights.pt")}
    assert reproduce(conf, copy, "--only", "narrow", "explainer=[gradcam,gradcam_plusplus]") == 0
    assert jobs == ["narrow"]
    assert {path: when for path, when in tree(copy).items() if path.endswith("weights.pt")} == weights
    assert len(list(run_of(conf, copy, "narrow").glob("fold-*/explanations/gradcam_plusplus-*/maps.npz"))) == 2
    assert reproduce(conf, copy, "--only", "narrow", "explainer=[gradcam,gradcam_plusplus]") == 0
    assert jobs == ["narrow"]


def test_a_launcher_that_is_not_there_is_refused_before_anything(conf, tmp_path, jobs, capsys, monkeypatch):
    monkeypatch.setattr(whole, "look_beforehand", lambda *_: pytest.fail("looked at data first"))
    assert reproduce(conf, tmp_path, "hydra/launcher=submitit_slrm") == 2
    assert "there is no hydra/launcher 'submitit_slrm'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_table_of_metrics_is_the_one_that_was_asked_for(made):
    assert METRICS["title"] in (made / "studies/little/study.md").read_text()
