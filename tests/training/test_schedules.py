import pytest
import torch

from xaimed.errors import ConfigError
from xaimed.training.schedules import Constant, Plateau

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
        Plateau(optimizer(), monitor="val/los").after_epoch({"val/loss": 1.0, "train/loss": 1.0})


def test_constant_stays():
    moved = optimizer()
    assert rates(Constant(moved), moved, LOSSES) == [1e-4] * len(LOSSES)
