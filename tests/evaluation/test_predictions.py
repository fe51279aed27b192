"""The table of predictions comes back exactly, and a damaged one is refused with its place."""

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.made_predictions import binary, multilabel, table
from xaimed.errors import StoreError, TrainingError
from xaimed.evaluation.predictions import Predictions, pool, prediction_table, write_predictions
from xaimed.evaluation.reading import read_predictions


@pytest.mark.parametrize(
    "made",
    [
        table(),
        binary([0.25, -3.0], [1, 1]),
        multilabel([[1, 0, 0], [0, 1, 1]], [[0.9, 0.5, 0.1], [0.2, 0.7, 0.3]]),
        table(ids=['a,"b"\n', "007", "", "nan", "NA", "\udcff.png", "1e5"] + [f"x{i}" for i in range(33)]),
    ],
    ids=["multiclass", "binary", "multilabel", "odd names"],
)
def test_a_table_comes_back_as_it_went_out(tmp_path, made):
    write_predictions(tmp_path / "p.csv", made)
    back = read_predictions(tmp_path / "p.csv")
    assert (back.kind, back.classes) == (made.kind, made.classes)
    pd.testing.assert_frame_equal(back.frame, made.frame, check_dtype=False)
    assert back.logits.tobytes() == made.logits.tobytes()
    assert back.probabilities.tobytes() == made.probabilities.tobytes()
    write_predictions(tmp_path / "again.csv", back)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "p.csv").read_bytes()
    assert back.frame["sample_id"].tolist() == made.frame["sample_id"].tolist()


def test_every_float32_survives(tmp_path):
    bits = np.random.default_rng(1).integers(0, 2**32, size=8000, dtype=np.uint32)
    floats = np.concatenate([bits.view(np.float32), np.float32([0.0, -0.0, 1e-45, 3.4028235e38, 0.1, 16777216.0])])
    floats = floats[np.isfinite(floats)]
    floats = floats[: len(floats) // 2 * 2].reshape(-1, 2)
    made = prediction_table(
        "multiclass",
        ("a", "b"),
        sample_ids=[str(i) for i in range(len(floats))],
        groups=["g"] * len(floats),
        fold=0,
        targets=np.zeros(len(floats), int),
        logits=floats,
        probabilities=floats,
    )
    write_predictions(tmp_path / "p.csv", made)
    assert read_predictions(tmp_path / "p.csv").logits.tobytes() == floats.tobytes()


def test_the_file_is_what_the_contract_says(tmp_path):
    made = prediction_table(
        "binary",
        ("NORMAL", "PNEUMONIA"),
        sample_ids=["007", "a,b"],
        groups=["0", "1"],
        fold=1,
        targets=[0, 1],
        logits=[[0.0], [-1e-7]],
        probabilities=[[0.5, 0.5], [0.1, 1 / 3]],
    )
    write_predictions(tmp_path / "p.csv", made)
    assert (tmp_path / "p.csv").read_bytes() == (
        b'"sample_id","group","fold","label","predicted","logit:PNEUMONIA","p:NORMAL","p:PNEUMONIA"\n'
        b'"007","0",1,"NORMAL","NORMAL",0.0,0.5,0.5\n'
        b'"a,b","1",1,"PNEUMONIA","PNEUMONIA",-1e-07,0.1,0.33333334\n'
    )


def test_decisions_and_correctness():
    made = multilabel([[1, 0], [0, 1]], [[0.5, 0.49], [0.9, 0.9]])
    np.testing.assert_array_equal(made.predicted, [[1, 0], [1, 1]])
    np.testing.assert_array_equal(made.correct, [True, False])
    assert binary([0.1, 5.0], [0, 1]).correct.tolist() == [False, True]


def test_non_finite_output_is_refused():
    with pytest.raises(TrainingError, match=r"NaN or infinity for 1 of 2 .*fold 1, sample 1"):
        binary([0.1, np.nan], [0, 1])


def test_pool_joins_folds_of_one_run_only():
    both = pool([table(fold=1), table(fold=0, seed=3)])
    assert len(both) == 80
    assert both.folds == [0, 1]
    assert both.of_folds(1).logits.tobytes() == table(fold=1).logits.tobytes()
    with pytest.raises(StoreError, match="do not belong together"):
        pool([table(), binary([0.0], [0])])
    with pytest.raises(StoreError, match="no predictions"):
        pool([])


GOOD = '"sample_id","group","fold","label","predicted","logit:B","p:A","p:B"\n"1","g",0,"A","B",0.5,0.4,0.6\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cut off or empty"),
        (GOOD[:-2], "cut off"),
        (GOOD.split("\n")[0] + "\n", "no rows"),
        (GOOD + '"2","g",0,"A"\n', r"4 cells where 8 belong.*row 2"),
        (GOOD + '"2","g",0,"C","B",0.5,0.4,0.6\n', r"column 'label': 'C' is not one of.*row 2"),
        (GOOD + '"2","g",0,"A","B",x,0.4,0.6\n', r"column 'logit:B'.*row 2"),
        (GOOD + '"2","g",0,"A","B",0.5,nan,0.6\n', r"'nan' is not a finite number.*row 2"),
        (GOOD + '"2","g",0.5,"A","B",0.5,0.4,0.6\n', r"column 'fold'.*row 2"),
        (GOOD + '"1","g",0,"A","B",0.5,0.4,0.6\n', r"sample '1' stands here a second time.*row 2"),
        (GOOD + '"2,"g",0,"A","B",0.5,0.4,0.6\n', r"damaged"),
        (GOOD + '"2","g",0,"A","B",0.5,0.4,"0.6\n', r"damaged"),
        (GOOD.replace("group", "patient"), "header is foreign"),
        ("\x00\xff\n", "header is foreign"),
    ],
)
def test_a_damaged_file_names_file_and_row(tmp_path, text, message):
    path = tmp_path / "predictions.csv"
    path.write_text(text, encoding="latin-1", newline="")
    with pytest.raises(StoreError, match=f"(?s){message}") as caught:
        read_predictions(path)
    assert "predictions.csv" in str(caught.value)


def test_a_missing_file_is_an_error_of_ours(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        read_predictions(tmp_path / "none.csv")


def test_two_logits_for_two_classes_stay_multiclass(tmp_path):
    write_predictions(tmp_path / "p.csv", table(classes=("a", "b")))
    assert read_predictions(tmp_path / "p.csv").kind == "multiclass"
    assert isinstance(read_predictions(tmp_path / "p.csv"), Predictions)
