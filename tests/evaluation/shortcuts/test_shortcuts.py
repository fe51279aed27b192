"""A network that looks only into a corner rests on a shortcut; one that looks only at the middle does not."""

import numpy as np
import pandas as pd
import pytest
import torch
from support.trials import trial_of
from torch import nn

from xaimed.errors import ConfigError
from xaimed.evaluation.shortcuts.probe import Shortcuts
from xaimed.evaluation.shortcuts.rows import BEYOND_CHANCE, DROP, ELSEWHERE, LARGEST, SURROUNDINGS, with_largest_excess
from xaimed.evaluation.shortcuts.verdict import chance_of, verdict
from xaimed.models.network import Network

SIDE, EACH = 32, 16


class Window(nn.Module):
    """Sees the mean brightness of one part of the picture, and nothing else."""

    def __init__(self, rows, columns):
        super().__init__()
        self.rows, self.columns = slice(*rows), slice(*columns)

    def forward(self, images):
        return images[..., self.rows, self.columns].mean((1, 2, 3))[:, None]


def looking_at(rows, columns, threshold):
    """Says the first class where the window is brighter than the threshold, the last where it is darker."""
    decide = nn.Linear(1, 3)
    with torch.no_grad():
        decide.weight.copy_(torch.tensor([[8.0], [0.0], [-8.0]]))
        decide.bias.copy_(torch.tensor([-8.0, 0.0, 8.0]) * threshold)
    return Network(
        nn.Sequential(Window(rows, columns)), nn.Sequential(decide), explained="0", feature_width=1, input_size=SIDE
    )


def groups_of(trial):
    return dict(zip(trial.predictions.frame["sample_id"], trial.predictions.frame["group"], strict=True))


@pytest.fixture(scope="module")
def corner():
    """A network that asks whether the lead letter lies in the upper left corner."""
    trial = trial_of(looking_at((0, 6), (0, 6), -1.7), {}, count=EACH, size=SIDE)
    return trial, Shortcuts(samples=3 * EACH)(trial)


@pytest.fixture(scope="module")
def middle():
    trial = trial_of(looking_at((8, 24), (8, 24), 0.4), {}, count=EACH, size=SIDE)
    return trial, Shortcuts(samples=3 * EACH)(trial)


def test_a_network_that_looks_into_a_corner_is_found_out(corner):
    trial, findings = corner
    said = verdict(findings.rows, groups_of(trial))
    assert {"upper_left"} <= {region.name for region in said.found} <= {"upper_left", "border", "markers"}
    assert said.sentences()[0].startswith("the prediction rests on the ")
    assert any("upper left corner" in sentence for sentence in said.sentences())


def test_a_network_that_looks_at_the_middle_is_not(middle):
    trial, findings = middle
    assert 0 < trial.predictions.frame["predicted"].value_counts().min() < 3 * EACH  # it does decide
    said = verdict(findings.rows, groups_of(trial))
    assert said.found == ()
    assert said.sentences()[0].startswith("no shortcut found in border, corners or marks; the largest")
    inside = findings.rows[findings.rows["measure"].str.startswith(DROP)]
    assert (inside.loc[inside["explainer"] == "", "value"].abs() < 1e-6).all()
    assert inside.loc[inside["explainer"] == ELSEWHERE, "value"].abs().max() > 0.01


def test_rows_are_named_and_the_largest_excess_is_that_of_the_worst_common_region(corner):
    trial, findings = corner
    assert {*findings.rows["measure"], LARGEST} == set(findings.measures)
    assert [key for key, measure in findings.measures.items() if measure.trust] == [LARGEST]
    whole = with_largest_excess(findings.rows)
    largest = whole.loc[whole["measure"] == LARGEST, "value"].mean()
    said = verdict(findings.rows, groups_of(trial))
    common = {region.name: region.drop.excess.value for region in said.regions if region.drop.excess.n >= 12}
    assert largest == pytest.approx(max(common.values()))
    assert common[said.worst] == max(common.values())


def test_the_region_of_the_largest_excess_is_chosen_over_all_folds_as_in_the_sentence():
    def fold(ids, border, corner):
        parts = {"drop:border": border, "drop:upper_left": corner, "flip:border": 0.0, "flip:upper_left": 0.0}
        return pd.concat(
            pd.DataFrame({"sample_id": ids, "explainer": explainer, "measure": key, "value": value if here else 0.0})
            for key, value in parts.items()
            for explainer, here in (("", True), (ELSEWHERE, False))
        )

    rows = pd.concat([fold(list("abcd"), 0.03, -0.01), fold(list("efgh"), -0.02, 0.02)], ignore_index=True)
    largest = with_largest_excess(rows)
    values = largest[largest["measure"] == LARGEST].set_index("sample_id")["value"]
    assert values.to_dict() == pytest.approx(dict.fromkeys("abcd", -0.01) | dict.fromkeys("efgh", 0.02))
    said = verdict(rows).sentences()[0]
    assert "the largest excess drop is that of the upper left corner" in said
    assert f"{100 * values.mean():.1f} [" in said
    again = with_largest_excess(largest)  # what an earlier version stored of each fold is left out
    pd.testing.assert_frame_equal(again, largest)


