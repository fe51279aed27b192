"""A study's figures from what its runs have stored: which cases, which maps, what is said of what is missing."""

from dataclasses import replace

import numpy as np
import pytest
from support.finished import TASKS, dataset, finished_run, study_results
from support.papers import consistent

from tests.reporting.fakes import assert_tidy, words_of
from xaimed.errors import ConfigError
from xaimed.store.writing import read_json, write_json
from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.figures.bayesian import BayesianMaps
from xaimed.studies.reproduction.figures.choosing import choose
from xaimed.studies.reproduction.figures.confusion import Confusions
from xaimed.studies.reproduction.figures.curves import Curves
from xaimed.studies.reproduction.figures.explained import Explained
from xaimed.studies.reproduction.figures.heatmaps import Heatmaps
from xaimed.studies.reproduction.figures.residuals import ResidualPlots
from xaimed.studies.reproduction.figures.roc import Roc
from xaimed.studies.reproduction.figures.said import even, matching
from xaimed.studies.reproduction.page import shown, write_page

TRUTH = [0, 1, 2, 0, 1, 2, 0, 1]
KINDS = (Heatmaps("t"), Roc("t"), Confusions("t"), Curves("t"), ResidualPlots("t"), BayesianMaps("t"))


def said(*decisions):
    return [[0.8 if i == decided else 0.1 for i in range(3)] for decided in decisions]


@pytest.fixture
def made(tmp_path):
    """Two networks on eight pictures: A is wrong about s1 alone, B about s3, s6 (Normal) and s1, s4, s7 (Scoliosis)."""
    data = dataset(tmp_path / "data", TRUTH, TASKS["multiclass"], "multiclass")
    a = finished_run(tmp_path / "a", data, said(0, 0, 2, 0, 1, 2, 0, 1), TRUTH, explainers=("gradcam", "lime"))
    b = finished_run(tmp_path / "b", data, said(0, 2, 2, 1, 2, 2, 1, 2), TRUTH)
    return a, b


def test_choices_are_shared_as_widely_as_they_can_be():
    both = choose([{"x", "y", "z"}, {"y", "z"}, {"z"}], 0)
    assert (both.shared, both.samples, both.choices, both.sharing) == ("z", ("z",) * 3, 1, 3)
    part = choose([{"x", "y"}, {"y"}, {"q"}, set()], 0)
    assert (part.shared, part.samples, part.sharing) == ("y", ("y", "y", "q", None), 2)
    apart = choose([{"x"}, {"y"}], 0)
    assert (apart.shared, apart.samples) == ("", ("x", "y"))
    alone = choose([{"x"}, set()], 0)
    assert (alone.shared, alone.samples) == ("x", ("x", None))
    assert choose([set(), set()], 0).samples == (None, None)


def test_the_choice_is_the_seeds_and_not_the_order():
    names = [f"s{i}" for i in range(30)]
    assert choose([names], 3) == choose([names[::-1]], 3)
    assert len({choose([names], seed).shared for seed in range(10)}) > 3


def test_heatmaps_show_the_same_picture_where_both_networks_recognise_it(made):
    a, b = made
    results = study_results({"A": [a], "B": [b]})
    (figure,) = Heatmaps("t")(results)
    assert_tidy(figure)
    words = words_of(figure)
    assert "Normal the only one recognised by all 2 networks" in words  # s0
    assert "Slip one of 2 recognised by all 2 networks" in words  # s2, s5
    assert "one of 2 recognised by 1 of 2 networks" in words  # Scoliosis: s4 or s7, of A alone
    assert words.count("no such case") == 1
    assert words.count("✓ Normal p = 0.80") == 2


def test_heatmaps_of_missed_cases(made):
    a, b = made
    (figure,) = Heatmaps("t", cases="incorrect")(study_results({"A": [a], "B": [b]}))
    words = words_of(figure)
    assert "the only one missed by all 2 networks" in words  # s1, which A takes for Normal and B for Slip
    assert "✗ Normal" in words
    assert "✗ Slip" in words
    assert "none is missed by any network" in words


def test_what_is_drawn_is_the_map_of_that_picture(made):
    explained = Explained(study_results({"A": [made[0]]}).rows[0].there[0], "lime")
    place = explained.ids.index("s6")
    assert explained.maps(place, "heatmap")[0].tolist() == [[602, 0], [0, 0]]
    assert explained.title == "LIME"


def test_explainers_are_columns_of_one_row_and_lines_of_several(made):
    a, b = made
    (one,) = Heatmaps("t", rows=("A",), explainers=("gradcam", "lime"), classes=("slip",))(study_results({"A": [a]}))
    words = words_of(one)
    assert "Grad-CAM LIME" in words
    assert "Normal" not in words
    (both,) = Heatmaps("t", explainers=("gradcam", "lime"), classes=("Slip",))(study_results({"A": [a], "B": [b]}))
    words = words_of(both)
    assert "Slip · Grad-CAM" in words
    assert "Slip · LIME" in words
    assert words.count("no maps stored") == 1
    assert "No maps are stored of: B (LIME)." in words


