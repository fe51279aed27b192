"""Networks that decide together about new pictures: their votes, and what is explained of several labels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from support.tiny import tiny_network

from xaimed.data.preparation import Preparation
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.evaluation.voting import TIE_BREAK
from xaimed.explain.gradcam import GradCAM
from xaimed.studies.jury import Bench, Jury, Voter
from xaimed.studies.new_cases import case_of, decision_in_words
from xaimed.studies.opinion import Seen, opinion_on

LABELS = Task(Kind.MULTILABEL, ("edema", "mass"))
CLASSES = Task(Kind.MULTICLASS, ("a", "b", "c"))


@dataclass(frozen=True)
class Made(Voter):
    """A voter whose network is made on the spot."""

    bias: tuple[float, ...] = ()

    def network(self):
        with torch.random.fork_rng():
            torch.manual_seed(self.fold)
            network = tiny_network(len(self.bias), False).eval()
        network.head[1].bias.data = torch.tensor(self.bias)
        return network

    def preparation(self):
        return Preparation(32, "unit")


def voter(fold, task, bias=(), share=1.0):
    return Made(f"{fold}-{share}", fold, {"image": {}}, task, Path(__file__), Path(), share, bias)


def jury(task, *voters, vote="soft"):
    return Jury("run", "identity", task, (), voters, vote)


def seen(count=3):
    pictures = torch.randint(0, 256, (count, 1, 32, 32), generator=torch.Generator().manual_seed(1)).byte()
    return Seen([Path(f"{i}.png") for i in range(count)], {32: list(pictures)}, [])


def test_members_vote_within_a_fold_and_folds_softly():
    each = torch.tensor([[[0.6, 0.4, 0.0]], [[0.0, 0.3, 0.7]], [[0.1, 0.5, 0.4]], [[0.2, 0.2, 0.6]]])
    voters = [voter(fold, CLASSES, share=share) for fold, share in ((0, 0.25), (1, 0.5), (0, 0.75), (1, 0.5))]
    weighted = jury(CLASSES, *voters, vote="weighted")
    assert weighted.shares == [0.125, 0.25, 0.375, 0.25]
    np.testing.assert_allclose(weighted.decided(each), np.tensordot(weighted.shares, each, 1), atol=1e-6)
    majority = jury(CLASSES, *voters, vote="majority").decided(each)
    counted = np.array([0.5, 0.5, 0.0]) / 2 + np.array([0.0, 0.0, 1.0]) / 2
    mean = np.tensordot(weighted.shares, each, 1)[0]
    np.testing.assert_allclose(majority[0], (1 - TIE_BREAK) * counted + TIE_BREAK * mean, atol=1e-6)


def test_of_several_labels_the_most_probable_one_is_explained():
    both = jury(LABELS, voter(0, LABELS, (3.0, 2.0)), voter(1, LABELS, (-1.0, 2.5)))
    opinion = opinion_on(seen(), Bench(both), {"gradcam": GradCAM()}, at_once=2)
    assert opinion.explained.tolist() == [1, 1, 1]
    assert [decision_in_words(opinion, row, both) for row in range(3)] == ["edema + mass"] * 3
    assert opinion.looks["gradcam"].heatmap.shape == (3, 8, 8)
    p = opinion.probabilities
    np.testing.assert_allclose(opinion.entropy, -(p * p.log() + (1 - p) * (1 - p).log()).sum(1), atol=1e-6)


def test_a_caption_says_which_label_its_maps_show(monkeypatch):
    one = jury(LABELS, voter(0, LABELS, (-3.0, -2.0)))
    monkeypatch.setattr("xaimed.studies.new_cases.read_picture", lambda file: torch.zeros(1, 8, 8))
    opinion = opinion_on(seen(1), Bench(one), {"gradcam": GradCAM()}, at_once=2)
    case = case_of(Path("x.png"), "x.png", 0, opinion, one)
    chance = float(opinion.probabilities.max())
    assert case.header == f"x.png · predicted: none · maps of: mass (p\u00a0=\u00a0{chance:.2f})"
    assert case.subline.startswith("0-1.0 · entropy")
    assert case.titles == ["Image", "Grad-CAM"]


def test_maps_of_different_parts_of_a_picture_are_not_summed():
    other = Voter("x", 1, {"image": {"crop": 0.5}}, CLASSES, Path(), Path())
    with pytest.raises(ConfigError, match="cannot be summed"):
        jury(CLASSES, voter(0, CLASSES), other).check_crops()


def test_networks_are_kept_only_while_they_fit(monkeypatch):
    several = jury(CLASSES, voter(0, CLASSES, (0.0,) * 3), voter(1, CLASSES, (0.0,) * 3))
    bench = Bench(several)
    first = [network for _, network in bench.networks()]
    assert [network for _, network in bench.networks()] == first
    monkeypatch.setattr("xaimed.studies.jury.KEPT", 10)
    assert all(a is not b for a, (_, b) in zip(first, Bench(several).networks(), strict=True))
