"""Mean and spread over folds, and pooled confusion, against hand-computed values."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import binary, by_hand, multilabel
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.summary import fold_notes, pooled_confusion, summarise


def folds(**columns):
    base = {"fold": [0, 1, 2], "samples": [10, 20, 30], **{name: [0.5] * 3 for name in METRICS}, "note": [""] * 3}
    return pd.DataFrame({**base, **columns})


def test_the_spread_divides_by_k_minus_one():
    row = summarise(folds(accuracy=[0.8, 0.9, 1.0])).set_index("metric").loc["accuracy"]
    assert row["mean"] == pytest.approx(0.9)
    assert row["sd"] == pytest.approx(0.1)
    assert row["count"] == 3


def test_an_undefined_fold_does_not_count():
    summary = summarise(folds(auc=[0.8, np.nan, 0.6], mcc=[np.nan] * 3)).set_index("metric")
    assert summary.loc["auc", "mean"] == pytest.approx(0.7)
    assert summary.loc["auc", "count"] == 2
    assert np.isnan(summary.loc["mcc", "mean"])
    assert summary.loc["mcc", "count"] == 0


def test_one_fold_has_no_spread():
    assert summarise(folds().iloc[:1])["sd"].isna().all()


def test_notes_name_their_fold():
    assert fold_notes(folds(note=["", "no sample of 'c'", ""])) == ["Fold 1: no sample of 'c'."]


def test_pooled_confusion_counts():
    confusion = pooled_confusion(by_hand())
    np.testing.assert_array_equal(confusion, [[2, 1, 0], [0, 2, 1], [1, 0, 1]])
    assert (confusion.index.name, confusion.columns.name) == ("true", "predicted")
    np.testing.assert_array_equal(pooled_confusion(binary([-1.0, 1.0, 1.0], [0, 0, 1])), [[1, 1], [0, 1]])


def test_multilabel_confusion_has_one_row_per_class():
    confusion = pooled_confusion(multilabel([[1, 0], [0, 1], [1, 1]], [[0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]))
    assert confusion.loc["Edema"].tolist() == [1, 0, 1, 1]
    assert confusion.loc["Mass, left"].tolist() == [1, 1, 1, 0]