def test_many_columns_and_classes_go_on_pages_of_about_equal_size(made):
    a, _ = made
    pages = Heatmaps("t")(study_results({f"N{i}": [a] for i in range(7)}))
    assert [f"({i} of 2)" in words_of(page) for i, page in enumerate(pages, 1)] == [True, True]
    assert "N3" in words_of(pages[0])
    assert "N3" not in words_of(pages[1])
    assert [(part.start, part.stop) for part in even(7, 5)] == [(0, 4), (4, 8)]
    assert even(0, 5) == []


def test_a_dataset_that_is_gone_leaves_the_maps_and_says_so(made, tmp_path):
    (tmp_path / "data" / "t.csv").unlink()
    (figure,) = Heatmaps("t")(study_results({"A": [made[0]]}))
    words = words_of(figure)
    assert "Pictures are missing" in words
    assert words.count("not here") == 3
    assert "✓ Normal" in words


def test_a_picture_that_has_another_label_now_is_not_shown(made, tmp_path):
    table = tmp_path / "data" / "t.csv"
    table.write_text(table.read_text().replace("png,Slip", "png,Normal").replace("s0.png,Normal", "s0.png,Slip"))
    (figure,) = Heatmaps("t", classes=("Slip",))(study_results({"A": [made[0]]}))
    assert "is no longer what it was" in words_of(figure)


def test_maps_that_cannot_be_read_are_named_and_not_counted(made):
    (file,) = made[0].fold(0).path.glob("explanations/gradcam-*/maps.npz")
    file.write_bytes(b"PK\x03\x04 half of it")
    (figure,) = Heatmaps("t")(study_results({"A": [made[0]]}))
    assert "these maps cannot be read" in words_of(figure)
    words = words_of(figure)
    for told in (
        "Normal the only one recognised s3",
        "Scoliosis the only one recognised s7",
        "Slip the only one recognised s5",
    ):
        assert told in words  # what the other fold holds


def test_what_is_missing_is_said_and_what_is_changed_is_stamped(made):
    results = study_results({"A": [made[0]], "never": [None]}, stamp="rehearsal")
    for kind in KINDS[:4]:
        for figure in kind(results):
            words = words_of(figure)
            assert "Missing: never (not made)." in words, kind
            assert "rehearsal" in words, kind
            assert_tidy(figure)


def test_nothing_there_gives_no_figure():
    results = study_results({"never": [None]})
    assert [kind(results) for kind in KINDS] == [[]] * len(KINDS)


def test_one_that_is_not_explained_gives_no_heatmaps(made, tmp_path):
    data = dataset(tmp_path / "data", TRUTH, TASKS["multiclass"], "multiclass")
    plain = finished_run(tmp_path / "plain", data, said(*TRUTH), TRUTH, explainers=())
    assert Heatmaps("t")(study_results({"P": [plain]})) == []
    assert BayesianMaps("t")(study_results({"P": [plain]})) == []


def test_curves_count_folds_of_all_runs_and_mark_the_kept_epoch(made):
    (figure,) = Curves("t")(study_results({"AB": list(made)}))
    words = words_of(figure)
    assert "AB (n = 4 folds)" in words
    assert "epoch whose weights were kept" in words
    assert "as made" in words
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert {line.get_xdata()[0] for line in marks} == {2}


def test_areas_and_matrices_stand_beside_what_was_published(made):
    node = consistent()
    node["tables"]["areas"] = {
        "place": "Text",
        "of": node["tables"]["t"]["of"],
        "over": "pooled",
        "columns": {"slip": {"metric": "auc"}, "normal": {"metric": "auc", "unit": "%"}},
        "rows": {"A": {"slip": "0.9911", "normal": "98.9%"}},
    }
    paper = paper_from("s", node)
    results = study_results({"A": [made[0]], "B": [made[1]]}, paper=paper)
    beside = {"SLIP": "areas.{row}.slip", "Normal": "areas.{row}.normal"}
    (figure,) = Roc("t", beside=beside)(results)
    words = words_of(figure)
    assert "AUC 1.000 (published 0.9911)" in words
    assert "(published 0.989)" in words
    assert words.count("published") == 2
    name = next(iter(paper.matrices))
    (figure,) = Confusions("t", beside={"A": name})(results)
    assert f"A, published (n = {paper.matrices[name].total})" in words_of(figure).replace("  ", " ")
    held = study_results({"A": [made[0]]}, paper=paper, stamp="rehearsal")
    assert "not comparable: rehearsal" in words_of(Roc("t", beside=beside)(held)[0])


def test_precision_against_recall_has_nothing_published(made):
    (figure,) = Roc("t", curve="precision_recall", classes=("normal",))(study_results({"A": [made[0]]}))
    assert "AP 0." in words_of(figure) or "AP 1." in words_of(figure)
    assert "Slip" not in words_of(figure)


