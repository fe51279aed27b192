import math

import pytest
import torch
from scipy.stats import entropy as scipy_entropy

from xaimed.explain.predictive import entropy, mutual_information, predictive_entropy, probabilities


def test_one_logit_gives_two_classes():
    found = probabilities(torch.tensor([[0.0], [math.log(3.0)]]))
    torch.testing.assert_close(found, torch.tensor([[0.5, 0.5], [0.25, 0.75]]))


def test_several_logits_are_a_softmax_or_a_sigmoid_each():
    logits = torch.tensor([[0.0, math.log(3.0)]])
    torch.testing.assert_close(probabilities(logits), torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(probabilities(logits, exclusive=False), torch.tensor([[0.5, 0.75]]))


def test_entropies_against_scipy():
    passes = torch.randn(7, 4, 3, generator=torch.Generator().manual_seed(0)).softmax(-1)
    total = scipy_entropy(passes.mean(0).numpy(), axis=-1)
    expected = scipy_entropy(passes.numpy(), axis=-1).mean(0)
    assert predictive_entropy(passes).numpy() == pytest.approx(total, abs=1e-6)
    assert mutual_information(passes).numpy() == pytest.approx(total - expected, abs=1e-6)


def test_passes_sure_of_opposite_classes_are_all_disagreement():
    passes = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert predictive_entropy(passes).item() == pytest.approx(math.log(2))
    assert mutual_information(passes).item() == pytest.approx(math.log(2))


def test_passes_that_agree_have_no_mutual_information():
    passes = torch.tensor([0.1, 0.2, 0.7]).expand(20, 3, 3)
    assert mutual_information(passes).abs().max() < 1e-6
    assert mutual_information(passes).min() >= 0


def test_entropy_of_classes_that_do_not_exclude_each_other_is_the_sum():
    assert entropy(torch.tensor([0.5, 0.5, 1.0]), exclusive=False).item() == pytest.approx(2 * math.log(2))
