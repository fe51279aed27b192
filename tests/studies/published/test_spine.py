"""The spine paper: what a reader with its pages and a pencil found, and nothing that its folds can explain."""

import numpy as np
import pytest

from xaimed.studies.published.audit import audit
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.study import paper_of


@pytest.fixture(scope="module")
def audited():
    return audit(paper_of("spine"))


def found(audited, *words):
    """The one finding with all of these words, in any of its parts."""
    texts = {finding: " ".join((finding.told, *finding.places, *finding.arithmetic)) for finding in audited.findings}
    (finding,) = (finding for finding, text in texts.items() if all(word in text for word in words))
    return finding


def test_vgg16_from_scratch_is_96_75_by_its_matrix_not_93_79(audited):
    finding = found(audited, "cannot come from the predictions", "Table 7, scratch")
    assert finding.weight is Weight.HEADLINE
    assert {"Abstract", "Conclusions", "Section 4.3.2"} <= set(finding.places)
    assert finding.arithmetic[0] == (
        "accuracy: 64+185+78 = 327 of 338 correct, 11 wrong; 93.79 ± 3.44 needs 317 correct, 21 wrong"
    )
    assert {address.rpartition(".")[2] for address in finding.about} == {"accuracy", "sensitivity", "precision", "f1"}


def test_vgg16_with_feature_extraction_is_76_33_and_no_digit_of_it_is_misprinted(audited):
    """76.23 would suit the matrix and the gain of 22.9, but no folds with that mean spread by 3.86."""
    finding = found(audited, "cannot come from the predictions", "Table 7, feature extraction")
    assert "26+188+44 = 258 of 338 correct, 80 wrong" in finding.arithmetic[0]
    assert not any("in place of" in line for line in finding.arithmetic)
    difference = found(audited, "adds 22.9 to VGG16")
    assert difference.arithmetic[0] == "99.12 − 77.23 = 21.89 (21.88 to 21.9), not 22.9"


def test_one_cell_of_the_fine_tuned_vgg16_is_where_figure_7_says_it_is_not(audited):
    finding = found(audited, "No way to share", "Table 7, fine-tuning")
    assert "precision: no way gives 98.94 ± 1.33" in finding.arithmetic
    assert "with one Scoliosis predicted as Normal, not as Spondylolisthesis" in finding.arithmetic[-1]
    assert found(audited, "VGG16 called its one wrong scoliosis normal").arithmetic == (
        "0 Scoliosis predicted as Normal, not 1",
    )


def test_figure_7_gives_the_printed_row_by_hand():
    """Two errors in one fold and one in another, reckoned without the engine, for one share of the classes."""
    classes = [(15, 37, 16), (14, 38, 16), (14, 38, 16), (14, 38, 15), (14, 37, 16)]
    errors = {0: [(0, 1), (2, 0)], 1: [(1, 0)]}
    rows = []
    for fold, sizes in enumerate(classes):
        matrix = np.diag(sizes)
        for true, predicted in errors.get(fold, []):
            matrix[true, true] -= 1
            matrix[true, predicted] += 1
        hit = np.diag(matrix)
        recall, precision = hit / matrix.sum(1), hit / matrix.sum(0)
        f1 = 2 * recall * precision / (recall + precision)
        rows.append(100 * np.array([hit.sum() / matrix.sum(), recall.mean(), precision.mean(), f1.mean()]))
    means, spreads = np.mean(rows, 0), np.std(rows, 0)
    assert means == pytest.approx([99.12, 98.96, 98.94, 98.93], abs=0.005)
    assert spreads == pytest.approx([1.18, 1.67, 1.33, 1.47], abs=0.005)


def test_table_5_describes_the_networks_for_imagenet(audited):
    vgg, resnet = (found(audited, "for 1000 classes", f"Table 5, {name}") for name in ("VGG16", "ResNet50"))
    assert "134,272,835" in vgg.arithmetic[0]
    assert "23,514,179" in resnet.arithmetic[0]
    flops = found(audited, "The printed FLOPs", "ResNet50")
    assert "4,087,142,400" in flops.arithmetic[0]
    (agreed,) = (one for one in audited.agreements if "flops: 15.5 G" in one.about)
    assert agreed.told == "as multiply-adds"


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight.HEADLINE, ("the accuracy of ResNet is higher than that of VGG", "98.22, not more than 99.12")),
        (Weight.HEADLINE, ("VGG looks at areas that are closer", "Abstract", "Conclusions", "contribution 3")),
        (Weight.HEADLINE, ("convolutional layers of VGG16 are frozen", "Table 2, scratch")),
        (Weight.HEADLINE, ("335 against 332 of 338 correct", "exact p = 0.25")),
        (Weight.METHOD, ("a medical expert verified the heatmaps", "Section 3.2")),
        (Weight.RESULT, ("3.7 to 4.7", "3.44", "not 3.7")),
        (Weight.METHOD, ("aggregate the validation predictions", "pooled 99.1124, but 99.12 ± 1.18")),
        (Weight.METHOD, ("chosen on", "reported on")),
        (Weight.DETAIL, ("the figure shows correctly predicted cases", "Figure 7, caption")),
        (Weight.DETAIL, ("reference 32", "without any fine-tuning")),
        (Weight.HEADLINE, ("of the cases that each got wrong", "5 of 6 against 1 of 3: exact p = 0.23")),
        (Weight.DETAIL, ("most errors of ResNet50 from scratch, too", "only feature extraction defaults")),
        (Weight.DETAIL, ("two of the three errors of VGG16", "the spondylolisthesis case")),
        (Weight.WORDING, ("separates better across all the training strategies", "0.9996")),
        (Weight.WORDING, ("VGG16 is the more complex model", "simpler")),
        (Weight.WORDING, ("Equation 2", "none depends on the image n")),
        (Weight.WORDING, ("five times on each fold",)),
    ],
)
def test_the_other_findings(audited, weight, words):
    assert found(audited, *words).weight is weight


