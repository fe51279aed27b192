"""Repeated folds, worked by hand: a picture that is reported three times is one picture."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import multilabel, table
from xaimed.evaluation.metrics import per_fold, per_repeat
from xaimed.evaluation.predictions import pool, prediction_table
from xaimed.evaluation.summary import pooled_confusion, summarise
from xaimed.reporting.results import confusion_table, counted, repeats_table, run_table, runs_table
from xaimed.reporting.tables import to_markdown

TRUTH = {"a": 0, "b": 0, "c": 1, "d": 1}


def fold(number, **said):
    """The predictions of one fold: the probability of class y, by sample."""
    positive = np.array(list(said.values()), dtype=np.float32)
    return prediction_table(
        "binary",
        ("x", "y"),
        sample_ids=list(said),
        groups=list(said),
        fold=number,
        targets=[TRUTH[name] for name in said],
        logits=np.log(positive / (1 - positive)).reshape(-1, 1),
        probabilities=np.stack([1 - positive, positive], axis=1),
    )


@pytest.fixture
def twice():
    """Two repeats of two folds. Repeat 0 is right three times in four, repeat 1 always."""
    first = [fold(0, a=0.1, c=0.9), fold(1, b=0.8, d=0.7)]
    second = [fold(2, a=0.2, d=0.9), fold(3, b=0.3, c=0.6)]
    return pool([*first, *second])


def test_a_repeat_begins_where_samples_come_again(twice):
    assert twice.repeats == [[0, 1], [2, 3]]
    assert (len(twice), twice.samples) == (8, 4)
    assert pool([table(fold=0), table(fold=1, ids=[f"new {i}" for i in range(40)])]).repeats == [[0, 1]]
    gone = twice.of_folds(0, 3)  # folds 1 and 2 failed; c is in both that are left
    assert gone.repeats == [[0], [3]]
    assert gone.samples == 3


def test_every_sample_counts_once(twice):
    folds = per_fold(twice)
    assert folds[["fold", "repeat", "samples", "new"]].to_numpy().tolist() == [
        [0, 0, 2, 2],
        [1, 0, 2, 2],
        [2, 1, 2, 0],
        [3, 1, 2, 0],
    ]
    table = run_table(folds, title="t")
    assert table.notes[0] == "n = 4 different samples in 4 folds of 2 repeats, 8 reports."
    assert runs_table({"run": folds}, title="t").rows[0][:3] == ("run", 4, 4)


def test_figures_are_pooled_within_a_repeat_and_averaged_over_repeats(twice):
    repeats = per_repeat(twice)
    assert repeats[["repeat", "folds", "samples"]].to_numpy().tolist() == [[0, 2, 4], [1, 2, 4]]
    # repeat 0: a .1, b .8 against c .9, d .7: of four pairs one is the wrong way round; b is the one error
    assert repeats["auc"].tolist() == pytest.approx([0.75, 1.0])
    assert repeats["accuracy"].tolist() == pytest.approx([0.75, 1.0])
    assert repeats["specificity"].tolist() == pytest.approx([0.5, 1.0])
    row = summarise(repeats).set_index("metric").loc["accuracy"]
    assert row["mean"] == pytest.approx(0.875)
    assert row["sd"] == pytest.approx(0.25 / 2**0.5)
    shown = to_markdown(repeats_table(repeats, title="t"))
    assert "| Accuracy (%) ↑ | 87.50 ± 17.68 | 75.00 | 100.00 |" in shown
    assert "n = 4 samples in 2 folds (repeat 0), 4 samples in 2 folds (repeat 1)." in shown
    assert "Mean ± SD over repeats" in shown


def test_the_confusion_matrix_says_how_often_it_counts_a_sample(twice):
    confusion = pooled_confusion(twice)
    assert confusion.to_numpy().tolist() == [[3, 1], [0, 4]]
    shown = to_markdown(confusion_table(confusion, title="t", samples=twice.samples, repeats=len(twice.repeats)))
    assert "| true ↓ predicted → | x | y | sum | Correct (%) |" in shown
    assert "Counts pooled over folds, n = 4 different samples, summed over 2 repeats." in shown
    assert counted(4, 1) == "n = 4"


def test_labels_that_nobody_knows_do_not_lessen_n():
    known = multilabel([[1, -1], [0, 1], [-1, -1]], [[0.9, 0.9], [0.1, 0.9], [0.1, 0.1]])
    shown = confusion_table(pooled_confusion(known), title="t", samples=known.samples)
    assert shown.notes == ("Counts pooled over folds, n = 3.",)
    assert pd.Series([row[-1] for row in shown.rows]).tolist() == [2, 1]
