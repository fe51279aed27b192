"""Configurations against a reference: paired, tested, and true to what cannot change."""

import numpy as np
import pytest
from support.studied import binary, found, lines, printed, stored_run, studied

from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.studies.reproduction.tables.ablation import Ablation

N = 40
CHANCE = np.random.default_rng(0)
TRUTH = [0, 1] * (N // 2)
GOOD = np.where(np.array(TRUTH) == 1, 0.7, 0.3) + CHANCE.normal(0, 0.15, N)
POOR = 0.5 + CHANCE.normal(0, 0.2, N)
IOU = {"iou": Measure("IoU", "higher")}
OVERLAP = {"gradcam-aaaaaa": CHANCE.random(N), "fusion-bbbbbb": CHANCE.random(N)}


def run(output, name, chance, n=N):
    values = {(explainer, "iou"): numbers[:n] for explainer, numbers in OVERLAP.items()}
    return stored_run(
        output, name, binary(np.clip(chance[:n], 0.01, 0.99), TRUTH[:n]), [found("localisation", IOU, values)]
    )


@pytest.fixture
def both(tmp_path):
    return {"whole": run(tmp_path, "whole", GOOD), "plain": run(tmp_path, "plain", POOR)}


def test_every_configuration_less_the_reference_is_the_paired_difference(both):
    results = studied(both)
    shown, apart = Ablation("Parts", {"plain": "plain", "whole": "whole"})(results)
    assert [row[0] for row in lines(shown)] == ["Plain", "Whole"]
    assert apart.title == "Parts, less Plain"
    whole, plain = (resampled(results.row(name).predictions) for name in ("whole", "plain"))
    for row, key in zip(apart.rows, ("accuracy", "auc"), strict=True):
        expected, scale = whole.less(plain, key), 100 if key == "accuracy" else 1
        assert (row[2].mean, row[2].low) == pytest.approx((scale * expected.value, scale * expected.low))
        drawn = whole.drawn[key] - plain.drawn[key]
        assert row[2].low > 0  # so that p is small, and by Holm twice the smaller one at least
        assert row[3].mean == pytest.approx(2 * 2 * ((drawn <= 0).sum() + 1) / 2001, abs=2e-3)
    assert "Holm's correction for 2 comparisons" in apart.notes[0]


def test_maps_are_compared_picture_by_picture(both):
    rows = {"gradcam": {"row": "whole", "explainer": "gradcam"}, "fusion": {"row": "whole", "explainer": "fusion"}}
    _, apart = Ablation("Maps", rows, metrics={}, measures={"iou": "iou"})(studied(both))
    (row,) = apart.rows
    expected = 100 * (OVERLAP["fusion-bbbbbb"] - OVERLAP["gradcam-aaaaaa"])
    assert row[2].mean == pytest.approx(expected.mean())
    error = expected.std() / np.sqrt(N)
    assert row[2].high - row[2].low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_explainers_of_one_network_cannot_change_its_accuracy_and_print_is_told_to(both):
    rows = {
        "baseline": {"row": "whole", "is": "no explanations"},
        "gradcam": {"row": "whole", "explainer": "gradcam"},
        "fusion": {"row": "whole", "explainer": "fusion"},
    }
    table = Ablation("Modules", rows, measures={"iou": "iou"}, rated="hts", beside="table8")
    shown, apart, beside = table(studied(both, paper=printed("hybrid")))
    accuracies = {row[2] for row in lines(shown)}
    assert len(accuracies) == 1
    assert lines(shown)[0][4:] == ["–", "–"]
    said = " ".join(shown.notes)
    assert "one and the same network, explained after its training. No metric of its predictions can change" in said
    assert "In print it does, Accuracy (%): 92.4, 92.7, 93.1." in said
    cells = {(row[0], row[1]): row[2:] for row in lines(apart)}
    assert cells["Whole, fusion", "Accuracy (%) ↑"] == ["0: the same network", "–", "+0.7",
                                                        "not comparable: published without n"]  # fmt: skip
    assert ("Whole, fusion", "IoU (%) ↑") not in cells  # the reference has no map
    assert {row[2] for row in lines(beside) if row[1] == "IoU (%) ↑"} == {"57.3", "68.9"}


def test_other_pictures_are_not_paired_and_that_is_said(tmp_path, both):
    results = studied({**both, "few": run(tmp_path, "few", GOOD, n=20)})
    _, apart = Ablation("Parts", {"whole": "whole", "few": "few"})(results)
    assert [row[3] for row in lines(apart)] == ["–", "–"]
    assert apart.rows[0][2].low is None
    assert "Few: not paired, not the same pictures: 20 and 40, 20 in both." in apart.notes


def test_what_is_not_there_yet_is_named(both):
    rows = {"whole": "whole", "later": "later", "elsewhere": "elsewhere"}
    (shown,) = Ablation("Parts", rows)(studied({"whole": both["whole"], "later": None}))
    assert "Not there yet: later, elsewhere." in shown.notes
    assert Ablation("Parts", {"later": "later"})(studied({"later": None})) == []


def test_misspelt_options_are_refused(both):
    results = studied(both)
    with pytest.raises(ConfigError, match=r"no row 'plane'.*'plain'"):
        Ablation("Parts", {"plain": "plain"}, reference="plane")(results)
    with pytest.raises(ConfigError, match=r"no 'explaner' here.*'explainer'"):
        Ablation("Parts", {"plain": {"row": "plain", "explaner": "lime"}})(results)
