from dataclasses import replace

import numpy as np
import pytest
from support.trials import trial_of

from tests.evaluation.faithfulness.linear import Empty, Exact, linear_network, off_centre
from xaimed.errors import ConfigError
from xaimed.evaluation.faithfulness.areas import Faithfulness
from xaimed.evaluation.faithfulness.curves import area
from xaimed.evaluation.findings import read_arrays, write_findings


@pytest.fixture(scope="module")
def trial():
    """Three maps of a network that looks at one corner alone: the right one, its opposite, and none."""
    return trial_of(linear_network(off_centre()), {"exact": Exact(), "inverted": Exact(-1), "empty": Empty()})


@pytest.fixture(scope="module")
def found(trial):
    return Faithfulness(samples=9, steps=16)(trial)


@pytest.fixture(scope="module")
def means(found):
    return found.rows.groupby(["measure", "explainer"])["value"].mean()


def test_a_perfect_map_beats_what_knows_nothing_and_its_opposite_loses(means):
    knowing_nothing = ["control:random", "control:random 32×32", "control:blob", "empty"]
    for other in knowing_nothing:
        assert means["deletion", "exact"] < means["deletion", other] - 0.02 < means["deletion", "inverted"] - 0.04
        assert means["insertion", "exact"] > means["insertion", other] + 0.02 > means["insertion", "inverted"] + 0.04
    for measure in ("deletion_gain", "insertion_gain"):
        assert means[measure, "exact"] > 0 > means[measure, "inverted"]


def test_an_empty_map_is_as_good_as_chance(means, found):
    assert means["deletion_gain", "empty"] == pytest.approx(0, abs=0.03)
    assert means["deletion", "empty"] == pytest.approx(means["deletion", "control:random 32×32"], abs=0.03)
    assert found.rows["value"].notna().all()


def test_areas_are_those_of_the_stored_curves(found):
    arrays = found.arrays
    np.testing.assert_allclose(arrays["positions"], np.arange(17) / 16)
    assert arrays["deletion|exact"].shape == (9, 17)
    rows = found.rows.set_index(["explainer", "measure", "sample_id"])["value"]
    for at, name in enumerate(arrays["sample_id"]):
        for measure in ("deletion", "insertion"):
            curve = arrays[f"{measure}|exact"][at : at + 1]
            assert rows["exact", measure, name] == area(curve, arrays["positions"])[0]
        gain = rows["control:random 32×32", "deletion", name] - rows["exact", "deletion", name]
        assert rows["exact", "deletion_gain", name] == pytest.approx(gain)


def test_curves_are_stored_under_the_names_of_the_maps(found, tmp_path):
    write_findings(tmp_path, "faithfulness", found)
    stored = read_arrays(tmp_path)
    assert set(stored) == {"positions", "sample_id"} | {
        f"{measure}|{name}" for measure in ("deletion", "insertion") for name in set(found.rows["explainer"])
    }
    fine = "insertion|control:random 32×32"
    np.testing.assert_array_equal(stored[fine], found.arrays[fine])


def test_curves_begin_or_end_at_the_prediction(found, trial):
    positions = trial.chosen(9)
    chance = trial.predictions.probabilities[positions].max(1)
    np.testing.assert_allclose(found.arrays["deletion|exact"][:, 0], chance, rtol=1e-4)
    np.testing.assert_allclose(found.arrays["insertion|exact"][:, -1], chance, rtol=1e-4)
    np.testing.assert_allclose(found.arrays["deletion|exact"][:, -1], 1 / 3, rtol=1e-4)  # a blank picture


def test_each_map_is_judged_by_the_class_it_speaks_of(trial):
    other = np.full(12, 2)
    stored = trial.maps["exact"]
    moved = replace(trial, maps={"exact": replace(stored, targets=other)})
    found = Faithfulness(samples=3, steps=4)(moved)
    expected = trial.predictions.probabilities[trial.chosen(3), 2]
    np.testing.assert_allclose(found.arrays["deletion|exact"][:, 0], expected, rtol=1e-4)
    areas = found.rows.pivot(index="sample_id", columns=["explainer", "measure"], values="value")
    predicted = areas["control:random", "deletion"]
    assert not np.allclose(areas["exact", "deletion_gain"], predicted - areas["exact", "deletion"])


def test_the_caption_states_the_protocol():
    caption = Faithfulness(steps=20, cells=7, precision="bf16").caption
    for told in ("20 equal steps", "7 a side", "bf16", "two or three digits", "Up to 32", "noise on the explainer's"):
        assert told in caption
    assert "fp32" in Faithfulness().caption


def test_bf16_is_close(trial):
    exact, rough = (
        Faithfulness(samples=3, steps=4, precision=precision)(trial).rows["value"] for precision in ("fp32", "bf16")
    )
    assert 0 < (exact - rough).abs().max() < 0.05


def test_cells_are_deleted_as_a_whole(trial):
    found = Faithfulness(samples=3, steps=50, cells=4)(trial)
    np.testing.assert_allclose(found.arrays["positions"], np.arange(17) / 16)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"cells": 0}, {"blur": 0.0}, {"precision": "fp16"}])
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Faithfulness(**wrong)
