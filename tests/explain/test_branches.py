import numpy as np
import pytest
import torch
from support.hybrids import fitted

from xaimed.explain.branches import Contributions, contributions
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.explain.untouched import untouched

CASES = [(classes, kernel) for classes in (2, 3) for kernel in ("linear", "rbf")]


@pytest.mark.parametrize("classes", [2, 3])
def test_of_a_linear_svm_a_contribution_is_weight_times_standardised_value(classes):
    made = fitted(classes, kernel="linear")
    arrays, deep = made.chain.arrays, made.chain.deep_width
    targets = torch.arange(len(made.images)) % classes
    found = contributions(made.network, made.network.body(made.images), targets)
    standard = (made.seen - arrays["mean"]) / arrays["scale"]
    for row, target in enumerate(targets.tolist()):
        weights = arrays["svm.weights"][target] if classes > 2 else arrays["svm.weights"][0] * (2 * target - 1)
        told = weights * standard[row]
        assert found.deep[row] == pytest.approx(told[:deep].sum(), abs=1e-9)
        assert found.handcrafted[row] == pytest.approx(told[deep:].sum(), abs=1e-9)


@pytest.mark.parametrize(("classes", "kernel"), CASES)
def test_contributions_add_up_to_the_decision_less_that_of_the_mean(classes, kernel):
    made = fitted(classes, kernel=kernel, pca=0.95)
    targets = torch.ones(len(made.images), dtype=torch.long)
    features = made.network.body(made.images)
    found = contributions(made.network, features, targets)
    column = 1 if classes > 2 else 0
    decided = made.network.decisions(torch.from_numpy(made.seen))[:, column]
    typical = made.network.decisions(torch.from_numpy(made.seen.mean(0))[None])[0, column]
    torch.testing.assert_close(found.deep + found.handcrafted, decided - typical)


def test_for_rbf_it_is_shapleys_rule_with_the_training_mean_for_the_absent():
    made = fitted(3, kernel="rbf")
    deep, mean = made.chain.deep_width, made.seen.mean(0)
    arrays = made.chain.arrays

    def value(row):
        projected = (row - arrays["mean"]) / arrays["scale"]
        distances = ((arrays["svm.vectors"] - projected) ** 2).sum(1)
        return arrays["svm.dual"][2] @ np.exp(-arrays["svm.gamma"] * distances) + arrays["svm.intercept"][2]

    x = made.seen[7]
    alone, others = np.concatenate([x[:deep], mean[deep:]]), np.concatenate([mean[:deep], x[deep:]])
    expected = 0.5 * (value(alone) - value(mean)) + 0.5 * (value(x) - value(others))
    found = contributions(made.network, made.network.body(made.images)[7:8], torch.tensor([2]))
    assert found.deep[0] == pytest.approx(expected, abs=1e-9)


def test_the_share_is_of_absolute_contributions():
    share = Contributions(torch.tensor([1.0, -3.0, 0.0]), torch.tensor([3.0, 1.0, 0.0])).handcrafted_share
    assert share[:2].tolist() == [0.75, 0.25]
    assert share[2].isnan()


@pytest.mark.parametrize("classes", [2, 3])
def test_gradcam_explains_the_hybrids_decision_through_the_cnn(classes):
    """For a linear SVM after global pooling the map is known: channels weighted by weight over standard deviation."""
    made = fitted(classes, kernel="linear")
    body = made.cnn.body
    for target in range(classes):
        explanation = GradCAM()(made.network, made.images, torch.full((len(made.images),), target))
        with torch.no_grad():
            activation = body.explained(body.second(body.relu(body.norm(body.first(made.images))))).double()
        arrays, deep = made.chain.arrays, made.chain.deep_width
        column, sign = (target, 1) if classes > 2 else (0, 2 * target - 1)
        slope = -arrays["calibration.slope"][column] * sign
        channels = torch.from_numpy(slope * arrays["svm.weights"][column][:deep] / arrays["scale"][:deep])
        expected = torch.einsum("k,bkhw->bhw", channels, activation).relu()
        expected = expected / activation[0, 0].numel()
        if classes > 2:  # the logit is log σ(z), whose slope is 1 - σ(z)
            z = -(arrays["calibration.slope"] * made.network.decisions(torch.from_numpy(made.seen)).numpy())
            z -= arrays["calibration.offset"]
            expected = expected * torch.from_numpy(1 / (1 + np.exp(z[:, target])))[:, None, None]
        assert expected.amax((1, 2)).max() > 0
        torch.testing.assert_close(explanation.heatmap.double(), expected, rtol=1e-3, atol=1e-7)
        torch.testing.assert_close(explanation.logits, made.network(made.images).detach())


def test_the_map_is_the_same_frozen_or_not_and_the_network_untouched():
    made = fitted(3)
    with torch.no_grad():
        before = made.network(made.images)
    free = GradCAM()(made.network, made.images)
    made.network.requires_grad_(False)
    frozen = GradCAM()(made.network, made.images)
    assert torch.equal(free.heatmap, frozen.heatmap)
    assert free.heatmap.amax() > 0
    with torch.no_grad():
        assert torch.equal(made.network(made.images), before)


def test_mc_dropout_samples_the_cnns_own_dropout():
    made = fitted(3, kernel="linear")
    explanation = MCDropoutGradCAM(passes=4)(made.network, made.images)
    assert explanation.uncertainty.amax() > 0
    assert explanation.extra["passes_logits"].std(0).amax() > 0


def test_handcrafted_features_are_those_of_the_picture_under_the_normalisation():
    made = fitted(2)
    with untouched(made.network):
        features = made.network.body(made.images)
    mean, std = (torch.tensor(v)[:, None, None] for v in (made.chain.pixel_mean, made.chain.pixel_std))
    grey = ((made.images * std + mean)[:, 0] * 255).round().byte().numpy()
    expected = np.array([made.recipe.handcrafted.vector(picture) for picture in grey])
    np.testing.assert_array_equal(features[:, made.cnn.feature_width :], expected.astype(np.float32))
