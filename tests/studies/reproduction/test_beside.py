"""Where the printed value stands, whether it may be compared, and how ours is reckoned for it."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import precision_score
from support.papers import FOLDS, changed
from support.reproduced import predictions_of, printed_in, results_of_rows, row_result

from xaimed.errors import ConfigError
from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.addresses import Addresses
from xaimed.studies.reproduction.comparable import other_pictures, unlike
from xaimed.studies.reproduction.measured import measured, measured_of_class

CLASSES = ("a", "b", "c")


def address(beside, row, column, label="", paper="spine"):
    found = Addresses(printed_in(paper), beside).of(row, column, label)
    return found.address if found else None


@pytest.mark.parametrize(
    ("paper", "beside", "asked", "found"),
    [
        ("spine", "table4", ("vgg16_scratch", "f1"), "table4.vgg16_scratch.f1"),
        ("spine", "table4", ("another", "f1"), None),
        ("spine", "", ("vgg16_scratch", "f1"), None),
        ("spine", "areas", ("vgg16_scratch", "auc", "Normal"), "areas.vgg16_scratch.normal"),
        ("spine", "areas", ("vgg16_extracted", "auc", "Normal"), None),
        ("pneumonia", "table1.ours.{column}", ("resnet", "kappa"), "table1.ours.kappa"),
        ("hybrid", "table5.{row}_chexpert.{column}", ("densenet", "auc"), "table5.densenet_chexpert.auc"),
        ("hybrid", "areas.{class}.area", ("ours", "auc", "Edema"), "areas.edema.area"),
        ("hybrid", "areas.{class}.area", ("ours", "auc", "Lung Lesion"), None),
        ("hybrid", "table5", ("ours_isic", "areas.melanoma.area"), "areas.melanoma.area"),
        ("lumbar", "figure3.{class}.{column}", ("x", "recall", "Herniated Disk"), "figure3.Herniated_disk.recall"),
        ("lumbar", "section4", ("cnn", "recall", "herniated disk"), "section4.cnn.herniated_recall"),
        ("lumbar", {"*": "section4", "net": "validation.{row}.{column}"}, ("cnn", "accuracy"), "section4.cnn.accuracy"),
        ("lumbar", {"resnet50": "validation"}, ("resnet50", "accuracy"), "validation.resnet50.accuracy"),
        ("lumbar", {"resnet50": "validation"}, ("cnn", "accuracy"), None),
    ],
)
def test_addresses(paper, beside, asked, found):
    assert address(beside, *asked, paper=paper) == found


def test_a_table_that_is_not_published_is_refused():
    with pytest.raises(ConfigError, match=r"nothing is published as 'table44'.*'table4'"):
        address("table44", "vgg16_scratch", "f1")
    assert Addresses(None, "table44").of("vgg16_scratch", "f1") is None


@pytest.mark.parametrize(
    ("paper", "beside", "row", "name"),
    [
        ("spine", "table4", "vgg16_scratch", "vgg16_scratch"),
        ("pneumonia", "table1.ours.{column}", "resnet", "pooled"),
        ("pneumonia", {"resnet": "pooled"}, "resnet", "pooled"),
        ("lumbar", "", "hybrid", "hybrid"),
        ("lumbar", "", "densenet", None),
    ],
)
def test_matrices(paper, beside, row, name):
    found = Addresses(printed_in(paper), beside).matrix(row)
    assert (found.name if found else None) == name


def test_why_ours_is_not_comparable():
    paper = paper_from("small", changed())
    value = paper.values["t.net.accuracy"]
    whole = predictions_of(FOLDS, CLASSES)

    def said(row, **options):
        return unlike(results_of_rows(row, published=changed(), **options), row, value)

    assert said(row_result("net", whole)) == ""
    assert said(row_result("net", whole), stamp="rehearsal") == "rehearsal"
    assert said(row_result("net", whole), changed=["optimizer.lr=1"]) == "optimizer.lr=1"
    assert said(row_result("net", whole, stamps=["stand-in weights"])) == "stand-in weights"
    assert said(row_result("net", whole, missing=[2])) == "missing: folds 2"
    assert said(row_result("net", predictions_of(FOLDS[:1], CLASSES))) == "20 pictures, published 40"
    others = predictions_of([((5, 0, 0), (0, 20, 0), (0, 0, 15))], CLASSES)
    assert said(row_result("net", others)) == "classes of other sizes than published"
    named = predictions_of(FOLDS, ("A", "B", "z"))
    assert said(row_result("net", named)) == "other classes than published"
    assert other_pictures(predictions_of(FOLDS, ("A ", "-b", "C")), paper.samples["images"]) == ""
    spine = printed_in("spine")
    rounded = spine.values["areas_resnet50.others.area"]
    row = row_result("net", whole)
    assert unlike(results_of_rows(row, published=changed()), row, rounded) == "a range is printed"


def test_ours_is_the_mean_over_folds_where_the_paper_prints_one():
    found = measured(row_result("net", predictions_of(FOLDS, CLASSES)))
    each = [precision_score(*_sides(fold), average="macro") for fold in FOLDS]
    pooled = precision_score(*_sides(np.sum(FOLDS, axis=0)), average="macro")
    whole, folds = found.bounds("precision"), found.bounds("precision", "folds")
    assert whole.value == pytest.approx(pooled)
    assert folds.value == pytest.approx(np.mean(each))
    assert abs(pooled - np.mean(each)) > 0.004
    assert folds.low == pytest.approx(whole.low + folds.value - whole.value)
    assert found.bounds("accuracy", "folds").value == pytest.approx(35 / 40)


def _sides(matrix):
    pairs = [(i, j) for i, line in enumerate(matrix) for j, count in enumerate(line) for _ in range(count)]
    return zip(*pairs, strict=True)


def test_without_an_error_ours_is_not_certain():
    row = row_result("net", predictions_of([((6, 0, 0), (0, 12, 0), (0, 0, 9))], CLASSES, sure=1 - 1e-6))
    assert row.pooled.interval("accuracy").low == 1.0
    for metric, n in (("accuracy", 27), ("f1", 18), ("auc", 18)):
        found = measured(row).bounds(metric)
        assert found.low == pytest.approx(stats.binomtest(n, n).proportion_ci(method="wilson").low)
        assert found.high == 1.0
    kappa = measured(row).bounds("kappa")
    assert 1 - kappa.low == pytest.approx(2 * (1 - stats.binomtest(18, 18).proportion_ci(method="wilson").low))
    of_a = measured_of_class(row, "a").bounds("sensitivity")
    assert of_a.low == pytest.approx(stats.binomtest(6, 6).proportion_ci(method="wilson").low)


def test_where_all_is_wrong_ours_is_not_certain_either():
    row = row_result("net", predictions_of([((0, 9), (9, 0))], ("n", "p"), "binary"))
    found = measured(row).bounds("sensitivity")
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(stats.binomtest(0, 9).proportion_ci(method="wilson").high)
