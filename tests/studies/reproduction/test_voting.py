"""Rows that vote: made from members that are there, explained if asked, and silent about nothing."""

import numpy as np
import pytest
from support.running import train
from support.studied import binary, stored_run

from xaimed.callbacks.explain import load_maps
from xaimed.evaluation.reading import read_predictions
from xaimed.store.run import find_runs
from xaimed.studies.reproduction.results import results_of
from xaimed.studies.reproduction.study import Member, Row, Study
from xaimed.studies.reproduction.voting import votes_of

TRUTH = [0, 1, 0, 1]


def study():
    members = [Member("one", "one"), Member("two", "two"), Member("all", "all", votes=("one", "two"))]
    rows = tuple(Row(each.name, each.label, (each,)) for each in members)
    return Study("made", "Made", "", rows, {}, {}, {}, {}, "", (), None)


def test_the_members_probabilities_are_averaged_into_a_run_of_its_own(tmp_path):
    runs = {
        "one": stored_run(tmp_path, "one", binary([0.9, 0.2, 0.1, 0.8], TRUTH)),
        "two": stored_run(tmp_path, "two", binary([0.3, 0.4, 0.1, 0.6], TRUTH)),
    }
    made, problems = votes_of(study(), runs, tmp_path, explain=True)  # nothing explained them, so nothing is summed
    assert problems == {}
    together = read_predictions(made["all"].fold(0).path / "predictions.csv")
    assert together.probabilities[:, 1] == pytest.approx([0.6, 0.3, 0.1, 0.7])
    assert not (made["all"].fold(0).path / "explanations").exists()
    (row,) = (row for row in results_of(study(), {**runs, **made}).rows if row.row.name == "all")
    assert row.missing == ""
    assert row.predictions.samples == 4


def test_an_ensemble_that_cannot_vote_says_why(tmp_path):
    one = stored_run(tmp_path, "one", binary([0.9, 0.2, 0.1, 0.8], TRUTH))
    made, problems = votes_of(study(), {"one": one}, tmp_path)
    assert (made, problems) == ({}, {"all": "two cannot vote yet"})
    row = results_of(study(), {"one": one}, problems=problems).rows[-1]
    assert row.missing == "not made: two cannot vote yet"

    two = stored_run(tmp_path, "two", binary([0.3, 0.4], TRUTH[:2]))
    made, problems = votes_of(study(), {"one": one, "two": two}, tmp_path)
    assert made == {}
    assert "samples" in problems["all"]

    (one.fold(0).path / "predictions.csv").write_text("edited")
    _, problems = votes_of(study(), {"one": one, "two": two}, tmp_path)
    assert "changed after the fold was finished" in problems["all"]


@pytest.mark.slow
def test_members_that_are_explained_are_explained_together(tmp_path):
    quick = ("explainer=gradcam", "callbacks.explain.cases=0", "trainer.max_epochs=1")
    for name, rate in (("one", "0.001"), ("two", "0.01")):
        assert train(tmp_path / name, f"optimizer.lr={rate}", *quick) == 0
    runs = {name: find_runs([tmp_path / name])[0] for name in ("one", "two")}
    made, problems = votes_of(study(), runs, tmp_path, explain=True)
    assert problems == {}
    (maps,) = made["all"].fold(0).path.glob("explanations/ensemble_gradcam-*")
    assert np.isfinite(load_maps(maps)["heatmap"]).all()
