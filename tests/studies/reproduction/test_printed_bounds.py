"""The interval of a printed value, by every method: against scipy, and against formulas for large samples."""

import copy
import math

import numpy as np
import pytest
from scipy import stats
from support.papers import FOLDS, changed
from support.reproduced import printed_in

from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.printed_bounds import AREA, RESAMPLED, STUDENT, WILSON, printed_bounds


@pytest.fixture(scope="module")
def spine():
    return printed_in("spine")


@pytest.fixture(scope="module")
def pneumonia():
    return printed_in("pneumonia")


def wilson(right, n):
    found = stats.binomtest(right, n).proportion_ci(method="wilson")
    return found.low, found.high


def bounds(paper, address):
    return printed_bounds(paper, paper.values[address])


def small(**columns):
    """The consistent paper with more columns in its row, and their printed values."""
    node = changed()
    table = node["tables"]["t"]
    for name, (column, value) in columns.items():
        table["columns"][name] = column
        table["rows"]["net"][name] = value
    return node


def test_accuracy_is_a_share_of_the_published_n_and_as_wide_as_its_rounding_allows(spine):
    found = bounds(spine, "table4.resnet50_scratch.accuracy")
    low, high = wilson(290, 338)
    assert found.how == WILSON
    assert found.value == pytest.approx(0.8579)
    assert found.rounding == pytest.approx(0.00005)
    assert found.low == pytest.approx(low, abs=2e-4)  # 290 of 338 are 85.80
    assert found.high == pytest.approx(high, abs=2e-4)
    coarse = small(whole=({"metric": "accuracy", "unit": "%"}, "88%"))
    found = bounds(paper_from("small", coarse), "t.net.whole")
    assert found.low == pytest.approx(wilson(35, 40)[0])  # 87.5, the least that is rounded to 88
    assert found.high > wilson(35, 40)[1]
    assert found.rounding == pytest.approx(0.005)


def test_of_one_class_a_recall_counts_the_class_and_a_precision_what_was_predicted_as_it():
    node = small(
        found=({"metric": "recall", "class": "b", "average": ""}, "0.85"),
        right=({"metric": "precision", "class": "b", "average": ""}, "0.85"),
        spared=({"metric": "specificity", "class": "b", "average": ""}, "0.85"),
    )
    paper = paper_from("small", node)
    pooled = np.sum(FOLDS, axis=0)
    assert pooled[1].sum() == 20
    for address, n in (("found", 20), ("right", pooled[:, 1].sum()), ("spared", 20)):
        found = bounds(paper, f"t.net.{address}")
        assert found.how == WILSON
        assert found.low <= wilson(round(0.85 * n), n)[0] + 0.03
        assert found.low == pytest.approx(_wilson_of(0.845, n)[0])
        assert found.high == pytest.approx(_wilson_of(0.855, n)[1])


def _wilson_of(share, n):
    """The bounds from which the share is just 1.96 standard errors of theirs away, as the roots of a parabola."""
    z = stats.norm.ppf(0.975)
    return tuple(np.sort(np.roots([1 + z * z / n, -(2 * share + z * z / n), share * share]).real))


def test_f1_of_one_class_is_wilson_of_hits_among_all_that_concern_it():
    node = small(joint=({"metric": "f1", "class": "b", "average": ""}, "0.850"))
    pooled = np.sum(FOLDS, axis=0)
    concerned = pooled[1].sum() + pooled[:, 1].sum() - pooled[1, 1]
    found = bounds(paper_from("small", node), "t.net.joint")
    low, high = (2 * end / (1 + end) for end in _wilson_of(0.85 / 1.15, concerned))
    assert found.how == WILSON
    assert found.low == pytest.approx(low, abs=1e-3)
    assert found.high == pytest.approx(high, abs=1e-3)


def test_macro_metrics_come_from_the_printed_matrix(spine):
    found = bounds(spine, "table4.vgg16_extracted.sensitivity")
    recalls = np.array([26 / 71, 188 / 188, 44 / 79])
    error = math.sqrt((recalls * (1 - recalls) / [71, 188, 79]).sum()) / 3
    assert found.how == RESAMPLED
    assert found.value == pytest.approx(0.6527)  # what is printed, the mean over folds, not the matrix's 64.1
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert bounds(spine, "table4.vgg16_extracted.sensitivity") == found


def test_a_perfect_matrix_does_not_make_its_means_certain():
    node = small()
    node["matrices"]["m"]["counts"] = [[10, 0, 0], [0, 20, 0], [0, 0, 10]]
    node["tables"]["t"]["rows"]["net"]["recall"] = "100.00"
    found = bounds(paper_from("small", node), "t.net.recall")
    assert found.high == 1.0
    assert found.low == pytest.approx(wilson(30, 30)[0], abs=1e-4)


def test_of_two_classes_the_only_matrix_that_fits_is_as_good_as_a_printed_one(pneumonia):
    found = bounds(pneumonia, "table1.ours.precision")  # 194 of 202, not of the 420 of the matrix of other samples
    assert found.how == WILSON
    assert (found.low, found.high) == pytest.approx(wilson(194, 202), abs=2e-4)
    found = bounds(pneumonia, "table1.ours.recall")
    assert (found.low, found.high) == pytest.approx(wilson(194, 199), abs=2e-4)
    found = bounds(pneumonia, "table1.ours.kappa")
    chance = (199 * 202 + 121 * 118) / 320**2
    error = math.sqrt(307 / 320 * 13 / 320 / 320) / (1 - chance)
    assert found.how == RESAMPLED
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.08)
    for metric in ("f1", "mcc"):
        assert bounds(pneumonia, f"table1.ours.{metric}").how == RESAMPLED


def test_an_area_knows_its_positives_and_negatives(pneumonia, spine):
    found = bounds(pneumonia, "table1.ours.auc")
    area, p, n = 0.9891, 199, 121
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    plain = math.sqrt((area * (1 - area) + (p - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (p * n))
    assert found.how == AREA
    assert found.low < area - 1.96 * plain  # the spread at the bound is wider than at the value
    assert found.low > area - 4 * plain
    assert area < found.high < area + 1.96 * plain
    assert bounds(spine, "areas.vgg16_scratch.normal").how == AREA
    assert not bounds(printed_in("hybrid"), "areas.melanoma.area").known


def test_student_is_the_last_resort():
    node = small()
    del node["matrices"]["m"]
    node["claims"] = {}
    found = bounds(paper_from("small", node), "t.net.recall")
    value, sd = (float(part) for part in node["tables"]["t"]["rows"]["net"]["recall"].split(" ± "))
    reach = stats.t.ppf(0.975, 1) * (sd + 0.005) / math.sqrt(2)
    assert found.how == STUDENT
    assert found.low == pytest.approx(max((value - 0.005 - reach) / 100, 0))
    assert bounds(paper_from("small", node), "t.net.accuracy").how == WILSON


def test_without_n_and_of_a_range_there_is_only_the_value(spine):
    node = copy.deepcopy(small())
    del node["tables"]["t"]["of"], node["matrices"]
    node["claims"] = {}
    found = bounds(paper_from("small", node), "t.net.accuracy")
    assert not found.known
    assert found.rounding == pytest.approx(0.00005)
    assert not bounds(spine, "areas_resnet50.others.area").known
