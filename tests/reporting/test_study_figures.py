"""The figures that put several networks on a page: right numbers, readable whatever the names, nothing overlapping."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from tests.reporting.fakes import LONG, assert_tidy, disc, drawn_texts, peak, picture, words_of
from xaimed.evaluation.discrimination import Judged
from xaimed.reporting.canvas import fitted, new_figure, pixels
from xaimed.reporting.confusions import confusions_figure
from xaimed.reporting.headed import headed
from xaimed.reporting.heatmap_grid import GridRow, Look, heatmap_grid
from xaimed.reporting.learning_curves import learning_curves_figure
from xaimed.reporting.roc import roc_figure

STAMP = "rehearsal, stand-in weights"
EIGHT = [f"Network {i}, trained in some way" for i in range(7)] + [LONG * 2]
FOURTEEN = ["Enlarged Cardiomediastinum", LONG, *(f"Finding {i}" for i in range(12))]
PERFECT = Judged(np.array([True, True, False]), np.array([0.9, 0.8, 0.1]))


def judged(seed=0, n=60):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    return Judged(truth, np.clip(0.4 * truth + 0.6 * rng.random(n), 0, 1))


def test_a_legend_tells_n_area_and_what_is_published():
    figure = roc_figure(
        {"one": {"a": [PERFECT], "b": [Judged(np.zeros(3, bool), np.ones(3))]}, "two": {"a": [judged()]}},
        title="t",
        subline="n = 3",
        published={"one": {"a": "0.9978"}},
    )
    words = words_of(figure)
    assert "AUC 1.000 (published 0.9978)" in words
    assert "n = 2" in words
    assert "AUC not defined" in words
    assert words.count("published") == 1
    assert_tidy(figure)


def test_the_drawn_curve_is_that_of_the_scores():
    figure = roc_figure({"one": {"a": [PERFECT]}}, title="t")
    guess, curve = figure.axes[0].lines
    np.testing.assert_allclose(guess.get_xydata(), [[0, 0], [1, 1]])
    assert curve.get_xydata().tolist()[:2] == [[0, 0], [0, 0.5]]
    steps = roc_figure({"one": {"a": [PERFECT]}}, title="t", kind="precision_recall").axes[0].lines
    assert [line.get_drawstyle() for line in steps] == ["steps-pre"]


def test_a_class_has_one_line_in_all_plots_and_no_two_share_theirs():
    figure = roc_figure({name: {each: [judged()] for each in FOURTEEN} for name in ("one", "two")}, title="t")
    styles = [[(line.get_color(), str(line._dash_pattern)) for line in axes.lines[1:]] for axes in figure.axes]
    assert styles[0] == styles[1]
    assert len(set(styles[0])) == 14


@pytest.mark.parametrize("kind", ["roc", "precision_recall"])
@pytest.mark.parametrize(("names", "classes"), [(EIGHT[-4:], ["Healthy", "Herniated_disk"]), (EIGHT[-2:], FOURTEEN)])
def test_curves_of_many_networks_and_classes_leave_each_other_room(kind, names, classes):
    plots = {name: {each: [judged(i)] for i, each in enumerate(classes)} for name in names}
    published = {names[0]: {classes[1]: "0.95"}}
    figure = roc_figure(plots, title="long " * 40, kind=kind, published=published, notes=["what " * 60], stamp=STAMP)
    assert_tidy(figure)
    assert STAMP in words_of(figure)


def matrix(names, columns=None, top=30, axes=("true", "predicted")):
    counts = np.random.default_rng(0).integers(0, top, (len(names), len(columns or names)))
    return pd.DataFrame(counts, index=pd.Index(names, name=axes[0]), columns=pd.Index(columns or names, name=axes[1]))


def test_matrices_beside_each_other_name_their_rows_once():
    names = ["Normal", "Scoliosis", "Slip"]
    one = pd.DataFrame(np.eye(3, dtype=int) * 7, index=pd.Index(names, name="true"), columns=names).rename_axis(
        columns="predicted"
    )
    figure = confusions_figure({"A": one, "B": one}, title="t", subline="n = 21")
    texts = [text.get_text() for text, _ in drawn_texts(figure)]
    assert texts.count("7") == 6
    assert texts.count("Scoliosis") == 3  # once at the left, and above both
    other = one.set_axis(["x", "y", "z"]).rename_axis(index="true")
    apart = [text.get_text() for text, _ in drawn_texts(confusions_figure({"A": one, "B": other}, title="t"))]
    assert {"x", "y", "z"} <= set(apart)


@pytest.mark.parametrize(
    "matrices",
    [
        {name: matrix(["Healthy", "Herniated_disk", "Slip"]) for name in EIGHT[-4:]},
        {name: matrix(["Melanocytic nevus", *(f"Class {i}" for i in range(6))]) for name in EIGHT[-2:]},
        {
            name: matrix(
                FOURTEEN,
                [f"{sign} {of}" for sign in ("true", "false") for of in ("positive", "negative")],
                30000,
                ("class", "outcome"),
            )
            for name in EIGHT[:2]
        },
        {"one": matrix(["NORMAL", "PNEUMONIA"], top=3000), "one, published (n = 624)": matrix(["no", LONG])},
    ],
)
def test_matrices_of_any_size_leave_each_other_room(matrices):
    figure = confusions_figure(matrices, title="t " * 90, subline="n = 9", notes=["Missing: x."], stamp=STAMP)
    assert_tidy(figure)
    assert all(str(int(each.to_numpy().max())) in words_of(figure) for each in matrices.values())


def history(epochs, scale=1.0):
    epoch = np.arange(1, epochs + 1)
    columns = {f"{phase}/{name}": scale / epoch for phase in ("train", "val") for name in ("loss", "accuracy")}
    return pd.DataFrame({"epoch": epoch, **columns})


def test_the_mean_goes_as_far_as_all_folds_do_and_the_kept_epoch_is_marked():
    figure = learning_curves_figure(
        {"one": {"0": history(6), "1": history(4, 3.0)}}, title="t", kept={"one": {"0": 5, "1": 2}}
    )
    lines = {round(line.get_linewidth(), 1): line for line in figure.axes[0].lines if line.get_marker() != "o"}
    mean = lines[2.0]
    assert mean.get_xdata().tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(mean.get_ydata(), [2, 1, 2 / 3, 1 / 2])
    marks = [line.get_xydata().tolist()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marks, [[5, 1 / 5], [2, 3 / 2]])


def test_what_was_not_measured_is_left_out_and_one_fold_is_no_mean():
    bare = history(3)[["epoch", "train/loss"]]
    figure = learning_curves_figure({"one": {"0": bare}}, title="t")
    assert [len(axes.lines) for axes in figure.axes] == [1, 0]
    assert "mean over folds" not in words_of(figure)


def test_curves_of_several_networks_are_tidy():
    histories = {name: {str(i): history(12 + i) for i in range(5)} for name in EIGHT[-2:]}
    kept = {name: {str(i): 5 for i in range(5)} for name in histories}
    assert_tidy(learning_curves_figure(histories, title="t", subline="s", kept=kept, notes=["n"], stamp=STAMP))
    assert_tidy(learning_curves_figure({"one": {"0": history(1)}}, title="t"))


def look(sample="", said=("✓ Normal", "p = 0.93"), mask=None, with_picture=True):
    return Look(picture() if with_picture else None, peak(), said, sample, mask)


def test_a_grid_says_what_was_decided_what_is_missing_and_whose_case_it_is():
    figure = heatmap_grid(
        [
            GridRow(
                "Normal", "one of 4 recognised by 1 of 3 networks", (look(), None, "no maps stored"), picture(), "s7"
            ),
            GridRow("Slip", "each shows its own", (look("s1"), look("s2", mask=disc()), None)),
            GridRow("Scoliosis", "one of 2", (look(with_picture=False),) * 3, None, "s8"),
        ],
        ["A", "B", "C"],
        title="t",
        notes=["Missing: D (not made)."],
        stamp=STAMP,
    )
    assert_tidy(figure)
    words = words_of(figure)
    for told in ("no such case", "no maps stored", "own case: s1", "own case: s2", "s7", "s8: not here", STAMP):
        assert told in words
    for told in (
        "low",
        "high importance",
        "its own maximum",
        "evidence",
        "no case in common",
        "over grey",
        "Missing: D",
    ):
        assert told in words
    # the shared picture and its map, two pictures below maps of their own, three maps alone, and the bar of colours
    assert sum(bool(axes.images) for axes in figure.axes) == 2 + 4 + 3 + 1


def test_a_map_covers_its_picture_where_it_is_high_and_nowhere_else():
    hot = np.array([[0, 0], [0, 1.0]], dtype=np.float32)
    figure = heatmap_grid([GridRow("a", "", (Look(np.full((40, 40), 0.5), hot, ("✓ a",)),), None)], ["A"], title="t")
    drawn = next(axes for axes in figure.axes if axes.images).images[0].get_array()
    assert np.ptp(drawn[0, 0]) < 0.01  # grey as before
    assert np.ptp(drawn[-1, -1]) > 0.2


def test_five_columns_of_long_names_and_a_zero_map():
    said = (f"✗ {LONG}", "p > 0.99", f"map: {LONG}")
    zero = Look(picture(90, 50), np.zeros((7, 7)), said, "patient-0000012-view-2-frontal.dcm")
    row = GridRow(LONG * 3, "one of 12 missed by 4 of 5 networks", (zero, look(said=said), None, zero, zero), picture(),
                  "patient-0000012-view-1-frontal.dcm", disc())  # fmt: skip
    figure = heatmap_grid([row] * 2, EIGHT[-5:], title="t " * 100, subline="s " * 100, stamp=STAMP)
    assert_tidy(figure)
    assert "map is zero everywhere" in words_of(figure)


def test_an_empty_row_is_flat():
    one = heatmap_grid([GridRow("a", "", (look(),), picture(), "s")], ["A"], title="t").get_figheight()
    more = heatmap_grid([GridRow("a", "", (look(),), picture(), "s"), GridRow("b", "", (None,))], ["A"], title="t")
    assert 0.5 < more.get_figheight() - one < 1.3


def test_what_surrounds_a_page_takes_its_room_above_and_below():
    bare, _ = headed(2.0, title="t")
    figure, top = headed(2.0, title="t", subline="s", notes=["n"], stamp=STAMP)
    assert_tidy(figure)
    assert top < figure.get_figheight() - 2.0
    assert figure.get_figheight() > bare.get_figheight()


def test_nothing_is_left_with_pyplot_and_the_same_figure_has_the_same_pixels():
    one, two = (pixels(roc_figure({"A": {"a": [judged()]}}, title="t")) for _ in range(2))
    assert (one == two).all()
    assert plt.get_fignums() == []


def test_a_long_name_is_broken_at_a_space_or_else_at_a_joint_or_else_anywhere():
    page = new_figure(4, 1)
    assert fitted(page, "vgg16-feature_extraction", 0.8, 8, lines=4) == "vgg16-\nfeature_\nextraction"
    assert fitted(page, "feature extraction", 0.8, 8, lines=2) == "feature\nextraction"
    lines = fitted(page, "s" * 20, 0.8, 8, lines=4).split("\n")
    assert len(lines) > 1
    assert "".join(lines) == "s" * 20
