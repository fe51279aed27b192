"""Lung zones by class, and which printed zone each is held against."""

import numpy as np
import pytest
from support.studied import binary, found, lines, printed, stored_run, studied

from xaimed.evaluation.contract import Measure
from xaimed.studies.reproduction.tables.zones import Zones

N = 16
TRUTH = [0, 1] * (N // 2)
PREDICTIONS = binary([0.2, 0.8] * (N // 2), TRUTH)
ILL = np.array(TRUTH, dtype=float)
MEASURES = {
    "activation:right_upper": Measure("Activation, right upper (image left)"),
    "activation:left_upper": Measure("Activation, left upper (image right)"),
    "uncertainty:right_upper": Measure("Uncertainty, right upper (image left)"),
}
SMALL = np.linspace(-0.02, 0.02, N)
VALUES = {
    ("mc_gradcam-aaaaaa", "activation:right_upper"): 0.544 + SMALL,
    ("mc_gradcam-aaaaaa", "activation:left_upper"): 0.2 + 0.5 * ILL + SMALL,
    ("mc_gradcam-aaaaaa", "uncertainty:right_upper"): 0.1 + SMALL,
    ("gradcam-bbbbbb", "activation:left_upper"): 0.9 + SMALL,
}
TABLE = Zones(
    "Lung zones",
    beside="zones",
    explainers=("mc_gradcam",),
    zones={"right_upper": "upper_west", "left_upper": "upper_east"},
    classes={"N": "normal", "P": "pneumonia"},
)


@pytest.fixture
def results(tmp_path):
    run = stored_run(tmp_path, "ours", PREDICTIONS, [found("lung_zones", MEASURES, VALUES)])
    return studied({"ours": run}, paper=printed("pneumonia"))


def test_activation_then_uncertainty_by_class_with_both_names_of_the_sides(results):
    activation, uncertainty, _ = TABLE(results)
    assert activation.title == "Lung zones, activation by zone: mc_gradcam; Ours"
    assert uncertainty.title == "Lung zones, uncertainty by zone: mc_gradcam; Ours"
    assert [row[0] for row in lines(activation)] == ["right upper (image left)", "left upper (image right)"]
    assert activation.columns[1:4] == ("N (n = 8)", "P (n = 8)", "P − N")
    assert activation.rows[1][3].mean == pytest.approx(0.5 + (SMALL[ILL == 1].mean() - SMALL[ILL == 0].mean()))
    assert float(lines(activation)[1][6]) < 0.05 < float(lines(activation)[0][6])
    assert "As asked." in activation.notes


def test_each_zone_and_class_is_held_against_its_printed_cell(results):
    *_, beside = TABLE(results)
    cells = {row[0]: row[1:] for row in lines(beside)}
    assert list(cells) == ["Upper West, N", "Upper West, P", "Upper East, N", "Upper East, P"]
    what, value, ours, _, said = cells["Upper West, N"]
    assert (what, value, said) == ("mc_gradcam, right upper (image left)", "0.544", "inside")
    assert ours.startswith(f"{(0.544 + SMALL[ILL == 0]).mean():.3f} (")
    assert cells["Upper West, P"][4] == "not comparable: published without n"
    assert "east is the reader's right and the patient's left" in beside.notes[0]


def test_without_an_evaluation_of_zones_there_is_no_table(tmp_path):
    assert TABLE(studied({"ours": stored_run(tmp_path, "ours", PREDICTIONS), "later": None})) == []