def test_a_region_that_few_pictures_have_is_not_the_worst():
    rows = rows_of(np.full(12, 0.02), np.zeros(12))
    mark = rows[rows["sample_id"].isin(["s0", "s1"])].assign(value=lambda table: 5 * table["value"])
    mark["measure"] = mark["measure"].str.replace("border", "markers")
    assert verdict(pd.concat([rows, mark])).worst == "border"


def test_by_its_corner_alone_a_picture_gets_the_same_decision_as_by_all_of_it(corner):
    trial, findings = corner
    right = findings.rows[findings.rows["measure"] == SURROUNDINGS].set_index("sample_id")["value"]
    np.testing.assert_array_equal(right[trial.sample_ids], trial.predictions.correct)


def test_what_surroundings_tell_is_held_against_other_patients_labels(corner):
    trial, findings = corner
    frame = trial.predictions.frame.set_index("sample_id")
    found = findings.rows[findings.rows["measure"] == BEYOND_CHANCE].set_index("sample_id")["value"]
    name = frame.index[0]
    others = frame[frame["group"] != frame.loc[name, "group"]]
    decided = frame.loc[name, "predicted"]  # by the corner, which is kept
    expected = float(decided == frame.loc[name, "label"]) - (others["label"] == decided).mean()
    assert found[name] == pytest.approx(expected)


def test_a_picture_is_probed_alike_whichever_others_are(corner):
    trial, findings = corner
    fewer = Shortcuts(samples=4)(trial).rows
    keys = ["sample_id", "explainer", "measure"]
    fewer = fewer[fewer["measure"].str.startswith((DROP, "flip:"))]
    both = fewer.merge(findings.rows, on=keys)
    assert len(both) == len(fewer)
    np.testing.assert_allclose(both["value_x"], both["value_y"], atol=1e-6)


def rows_of(drops, elsewhere, flips=0.0):
    """Rows of the border, a value a sample, as the probe writes them."""
    ids = [f"s{number}" for number in range(len(drops))]
    return pd.concat(
        pd.DataFrame({"sample_id": ids, "explainer": explainer, "measure": measure, "value": values})
        for measure, explainer, values in (
            ("drop:border", "", drops),
            ("drop:border", ELSEWHERE, elsewhere),
            ("flip:border", "", flips),
            ("flip:border", ELSEWHERE, 0.0),
        )
    )


def test_pictures_of_one_patient_count_once():
    rows = rows_of(np.full(12, 0.5), np.full(12, 0.1))
    alone = verdict(rows)
    (region,) = alone.regions
    assert region.drop.excess.value == pytest.approx(0.4)
    assert region.found
    assert alone.patients == 12
    of_two = verdict(rows, {f"s{number}": str(number % 2) for number in range(12)})
    assert not of_two.found
    assert "2 patients are too few to tell" in of_two.sentences()[0]


def test_a_trifle_is_no_shortcut_however_sure_and_flips_alone_are_one():
    sure = rows_of(np.full(12, 0.02), np.zeros(12))
    assert verdict(sure).regions[0].drop.p < 0.05
    assert not verdict(sure).found
    to_and_fro = rows_of(np.tile([0.5, -0.5], 6), np.zeros(12), flips=1.0)
    assert verdict(to_and_fro).regions[0].drop.p > 0.05
    assert verdict(to_and_fro).found


def test_masks_elsewhere_that_raise_the_probability_make_no_shortcut():
    (region,) = verdict(rows_of(np.zeros(12), np.full(12, -0.5))).regions
    assert region.drop.excess.value == 0
    assert not region.found


def test_chance_by_all_the_signs_there_are():
    differences = np.array([0.5, 0.4, 0.3, 0.2])
    assert chance_of(differences, list("abcd")) == pytest.approx(1 / 16, abs=0.01)
    assert chance_of(-differences, list("abcd")) == 1
    assert chance_of(np.zeros(4), list("abcd")) == 1
    assert chance_of(differences, list("aabb")) == pytest.approx(1 / 4, abs=0.02)


def test_nothing_probed_is_said():
    assert verdict(rows_of([], [])).sentences() == ["nothing was probed"]


@pytest.mark.parametrize("options", [{"border": 0.3}, {"corner": 0}, {"controls": 0}, {"samples": 0}])
def test_a_probe_that_could_tell_nothing_is_refused(options):
    with pytest.raises(ConfigError, match=r"evaluation\.shortcuts"):
        Shortcuts(**options)
