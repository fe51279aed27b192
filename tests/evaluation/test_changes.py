import pytest
import torch

from xaimed.evaluation.changes import small_changes


def changes(side=40, shift=0.1, **options):
    found, margin = small_changes(side, noise=0.05, brightness=0.1, shift=shift, turn=3.0, seed=1, **options)
    return {change.name: change for change in found}, margin


def smooth(side=40):
    """A picture in which a turn by interpolation loses nothing."""
    line = torch.linspace(-1, 1, side)
    return (0.5 + 0.2 * line[:, None] + 0.1 * line)[None, None].expand(1, 3, side, side)


def test_noise_and_brightness_change_as_much_as_stated():
    made, _ = changes()
    grey = torch.full((2, 3, 40, 40), 0.5)
    noisy = made["noise"].of_pictures(grey, ["a", "b"])
    assert (noisy - 0.5).std() == pytest.approx(0.05, rel=0.05)
    assert (noisy[:, 0] == noisy[:, 2]).all()
    assert (noisy[0] != noisy[1]).any()
    assert (made["noise"].of_pictures(grey[:1], ["b"])[0] == noisy[1]).all()
    torch.testing.assert_close(made["brighter"].of_pictures(grey, ["a", "b"]), grey + 0.1)
    torch.testing.assert_close(made["darker"].of_pictures(grey, ["a", "b"]), grey - 0.1)
    assert made["brighter"].of_pictures(grey + 0.45, ["a", "b"]).max() == 1


def test_a_shift_goes_right_and_down_and_comes_back():
    made, margin = changes()
    assert margin == 5  # four pixels and one
    picture = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    shifted = made["shifted"].of_pictures(picture, ["a", "b"])
    assert (shifted[..., 4:, 4:] == picture[..., :-4, :-4]).all()
    assert (shifted[..., 0, 4:] == picture[..., 0, :-4]).all()  # the edge goes on
    back = made["shifted"].of_maps(shifted[:, 0])
    assert (back[:, :-4, :-4] == picture[:, 0, :-4, :-4]).all()


def test_a_turn_is_by_the_angle_and_comes_back_inside_the_margin():
    made, margin = changes()
    picture = smooth()
    turned = made["turned"].of_pictures(picture, ["a"])
    row, column = turned[0, 0, 20, 20] - turned[0, 0, 19, 20], turned[0, 0, 20, 20] - turned[0, 0, 20, 19]
    angle = torch.rad2deg(torch.atan2(row, column) - torch.atan2(torch.tensor(0.2), torch.tensor(0.1)))
    assert abs(angle) == pytest.approx(3, abs=0.1)
    back = made["turned"].of_maps(turned[:, 0])
    inner = slice(margin, 40 - margin)
    torch.testing.assert_close(back[:, inner, inner], picture[:, 0, inner, inner], atol=2e-3, rtol=0)


def test_a_shift_is_at_least_a_pixel():
    made, margin = changes(side=32, shift=0.001)
    picture = smooth(32)
    assert (made["shifted"].of_pictures(picture, ["a"])[..., 1:, 1:] == picture[..., :-1, :-1]).all()
    assert margin == 2
