"""The pneumonia paper: what a reader with its pages and a pencil found."""

from math import comb

import numpy as np
import pytest
import torch
import torchvision

from xaimed.errors import ConfigError
from xaimed.studies.published.audit import audit
from xaimed.studies.published.expressions import judge
from xaimed.studies.published.findings import Agreement, Finding, Weight
from xaimed.studies.published.names import Names
from xaimed.studies.published.reading import paper_from
from xaimed.studies.published.rules import rest
from xaimed.studies.published.study import paper_of


@pytest.fixture(scope="module")
def audited():
    return audit(paper_of("pneumonia"))


def found(audited, *words):
    """The one finding with all of these words, in any of its parts."""
    texts = {finding: " ".join((finding.told, *finding.places, *finding.arithmetic)) for finding in audited.findings}
    (finding,) = (finding for finding, text in texts.items() if all(word in text for word in words))
    return finding


def test_the_matrix_is_93_27_and_the_abstract_says_95_94(audited):
    finding = audited.findings[0]
    assert finding is found(audited, "cannot come from the predictions", "Section VI-E, confusion matrix")
    assert finding.weight is Weight.HEADLINE
    assert "Abstract" in finding.places
    assert finding.arithmetic[0] == (
        "accuracy: 198+384 = 582 of 624 correct, 42 wrong; 95.94 is no share of 624, 598/624 and 599/624 are nearest"
    )
    assert (round(100 * 598 / 624, 2), round(100 * 599 / 624, 2)) == (95.83, 95.99)
    assert finding.arithmetic[-1] == "the table is of 'test' with 320, the matrix of 'matrix' with 624"
    assert len(finding.about) == 6


def test_table_1_is_one_matrix_of_the_test_set(audited):
    (agreed,) = (one for one in audited.agreements if one.about.startswith("Table I, ") and "at n = 320" in one.about)
    assert agreed.told == "194 found, 5 missed, 8 false alarms, 113 rightly left alone"


def test_no_other_matrix_of_the_test_set_gives_table_1():
    """By hand: so eight false positives are behind it, and 83 % of them are no number of images."""
    false, found = (each.ravel() for each in np.meshgrid(np.arange(122), np.arange(1, 200)))
    printed = (
        (np.round(100 * (found + 121 - false) / 320, 2) == 95.94)
        & (np.round(100 * found / (found + false), 2) == 96.04)
        & (np.round(100 * found / 199, 2) == 97.49)
    )
    assert list(zip(found[printed], false[printed], strict=True)) == [(194, 8)]
    assert 83 not in {round(100 * part / 8) for part in range(9)}


def test_83_percent_of_the_false_positives_are_no_number_of_them(audited):
    assert found(audited, "83% is no share of 8 samples").arithmetic == (
        "the nearest are 6/8 and 7/8, which are 75 and 87.5",
    )


def test_test_and_validation_set_are_640_images_and_the_matrix_has_624(audited):
    assert found(audited, "are the test and validation sets together").arithmetic[0] == "624, not 320 + 320 = 640"


def test_the_described_network_has_nothing_to_drop_out(audited):
    finding = found(audited, "dropout that stays on at test time")
    assert finding.weight is Weight.HEADLINE
    assert finding.arithmetic == ("dropouts of the described resnet50 = 0, not more than 0",)
    with torch.device("meta"):
        modules = list(torchvision.models.resnet50().modules())
    assert not any("dropout" in type(module).__name__.lower() for module in modules)


@pytest.mark.parametrize(
    ("line", "holds"),
    [("measured(resnet50, 'dense') == 1", True), ("measured(resnet50, 'convolutions') == 50", False)],
)
def test_a_check_can_name_what_a_built_model_has(line, holds):
    assert judge(line, Names(paper_of("pneumonia")), "here").holds is holds


@pytest.mark.parametrize("line", ["measured(resnet5, 'dense') == 1", "measured(resnet50, 'dropout') == 1"])
def test_a_misspelt_model_or_quantity_is_refused(line):
    with pytest.raises(ConfigError):
        judge(line, Names(paper_of("pneumonia")), "here")


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight.HEADLINE, ("the explanations are clinically meaningful", "Section XI")),
        (Weight.HEADLINE, ("make clinical decision support safer", "Section XI")),
        (Weight.RESULT, ("how the model does on unseen data", "picks the checkpoint")),
        (Weight.RESULT, ("the rate of false positives is comparatively low", "two sentences on")),
        (Weight.RESULT, ("sensitivity is gained at no cost to specificity",)),
        (Weight.RESULT, ("ablations show", "Tables I and II")),
        (Weight.METHOD, ("less than 15% longer", "nothing says which part of them is shared")),
        (Weight.METHOD, ("sampling balances the classes", "= 0.742906, not 0.5", "= 0.257094, not 0.5")),
        (Weight.METHOD, ("so does the loss", "0.346065, not 1")),
        (Weight.METHOD, ("near the distribution of the original data", "shows the normal class more often")),
        (Weight.METHOD, ("to 80 to 100% of their area", "= 76.5625, not at least 80%")),
        (Weight.METHOD, ("in two stages", "the loss is weighted")),
        (Weight.METHOD, ("cropped in their centre", "cropped at random")),
        (Weight.DETAIL, ("statistics of ImageNet", "between 0 and 1")),
        (Weight.DETAIL, ("critical in the clinic", "Section XI")),
        (Weight.DETAIL, ("prefer a side", "the east is hotter")),
        (Weight.DETAIL, ("resilient to noise", "no ablated one")),
        (Weight.DETAIL, ("close to zero", "0.32 from zero")),
        (Weight.DETAIL, ("most errors are due to", "no error is counted")),
        (Weight.DETAIL, ("what goes into a softmax", "one output")),
        (Weight.DETAIL, ("5863 a miscount", "Section IV-A, footnote")),
        (Weight.WORDING, ("all scores are percentages", "0.913")),
        (Weight.WORDING, ("without its word for children", "Title")),
    ],
)
def test_the_other_findings(audited, weight, words):
    assert found(audited, *words).weight is weight


