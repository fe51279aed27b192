import copy

import pytest
import torch
from support.tiny import tiny_network
from torch import nn
from training.networks import images, linear, smooth, transformer

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.attribution import Evidence
from xaimed.training.consistency import Consistency, distance, unit
from xaimed.training.focal import FocalLoss
from xaimed.training.objectives import CrossEntropy

THREE, LABELS = Task(Kind.MULTICLASS, ("a", "b", "c")), Task(Kind.MULTILABEL, ("a", "b", "c"))
ONE_LOGIT = Task(Kind.BINARY, ("no", "yes"))
TARGETS = torch.tensor([0, 1, 2, 1])


def apart(network, pictures, targets, task, trainable=False, **options):
    return distance(Consistency(CrossEntropy(), **options).maps(network, pictures, targets, task, trainable)).mean()


def test_units_by_hand():
    maps = torch.tensor([[[3.0, -5.0], [4.0, 0.0]], [[-1.0, -2.0], [0.0, -3.0]], [[0.001, -1.0], [0.0, 0.0]]])
    found = unit(maps)
    torch.testing.assert_close(found[0], torch.tensor([[0.6, 0.0], [0.8, 0.0]]))
    assert not found[1].any()
    assert float(found[2, 0, 0]) == pytest.approx(0.1, rel=1e-4)  # a thousandth is faint: it is a tenth of a hundredth


def test_distances_by_hand():
    one, other = torch.tensor([[[3.0, 0.0], [4.0, 0.0]]]), torch.tensor([[[0.0, 2.0], [0.0, -9.0]]])
    assert float(distance(Evidence(one, 7 * one))) == pytest.approx(0, abs=1e-6)
    assert float(distance(Evidence(one, other))) == pytest.approx(2)  # nothing in common
    assert float(distance(Evidence(one, -one))) == pytest.approx(1)  # one of them is empty
    assert float(distance(Evidence(one, torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])))) == pytest.approx(0.4**2 + 0.8**2)


def test_empty_maps_have_finite_slopes():
    for content in (torch.zeros(1, 2, 2), -torch.ones(1, 2, 2), torch.tensor([[[1e-9, 0.0], [-1.0, 0.0]]])):
        one, other = content.clone().requires_grad_(), torch.ones(1, 2, 2, requires_grad=True)
        distance(Evidence(one, other)).sum().backward()
        assert torch.isfinite(one.grad).all()
        assert one.grad.abs().max() < 300  # 2 / FAINT at most
        assert torch.isfinite(other.grad).all()


@pytest.mark.parametrize(
    ("task", "targets", "outputs"),
    [
        (THREE, TARGETS, 3),
        (ONE_LOGIT, torch.tensor([[0.0], [1.0], [1.0], [0.0]]), 1),
        (LABELS, torch.tensor([[1.0, 0, 1], [0, -1, 1], [1, 1, 1], [0, 1, 0]]), 3),
    ],
)
def test_a_network_that_is_linear_in_its_patches_is_consistent(task, targets, outputs):
    network = linear(outputs)
    maps = Consistency(CrossEntropy()).maps(network, images(), targets, task)
    assert (maps.gradcam > 0).flatten(1).any(1).all()
    assert float(distance(maps).mean()) < 1e-9
    assert float(apart(tiny_network(outputs, False), images(), targets, task)) > 0.05


def test_the_loss_is_the_sum_and_its_terms_are_told():
    network, pictures = tiny_network(3, False, dropout=0.0), images()
    value = Consistency(FocalLoss(), alpha=0.5)(network, pictures, TARGETS, THREE)
    running = copy.deepcopy(network.state_dict())
    network.load_state_dict(running)
    alone = FocalLoss()(network, pictures, TARGETS, THREE)
    assert set(value.terms) == {"classification", "inconsistency", "alpha", "empty_maps"}
    torch.testing.assert_close(value.terms["classification"], alone.loss.detach())
    torch.testing.assert_close(value.logits, alone.logits)
    network.load_state_dict(running)
    expected = apart(network, pictures, TARGETS, THREE)
    torch.testing.assert_close(value.terms["inconsistency"], expected)
    torch.testing.assert_close(value.loss.detach(), alone.loss.detach() + 0.5 * expected)
    assert float(value.terms["alpha"]) == 0.5


def test_of_several_labels_the_present_ones_are_explained_together():
    network, pictures = smooth(), images(side=8).double()
    maps = Consistency(CrossEntropy()).maps(network, pictures[:1], torch.tensor([[1.0, -1.0, 1.0]]), LABELS)
    alone = [Consistency(CrossEntropy()).maps(network, pictures[:1], torch.tensor([i]), THREE) for i in (0, 2)]
    torch.testing.assert_close(maps.gradcam, alone[0].gradcam + alone[1].gradcam)
    torch.testing.assert_close(maps.integrated, alone[0].integrated + alone[1].integrated)


def test_an_image_without_a_present_label_adds_nothing():
    network, pictures = tiny_network(3, False), images()
    targets = torch.tensor([[1.0, 0, 1], [0, -1, 0], [-1, -1, -1], [0, 1, 0]])
    shown = torch.tensor([0, 3])
    with_them = apart(network, pictures, targets, LABELS)
    torch.testing.assert_close(with_them * 4, apart(network, pictures[shown], targets[shown], LABELS) * 2)
    value = Consistency(CrossEntropy())(network, pictures[1:3], targets[1:3], LABELS)
    value.loss.backward()
    assert float(value.terms["inconsistency"]) == 0
    assert float(value.terms["empty_maps"]) == 1
    assert all(torch.isfinite(weight.grad).all() for weight in network.parameters())


