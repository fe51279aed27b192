"""Mean curves of explainers beside the controls: right numbers, readable, nothing overlapping."""

import numpy as np
import pytest

from tests.reporting.fakes import LONG, assert_tidy, words_of
from xaimed.reporting.faithfulness import faithfulness_figure, mean_and_band

RATES = {"gradcam-1a2b3c": 6, "mc_gradcam-4d5e6f": 4, "control:random": 1.5, "control:blob": 2.2}


def fold(number, count=8, rates=None, steps=20):
    """Curves that fall and rise at a rate of each explainer's own, a little different for every sample."""
    chance = np.random.default_rng(number)
    positions = np.linspace(0, 1, steps + 1)
    arrays = {"positions": positions, "sample_id": np.array([f"s{number}_{i}" for i in range(count)])}
    for name, rate in (rates or RATES).items():
        each = rate * chance.uniform(0.6, 1.4, (count, 1))
        arrays[f"deletion|{name}"] = (0.95 * np.exp(-each * positions)).astype(np.float32)
        arrays[f"insertion|{name}"] = (1 - 0.9 * np.exp(-each * positions)).astype(np.float32)
    return arrays


def test_lines_are_means_over_all_folds():
    folds = [fold(0), fold(1)]
    figure = faithfulness_figure(folds, title="t")
    for axes, measure in zip(figure.axes, ("deletion", "insertion"), strict=True):
        for line, name in zip(axes.lines, RATES, strict=True):
            every = np.concatenate([each[f"{measure}|{name}"] for each in folds])
            np.testing.assert_allclose(line.get_ydata(), every.astype(float).mean(0))
            assert (line.get_linestyle() == "-") == (not name.startswith("control:"))
    assert "16 samples" in words_of(figure)


def test_controls_come_last_and_an_explainer_of_one_fold_alone_is_left_out():
    mixed = {"control:random": 1, "z": 3, "control:blob": 2, "a": 5}
    figure = faithfulness_figure([fold(0, rates=mixed), fold(1, rates={k: v for k, v in mixed.items() if k != "z"})],
                                 title="t")  # fmt: skip
    words = words_of(figure)
    assert words.index(" a ") < words.index("control: random") < words.index("control: blob")
    assert " z " not in words
    assert len(figure.axes[0].lines) == 3


def test_the_band_is_a_bootstrap_of_groups():
    values = np.random.default_rng(0).normal(size=(400, 1))
    mean, (low, high) = mean_and_band(values, [str(i) for i in range(400)])
    assert mean[0] == pytest.approx(values.mean())
    assert (high - low)[0] == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    twice = np.repeat(values, 2, axis=0)
    _, (low_twice, high_twice) = mean_and_band(twice, [str(i // 2) for i in range(800)])
    assert (high_twice - low_twice)[0] == pytest.approx((high - low)[0], rel=0.1)
    assert np.isnan(mean_and_band(values, ["one"] * 400)[1]).all()


def test_long_names_and_many_explainers_leave_each_other_room():
    rates = {f"{LONG} {i}": 2 + i for i in range(7)} | {"control:random": 1, "control:blob": 2}
    figure = faithfulness_figure(
        [fold(0, rates=rates)],
        title="a long title " * 20,
        names={f"{LONG} 0": "Grad-CAM"},
        groups={f"s0_{i}": f"p{i // 2}" for i in range(8)},
        stamp="stand-in weights",
    )
    assert_tidy(figure)
    words = words_of(figure)
    assert "8 samples of 4 patients" in words
    assert "Grad-CAM" in words
    assert "stand-in weights" in words
    assert len({line.get_color() for line in figure.axes[0].lines[:7]}) == 7


def test_one_sample_has_a_line_and_no_band():
    assert_tidy(faithfulness_figure([fold(0, count=1)], title="t"))