def test_what_agrees_is_not_reported(audited):
    about = {address for finding in audited.findings for address in finding.about}
    agreed = " ".join(agreement.about for agreement in audited.agreements)
    assert not about & {"section6e.text.sensitivity", "section6a.ours.kappa", "section6a.ours.mcc", "table1.ours.auc"}
    assert "sensitivity by the matrix is 98.46 and specificity 84.62" in agreed
    assert "what is left are 242 normal and 398 pneumonia and is halved" in agreed


def test_what_another_reading_explains_is_not_reported(audited):
    """20 passes may share all layers but the last, and weights may be the sizes instead of their inverse."""
    lines = " ".join(line for finding in audited.findings for line in finding.arithmetic)
    assert "1,900" not in lines
    assert "8.34999" not in lines
    sizes, images = np.array([1341, 3875]), np.array([3875, 3875])
    for weights in (1 / sizes, sizes):
        drawn = weights * images / (weights * images).sum()
        assert f"= {drawn[0]:.6f}, not 0.5" in lines


def test_every_number_of_the_text_is_there():
    """The references, years of citations, numbers of figures and footnotes, versions aside."""
    paper = paper_of("pneumonia")
    there = {value.printed.text.strip("%") for value in paper.values.values()}
    said = "5863 5856 7 2 1 5 255 10 0.5 80 100 50 3 20 1341 3875 121 199 30 64 224 256 15 83 12 624 320"
    said += " 98.46 84.62 95.94 96.04 97.49 96.76 98.91 0.913 0.9132 0.9134 90.50 96.70 95.30 90.5 96.7 95.3"
    counted = {str(count) for samples in paper.samples.values() for count in (samples.n, *samples.classes.values())}
    assert set(said.split()) - there - counted == set()
    assert {"242", "398"} <= counted


def test_every_printed_number_of_the_tables_is_there():
    paper = paper_of("pneumonia")
    sizes = {name: sum(len(row) for row in table.rows.values()) for name, table in paper.tables.items()}
    assert (sizes["zones"], sizes["table1"], sizes["table2"]) == (12, 7, 6)
    zones = " ".join(value.printed.text for row in paper.tables["zones"].rows.values() for value in row.values())
    assert zones == "0.345 0.491 0.544 0.275 0.193 0.673 0.275 0.474 0.198 0.592 0.251 0.321"
    assert paper.samples["train"].n + paper.samples["validation"].n + paper.samples["test"].n == 5856


def test_the_matrix_leaves_the_validation_set_far_more_false_alarms_than_the_test_set_has(audited):
    finding = found(audited, "differs from 'test'")
    assert finding.weight is Weight.HEADLINE
    assert finding.arithmetic[0].startswith("Normal: 113 of 121 right in 'test', which leaves 85 of 113 for the rest")
    assert finding.arithmetic[-1] == "the rest has 275 of 304 right, 'test' 307 of 320"
    right, wrong, others, failed = 113, 8, 85, 28
    chance = sum(comb(121, k) * comb(113, 36 - k) for k in range(37) if _rarer(k, wrong)) / comb(234, 36)
    assert right + wrong + others + failed == 234
    assert f"exact p = {chance:.2g}" in finding.arithmetic[0]


def _rarer(count, seen):
    """Whether so many of 36 errors among the 121 are no likelier than those that were seen."""
    return comb(121, count) * comb(113, 36 - count) <= comb(121, seen) * comb(113, 36 - seen)


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ([[18, 2], [2, 18]], Agreement),  # the rest is the same once more
        ([[9, 11], [2, 18]], Finding),  # the rest has no negative right
        ([[18, 2], [0, 20]], Finding),  # no miss in all, but one in the part
    ],
)
def test_a_part_is_taken_out_of_a_larger_matrix(counts, outcome):
    classes = {"no": 10, "yes": 10}
    row = {"recall": "0.90", "specificity": "0.90"}
    node = {
        "samples": {
            "part": {"n": 20, "classes": classes, "positive": "yes"},
            "other": {"n": 20, "classes": classes, "positive": "yes"},
            "all": {"n": 40, "classes": {"no": 20, "yes": 20}, "positive": "yes", "parts": ["part", "other"]},
        },
        "tables": {
            "t": {
                "place": "Table",
                "of": "part",
                "columns": {name: {"metric": name} for name in row},
                "rows": {"r": row},
            }
        },
        "matrices": {"m": {"place": "Matrix", "of": "all", "labels": ["no", "yes"], "counts": counts}},
    }
    (found,) = rest.check(paper_from("p", node))
    assert isinstance(found, outcome)


def test_an_unknown_part_is_refused():
    with pytest.raises(ConfigError):
        paper_from("p", {"samples": {"all": {"n": 2, "parts": ["nothing"]}}})