def test_bayesian_maps_of_right_and_wrong_cases(tmp_path):
    truth, classes = [0, 1, 0, 1], TASKS["binary"]
    data = dataset(tmp_path / "data", truth, classes, "binary")
    chances = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.55, 0.45]]
    run = finished_run(
        tmp_path / "r", data, chances, truth, kind="binary", classes=classes, explainers=("gradcam", "mc_gradcam")
    )
    (figure,) = BayesianMaps("Bayesian")(study_results({"R": [run]}, stamp="rehearsal"))
    assert_tidy(figure)
    words = words_of(figure)
    for told in ("Grad-CAM", "Mean, weighted by certainty", "Uncertainty (SD over passes)", "entropy 0.25 nats"):
        assert told in words
    assert words.count("✓ correct") == 2
    assert words.count("✗ wrong") == 2
    assert "max 151" in words  # s3: its mean map is 302 at most, half of it weighted
    assert sum(bool(axes.images) for axes in figure.axes) == 4 * 4 + 3


def test_labels_that_several_may_have(tmp_path):
    classes = ("Edema", "Mass")
    data = dataset(tmp_path / "data", [0, 1, 1, 0], classes, "multiclass")
    truth = np.array([[1, 1], [1, 0], [0, 1], [1, 1]])
    chances = [[0.9, 0.6], [0.3, 0.7], [0.2, 0.8], [0.6, 0.1]]
    run = finished_run(tmp_path / "r", data, chances, truth, kind="multilabel", classes=classes)
    explained = Explained(study_results({"R": [run]}).rows[0].there[0], "gradcam")
    assert set(explained.places("Edema", correct=True)) == {"s0", "s3"}
    assert set(explained.places("Mass", correct=True)) == {"s2"}  # s0 has it, but its map speaks of Edema
    assert set(explained.places("Edema", correct=False)) == {"s1"}
    assert explained.decision(explained.ids.index("s1"), "Edema") == ("✗ Edema missed", "p = 0.30", "map: Mass")
    (figure,) = Heatmaps("t", cases="incorrect")(study_results({"R": [run]}))
    assert "✗ Mass missed" in words_of(figure)


def test_an_ensemble_shows_the_sum_of_its_members_maps_over_their_pictures(made):
    a, b = made
    facts = a.facts()
    write_json(a.path / "run.json", {**facts, "config": {"ensemble": {"vote": "soft"}, "members": [str(b.path)]}})
    for folder in a.path.glob("fold-*/explanations/gradcam-*"):
        folder.rename(folder.with_name("ensemble_gradcam-0a1b2c"))
    (figure,) = Heatmaps("t", classes=("Normal",))(study_results({"E": [a]}))
    words = words_of(figure)
    assert "Grad-CAM, members' mean" in words
    assert "✓ Normal" in words
    assert "missing" not in words
    assert sum(bool(axes.images) for axes in figure.axes) == 3  # the picture, its map and the bar


def test_figures_are_built_from_a_study_and_written(made, tmp_path):
    home = "xaimed.studies.reproduction.figures"
    nodes = {
        "maps": {
            "_target_": f"{home}.heatmaps.Heatmaps",
            "title": "Maps",
            "rows": ["B", "A"],
            "explainers": ["gradcam"],
        },
        "roc": {"_target_": f"{home}.roc.Roc", "title": "ROC", "rows": ["A"], "beside": {"Slip": "areas.{row}.slip"}},
        "bayesian": {"_target_": f"{home}.bayesian.BayesianMaps", "title": "Bayesian"},
        "wrong": {"_target_": f"{home}.heatmaps.Heatmaps", "title": "Maps", "cases": "wrong"},
    }
    results = study_results({"A": [made[0]], "B": [made[1]]})
    results = replace(results, study=replace(results.study, figures=nodes))
    page = write_page(results, shown(results), tmp_path).read_text()
    assert {file.name for file in (tmp_path / "figures").iterdir()} == {"maps.png", "roc.png"}
    assert "![Maps](figures/maps.png)" in page
    told = read_json(tmp_path / "study.json")
    assert dict(zip(told["figures"], told["captions"], strict=True)) == {
        "figures/maps.png": "Maps",
        "figures/roc.png": "ROC",
    }
    assert told["names"] == [row.row.label for row in results.rows]
    assert "bayesian: not made: nothing of it is there yet" in page
    assert "wrong: not made: there are no 'wrong' cases" in page


def test_options_that_mean_nothing_are_refused():
    with pytest.raises(ConfigError, match="'wrong' cases"):
        Heatmaps("t", cases="wrong")
    with pytest.raises(ConfigError, match="no curve 'pr'"):
        Roc("t", curve="pr")


def test_classes_are_found_whatever_their_capitals():
    assert matching(["pneumonia", "Herniated disk", "x"], ["PNEUMONIA", "Herniated_disk"]) == [
        "PNEUMONIA",
        "Herniated_disk",
    ]
    assert matching((), ["a", "b"]) == ["a", "b"]