def test_what_folds_can_explain_is_not_reported(audited):
    agreed = {agreement.about: agreement.told for agreement in audited.agreements}
    assert agreed["Table 6, fine-tuning: one way gives every mean and spread"] == "spread divided by n"
    assert agreed["Table 4"] == "divided by n"
    for text in ("ResNet50, scratch, accuracy: 85.79 ± 4.74", "ResNet50, feature extraction, f1: 64.11 ± 6.93"):
        assert any(about.startswith(f"Table 4, {text} against Table 6") for about in agreed)
    about = {address for finding in audited.findings for address in finding.about}
    assert not any(address.startswith("table4.resnet50") for address in about)


SHARED = {  # the matrix of every fold, found by trying all ways; the classes in a fold are its rows
    "resnet50_scratch": [
        [[10, 5, 0], [4, 31, 2], [0, 3, 13]],
        [[11, 3, 0], [3, 35, 0], [0, 1, 15]],
        [[10, 4, 0], [1, 36, 1], [0, 1, 15]],
        [[9, 4, 1], [5, 31, 2], [0, 1, 14]],
        [[11, 3, 0], [2, 34, 1], [0, 1, 15]],
    ],
    "resnet50_extracted": [
        [[4, 10, 1], [0, 37, 0], [1, 6, 9]],
        [[6, 8, 0], [0, 38, 0], [0, 6, 10]],
        [[1, 13, 0], [0, 37, 1], [0, 6, 10]],
        [[4, 10, 0], [0, 38, 0], [0, 10, 5]],
        [[4, 10, 0], [0, 37, 0], [0, 5, 11]],
    ],
}


@pytest.mark.parametrize("row", SHARED)
def test_table_6_can_give_every_number_of_its_rows(row):
    """So silence about these rows is right: one way to share the matrix out gives all eight numbers."""
    paper, folds = paper_of("spine"), np.array(SHARED[row])
    assert tuple(map(tuple, folds.sum(0))) == paper.matrices[row].counts
    hit = np.diagonal(folds, axis1=1, axis2=2)
    recall, precision = hit / folds.sum(2), hit / folds.sum(1)
    f1 = 2 * recall * precision / (recall + precision)
    reckoned = {
        "accuracy": hit.sum(1) / folds.sum((1, 2)),
        "sensitivity": recall.mean(1),
        "precision": precision.mean(1),
        "f1": f1.mean(1),
    }
    for name, values in reckoned.items():
        printed = paper.values[f"table4.{row}.{name}"].printed
        assert 100 * values.mean() == pytest.approx(float(printed.value), abs=0.0051)
        assert 100 * values.std() == pytest.approx(float(printed.sd.value), abs=0.0051)


def test_what_can_be_explained_is_not_reported(audited):
    """A page may be visited twice; 26 of 48 errors are most; a paper with heatmaps may still look at performance."""
    told = " ".join(finding.told for finding in audited.findings)
    assert "visited" not in told
    assert "performance alone" not in told
    (agreed,) = (one for one in audited.agreements if "most errors of ResNet50 from scratch, too" in one.about)
    assert agreed.rule == "statements against numbers"


def test_every_printed_number_of_the_tables_is_there():
    paper = paper_of("spine")
    sizes = {name: sum(len(row) for row in table.rows.values()) for name, table in paper.tables.items()}
    assert {name: sizes[name] for name in ("table1", "table4", "table5", "table8")} == {
        "table1": 9,
        "table4": 24,
        "table5": 10,
        "table8": 7,
    }
    assert all(value.printed.sd is not None for value in paper.matching("table4.*.*", "here"))
    assert [matrix.total for matrix in paper.matrices.values()] == [338] * 6
