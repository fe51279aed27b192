"""The lumbar paper: what a reader with its pages and a pencil found, and what its numbers bear out."""

import pytest

from xaimed.studies.published.audit import audit
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.study import paper_of


@pytest.fixture(scope="module")
def audited():
    return audit(paper_of("lumbar"))


def found(audited, *words):
    """The one finding with all of these words, in any of its parts."""
    texts = {finding: " ".join((finding.told, *finding.places, *finding.arithmetic)) for finding in audited.findings}
    (finding,) = (finding for finding, text in texts.items() if all(word in text for word in words))
    return finding


def test_the_one_error_of_the_cnn_takes_its_perfect_f1_of_stenosis_away(audited):
    """Eight of eight found and one false alarm: 2 × 8 / (2 × 8 + 1) = 16 / 17."""
    finding = found(audited, "cannot come from the predictions", "CNN")
    assert finding.arithmetic == ("stenosis_f1: the matrix gives 0.941176, but 1.00 is printed",)
    assert f"{16 / 17:.6f}" in finding.arithmetic[0]
    assert finding.weight is Weight.RESULT


def test_two_thirds_of_four_herniated_disks_cannot_be_found(audited):
    finding = found(audited, "0.67 is no share of 4 samples")
    assert "MobileNet" in finding.places[0]
    assert finding.arithmetic[-1] == "it is a share of 3 Spondylosis"


def test_beside_two_errors_and_that_precision_no_herniated_disk_was_missed(audited):
    """2 of 3 right would be 2 missed and 1 taken for it: 3 errors, 16 of 19. So 4 of 6, and none missed."""
    finding = found(audited, "0.67 is no share of 4 samples")
    assert finding.arithmetic[1].startswith("beside accuracy 89%, herniated_precision 0.67, ")
    assert finding.arithmetic[1].endswith("it could only be 1")
    (rest,) = (one.told for one in audited.agreements if "MobileNet: accuracy, herniated_precision" in one.about)
    assert rest.startswith("2 errors; 0 Herniated_disk missed, 2 taken for it")


def test_the_hybrid_does_not_surpass_resnet50_and_19_images_could_not_show_it(audited):
    tied = found(audited, "the hybrid surpasses all other models; the numbers say otherwise")
    assert tied.weight is Weight.HEADLINE
    assert tied.arithmetic == ("19 correct, not more than 19 correct",)
    assert (
        found(audited, "accuracy, recall and precision are better than those of single CNNs").arithmetic
        == tied.arithmetic
    )
    few = found(audited, "so few samples cannot show it")
    assert [line.rpartition("exact p = ")[2] for line in few.arithmetic] == ["1", "1", "0.5", "0.25"]
    (shown,) = (one for one in audited.agreements if one.rule == few.rule)
    assert "19 against 13 of 19" in shown.told


def test_herniated_disk_is_no_minority(audited):
    finding = found(audited, "because these are a minority")
    assert finding.arithmetic == ("4, not less than 4 Healthy", "4, not less than 3 Spondylosis")


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (Weight.HEADLINE, ("area under the ROC curve", "Section III.5", "Section IV")),
        (Weight.HEADLINE, ("combined into one framework", "none is of several together")),
        (Weight.HEADLINE, ("large annotated set", "19 images", "about 190", "scarce")),
        (Weight.METHOD, ("MRI and X-ray", "the images are MRI")),
        (Weight.METHOD, ("spondylolisthesis", "spondylosis")),
        (Weight.METHOD, ("six algorithms", "eight models", "seven models", "without a plain CNN")),
        (Weight.METHOD, ("features made by hand", "what the CNN has extracted")),
        (Weight.METHOD, ("cross-entropy", "hyperplane")),
        (Weight.HEADLINE, ("in real time", "less fit for use in real time", "the measures are")),
        (Weight.HEADLINE, ("more transparent and reliable for doctors", "trust is still to be earned")),
        (Weight.METHOD, ("to the SVM's boundary the hybrid owes", "one set of numbers", "ResNet50 is right in 100")),
        (Weight.METHOD, ("in several situations", "one and the same set of images")),
        (Weight.METHOD, ("heatmaps of all models", "no heatmap")),
        (Weight.METHOD, ("involution adapts VGG16 better", "two errors and three")),
        (Weight.DETAIL, ("one network may not be enough", "19 − 19 errors = 0")),
        (Weight.WORDING, ("MobileNet said to have trouble", "84%, not more than 89%", "0.50, not more than 0.67")),
        (Weight.WORDING, ("are powerful", "unfit")),
        (Weight.METHOD, ("on the validation set and on the test set", "one set of numbers")),
        (Weight.METHOD, ("every model is judged by", "no number is printed")),
        (Weight.DETAIL, ("high resolution", "224")),
        (Weight.DETAIL, ("unique", "already presented a CNN-SVM")),
        (Weight.DETAIL, ("reference 3 is cited for",)),
        (Weight.DETAIL, ("reference 4 is cited for",)),
        (Weight.DETAIL, ("especially good", "unfit")),
        (Weight.WORDING, ("the CNN does well in every class", "0.75")),
        (Weight.WORDING, ("VGG16 does admirably", "0.50")),
        (Weight.WORDING, ("two metrics are printed", "three metrics")),
        (Weight.WORDING, ("levels off", "fell")),
        (Weight.WORDING, ("generalise very well",)),
    ],
)
def test_the_other_findings(audited, weight, words):
    assert found(audited, *words).weight is weight


def test_every_accuracy_is_one_of_19_images_and_the_report_fits_together(audited):
    """18, 17, 13, 16, 19 and 19 of 19."""
    agreed = {agreement.about for agreement in audited.agreements if agreement.rule == "possible at its n"}
    for name, correct in {
        "CNN": 18,
        "MobileNet": 17,
        "DenseNet": 13,
        "VGG16": 16,
        "ResNet50": 19,
        "hybrid": 19,
    }.items():
        assert f"Section IV, {name}, accuracy: {100 * correct / 19:.0f}%" in agreed
    assert not any(finding.rule == "a per-class report" for finding in audited.findings)


def test_every_printed_number_of_the_report_and_the_text_is_there():
    sizes = {name: sum(map(len, table.rows.values())) for name, table in paper_of("lumbar").tables.items()}
    assert sizes["figure3"] == 4 * 4 + 2 + 3 + 4
    assert sizes["section4"] == 4 + 5 + 3 + 3 + 1 + 4


def test_ninety_per_cent_of_a_validation_set_is_18_of_20_which_is_no_finding(audited):
    """A tenth of 195 images may be 19 in one part and 20 in the other."""
    held = [agreement.about for agreement in audited.agreements if "validation accuracy of 90" in agreement.about]
    assert len(held) == 2
    assert not any(
        finding.told.startswith("The text says: VGG16 with involution has a") for finding in audited.findings
    )


def test_what_is_said_of_sizes_and_costs_is_measured(audited):
    """The paper prints none of them; built, the networks are as it describes them."""
    held = {agreement.about for agreement in audited.agreements}
    for words in ("MobileNet is light", "ResNet are deeper", "fewer weights", "AlexNet is comparatively", "are costly"):
        assert any(words in about for about in held)
