"""The confusion matrix and the training curves: right numbers, readable, nothing overlapping."""

import numpy as np
import pandas as pd
import pytest

from tests.reporting.fakes import LONG, assert_tidy, drawn_texts, words_of
from xaimed.reporting.confusion import confusion_figure
from xaimed.reporting.curves import curves_figure


def matrix(counts, names, columns=None, axes=("true", "predicted")):
    return pd.DataFrame(counts, index=pd.Index(names, name=axes[0]), columns=pd.Index(columns or names, name=axes[1]))


def test_counts_and_shares_of_the_true_class():
    figure = confusion_figure(matrix([[9, 3], [0, 0]], ["a", "b"]), title="t", samples=12)
    texts = [text.get_text() for text, _ in drawn_texts(figure)]
    assert [text for text in texts if text.strip("%").strip().replace(".", "").isdigit() or text == "–"] == [
        *("9", "75.0 %", "3", "25.0 %"),
        *("0", "–", "0", "–"),
    ]
    assert "n = 12 · count and % of the true class" in texts


def test_multilabel_counts_every_sample_once():
    outcomes = ["true positive", "false positive", "false negative", "true negative"]
    confusion = matrix([[1, 2, 3, 4], [4, 3, 2, 1]], ["Edema", "Mass"], outcomes, ("class", "outcome"))
    figure = confusion_figure(confusion, title="t", samples=10)
    assert "n = 10 · count and % of those known" in words_of(figure)
    assert_tidy(figure)


@pytest.mark.parametrize(
    "names", [["NORMAL", "PNEUMONIA"], [LONG, "W" * 40, "$a$", "x"], [f"Finding {i}" for i in range(14)]]
)
def test_names_of_any_length_leave_each_other_room(names):
    counts = np.random.default_rng(0).integers(0, 1500, (len(names), len(names)))
    assert_tidy(
        confusion_figure(
            matrix(counts, names), title="a long title " * 8, samples=9999, repeats=3, stamp="stand-in weights"
        )
    )


def test_text_stands_out_from_its_cell():
    counts = [[k, 1000 - k] for k in range(0, 1001, 100)]
    figure = confusion_figure(matrix(counts, [str(i) for i in range(11)], ["a", "b"]), title="t", samples=22)
    axes = figure.axes[0]
    colours = axes.images[0].get_array()
    for text in axes.texts:
        j, i = text.get_position()
        ink = np.ones(3) if text.get_color() == "white" else np.full(3, 0.1)
        lights = sorted(_luminance(c) for c in (colours[round(i), round(j)][:3], ink))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5


def _luminance(colour):
    linear = np.where(colour <= 0.04045, colour / 12.92, ((np.asarray(colour) + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def history(epochs=12, start=0):
    epoch = np.arange(start, start + epochs)
    loss = np.abs(epoch - 7) / 10 + 0.3
    return pd.DataFrame(
        {"epoch": epoch, "train/loss": loss / 2, "val/loss": loss, "train/accuracy": 0.9, "val/accuracy": 1 - loss / 2}
    )


def kept(figure):
    return [[line.get_xdata()[0] for line in axes.lines if line.get_markersize() == 6 and line.get_marker() == "o" and
             line.get_linestyle() == "None"] for axes in figure.axes]  # fmt: skip


def test_the_kept_epoch_is_the_best_by_the_monitor():
    figure = curves_figure({0: history(), 1: history(5)}, title="t")
    assert kept(figure) == [[7, 4], [7, 4]]
    flat = history().assign(**{"val/accuracy": 0.5})
    assert kept(curves_figure({0: flat}, title="t", monitor="val/accuracy", mode="max"))[0] == [0]


def test_missing_columns_and_values_are_left_out():
    bare = history()[["epoch", "train/loss"]]
    figure = curves_figure({0: bare}, title="t")
    assert kept(figure) == [[], []]
    assert len(figure.axes[0].lines) == 1
    assert_tidy(curves_figure({0: history(1), 1: history().assign(**{"val/loss": np.nan})}, title="t"))


def test_ten_folds_are_told_apart_and_keyed():
    figure = curves_figure({i: history(30) for i in range(10)}, title="long " * 40, stamp="stand-in weights")
    assert_tidy(figure)
    assert all(f"fold {i}" in words_of(figure) for i in range(10))
    assert len({line.get_color() for line in figure.axes[0].lines if line.get_linestyle() == "-"}) == 10
