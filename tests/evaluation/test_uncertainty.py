"""Every uncertainty of a picture, against numbers that can be followed by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.tiny import tiny_network
from support.trials import trial_of

from tests.evaluation.made_predictions import binary, by_hand, multilabel
from xaimed.errors import ConfigError
from xaimed.evaluation.uncertainty import MEASURES, Uncertainty, entropy, least_sure, relative_spread
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM


def test_the_spread_is_taken_relative_to_the_map():
    heat = np.array([[[1.0, 0.0], [3.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]], [[-2.0, 2.0], [0.0, 0.0]]])
    spread = np.array([[[0.1, 0.2], [0.6, 0.3]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]])
    np.testing.assert_allclose(relative_spread(heat, spread), [1.2 / 4, np.nan, 0.5])
    np.testing.assert_allclose(relative_spread(heat, spread, 0.5), [0.6 / 3, np.nan, 0.5])  # where it reaches 1.5
    np.testing.assert_allclose(relative_spread(10 * heat, 10 * spread), relative_spread(heat, spread))


def test_the_prediction_is_as_unsure_as_its_probabilities():
    np.testing.assert_allclose(least_sure(by_hand()), 0.4, rtol=1e-6)
    np.testing.assert_allclose(entropy(by_hand()), -(0.6 * np.log(0.6) + 2 * 0.2 * np.log(0.2)), rtol=1e-6)
    sure = binary([0.0, 40.0], [0, 1])
    np.testing.assert_allclose(least_sure(sure), [0.5, 0], atol=1e-7)
    np.testing.assert_allclose(entropy(sure), [np.log(2), 0], atol=1e-7)


def test_of_several_labels_the_least_sure_counts():
    told = multilabel([[1, 0], [1, 1]], [[0.9, 0.4], [0.99, 0.01]])
    np.testing.assert_allclose(least_sure(told), [0.4, 0.01], rtol=1e-5)
    each = [-(p * np.log(p) + (1 - p) * np.log(1 - p)) for p in (0.9, 0.4, 0.99)]
    np.testing.assert_allclose(entropy(told), [each[0] + each[1], 2 * each[2]], rtol=1e-5)


def test_what_a_map_does_not_have_has_no_row():
    torch.manual_seed(0)
    network = tiny_network(3, False).eval()
    trial = trial_of(network, {"mc_gradcam-1": MCDropoutGradCAM(passes=3), "gradcam-2": GradCAM()}, count=2)
    said = np.arange(6, dtype=np.float32)
    maps = dict(trial.maps)
    maps["mc_gradcam-1"] = replace(maps["mc_gradcam-1"], extra={"mutual_information": said})
    findings = Uncertainty()(replace(trial, maps=maps))
    rows = findings.rows.set_index("sample_id")
    assert set(rows["explainer"]) == {"mc_gradcam-1", ""}
    assert set(rows["measure"]) == set(MEASURES) - {"predictive_entropy"}
    found = rows[rows["measure"] == "mutual_information"]["value"]
    assert found.to_dict() == dict(zip(trial.sample_ids, said, strict=True))
    own = rows[rows["measure"] == "explanation_uncertainty"]["value"].to_numpy()
    stored = maps["mc_gradcam-1"]
    expected = [spread.mean() / heat.mean() for spread, heat in zip(stored.uncertainty, stored.heatmap, strict=True)]
    np.testing.assert_allclose(own, expected, rtol=1e-5)


@pytest.mark.parametrize("critical", [0.0, 1.5])
def test_what_is_no_share_is_refused(critical):
    with pytest.raises(ConfigError, match="no share of the maximum"):
        Uncertainty(critical)
