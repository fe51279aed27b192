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
    assert finding.arithmetic[0].startswith("accuracy: 198+384 = 582 of 624 correct, 42 wrong; 95.94 needs 599")
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
        (Weight.METHOD, ("100 × (20 − 1) = 1,900, not less than 15",)),
        (Weight.METHOD, ("0.742906, not 1341 Normal / 5216 = 0.257094",)),
        (Weight.METHOD, ("both classes weigh alike", "not 1")),
        (Weight.METHOD, ("in two stages", "the loss is weighted")),
        (Weight.METHOD, ("statistics of ImageNet", "between 0 and 1")),
        (Weight.METHOD, ("cropped in their centre", "cropped at random")),
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


def test_every_printed_number_of_the_tables_is_there():
    paper = paper_of("pneumonia")
    sizes = {name: sum(len(row) for row in table.rows.values()) for name, table in paper.tables.items()}
    assert (sizes["zones"], sizes["table1"], sizes["table2"]) == (12, 7, 6)
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