def test_the_slope_is_that_of_finite_differences():
    """Double backward, against the loss itself at weights moved a little, in double precision."""
    network, pictures = smooth().eval(), images(side=8).double()
    objective = Consistency(CrossEntropy(), alpha=0.7, ig_steps=3)
    objective(network, pictures, TARGETS, THREE).loss.backward()
    moved, checked = 1e-6, 0
    for weight in network.parameters():
        flat, slopes = weight.detach().view(-1), weight.grad.view(-1)
        for i in range(0, flat.numel(), max(1, flat.numel() // 6)):
            here = flat[i].item()
            sides = []
            for at in (here + moved, here - moved):
                flat[i] = at
                with torch.no_grad():
                    sides.append(objective(network, pictures, TARGETS, THREE).loss.item())
            flat[i] = here
            assert slopes[i].item() == pytest.approx((sides[0] - sides[1]) / (2 * moved), rel=1e-4, abs=1e-8)
            checked += 1
    assert checked > 40


def test_alpha_changes_the_slope():
    slopes = []
    for alpha in (0.0, 0.2):
        network = transformer()
        Consistency(CrossEntropy(), alpha=alpha)(network, images(), TARGETS, THREE).loss.backward()
        slopes.append(torch.cat([w.grad.flatten() for w in network.parameters() if w.grad is not None]))
    assert torch.isfinite(slopes[1]).all()
    assert not torch.allclose(slopes[0], slopes[1])


def test_running_statistics_move_once_a_step_as_without_the_term():
    one = tiny_network(3, False)
    other = copy.deepcopy(one)
    torch.manual_seed(0)
    with_maps = Consistency(CrossEntropy())(one, images(), TARGETS, THREE)
    torch.manual_seed(0)
    without = CrossEntropy()(other, images(), TARGETS, THREE)
    assert torch.equal(with_maps.logits, without.logits)
    assert all(torch.equal(a, b) for a, b in zip(one.buffers(), other.buffers(), strict=True))


def test_a_frozen_body_learns_nothing_and_the_head_does():
    network = tiny_network(3, False)
    network.body.requires_grad_(False)
    apart(network, images(), TARGETS, THREE, trainable=True).backward()
    assert all(weight.grad is None for weight in network.body.parameters())
    assert network.head[1].weight.grad.abs().sum() > 0


def test_mixed_precision_trains_and_the_maps_stay_in_fp32():
    networks = [tiny_network(3, False, dropout=0.0)]
    networks.append(copy.deepcopy(networks[0]))
    for network, scale in zip(networks, (1, 2**14), strict=True):  # scaled as a gradient scaler does it
        with torch.autocast("cpu", torch.bfloat16):
            value = Consistency(CrossEntropy())(network, images(), TARGETS, THREE)
        assert value.logits.dtype == torch.bfloat16
        assert value.loss.dtype == torch.float32
        assert torch.equal(value.terms["inconsistency"], apart(network, images(), TARGETS, THREE))
        (value.loss * scale).backward()
    for one, other in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.isfinite(one.grad).all()
        torch.testing.assert_close(other.grad / 2**14, one.grad, rtol=1e-2, atol=1e-5)


def test_alpha_follows_the_epoch_in_training_and_is_final_in_validation():
    network = tiny_network(3, False)
    objective = Consistency(CrossEntropy(), alpha=0.4, ramp_epochs=4)
    found = []
    for epoch in (0, 1, 3, 4, 9, 2):
        objective.at(epoch)
        found.append(float(objective(network.train(), images(), TARGETS, THREE).terms["alpha"]))
    assert found == pytest.approx([0.0, 0.1, 0.3, 0.4, 0.4, 0.2])
    with torch.inference_mode():  # as Lightning validates
        value = objective(network.eval(), images().clone(), TARGETS.clone(), THREE)
    assert float(value.terms["alpha"]) == pytest.approx(0.4)
    assert float(value.loss) == pytest.approx(
        float(value.terms["classification"] + 0.4 * value.terms["inconsistency"]), rel=1e-6
    )
    assert float(value.terms["inconsistency"]) > 0


def test_a_coarser_grid_joins_cells_and_a_finer_one_is_refused():
    network = linear()
    fine = Consistency(CrossEntropy()).maps(network, images(), TARGETS, THREE)
    coarse = Consistency(CrossEntropy(), grid=2).maps(network, images(), TARGETS, THREE)
    joined = fine.gradcam.unflatten(1, (2, 2)).unflatten(3, (2, 2)).mean((2, 4))
    torch.testing.assert_close(coarse.gradcam, joined)
    with pytest.raises(ConfigError, match="grid of 5 is finer than the explained layer's 4"):
        apart(network, images(), TARGETS, THREE, grid=5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alpha": -0.1}, "-0.1 is no number of at least 0.*alpha"),
        ({"alpha": "much"}, "'much' is no number"),
        ({"ramp_epochs": -1}, "ramp_epochs"),
        ({"ig_steps": 0}, "0 is no whole number of at least 1.*ig_steps"),
        ({"ig_steps": 2.5}, "2.5 is no whole number"),
        ({"grid": 0}, "grid"),
        ({"base": {"a": 1}}, "needs a classification loss"),
    ],
)
def test_bad_options_are_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Consistency(**{"base": CrossEntropy(), **options})


def test_the_base_is_asked_whether_it_suits_the_task():
    with pytest.raises(ConfigError, match="one alpha cannot weigh 3"):
        Consistency(FocalLoss(alpha=0.5)).check(THREE)


def test_dropout_is_off_in_the_maps():
    network = tiny_network(3, False, dropout=0.9)
    found = [float(apart(network.train(), images(), TARGETS, THREE)) for _ in range(3)]
    assert len(set(found)) == 1
    assert any(isinstance(part, nn.Dropout) and part.training for part in network.modules())
