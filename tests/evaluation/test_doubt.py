"""Does doubt find the errors: against scikit-learn and by hand, with ties, repeats and nothing to find."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.evaluation.made_predictions import binary, multilabel, table
from xaimed.evaluation.calibration import calibration
from xaimed.evaluation.doubt import doubts, outcomes, uncertainty_entries
from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.predictions import pool
from xaimed.evaluation.uncertainty import EXPLANATION, LEAST_SURE, MEASURES
from xaimed.reporting.doubt import doubt_table
from xaimed.studies.trust import trust_of

MC = "mc_gradcam-aaaaaa"


def gathered(predictions, values, explainer=MC, key=EXPLANATION, name="uncertainty"):
    frame = predictions.frame
    rows = pd.DataFrame({"sample_id": frame["sample_id"], "explainer": explainer, "measure": key, "value": values})
    rows["group"] = frame["group"]
    return Gathered(f"{name}-abcdef", name, rows.drop_duplicates("sample_id"), MEASURES, ("c",), (0,))


def made(n=80, shift=1.0):
    predictions = table(n, ("a", "b", "c"))
    noise = np.random.default_rng(5).normal(size=n)
    return predictions, np.round(noise + shift * ~predictions.correct, 1)


def test_auroc_is_that_of_scikit_learn_and_its_interval_knows_patients():
    predictions, value = made()
    (found,) = doubts([gathered(predictions, value)], predictions)
    assert found.auroc.value == pytest.approx(roc_auc_score(~predictions.correct, value))
    assert (found.auroc.n, found.auroc.groups, found.errors) == (80, 40, (~predictions.correct).sum())
    assert found.auroc.low < found.auroc.value < found.auroc.high
    right = np.sort(value[predictions.correct])
    assert found.threshold == pytest.approx(np.percentile(right, 95))
    assert found.above["wrong"].value == pytest.approx((value[~predictions.correct] > found.threshold).mean())
    assert found.above["right"].value == pytest.approx(2 / 27)  # what the 95th percentile leaves


def test_undefined_values_are_left_out_and_controls_are_no_uncertainty():
    predictions, value = made()
    value[:7] = np.nan
    (found,) = doubts([gathered(predictions, value), gathered(predictions, value, name="sanity")], predictions)
    assert found.auroc.n == 73


def test_kinds_of_a_binary_prediction_above_a_given_threshold():
    predictions = binary([3, 2, -1, 1, -2, -3], [1, 0, 1, 1, 0, 0])  # TP FP FN TP TN TN
    assert outcomes(predictions)["kind"].tolist() == [
        "true positives", "false positives", "false negatives", "true positives", "true negatives", "true negatives",
    ]  # fmt: skip
    (found,) = doubts([gathered(predictions, [0.1, 0.9, 0.5, 0.6, 0.2, 0.3])], predictions, threshold=0.5)
    shares = {kind: share.value for kind, share in found.above.items()}
    assert shares == {
        "wrong": 0.5, "right": 0.25, "false negatives": 0, "false positives": 1, "true positives": 0.5,
        "true negatives": 0,
    }  # fmt: skip
    assert found.above["false positives"].low > 0  # Wilson: one of one is not sure


def test_a_picture_is_wrong_that_is_wrong_in_one_known_label():
    truth = [[1, 0], [1, -1], [-1, -1], [0, 0]]
    told = multilabel(truth, [[0.9, 0.6], [0.8, 0.9], [0.9, 0.9], [0.1, 0.2]])
    assert outcomes(told)["wrong"].to_dict() == {"0": True, "1": False, "3": False}


def test_over_repeats_a_picture_counts_once_and_is_wrong_by_half():
    first, second = binary([3, -2, -1], [1, 1, 1]), binary([3, 2, -1], [1, 1, 1])
    second.frame["fold"] = 2
    both = pool([first, second])
    assert outcomes(both)["wrong"].tolist() == [False, True, True]
    (found,) = doubts([gathered(both, [0.1, 0.2, 0.3] * 2)], both)
    assert (found.auroc.n, found.auroc.value) == (3, 1)


@pytest.mark.parametrize("logits", [[3, 2, -4], [-3, -2, 4]])
def test_without_errors_or_with_nothing_else_all_is_undefined_and_said(logits):
    predictions = binary(logits, [1, 1, 0])
    asked = [gathered(predictions, [0.1, 0.2, 0.3], "", LEAST_SURE)]
    found = doubts(asked, predictions)
    assert np.isnan(found[0].auroc.value)
    assert uncertainty_entries(asked, predictions) == []
    shown = doubt_table(found)
    assert str(shown.rows[0][1]) == "–"
    assert "no doubt can find the errors: undefined" in " ".join(shown.notes)


def test_the_curve_alone_needs_no_resamples_and_one_patient_gives_no_bounds():
    predictions, value = made()
    (found,) = doubts([gathered(predictions, value)], predictions, resamples=0)
    assert np.isnan(found.auroc.low)
    assert found.curve[1][-1] == pytest.approx((~predictions.correct).mean())
    alone = multilabel([[1], [0], [1]], [[0.9], [0.8], [0.7]])
    (single,) = doubts([gathered(alone, [0.1, 0.5, 0.2])], alone)
    assert (single.auroc.value, single.auroc.groups) == (1, 1)
    assert np.isnan(single.auroc.low)


@pytest.mark.parametrize(("shift", "reading"), [(3.0, "better"), (0.0, "no different"), (-3.0, "worse")])
def test_trust_holds_it_against_chance(shift, reading):
    predictions, value = made(shift=shift)
    entries = trust_of("r", predictions, calibration(predictions), [gathered(predictions, value)], ()).entries
    (entry,) = (entry for entry in entries if entry.aspect == "uncertainty")
    assert (entry.explainer, entry.reading, entry.against, entry.reference) == (MC, reading, "0.5", 0.5)
    assert entry.measure.title == "Errors found by explanation uncertainty (AUROC)"


def test_the_table_has_a_row_for_each_uncertainty():
    predictions, value = made()
    both = [gathered(predictions, value), gathered(predictions, -value, "", LEAST_SURE)]
    shown = doubt_table(doubts(both, predictions))
    assert [row[0] for row in shown.rows] == ["Explanation uncertainty, mc_gradcam", "1 − highest probability, network"]
    assert shown.columns[1:4] == ("AUROC for errors ↑", "AURC ↓", "Excess AURC ↓")
    assert {len(row) for row in shown.rows} == {len(shown.columns)}
    assert shown.notes[0] == f"{(~predictions.correct).sum()} of n = 80 pictures are misclassified."
