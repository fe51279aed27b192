"""Training with the term makes the two explanations agree on pictures that were not trained on."""

import pytest
import torch
from support.tiny import tiny_network

from xaimed.data.dataset import ManifestDataset
from xaimed.data.phantoms.patterns import PatternsPhantom
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seed_for
from xaimed.training.consistency import Consistency, distance, unit
from xaimed.training.objectives import CrossEntropy

SIDE, EPOCHS, BATCH, HELD_OUT = 32, 10, 16, 64
FINE = Consistency(CrossEntropy(), ig_steps=24)  # judged by a finer path than is trained on


@pytest.fixture(scope="module")
def pictures(session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        manifest = PatternsPhantom(size=SIDE, seed=0).manifest()
        order = torch.randperm(len(manifest), generator=torch.Generator().manual_seed(0)).numpy()
        samples = ManifestDataset(manifest, order, Preparation(SIDE, "imagenet"), seed=0, fold=0)
        seen = [samples[i] for i in range(len(samples))]
    images = torch.stack([sample["image"] for sample in seen])
    return images, torch.stack([torch.as_tensor(sample["target"]) for sample in seen]), manifest.task


def trained(alpha, images, targets, task):
    torch.manual_seed(0)
    network = tiny_network(task.outputs, False, width=12).train()
    objective = Consistency(CrossEntropy(), alpha=alpha, ig_steps=3) if alpha else CrossEntropy()
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed_for(0, epoch)))
        for batch, rows in enumerate(order.split(BATCH)):
            torch.manual_seed(seed_for(0, epoch, batch))
            optimizer.zero_grad()
            objective(network, images[rows], targets[rows], task).loss.backward()
            optimizer.step()
    return network.eval()


def test_held_out_maps_agree_better_than_without(pictures):
    images, targets, task = pictures
    held, held_targets = images[:HELD_OUT], targets[:HELD_OUT]
    found = {}
    for alpha in (0.0, 0.2):
        network = trained(alpha, images[HELD_OUT:], targets[HELD_OUT:], task)
        maps = FINE.maps(network, held, held_targets, task)
        shown = (unit(maps.gradcam) > 0).flatten(1).any(1) & (unit(maps.integrated) > 0).flatten(1).any(1)
        with torch.no_grad():
            right = float((network(held).argmax(1) == held_targets).float().mean())
        found[alpha] = {"apart": float(distance(maps).mean()), "shown": float(shown.float().mean()), "right": right}
    assert found[0.2]["apart"] < 0.6 * found[0.0]["apart"]
    # They do not agree by showing nothing, nor for want of learning: chance is 0.125.
    assert min(each["shown"] for each in found.values()) > 0.9
    assert min(each["right"] for each in found.values()) > 0.4
