"""The hybrid paper: what a reader with its pages and a pencil found, and nothing that rounding can explain."""

from statistics import pstdev, stdev

import pytest

from xaimed.studies.published.audit import audit
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.study import paper_of


@pytest.fixture(scope="module")
def audited():
    return audit(paper_of("hybrid"))


def found(audited, *words):
    """The one finding with all of these words, in any of its parts."""
    texts = {finding: " ".join((finding.told, *finding.places, *finding.arithmetic)) for finding in audited.findings}
    (finding,) = (finding for finding, text in texts.items() if all(word in text for word in words))
    return finding


def test_the_abstract_gives_two_numbers_that_no_table_has(audited):
    accuracy = found(audited, "an accuracy of 95.8")
    assert (accuracy.weight, accuracy.places[0]) == (Weight.HEADLINE, "Abstract")
    assert accuracy.arithmetic == ("max(91.2, 93.1) = 93.1 (93.05 to 93.15), not 95.8",)
    score = found(audited, "score of 0.89", "0.689")
    assert score.weight is Weight.HEADLINE
    assert score.arithmetic == ("68.9 / 100 = 0.689 (0.6885 to 0.6895), not 0.89",)


def test_two_rows_of_equal_spread_are_printed_with_two_spreads_which_rounding_can_explain(audited):
    chexpert, isic = (4.2, 4.5, 4.3), (4.3, 4.6, 4.4)
    assert round(stdev(chexpert), 2) == round(stdev(isic), 2) == 0.15
    assert round(pstdev(chexpert), 2) == round(pstdev(isic), 2) == 0.12
    ratings = [sum_of / 150 for sum_of in (648, 684, 663)]  # three experts, 150 predictions each
    assert [round(mean, 1) for mean in ratings] == list(isic)
    assert (round(sum(ratings) / 3, 2), round(stdev(ratings), 2)) == (4.43, 0.12)
    (noted,) = (each for each in audited.agreements if each.rule == "one divisor for all spreads of a table")
    assert noted.about == "Table 7"
    assert "Table 7, CheXpert, mean: 4.33 ± 0.15: divided by n − 1" in noted.told
    assert "Table 7, ISIC 2020, mean: 4.43 ± 0.12: divided by n" in noted.told


def test_the_gain_in_area_is_that_in_accuracy(audited):
    finding = found(audited, "2.3 percentage points above that of ViT")
    assert finding.arithmetic == ("100 × (0.951 − 0.934) = 1.7 (1.6 to 1.8), not 2.3",)
    assert any("it is the accuracy that is 2.3" in agreement.about for agreement in audited.agreements)


def test_table_3_describes_no_resnet50(audited):
    blocks = found(audited, "parameters of body.layer1 are not", "Block 1–3")
    assert "215,808" in blocks.arithmetic[0]
    assert any("8,533,760" in line for line in blocks.arithmetic)
    layer2 = "body.layer2 alone: 1,219,584, which is what is printed (it gives 28×28×512)"
    assert any(line.endswith(layer2) for line in blocks.arithmetic)
    head = found(audited, "parameters of head are not", "GAP + FC")
    text = " ".join(head.arithmetic)
    assert all(f"{width * classes + classes:,}" in text for width in (2048, 256) for classes in (14, 7))
    agreed = [agreement.about for agreement in audited.agreements]
    assert {"Table 3, Conv1, parameters: 9408", "Table 3, CSAM, parameters: 16 K"} <= set(agreed)
    assert {"Table 3, Block 1–3, side: 56", "Table 3, CSAM, channels: 256"} <= set(agreed)
    rows = found(audited, "1,353,408")
    assert rows.weight is Weight.METHOD
    assert "23,553,200" in rows.arithmetic[0]


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight.HEADLINE, ("histopathology", "dermoscopic")),
        (Weight.HEADLINE, ("against a control group", "the deletion condition")),
        (Weight.HEADLINE, ("EfficientNet-B4", "B0")),
        (Weight.HEADLINE, ("12.4 per cent", "Table 9")),
        (Weight.HEADLINE, ("kappa of 0.82", "experts with one another")),
        (Weight.HEADLINE, ("vary less than those of 5-fold", "Section 3.6")),
        (Weight.HEADLINE, ("added afterwards and only approximate", "Section 2.4", "Section 5.1", "on the loss")),
        (Weight.HEADLINE, ("adding the attention", "no two rows differ by the attention alone")),
        (Weight.RESULT, ("two dermatologists", "2, not 3")),
        (Weight.RESULT, ("by 11.6", "by 1.2", "4.4 − 3.8 = 0.6")),
        (Weight.RESULT, ("higher deletion and lower insertion", "Tables 4 and 6")),
        (Weight.RESULT, ("combining explainers", "61.4, not more than", "92.6, not more than")),
        (Weight.RESULT, ("one after another, raise the accuracy", "no prediction can change")),
        (Weight.RESULT, ("diagnostic metrics significantly", "slightly", "no spread")),
        (Weight.METHOD, ("square of a norm", "Section 3.8")),
        (Weight.METHOD, ("standard cross-entropy", "weighted")),
        (Weight.METHOD, ("five independent runs", "one fixed seed")),
        (Weight.METHOD, ("only maps of Grad-CAM and LIME", "three kinds")),
        (Weight.METHOD, ("between 0 and 1", "standard deviation")),
        (Weight.METHOD, ("3.2 where there are no maps",)),
        (Weight.METHOD, ("compares two raters", "3, not at most 2")),
        (Weight.METHOD, ("ISIC 2020 alone",)),
        (Weight.METHOD, ("chosen on", "reported on")),
        (Weight.METHOD, ("patients it has not seen",)),
        (Weight.METHOD, ("straight to the head", "pretrained ResNet-50")),
        (Weight.DETAIL, ("pneumonia, cardiomegaly and melanoma",)),
        (Weight.DETAIL, ("makes the gate of every channel", "65,536, not at most 16 K")),
        (Weight.DETAIL, ("exceed those of earlier work", "no study and no data set is named")),
        (Weight.WORDING, ("which are three", "seven classes")),
        (Weight.WORDING, ("works listed", "18, not 50")),
        (Weight.WORDING, ("Equation 17", "13, not at least 17")),
        (Weight.WORDING, ("more than 224,316",)),
        (Weight.WORDING, ("IoU rises by 7.5 per cent", "12.215")),
    ],
)
def test_the_other_findings(audited, weight, words):
    assert found(audited, *words).weight is weight


def test_what_rounding_can_explain_is_not_reported(audited):
    about = {address for finding in audited.findings for address in finding.about}
    assert not any(address.startswith("table7.") for address in about)
    texts = " ".join(finding.told for finding in audited.findings)
    assert "0.5 above that of single explainers" not in texts
    held = " ".join(agreement.about for agreement in audited.agreements)
    assert "the consistency loss adds 7.5 to IoU" in held
    assert "explainability modules add 1.2 to the trust score" in held


def test_every_printed_number_of_the_tables_is_there():
    tables = paper_of("hybrid").tables
    sizes = {name: sum(len(row) for row in table.rows.values()) for name, table in tables.items()}
    expected = {"table2": 6, "table3": 12, "table5": 40, "table6": 16, "table7": 8, "table8": 19, "table9": 8}
    assert {name: sizes[name] for name in expected} == expected
