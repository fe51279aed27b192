"""An explainer that does not look at the weights must be found out; Grad-CAM of something learned must pass."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from support.tiny import tiny_network
from support.trials import trial_of
from torch.nn import functional

from xaimed.errors import ConfigError
from xaimed.evaluation.resemblance import BASELINE
from xaimed.evaluation.sanity import FROZEN, REPEATED, TOP, Sanity
from xaimed.evaluation.verdicts import SIMILARITY, sanity_verdict
from xaimed.explain.contract import Explanation
from xaimed.explain.gradcam import GradCAM


@dataclass(frozen=True)
class EdgeDetector:
    """Draws the picture's edges and calls that an explanation."""

    name: ClassVar[str] = "edges"

    def check(self, network):
        pass

    def __call__(self, network, images, targets=None):
        with torch.no_grad():
            logits = network.eval()(images)
        grey = functional.avg_pool2d(images.mean(1, keepdim=True), 4)
        edges = (grey - functional.avg_pool2d(grey, 3, 1, 1, count_include_pad=False)).abs()[:, 0]
        return Explanation(edges, logits.argmax(1) if targets is None else targets, logits)


class Restless(EdgeDetector):
    """Says something else every time, and something of its own where weights are frozen."""

    def __call__(self, network, images, targets=None):
        said = super().__call__(network, images, targets)
        frozen = not any(weight.requires_grad for weight in network.parameters())
        return Explanation(said.heatmap + torch.rand(said.heatmap.shape) + frozen, said.targets, said.logits)


@pytest.fixture(scope="module")
def trial():
    """A network that has learned for a few steps to tell the phantoms that it is asked about."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = tiny_network(3, False, width=8, dropout=0.0)
        fresh = trial_of(network, {}, count=6, size=32)
        images = torch.cat([seen.images for seen in fresh.batches()])
        targets = torch.from_numpy(fresh.predictions.targets)
        optimizer = torch.optim.Adam(network.train().parameters(), lr=0.02)
        for _ in range(60):
            optimizer.zero_grad()
            functional.cross_entropy(network(images), targets).backward()
            optimizer.step()
    network.eval()
    return trial_of(network, {"gradcam-1a": GradCAM(), "edges-1a": EdgeDetector()}, count=6, size=32)


@pytest.fixture(scope="module")
def findings(trial):
    return Sanity()(trial)


def mean(findings, explainer, measure):
    rows = findings.rows
    return rows.loc[(rows["explainer"] == explainer) & (rows["measure"] == measure), "value"].mean()


def test_an_edge_detector_is_found_out_and_gradcam_passes(trial, findings):
    assert trial.predictions.correct.mean() > 0.8  # something was learned
    gradcam, edges = sanity_verdict(findings.rows, {})
    assert gradcam.startswith("the explainer gradcam-1a passes")
    assert edges.startswith("the explainer edges-1a fails: its maps stay when the network has forgotten everything")
    for stop in ("head", "second", "all"):
        assert mean(findings, "edges-1a", SIMILARITY + stop) == pytest.approx(1)
    assert mean(findings, "edges-1a", TOP) == 1
    assert mean(findings, "gradcam-1a", SIMILARITY + "all") < mean(findings, "gradcam-1a", SIMILARITY + "head") + 0.2
    assert mean(findings, "edges-1a", BASELINE) < 0.9


def test_every_measure_is_named_and_every_picture_has_a_row(trial, findings):
    assert set(findings.rows["measure"]) == set(findings.measures)
    assert [key for key, measure in findings.measures.items() if measure.trust] == ["similarity:all"]
    counts = findings.rows.groupby(["explainer", "measure"]).size()
    assert (counts == 16).all()


def test_both_are_repeatable_and_do_not_mind_frozen_weights(findings):
    for explainer in ("gradcam-1a", "edges-1a"):
        assert mean(findings, explainer, REPEATED) == mean(findings, explainer, FROZEN) == 1


def test_what_changes_from_call_to_call_is_not_repeatable():
    network = tiny_network(3, False)
    found = Sanity(samples=4, steps=2)(trial_of(network, {"restless": Restless()}, count=2))
    assert mean(found, "restless", REPEATED) == mean(found, "restless", FROZEN) == 0


def test_the_network_stays_as_it_was_and_the_same_is_found_twice(trial):
    before = {name: tensor.clone() for name, tensor in trial.network.state_dict().items()}
    first, second = (Sanity(samples=4, steps=2)(trial).rows for _ in range(2))
    assert first.equals(second)
    assert all(torch.equal(before[name], tensor) for name, tensor in trial.network.state_dict().items())
    assert all(weight.requires_grad for weight in trial.network.parameters())


def test_without_maps_there_is_nothing_to_test():
    assert len(Sanity()(trial_of(tiny_network(3, False), {}, count=1)).rows) == 0


def test_too_little_to_compare_is_refused():
    with pytest.raises(ConfigError, match="compare nothing"):
        Sanity(samples=1)


def test_maps_after_forgetting_are_those_of_the_class_explained_before(trial):
    asked = []

    class Listening(GradCAM):
        def __call__(self, network, images, targets=None):
            asked.append(None if targets is None else targets.tolist())
            return super().__call__(network, images, targets)

    quiet = trial_of(trial.network, {"gradcam": Listening()}, count=2)
    asked.clear()
    Sanity(samples=4, steps=2)(quiet)
    first = trial.network(torch.cat([seen.images for seen in quiet.batches(quiet.chosen(4))])).argmax(1).tolist()
    assert asked[0] is None
    assert all(np.array_equal(targets, first) for targets in asked[1:])
    assert len(asked) == 1 + 3 + 2
