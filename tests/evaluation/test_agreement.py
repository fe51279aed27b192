import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr
from support.tiny import tiny_network
from support.trials import trial_of

from xaimed.errors import ConfigError, DataError
from xaimed.evaluation.agreement import Agreement
from xaimed.evaluation.between import between_runs
from xaimed.evaluation.predictions import prediction_table
from xaimed.evaluation.trial import StoredMaps
from xaimed.explain.contract import Explanation
from xaimed.explain.gradcam import GradCAM

CHANGES = {"noise", "brighter", "darker", "shifted", "turned"}


@dataclass(frozen=True)
class Averaged:
    """A map that moves with its picture: the picture itself, averaged so that noise matters less."""

    name: ClassVar[str] = "averaged"
    blank: bool = False

    def check(self, network):
        pass

    def __call__(self, network, images, targets=None):
        wide = torch.nn.functional.pad(images.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
        maps = torch.nn.functional.avg_pool2d(wide, 3, 1)[:, 0] * (not self.blank)
        zeros = torch.zeros(len(images), dtype=torch.int64)
        return Explanation(maps, zeros if targets is None else targets, torch.zeros(len(images), 3))


def network(outputs=3):
    torch.manual_seed(0)
    return tiny_network(outputs, False).eval()


@pytest.fixture(scope="module")
def trial():
    return trial_of(network(), {"gradcam-1": GradCAM(), "averaged-1": Averaged()})


def only(trial, name):
    return dataclasses.replace(trial, maps={name: trial.maps[name]})


def value(rows, explainer, measure):
    return rows[(rows["explainer"] == explainer) & (rows["measure"] == measure)].set_index("sample_id")["value"]


def test_explainers_are_compared_in_pairs_where_they_explain_the_same_class(trial):
    stored = trial.maps["averaged-1"]
    targets = trial.maps["gradcam-1"].targets.copy()
    targets[0] = (targets[0] + 1) % 3
    trial = dataclasses.replace(trial, maps=trial.maps | {"averaged-1": dataclasses.replace(stored, targets=targets)})
    found = value(Agreement()(trial).rows, "gradcam-1 × averaged-1", "spearman")
    assert list(found.index) == list(trial.sample_ids[1:])
    fine = stored.heatmap[5].reshape(8, 4, 8, 4).mean((1, 3))  # on the coarser grid
    expected = spearmanr(fine.ravel(), trial.maps["gradcam-1"].heatmap[5].ravel()).statistic
    assert found[trial.sample_ids[5]] == pytest.approx(expected, abs=1e-4)


def test_one_explainer_has_no_pair(trial):
    found = Agreement()(only(trial, "gradcam-1"))
    assert set(found.rows["explainer"]) == {"gradcam-1", ""}
    assert "spearman" not in found.measures
    assert set(found.measures) == set(found.rows["measure"])


def test_a_map_that_moves_with_its_picture_agrees_with_itself(trial):
    rows = Agreement(noise=1e-6)(only(trial, "averaged-1")).rows
    for change in CHANGES:
        least = {"shifted": 0.99999, "noise": 0.995}.get(change, 0.97)
        assert (value(rows, "averaged-1", f"spearman:{change}") >= least).all(), change
        assert value(rows, "averaged-1", f"overlap:{change}").between(0, 1).all()
    together = np.mean([value(rows, "averaged-1", f"spearman:{change}") for change in CHANGES], axis=0)
    np.testing.assert_allclose(value(rows, "averaged-1", "spearman:changed"), together)


def test_a_map_that_stays_where_it_is_does_not_agree_with_a_shift(trial):
    @dataclass(frozen=True)
    class Fixed(Averaged):
        def __call__(self, network, images, targets=None):
            found = super().__call__(network, images, targets)
            noise = torch.rand(found.heatmap.shape[1:], generator=torch.Generator().manual_seed(0))
            return dataclasses.replace(found, heatmap=noise.expand_as(found.heatmap))

    fixed = trial_of(network(), {"fixed-1": Fixed()})
    rows = Agreement()(fixed).rows
    assert (value(rows, "fixed-1", "spearman:brighter") > 0.999).all()
    assert value(rows, "fixed-1", "spearman:shifted").mean() < 0.2


def test_constant_maps_agree_with_nothing(trial):
    blank = trial_of(network(), {"blank-1": Averaged(blank=True)})
    rows = Agreement()(blank).rows
    assert value(rows, "blank-1", "spearman:changed").isna().all()
    assert value(rows, "blank-1", "overlap:changed").isna().all()


def test_every_sample_is_measured_alike_in_whatever_batch_it_comes(trial):
    all_of_them, few = Agreement(samples=None)(trial).rows, Agreement(samples=4)(trial).rows
    assert few["sample_id"].nunique() == 4
    both = few.merge(all_of_them, on=["sample_id", "explainer", "measure"], suffixes=("", "_all"))
    assert len(both) == len(few)
    np.testing.assert_allclose(both["value"], both["value_all"], atol=1e-6)


def as_kind(trial, kind, outputs):
    """The same pictures under another kind of task, with a network of its own."""
    torch.manual_seed(1)
    other = tiny_network(outputs, False).eval()
    images = torch.cat([seen.images for seen in trial.batches()])
    with torch.no_grad():
        logits = other(images)
    count = len(images)
    chances = logits.sigmoid() if kind == "multilabel" else torch.cat([1 - logits.sigmoid(), logits.sigmoid()], 1)
    predictions = prediction_table(
        kind,
        ("a", "b", "c") if kind == "multilabel" else ("no", "yes"),
        sample_ids=list(trial.sample_ids),
        groups=list(trial.sample_ids),
        fold=0,
        targets=np.zeros((count, 3)) if kind == "multilabel" else np.zeros(count),
        logits=logits.numpy(),
        probabilities=chances.numpy(),
    )
    said = GradCAM()(other, images)
    maps = {"gradcam-1": StoredMaps(GradCAM(), said.heatmap.numpy(), said.targets.numpy())}
    return dataclasses.replace(trial, network=other, predictions=predictions, maps=maps)


@pytest.mark.parametrize(("kind", "outputs"), [("multilabel", 3), ("binary", 1)])
def test_decisions_of_every_kind_of_task_can_change(trial, kind, outputs):
    given = as_kind(trial, kind, outputs)
    rows = Agreement(noise=1e-7, brightness=1e-7)(given).rows
    assert (value(rows, "", "flipped:noise") == 0).all()
    assert (value(rows, "gradcam-1", "spearman:brighter").dropna() > 0.99).all()
    # a bias that puts one decision's boundary between two pictures, so that some, and not all, change
    with torch.no_grad():
        given.network.head[-1].bias += 100.0
    flipped = value(Agreement()(given).rows, "", "flipped:noise")
    assert list(flipped) == [float((row < 0).any()) for row in given.predictions.logits]


def test_prediction_changes_are_counted_for_several_classes(trial):
    changed = network()
    with torch.no_grad():
        changed.head[-1].bias += torch.tensor([0.0, 100.0, 0.0])
    rows = Agreement()(dataclasses.replace(trial, network=changed)).rows
    expected = (trial.predictions.predicted != 1).astype(float)
    np.testing.assert_array_equal(value(rows, "", "flipped:noise").loc[list(trial.sample_ids)], expected)


def test_experts_maps_are_compared_wherever_there_are_some(trial, tmp_path):
    for at in (2, 7):
        shape = trial.maps["averaged-1"].heatmap[at]
        drawn = np.rint(255 * (shape - shape.min()) / np.ptp(shape)).astype(np.uint8)
        Image.fromarray(drawn).save(tmp_path / f"{trial.sample_ids[at]}.png")
    found = Agreement(expert=str(tmp_path))(only(trial, "averaged-1"))
    rows = value(found.rows, "averaged-1", "spearman:expert")
    assert list(rows.index) == list(trial.sample_ids[[2, 7]])
    assert (rows > 0.999).all()
    assert "Experts" in found.caption
    for file in tmp_path.iterdir():
        file.rename(tmp_path / f"other-{file.name}")
    with pytest.raises(DataError, match="no reported picture"):
        Agreement(expert=str(tmp_path))(trial)


@pytest.mark.parametrize("option", [{"share": 0}, {"noise": -1}, {"shift": 0.3}, {"turn": 90}, {"expert": "/no/where"}])
def test_what_is_no_small_change_is_refused_before_anything_is_trained(option):
    with pytest.raises(ConfigError):
        Agreement(**option)


def test_two_runs_are_compared_on_the_pictures_that_both_explain():
    rng = np.random.default_rng(0)
    first = {"sample_id": np.array(["a", "b", "c"]), "targets": np.array([0, 1, 1]), "heatmap": rng.random((3, 6, 6))}
    second = {
        "sample_id": np.array(["c", "a", "b", "d"]),
        "targets": np.array([1, 0, 0, 1]),
        "heatmap": np.concatenate([first["heatmap"][[2, 0, 1]] ** 2, np.ones((1, 6, 6))]),
    }
    rows = between_runs(first, second, "gradcam")
    assert rows["sample_id"].tolist() == ["a", "c", "a", "c"]  # b is explained for two classes
    assert rows["measure"].tolist() == ["spearman"] * 2 + ["overlap"] * 2
    np.testing.assert_allclose(rows["value"], 1)
    assert between_runs(first, second, "gradcam", ["c", "e"])["sample_id"].tolist() == ["c", "c"]
    assert between_runs(first, second, "gradcam", ["d"]).empty
