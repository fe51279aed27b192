"""A panel says everything, keeps everything legible, and shows raw maps at picture size."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from tests.reporting.fakes import LONG, assert_tidy, case, disc, maps, peak, picture, words_of
from xaimed.reporting.canvas import pixels, save_figure
from xaimed.reporting.cases import Case, PanelMap, caption
from xaimed.reporting.panels import draw_panel


@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("name", ["Normal", LONG, "W" * 40, "$x_1$ [red]\n脊"[:11]])
def test_nothing_overlaps_whatever_the_names(count, name):
    drawn = case(count, name, mask=disc(), sample_id="a/very/long/path/" * 9, correct=False)
    assert_tidy(draw_panel(drawn, stamp="stand-in weights · rehearsal"))


@pytest.mark.parametrize("size", [(40, 90), (120, 50)])
def test_pictures_need_not_be_square(size):
    assert_tidy(draw_panel(case(3, mask=disc(*size), height=size[0], width=size[1])))


def test_it_says_what_has_to_be_said():
    wrong = case(3, true="Scoliosis", predicted="Normal", correct=False, mask=disc())
    words = words_of(draw_panel(wrong, stamp="stand-in weights")).replace("\u00a0", " ")
    for said in ("✗ wrong", "true: Scoliosis", "predicted: Normal (p = 0.87)", "sample p_0042", "fold 2", "evidence"):
        assert said in words
    for said in ("stand-in weights", "Grad-CAM", "0.03", "2e-06", "0.2", "scale: its own maximum"):
        assert said in words


def test_a_map_that_cannot_be_drawn_says_so():
    broken = Case(picture(), (PanelMap("zero", np.zeros((7, 7))), PanelMap("bad", np.full((7, 7), np.nan))), "h", "s")
    words = words_of(draw_panel(broken))
    assert "map is zero everywhere" in words
    assert "map is not finite" in words
    assert "evidence" not in words
    empty = Case(picture(), (), "h", "s", np.zeros((64, 64), bool))
    assert "evidence mask is empty" in words_of(draw_panel(empty))


def test_1200_pixels_wide_for_three_maps():
    assert draw_panel(case(3)).canvas.get_width_height()[0] == 1200


def test_pyplot_keeps_nothing_and_settings_stay():
    before = dict(plt.rcParams)
    save = draw_panel(case(3))
    pixels(save)
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


def test_the_users_settings_change_nothing(tmp_path):
    save_figure(draw_panel(case(2)), tmp_path / "a.png")
    with plt.rc_context({"font.size": 30, "savefig.bbox": "tight", "image.cmap": "jet", "text.color": "red"}):
        save_figure(draw_panel(case(2)), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()


def test_strength_is_half_pixel_bilinear_over_the_own_maximum():
    raw = peak(1, 5)
    wanted = torch.nn.functional.interpolate(torch.tensor(raw / raw.max())[None, None], (28, 42), mode="bilinear")
    np.testing.assert_allclose(PanelMap("m", raw).strength(28, 42), wanted[0, 0].clip(0, 1), atol=1e-6)


def test_negative_values_are_not_drawn_and_the_bar_says_it():
    signed = PanelMap("m", np.array([[-1.0, 0.5], [0.0, 0.25]]))
    assert signed.maximum == 0.5
    assert signed.strength(2, 2).min() == 0
    assert "≤ 0" in words_of(draw_panel(Case(picture(), (signed,), "h", "s")))
    assert PanelMap("m", -np.ones((2, 2))).maximum == 0


def test_the_outline_reaches_a_mask_at_the_edge():
    whole = Case(picture(), (), "h", "s", np.ones((64, 64), bool))
    without = Case(picture(), (), "h", "s", None)
    assert (pixels(draw_panel(whole)) != pixels(draw_panel(without))).sum() > 1000


@pytest.mark.parametrize(
    ("value", "shown"), [(0.874, "= 0.87"), (0.9991, "> 0.99"), (1.0, "= 1.00"), (0.001, "< 0.01"), (0.0, "= 0.00")]
)
def test_a_probability_is_never_rounded_to_certainty(value, shown):
    header, _ = caption(true="a", predicted="b", correct=False, probability=value, fold=0, sample_id="s")
    assert shown in header.replace("\u00a0", " ")


def test_a_caption_without_probability_and_with_a_long_id():
    header, subline = caption(true="a, b", predicted="a", correct=True, probability=None, fold=1, sample_id="x" * 99)
    assert header == "✓ correct · true: a, b · predicted: a"
    assert subline == f"sample {'x' * 20}…{'x' * 19} · fold 1"


def test_colour_pictures_and_single_channels_are_taken():
    colour = Case(np.stack([picture()] * 3), maps(1), "h", "s")
    single = Case(picture()[None], maps(1), "h", "s")
    assert colour.image.shape == (64, 64, 3)
    assert single.image.shape == (64, 64)
    both = [pixels(draw_panel(one)).astype(int) for one in (colour, single)]
    np.testing.assert_allclose(*both, atol=1)  # one is rounded before, the other after the grey scale
