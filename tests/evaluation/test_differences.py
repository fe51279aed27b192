"""Runs on the same samples are compared by the right test; others are named, with the reason."""

import numpy as np
import pytest
from scipy import stats

from tests.evaluation.made_predictions import multilabel, softmax
from xaimed.evaluation.differences import Reported, differences
from xaimed.evaluation.metrics import fold_metrics, per_fold
from xaimed.evaluation.predictions import Predictions, pool, prediction_table
from xaimed.evaluation.statistics.paired import delong
from xaimed.reporting.differences import differences_table
from xaimed.reporting.tables import to_csv, to_markdown


def run(name, noise=1.0, *, seed=0, n=90, classes=("a", "b"), folds=3, first=0, cut=0, groups=None):
    """A run on the same samples whatever its noise; ``cut`` moves the borders of its folds."""
    truth = np.random.default_rng(5).integers(len(classes), size=n)
    chance = np.random.default_rng(seed)
    logits = 1.5 * np.eye(len(classes))[truth] + noise * chance.normal(size=(n, len(classes)))
    if len(classes) == 2:
        logits = logits[:, 1:] - logits[:, :1]
        positive = 1 / (1 + np.exp(-logits))
        probabilities = np.hstack([1 - positive, positive])
    else:
        probabilities = softmax(logits)
    ids = [f"{i + first:03d}" for i in range(n)]
    held = ids if groups is None else [str(one) for one in groups]
    parts = []
    for fold in range(folds):
        rows = np.flatnonzero((np.arange(n) + cut) % (3 * folds) // 3 == fold)
        parts.append(
            prediction_table(
                "binary" if len(classes) == 2 else "multiclass",
                classes,
                sample_ids=[ids[i] for i in rows],
                groups=[held[i] for i in rows],
                fold=fold,
                targets=truth[rows],
                logits=logits[rows],
                probabilities=probabilities[rows],
            )
        )
    table = pool(parts)
    return Reported(name, table, per_fold(table), 2 * n / 3)


def by(found, method):
    return [one for one in found.found if one.method.startswith(method)]


def test_two_binary_runs_have_all_four_tests_adjusted_together():
    good, poor = run("good", 0.5, seed=1), run("poor", 3, seed=2)
    found = differences([good, poor])
    assert found.comparisons == len(found.found) == 4
    assert found.apart == ()
    values = [fold_metrics(one.predictions)[0] for one in (good, poor)]
    (accuracy,), (auc,) = by(found, "McNemar"), by(found, "DeLong")
    assert accuracy.value == pytest.approx(values[0]["accuracy"] - values[1]["accuracy"])
    assert auc.value == pytest.approx(values[0]["auc"] - values[1]["auc"])
    ordered = [one.predictions.frame.sort_values("sample_id") for one in (good, poor)]
    truth = (ordered[0]["label"] == "b").to_numpy()
    assert auc.p == delong(truth, ordered[0]["p:b"], ordered[1]["p:b"]).p
    b = int(
        (
            (ordered[0]["label"] == ordered[0]["predicted"]).to_numpy()
            & (ordered[1]["label"] != ordered[1]["predicted"]).to_numpy()
        ).sum()
    )
    assert f"({b} : " in accuracy.effect
    over_folds = by(found, "corrected t, 3 folds, n_test/n_train 0.50")
    apart = good.per_fold["accuracy"] - poor.per_fold["accuracy"]
    t = apart.mean() / np.sqrt((1 / 3 + 0.5) * apart.var(ddof=1))
    assert over_folds[0].p == pytest.approx(2 * stats.t.sf(abs(t), 2))
    assert [one.metric for one in over_folds] == ["accuracy", "auc"]
    for one in found.found:
        assert one.low < one.value < one.high
        assert one.p <= one.adjusted <= 1
    assert min(one.adjusted for one in found.found) == pytest.approx(4 * min(one.p for one in found.found))


def test_equal_runs_do_not_differ():
    found = differences([run("one"), run("two")])
    assert all((one.value, one.p, one.adjusted, one.effect) == (0, 1, 1, "") for one in found.found)


def test_auc_of_several_classes_is_tested_by_the_bootstrap():
    classes = ("a", "b", "c")
    found = differences([run("x", 0.5, seed=1, classes=classes), run("y", 3, seed=2, classes=classes)])
    (auc,) = by(found, "bootstrap")
    assert (auc.metric, auc.p) == ("auc", pytest.approx(2 / 2001))
    assert auc.low > 0


def test_labels_are_compared_by_the_mean_over_labels():
    chance = np.random.default_rng(0)
    truth = chance.integers(2, size=(40, 2))
    runs = []
    for name, weight in (("x", 0.9), ("y", 0.4)):
        made = multilabel(truth, np.clip(weight * truth + (1 - weight) * chance.random((40, 2)), 0.01, 0.99))
        made.frame["group"] = made.frame["sample_id"]
        runs.append(Reported(name, made, per_fold(made), 10))
    found = differences(runs)
    assert [one.method for one in found.found] == ["bootstrap by patient"] * 2  # a single fold has no t test
    values = [fold_metrics(one.predictions)[0]["accuracy"] for one in runs]
    assert found.found[0].value == pytest.approx(values[0] - values[1])


def test_runs_cut_into_other_folds_are_not_compared_over_folds():
    found = differences([run("one", seed=1), run("two", seed=2, cut=4)])
    assert not by(found, "corrected t")
    assert len(by(found, "McNemar")) == 1
    assert any("no test over folds" in note for note in differences_table(found).notes)


def test_patients_are_the_unit():
    groups = np.arange(90) // 3
    found = differences([run("one", seed=1, groups=groups), run("two", 2, seed=2, groups=groups)])
    assert by(found, "McNemar")[0].method.endswith("by patient")
    assert by(found, "DeLong")[0].method == "DeLong by patient"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (lambda: run("c", first=30), "reports 90 samples and the other 90, of which they share 60"),
        (lambda: run("c", classes=("a", "b", "c")), "decides between other classes"),
        (lambda: run("c", groups=np.arange(90) // 2), "are of other patients"),
        (lambda: relabelled(run("c")), "have other labels"),
    ],
)
def test_what_cannot_be_compared_is_named_with_the_reason(other, why):
    found = differences([run("a", seed=1), other(), run("b", seed=2)])
    assert {(one.first, one.second) for one in found.found} == {("a", "b")}
    assert len(found.apart) == 1
    assert found.apart[0].startswith("c is not compared with a: ")
    assert why in found.apart[0]
    assert found.apart[0] in differences_table(found).notes


def relabelled(made):
    frame = made.predictions.frame.copy()
    frame["label"] = frame["label"].map({"a": "b", "b": "a"})
    return Reported(made.name, Predictions("binary", ("a", "b"), frame), made.per_fold, made.trained_with)


def test_nothing_to_compare_is_said():
    found = differences([run("a"), run("b", first=500)])
    assert (found.found, found.comparisons) == ((), 0)
    assert "which they share 0" in to_markdown(differences_table(found))


def test_repeats_are_compared_by_their_first():
    once, other = run("once", seed=1), run("other", 2, seed=2)

    def twice(one):
        again = one.predictions.frame.assign(fold=one.predictions.frame["fold"] + 3)
        table = pool([one.predictions, Predictions("binary", ("a", "b"), again)])
        return Reported(one.name, table, per_fold(table), one.trained_with)

    single, double = differences([once, other]), differences([twice(once), twice(other)])
    assert by(double, "McNemar")[0].p == by(single, "McNemar")[0].p
    assert by(double, "corrected t, 6 folds")


def test_the_table_states_the_number_of_comparisons_and_small_p_as_smaller():
    table = differences_table(differences([run("good", 0.2, seed=1), run("poor", 4, seed=2)]))
    text = to_markdown(table)
    assert "adjusted for the 4 comparisons of this table" in text
    assert "| \\< 0.0001 |" in text
    assert to_csv(table).splitlines()[0] == (
        "Runs,Metric,Difference,Difference low,Difference high,p,p (Holm),Test,Effect size"
    )


def test_runs_are_numbered_for_people_and_named_for_machines():
    found = differences([run("first", seed=1), run("elsewhere", first=500), run("last", 2, seed=2)])
    numbers = {"first": 1, "elsewhere": 2, "last": 3}
    table = differences_table(found, numbers)
    assert {row[0] for row in table.rows} == {"1 − 3"}
    assert table.notes[:2] == ("1: first.", "3: last.")  # the second stands in no comparison
    assert table.notes[-1].startswith("elsewhere is not compared with first: ")
    assert {row.partition(",")[0] for row in to_csv(differences_table(found)).splitlines()[1:]} == {"first − last"}
