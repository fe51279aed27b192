"""The fitted chain in torch against scikit-learn's own classes, joined here by hand."""

import numpy as np
import pytest
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from support.hybrids import MEASURES, PREPARATION, fitted
from support.tiny import tiny_network
from torch import nn

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError, TrainingError
from xaimed.models.network import Network
from xaimed.training.svm import SVM

CASES = [
    (classes, kernel, pca)
    for classes in (2, 3)
    for kernel, pca in (("linear", None), ("rbf", None), ("rbf", 0.9), ("linear", 5))
]


def reference(made, kernel, pca, balanced=True):
    """Scikit-learn's pipeline, calibrated on the same inner folds."""
    steps = [StandardScaler(), *([] if pca is None else [PCA(pca)])]
    machine = SVC(kernel=kernel, class_weight="balanced" if balanced else None)
    inner = made.recipe.inner_parts(made.groups, made.targets, len(made.task.classes), 1)
    folds = [(np.flatnonzero(inner != part), np.flatnonzero(inner == part)) for part in range(inner.max() + 1)]
    chain = make_pipeline(*steps, OneVsRestClassifier(machine))
    return CalibratedClassifierCV(chain, method="sigmoid", cv=folds, ensemble=False).fit(made.seen, made.targets)


@pytest.mark.parametrize(("classes", "kernel", "pca"), CASES)
def test_the_torch_chain_is_scikit_learns(classes, kernel, pca):
    made = fitted(classes, kernel=kernel, pca=pca)
    whole = reference(made, kernel, pca)
    with torch.no_grad():
        logits = made.network(made.images)
        seen = made.network.seen(made.network.body(made.images))
        decisions = made.network.decisions(seen)
    np.testing.assert_array_equal(seen.double().numpy(), made.seen)
    expected = whole.calibrated_classifiers_[0].estimator.decision_function(made.seen)
    np.testing.assert_allclose(decisions.numpy(), expected.reshape(len(expected), -1), atol=1e-5)
    chances = made.task.probabilities(logits).numpy()
    np.testing.assert_allclose(chances, whole.predict_proba(made.seen), atol=1e-5)
    assert logits.dtype is torch.float32
    assert chances.std(0).min() > 0.01
    assert (chances.argmax(1) == made.targets).mean() > 0.6


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_its_gradient_is_that_of_scikit_learns_function(kernel):
    made = fitted(3, kernel=kernel)
    decide = reference(made, kernel, None).calibrated_classifiers_[0].estimator.decision_function
    for entry in (0, 5, 15, 16, 40):
        step = np.zeros(made.seen.shape[1])
        step[entry] = 1e-4 * made.seen[:, entry].std() + 1e-9
        slope = (decide(made.seen[:4] + step) - decide(made.seen[:4] - step)) / (2 * step[entry])
        seen = torch.from_numpy(made.seen[:4]).requires_grad_()
        for c in range(3):
            (gradient,) = torch.autograd.grad(made.network.decisions(seen)[:, c].sum(), seen)
            np.testing.assert_allclose(gradient[:, entry], slope[:, c], rtol=1e-4, atol=1e-6)


def test_classes_weigh_the_same_only_if_asked():
    made = fitted(2, balanced=False)
    np.testing.assert_allclose(
        made.task.probabilities(made.network(made.images)).detach(),
        reference(made, "rbf", None, balanced=False).predict_proba(made.seen),
        atol=1e-5,
    )


def test_inner_folds_keep_patients_together_and_hold_every_class():
    groups = np.array([f"p{i // 3}" for i in range(60)])
    targets = np.arange(60) // 20
    parts = SVM(inner_folds=4).inner_parts(groups, targets, 3, seed=0)
    assert set(parts) == {0, 1, 2, 3}
    assert all(len(set(parts[groups == name])) == 1 for name in set(groups))
    assert all(set(targets[parts == part]) == {0, 1, 2} for part in range(4))
    few = SVM(inner_folds=4).inner_parts(np.array(list("aabbccdd")), np.array([0, 0, 0, 0, 1, 1, 1, 1]), 2, seed=0)
    assert len(set(few)) == 2


def test_the_same_rows_give_the_same_numbers():
    first, second = fitted(3), fitted(3)
    for name, array in first.chain.arrays.items():
        np.testing.assert_array_equal(array, second.chain.arrays[name])


def check(recipe, network=None, task=None, groups="aabbccdd"):
    recipe.check(
        network or tiny_network(2, False),
        task or Task(Kind.BINARY, ("a", "b")),
        np.array(list(groups)),
        np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    )


def test_what_could_not_be_fitted_is_refused_before():
    check(SVM(handcrafted=MEASURES))
    with pytest.raises(ConfigError, match="several labels"):
        check(SVM(), task=Task(Kind.MULTILABEL, ("a", "b")))
    with pytest.raises(ConfigError, match="20 components cannot be found in 4 pictures"):
        check(SVM(handcrafted=MEASURES, pca=20))
    with pytest.raises(TrainingError, match="class number 1 has too few patients"):
        check(SVM(handcrafted=MEASURES), groups="aaaabbcc")
    body = nn.Sequential()
    body.add_module("conv", nn.Conv2d(3, 2, 1))
    odd = Network(body, nn.Sequential(nn.Linear(2, 2), nn.ReLU()), explained="conv", feature_width=2, input_size=8)
    with pytest.raises(ConfigError, match="ends in a ReLU"):
        check(SVM(handcrafted=MEASURES), network=odd)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kernel": "rfb"}, r"no kernel 'rfb'.*rbf"),
        ({"C": 0}, "must be above 0"),
        ({"gamma": "auto"}, "may be 'scale'"),
        ({"pca": 1.5}, "neither a share nor a number"),
        ({"inner_folds": 1}, "calibrate nothing"),
    ],
)
def test_wrong_options_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        SVM(**options)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_scikit_learn_refuses_fails_the_fold_with_its_reason():
    seen = np.full((8, MEASURES.width + 1), np.nan)
    with pytest.raises(TrainingError, match=r"the SVM cannot be fitted: .*NaN"):
        SVM(handcrafted=MEASURES).fit(
            seen,
            np.array([0, 0, 0, 0, 1, 1, 1, 1]),
            np.array(list("aabbccdd")),
            task=Task(Kind.BINARY, ("a", "b")),
            preparation=PREPARATION,
            seed=0,
        )


def test_inner_folds_that_contradict_the_machine_do_not_turn_its_decisions_round():
    """Noise of a few patients: held out, each class looks like the other one."""
    turned = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        seen, targets = rng.normal(size=(12, 3 + MEASURES.width)), np.arange(12) % 2
        groups = np.array([f"p{i}" for i in range(12)])
        recipe = SVM(handcrafted=MEASURES, kernel="linear")
        task = Task(Kind.BINARY, ("a", "b"))
        inner = recipe.inner_parts(groups, targets, 2, seed)
        folds = [(np.flatnonzero(inner != part), np.flatnonzero(inner == part)) for part in np.unique(inner)]
        plain = CalibratedClassifierCV(recipe.pipeline(), method="sigmoid", cv=folds, ensemble=False)
        (theirs,) = plain.fit(seen, targets).calibrated_classifiers_[0].calibrators
        ours = recipe.fit(seen, targets, groups, task=task, preparation=PREPARATION, seed=seed).arrays
        turned += theirs.a_ >= 0
        assert ours["calibration.slope"][0] < 0
        if theirs.a_ < 0:
            assert ours["calibration.slope"][0] == pytest.approx(theirs.a_)
    assert turned > 0
