"""Synthetic features: how many, where they lie, and what the head and the loss make of them."""

import numpy as np
import pytest
import torch
from support.tiny import tiny_network
from torch import nn
from torch.nn import functional

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.feature_smote import FeatureSmote, check_feature_smote
from xaimed.training.objectives import CrossEntropy, Value
from xaimed.training.parts import body_parts
from xaimed.training.strategies import FeatureExtraction, FineTuning, Scratch, Strategy

FEATURES = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [10.0, 10.0], [12.0, 10.0]])
LABELS = np.array([1, 1, 1, 2, 2])
THREE = Task(Kind.MULTICLASS, ("a", "b", "c"))


def smote(per_row=(0.0, 0.3, 0.45), seed=1, fold=0):
    made = FeatureSmote(seed, fold, np.array(per_row), neighbours=5)
    made.remember(FEATURES, LABELS)
    return made


def test_as_many_as_are_missing_on_average():
    made = smote()
    counts = np.array([np.bincount(made.drawn(10, 0, batch)[1], minlength=3) for batch in range(400)])
    assert counts[:, 0].max() == 0
    assert set(counts[:, 1].tolist()) == {3}  # 0.3 of ten is three each time
    assert set(counts[:, 2].tolist()) == {4, 5}
    assert abs(counts[:, 2].mean() - 4.5) < 4 * 0.5 / np.sqrt(400)


def test_vectors_lie_between_two_of_their_class():
    made = smote()
    seen = {}
    for batch in range(50):
        for vector, label in zip(*made.drawn(10, 0, batch), strict=True):
            seen.setdefault(int(label), []).append(vector)
    for x, y in seen[2]:  # on the one line there is
        assert 10 <= float(x) <= 12
        assert float(y) == 10
    for x, y in seen[1]:  # on one of the three sides of a triangle
        assert min(abs(float(y)), abs(float(x)), abs(float(x + y) - 4)) < 1e-5
        assert min(float(x), float(y)) >= -1e-6
        assert float(x + y) <= 4 + 1e-5
    assert len({tuple(vector.tolist()) for vector in seen[2]}) > 100


def test_a_batch_gets_what_its_seed_fold_epoch_and_number_say():
    def drawn(epoch=0, batch=0, **changes):
        return str(smote(**changes).drawn(10, epoch, batch)[0].tolist())

    torch.manual_seed(5)
    assert drawn() == drawn()
    assert len({drawn(), drawn(epoch=1), drawn(batch=1), drawn(seed=2), drawn(fold=1)}) == 5


def test_the_head_sees_them_after_the_batch_and_the_loss_counts_them():
    torch.manual_seed(0)
    network = tiny_network(3, False, width=1, dropout=0.0).eval()
    images, targets = torch.rand(4, 3, 32, 32), torch.tensor([0, 1, 0, 2])
    made = smote()
    vectors, labels = made.drawn(4, 3, 7)
    assert len(labels)
    with made.added(network.head, targets, 3, 7) as all_targets:
        value = CrossEntropy()(network, images, all_targets, THREE)
    features = torch.cat([network.body(images), vectors])
    expected = functional.cross_entropy(network.head(features), torch.cat([targets, torch.from_numpy(labels)]))
    assert value.loss.item() == pytest.approx(expected.item(), abs=1e-6)
    assert torch.allclose(value.logits[:4], network(images))
    assert len(network(images)) == 4  # nothing is left behind


def test_targets_of_one_logit_keep_their_shape():
    made = FeatureSmote(1, 0, np.array([0.0, 1.0]), neighbours=5)
    made.remember(FEATURES, np.ones(5, dtype=np.int64))
    with made.added(nn.Sequential(), torch.zeros(3, 1), 0, 0) as targets:
        assert targets.dtype == torch.float32
        assert targets.tolist() == [[0.0]] * 3 + [[1.0]] * 3


def test_the_head_is_let_go_of_also_when_the_step_fails():
    head = nn.Sequential(nn.Identity())
    with pytest.raises(RuntimeError), smote().added(head, torch.tensor([0] * 10), 0, 0):
        raise RuntimeError
    assert head(torch.zeros(2, 2)).shape == (2, 2)


def test_even_classes_get_nothing():
    vectors, labels = FeatureSmote(1, 0, np.zeros(2), neighbours=5).drawn(8, 0, 0)
    assert len(vectors) == len(labels) == 0


class OnlyFirst(Strategy):
    """Holds a part of the body, not all of it."""

    pretrained = True

    def body(self, network):
        first, *others = body_parts(network)
        return [first.given(thaw=None), *others]


@pytest.mark.parametrize("strategy", [Scratch(), FineTuning(), OnlyFirst()])
def test_features_that_move_are_refused(strategy):
    with pytest.raises(ConfigError, match="trains the body, so its features move"):
        check_feature_smote(strategy, tiny_network(3, False), CrossEntropy())


def test_an_objective_that_looks_at_pictures_is_refused():
    def mine(network, images, targets, task):
        return Value(images.sum(), network(images))

    check_feature_smote(FeatureExtraction(), tiny_network(3, False), CrossEntropy())
    with pytest.raises(ConfigError, match="may need the pictures"):
        check_feature_smote(FeatureExtraction(), tiny_network(3, False), mine)
