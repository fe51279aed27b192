import numpy as np
import torch
from support.tiny import tiny_network
from support.trials import trial_of

from xaimed.evaluation.picture_quality import PictureQuality
from xaimed.evaluation.trial import has_mask, on_image
from xaimed.explain.gradcam import GradCAM


def network():
    torch.manual_seed(0)
    return tiny_network(3, False).eval()


def test_positions_are_chosen_evenly_and_always_alike():
    trial = trial_of(network(), {})
    some, more = trial.chosen(6), trial.chosen(9)
    assert np.bincount(trial.predictions.targets[some]).tolist() == [2, 2, 2]
    assert set(some) < set(more)
    assert trial.chosen(None).tolist() == trial.chosen(99).tolist() == list(range(12))


def test_pictures_come_with_their_masks_in_the_order_asked():
    trial = trial_of(network(), {"gradcam-1": GradCAM()})
    order = np.array([7, 2, 11, 0, 5, 3])
    batches = list(trial.batches(order))
    assert [len(seen.positions) for seen in batches] == [5, 1]
    assert np.concatenate([seen.positions for seen in batches]).tolist() == order.tolist()
    again = torch.cat([seen.images for seen in trial.batches()])
    torch.testing.assert_close(torch.cat([seen.images for seen in batches]), again[order])
    masks = torch.cat([seen.masks for seen in batches])
    evident = has_mask(masks)
    assert evident.any()  # scoliosis and slip have evidence
    assert masks[evident].amax() == 1
    assert trial.maps["gradcam-1"].heatmap.shape == (12, 8, 8)


def test_nothing_is_tuned_on_what_is_reported():
    assert list(trial_of(network(), {}).selection()) == []
    tuned = list(trial_of(network(), {}, separate_selection=True).selection())
    assert sum(len(images) for images, _ in tuned) == 12


def test_maps_are_enlarged_as_they_are_drawn():
    maps = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    torch.testing.assert_close(on_image(maps, 4)[0, 0], torch.tensor([0.0, 0.25, 0.75, 1.0]))
    assert on_image(maps, 2) is maps


def test_quality_is_measured_once_for_every_picture():
    found = PictureQuality()(trial_of(network(), {}))
    assert found.rows.groupby("measure").size().to_dict() == {"contrast": 12, "sharpness": 12}
    assert found.rows["value"].between(0, 10).all()
