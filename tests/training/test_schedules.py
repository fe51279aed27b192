import pytest
import torch

from xaimed.errors import ConfigError
from xaimed.training.schedules import Constant, Cosine, Plateau

LOSSES = [1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.8]


def optimizer(lr=1e-4):
    return torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def rates(schedule, moved, losses):
    found = []
    for loss in losses:
        schedule.after_epoch({"val/loss": loss})
        found.append(moved.param_groups[0]["lr"])
    return found


def test_plateau_halves_after_more_than_patience_epochs_and_not_below_the_floor():
    moved = optimizer()
    found = rates(Plateau(moved, patience=2), moved, LOSSES)
    assert found == pytest.approx([1e-4] * 4 + [5e-5] * 3 + [2.5e-5] * 3)
    floor = rates(Plateau(moved, patience=0), moved, [1.0] * 9)
    assert floor[-1] == pytest.approx(1e-5)


@pytest.mark.parametrize("cut", range(1, len(LOSSES)))
def test_a_plateau_taken_up_again_goes_on_as_if_nothing_had_been(cut):
    whole = optimizer()
    expected = rates(Plateau(whole, patience=2), whole, LOSSES)
    first = optimizer()
    before = Plateau(first, patience=2)
    found = rates(before, first, LOSSES[:cut])
    second = optimizer()
    after = Plateau(second, patience=2)
    second.load_state_dict(first.state_dict())
    after.load_state_dict(before.state_dict())
    assert found + rates(after, second, LOSSES[cut:]) == expected


def test_what_is_not_measured_is_named():
    with pytest.raises(ConfigError, match="'val/loss'"):
        Plateau(optimizer(), monitor="val/losss").after_epoch({"val/loss": 1.0, "train/loss": 1.0})


def test_constant_stays():
    moved = optimizer()
    assert rates(Constant(moved), moved, LOSSES) == [1e-4] * len(LOSSES)


def test_cosine_with_warm_up_by_hand():
    """Four epochs of four batches, of which one and a half warm up: six batches up, ten down half a cosine."""
    moved = optimizer(1.0)
    schedule = Cosine(moved, epochs=4, warmup_epochs=1.5, min_lr=0.2)
    found = []
    for epoch in range(4):
        for batch in range(4):
            schedule.before_step(epoch, batch, 4)
            found.append(moved.param_groups[0]["lr"])
    assert found[:7] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0, 1.0])
    assert found[11] == pytest.approx(0.6)  # half way: the middle between 1 and 0.2
    assert found[8] == pytest.approx(0.2 + 0.8 * 0.9045085)  # cos(π / 5) = 0.809017
    assert found[15] == pytest.approx(0.2 + 0.8 * 0.0244717)  # cos(9π / 10) = -0.9510565
    schedule.before_step(4, 0, 4)  # past the end
    assert moved.param_groups[0]["lr"] == pytest.approx(0.2)


def test_cosine_without_warm_up_is_torchs():
    ours, theirs = optimizer(0.3), optimizer(0.3)
    schedule = Cosine(ours, epochs=6, min_lr=0.01)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, T_max=6, eta_min=0.01)
    for epoch in range(6):
        schedule.before_step(epoch, 0, 3)
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])
        theirs.step()
        reference.step()


def test_cosine_is_a_function_of_the_place_and_keeps_the_shares_of_groups():
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [{"params": [weights[0]], "rate": 1.0}, {"params": [weights[1]], "rate": 0.1, "lr": 0.1}]
    moved = torch.optim.SGD(groups, lr=1.0)
    schedule = Cosine(moved, epochs=5, warmup_epochs=1, min_lr=0.5)
    for place in ((4, 1), (0, 0), (2, 2), (4, 1)):
        schedule.before_step(*place, 3)
        head, stage = (group["lr"] for group in moved.param_groups)
        assert stage == pytest.approx(0.1 * head)
    assert schedule.state_dict() == {}
    last = head
    fresh = optimizer(1.0)
    Cosine(fresh, epochs=5, warmup_epochs=1, min_lr=0.5).before_step(4, 1, 3)
    assert fresh.param_groups[0]["lr"] == last


@pytest.mark.parametrize(
    ("options", "said"),
    [({"warmup_epochs": 5}, "warmup_epochs"), ({"warmup_epochs": -1}, "warmup_epochs"), ({"min_lr": 1}, "min_lr")],
)
def test_a_cosine_that_cannot_be_is_refused(options, said):
    with pytest.raises(ConfigError, match=said):
        Cosine(optimizer(), epochs=5, **options)


def test_a_plateau_watches_for_more_where_more_is_better():
    moved = optimizer()
    schedule = Plateau(moved, monitor="val/auc", patience=0)
    for auc in (0.5, 0.6, 0.7, 0.6):
        schedule.after_epoch({"val/auc": auc})
    assert moved.param_groups[0]["lr"] == pytest.approx(5e-5)
