import pytest
import torch

from xaimed.errors import ExplainError
from xaimed.explain.contract import asked_targets, class_score, predicted_class


def test_score_of_several_logits_is_the_classes_own():
    logits = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert class_score(logits, torch.tensor([2, 0])).tolist() == [3.0, 4.0]


def test_score_of_one_logit_is_negated_for_class_zero():
    assert class_score(torch.tensor([[2.0], [2.0]]), torch.tensor([1, 0])).tolist() == [2.0, -2.0]


def test_the_predicted_class():
    assert predicted_class(torch.tensor([[1.0, 3.0, 2.0], [4.0, 0.0, 1.0]])).tolist() == [1, 0]
    assert predicted_class(torch.tensor([[0.1], [-0.1], [0.0]])).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (torch.tensor([0, 3]), "no class 3 to explain.*0 to 2"),
        (torch.tensor([-1, 0]), "no class -1"),
        (torch.tensor([0]), "do not name one class per image"),
        (torch.tensor([[0], [1]]), "do not name one class per image"),
        (torch.tensor([0.0, 1.0]), "do not name one class per image"),
    ],
)
def test_wrong_targets_are_refused(targets, told):
    with pytest.raises(ExplainError, match=told):
        asked_targets(targets, torch.zeros(2, 3))


def test_one_logit_has_two_classes():
    assert asked_targets(torch.tensor([1, 0], dtype=torch.int32), torch.zeros(2, 1)).dtype == torch.int64
    with pytest.raises(ExplainError, match="no class 2"):
        asked_targets(torch.tensor([2, 0]), torch.zeros(2, 1))
