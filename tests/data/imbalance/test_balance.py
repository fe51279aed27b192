"""Weights, draws and what they come to, against numbers worked out by hand, the paper's among them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.effect import effect_of, remarks_on
from xaimed.data.imbalance.imbalance import Imbalance
from xaimed.data.protocol import Split
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError, DataError

NONE = np.array([], dtype=np.int64)


@pytest.fixture
def balance_of(table_manifest):
    """A fold that trains on all rows but the last: ``balance_of(labels, classes, weights=…)``."""

    def make(labels, classes, binary=False, **measures):
        manifest = table_manifest(labels, range(len(labels)), classes)
        if binary:
            manifest = replace(manifest, task=Task(Kind.BINARY, classes))
        rows = np.arange(len(labels))
        return Balance(Imbalance(**measures), manifest, Split(0, rows[:-1], NONE, rows[-1:]))

    return make


def repeated(**counts):
    """As many labels of each name, and one more row, which does not train."""
    return [name for name, count in counts.items() for _ in range(count)] + [next(iter(counts))]


def test_balanced_weights_by_hand_and_as_scikit_learn_has_them(balance_of):
    labels = repeated(a=2, b=6)
    weights = balance_of(labels, ("a", "b"), weights="balanced").loss_weights()
    assert weights.values.tolist() == pytest.approx([8 / (2 * 2), 8 / (2 * 6)])
    reference = compute_class_weight("balanced", classes=np.array(["a", "b"]), y=labels[:-1])
    assert weights.values.tolist() == pytest.approx(reference.tolist())
    assert weights.of(torch.tensor([1, 0])).tolist() == pytest.approx([2 / 3, 2])


def test_one_logit_weighs_its_two_sides(balance_of):
    labels = repeated(Normal=2, Pneumonia=6)
    balanced = balance_of(labels, ("Normal", "Pneumonia"), binary=True, weights="balanced").loss_weights()
    positive = balance_of(labels, ("Normal", "Pneumonia"), binary=True, weights="positive").loss_weights()
    targets = torch.tensor([[0.0], [1.0]])
    assert balanced.of(targets).flatten().tolist() == pytest.approx([2, 2 / 3])
    assert positive.of(targets).flatten().tolist() == pytest.approx([1, 2 / 6])


def test_labels_nobody_knows_are_counted_nowhere(balance_of):
    labels = [[1, 0], [0, -1], [0, 0], [0, -1], [1, 1]]  # the last row does not train
    positive = balance_of(labels, ("a", "b"), weights="positive").loss_weights()
    # a: 3 without, 1 with; b is never there among what trains, so it cannot be balanced
    assert positive.values.tolist() == [[1, 3], [1, 1]]
    balanced = balance_of(labels, ("a", "b"), weights="balanced")
    assert balanced.loss_weights().values.tolist()[0] == pytest.approx([4 / 6, 4 / 2])
    effects = effect_of(balanced)
    assert effects[0].share == pytest.approx(0.5)  # 1 × 2 against 3 × 2/3
    assert "no training row has b" in " ".join(remarks_on(balanced, effects))


def test_only_training_rows_are_counted(balance_of):
    assert balance_of(["a", "a", "b", "b"], ("a", "b"), weights="balanced").original.positive.tolist() == [2, 1]


def test_draws_of_several_labels_go_by_the_rarest(balance_of):
    labels = [[1, 1], [1, 0], [1, 0], [0, 0], [0, 0], [0, 0]]
    balance = balance_of(labels, ("often", "rare"), sampler="weighted")
    weights = balance.row_weights(balance.manifest, balance.split.train)
    assert weights.tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 2, 1 / 2])
    often, rare = effect_of(balance)
    total = 1 + 2 / 3 + 1
    assert (often.draws, rare.draws) == (pytest.approx((1 + 2 / 3) / total), pytest.approx(1 / total))


def test_the_papers_three_measures_together(balance_of):
    """1341 Normal filled up to 3875, drawn by 1/1341 against 1/3875, and 1341/3875 on Pneumonia."""
    labels = repeated(Normal=1341, Pneumonia=3875)
    asked = {"weights": "positive", "sampler": "weighted", "copies": "augmented"}
    normal, pneumonia = effect_of(balance := balance_of(labels, ("Normal", "Pneumonia"), binary=True, **asked))
    assert (normal.pictures, normal.rows, pneumonia.rows) == (1341, 3875, 3875)
    assert normal.draws == pytest.approx(3875 / 5216)  # 74.3 %
    assert pneumonia.weight == pytest.approx(1341 / 3875)
    assert normal.share == pytest.approx(3875 / (3875 + 1341 * 1341 / 3875))  # 89.3 %
    (remark,) = remarks_on(balance, [normal, pneumonia])
    assert "'Normal' is over-corrected" in remark
    assert "89%" in remark
    made = balance_of(labels, ("Normal", "Pneumonia"), binary=True, frequencies="made", **asked)
    assert [effect.share for effect in effect_of(made)] == pytest.approx([0.5, 0.5])
    assert remarks_on(made, effect_of(made)) == []


@pytest.mark.parametrize(
    ("measures", "draws", "share"),
    [
        ({"weights": "balanced"}, [0.25, 0.75], [0.5, 0.5]),
        ({"sampler": "weighted"}, [0.5, 0.5], [0.5, 0.5]),
        ({"copies": "augmented"}, [0.5, 0.5], [0.5, 0.5]),
        ({"copies": "smote_pixels"}, [0.5, 0.5], [0.5, 0.5]),
        ({"smote_features": True}, [0.5, 0.5], [0.5, 0.5]),
        ({"weights": "balanced", "sampler": "weighted"}, [0.5, 0.5], [0.75, 0.25]),
        ({"weights": "balanced", "smote_features": True}, [0.5, 0.5], [0.75, 0.25]),
    ],
)
def test_what_each_measure_does_to_one_of_four(balance_of, measures, draws, share):
    effects = effect_of(balance := balance_of(repeated(a=2, b=6), ("a", "b"), **measures))
    assert [effect.draws for effect in effects] == pytest.approx(draws)
    assert [effect.share for effect in effects] == pytest.approx(share)
    assert bool(remarks_on(balance, effects)) == (share[0] > 0.6)


def test_synthetic_vectors_make_up_what_is_missing(balance_of):
    balance = balance_of(repeated(a=2, b=6, c=4), ("a", "b", "c"), smote_features=True)
    per_row = balance.synthetic_per_row()
    assert (per_row * 12 + [2, 6, 4]).tolist() == pytest.approx([6, 6, 6])


@pytest.mark.parametrize("measures", [{"weights": "balanced"}, {"sampler": "weighted"}, {"copies": "augmented"}])
def test_a_class_without_training_rows_is_refused_by_name(balance_of, measures):
    with pytest.raises(DataError, match=r"no training row is of class 'b'.*fold 0"):
        balance_of(["a", "a", "b"], ("a", "b"), **measures)
    assert balance_of(["a", "a", "b"], ("a", "b")).loss_weights() is None  # nothing asked, nothing refused


@pytest.mark.parametrize("measures", [{"copies": "smote_pixels"}, {"smote_features": True}])
def test_smote_needs_two_pictures(balance_of, measures):
    with pytest.raises(DataError, match="'b' has one training picture"):
        balance_of(["a", "a", "b", "a"], ("a", "b"), **measures)
    assert balance_of(["a", "a", "b", "a"], ("a", "b"), copies="augmented").original.missing.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ({"weights": "balnced"}, "Did you mean 'balanced'"),
        ({"weights": None}, "there is no choice 'None'"),
        ({"sampler": "random"}, "imbalance.sampler"),
        ({"copies": "smote"}, "'smote_pixels'"),
        ({"frequencies": "mad"}, "'made'"),
        ({"neighbours": 0}, "among 0 pictures"),
        ({"smote_features": True, "sampler": "weighted"}, "add nothing"),
        ({"smote_features": True, "copies": "augmented"}, "add nothing"),
    ],
)
def test_choices_that_do_not_exist_or_do_nothing_are_refused(measures, said):
    with pytest.raises(ConfigError, match=said):
        Imbalance(**measures)


def test_what_has_no_meaning_for_a_task_is_refused(balance_of):
    with pytest.raises(ConfigError, match="none is the positive one"):
        balance_of(repeated(a=2, b=6), ("a", "b"), weights="positive")
    for measures in ({"copies": "augmented"}, {"copies": "smote_pixels"}, {"smote_features": True}):
        with pytest.raises(ConfigError, match="its other labels would be copied too"):
            balance_of([[1, 0], [0, 1], [0, 0]], ("a", "b"), **measures)
