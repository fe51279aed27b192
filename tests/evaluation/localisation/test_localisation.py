import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from support.tiny import tiny_network
from support.trials import trial_of

from xaimed.data.module import FoldData
from xaimed.errors import ConfigError
from xaimed.evaluation.controls import BLOB, RANDOM
from xaimed.evaluation.localisation.localisation import Localisation
from xaimed.evaluation.localisation.overlap import iou
from xaimed.evaluation.localisation.tuning import Tuning
from xaimed.evaluation.trial import has_mask
from xaimed.explain.contract import Explanation
from xaimed.explain.gradcam import GradCAM

WITHOUT_TUNING = {"iou", "dice", "hit", "inside", "lift", "distance", "distance_share", "precision", "blank"}


@dataclass(frozen=True)
class Bright:
    """A map that is the picture itself."""

    name: ClassVar[str] = "bright"
    factor: float = 1.0

    def check(self, network):
        pass

    def __call__(self, network, images, targets=None):
        maps = self.factor * (images.mean(1) - images.amin((1, 2, 3))[:, None, None])
        return Explanation(maps, torch.zeros(len(images), dtype=torch.int64), torch.zeros(len(images), 3))


def trial(explainers=None, **options):
    torch.manual_seed(0)
    return trial_of(tiny_network(3, False).eval(), explainers or {"gradcam-1": GradCAM()}, **options)


def with_maps(given, heatmap):
    """The same trial, one explainer having said something else."""
    (name, stored), *_ = given.maps.items()
    return dataclasses.replace(given, maps={name: dataclasses.replace(stored, heatmap=heatmap)})


def masks_of(given):
    masks = torch.cat([seen.masks for seen in given.batches()])
    return masks, (has_mask(masks) & (masks == 1).flatten(1).any(1)).numpy()


def value(rows, measure, explainer="gradcam-1"):
    return rows[(rows["measure"] == measure) & (rows["explainer"] == explainer)].set_index("sample_id")["value"]


def test_a_map_that_is_the_mask_is_perfect():
    given = trial()
    masks, evident = masks_of(given)
    found = Localisation()(with_maps(given, (masks == 1).float().numpy()))
    rows = found.rows
    ids = list(given.sample_ids[evident])
    share = (masks[evident] == 1).double().mean((1, 2)).numpy()
    for measure, expected in (("iou", 1), ("dice", 1), ("hit", 1), ("inside", 1), ("distance", 0), ("blank", 0)):
        assert (value(rows, measure) == expected).all(), measure
        assert list(value(rows, measure).index) == ids
    np.testing.assert_allclose(value(rows, "precision"), 1)
    np.testing.assert_allclose(value(rows, "lift"), 1 / share)
    assert set(rows["measure"]) == WITHOUT_TUNING | {"outside"}
    assert set(found.measures) == set(rows["measure"])
    assert set(rows["explainer"]) == {"gradcam-1", RANDOM, BLOB}
    assert "No threshold was tuned" in found.caption
    assert abs(value(rows, "lift", RANDOM).mean() - 1) < 0.25


def test_blank_maps_cover_nothing_have_no_peak_and_are_counted():
    given = trial()
    rows = Localisation()(with_maps(given, np.full((12, 8, 8), -1.0, dtype=np.float32))).rows
    assert (value(rows, "iou") == 0).all()
    assert (value(rows, "blank") == 1).all()
    for measure in ("hit", "inside", "lift", "distance", "outside"):
        assert value(rows, measure).isna().all(), measure


def test_healthy_pictures_have_only_mass_outside_the_body():
    given = trial()
    _, evident = masks_of(given)
    assert not evident.all()
    rows = Localisation()(given).rows
    healthy = rows[rows["sample_id"].isin(given.sample_ids[~evident])]
    assert set(healthy["measure"]) == {"outside"}
    assert healthy["value"].between(0, 1).all()


def test_without_masks_nothing_is_invented():
    given = trial()
    frame = given.data.manifest.frame.assign(mask_path="")
    manifest = dataclasses.replace(given.data.manifest, frame=frame)
    data = FoldData(manifest, given.data.split, given.data.preparation, None, batch_size=5, workers=0, seed=0)
    found = Localisation()(dataclasses.replace(given, data=data))
    assert set(found.rows["measure"]) == {"outside"}
    assert found.caption.startswith("No evidence masks")


def test_the_threshold_is_tuned_on_pictures_that_are_not_reported():
    given = trial({"bright-1": Bright()}, separate_selection=True)
    found = Localisation()(given)
    threshold = float(found.arrays["threshold bright-1"])
    pictures = list(given.selection())
    masks = torch.cat([mask for _, mask in pictures])
    maps = torch.cat([Bright()(None, images).heatmap for images, _ in pictures])
    evident = (masks == 1).flatten(1).any(1)
    fits = {
        at: iou(maps[evident].double().numpy(), (masks[evident] == 1).numpy(), at).mean()
        for at in (0.05, 0.3, 0.5, 0.7, 0.95, threshold)
    }
    assert max(fits, key=fits.get) == pytest.approx(threshold)
    reported = Localisation(threshold=threshold)(given).rows
    np.testing.assert_array_equal(value(found.rows, "iou_tuned", "bright-1"), value(reported, "iou", "bright-1"))
    assert WITHOUT_TUNING | {"iou_tuned", "dice_tuned", "outside"} == set(found.rows["measure"])
    assert set(found.arrays) == {"threshold bright-1", f"threshold {RANDOM}", f"threshold {BLOB}"}


def test_tuning_takes_few_pictures_always_the_same_and_may_be_left_out():
    given = trial(separate_selection=True)
    few, all_of_them = Tuning(given, 3), Tuning(given, 64)
    assert (len(few), len(all_of_them)) == (3, 8)
    assert few.sample_ids == all_of_them.sample_ids[:3]
    assert not set(all_of_them.sample_ids) & set(given.sample_ids)
    assert not Localisation(tuned_on=0)(given).arrays


def test_only_the_share_of_the_maximum_counts():
    given = trial({"bright-1": Bright()})
    larger = trial({"bright-1": Bright(1000.0)})
    one, other = Localisation()(given).rows, Localisation()(larger).rows
    np.testing.assert_allclose(one["value"], other["value"], rtol=1e-4)


def test_a_tolerance_of_the_whole_side_reaches_everywhere_and_more_is_refused():
    rows = Localisation(tolerance=0.99)(trial({"bright-1": Bright()})).rows
    assert (value(rows, "hit", "bright-1") == 1).all()
    with pytest.raises(ConfigError, match="tolerance is 1"):
        Localisation(tolerance=1.0)
