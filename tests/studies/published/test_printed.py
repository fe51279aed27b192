"""What a printed number says, and what rounding leaves open."""

from fractions import Fraction as F

import pytest

from xaimed.errors import ConfigError
from xaimed.studies.published.interval import Interval, exactly
from xaimed.studies.published.printed import printed, shown


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("85.79", F("85.79"), F("0.01")),
        ("1.00", F(1), F("0.01")),
        ("92%", F(92), F(1)),
        ("138.36 M", F(138_360_000), F(10_000)),
        ("15.5G", F(15_500_000_000), F(100_000_000)),
        ("1×10^-4", F("0.0001"), F("0.0001")),
        ("2.65 s", F("2.65"), F("0.01")),
        ("1.79 ms", F("1.79"), F("0.01")),
        ("5,856", F(5856), F(1)),
        ("−0.5", F("-0.5"), F("0.1")),
        (338, F(338), F(0)),
    ],
)
def test_value_and_last_place(text, value, step):
    number = printed(text, "here")
    assert (number.value, number.step) == (value, step)


def test_spread_and_range_are_numbers_of_their_own():
    number = printed("85.79 (±4.74)", "here")
    assert number.sd is not None
    assert (number.value, number.sd.value, number.sd.step) == (F("85.79"), F("4.74"), F("0.01"))
    number = printed("92.65–99.01%", "here")
    assert number.upper is not None
    assert (number.value, number.upper.value, number.unit) == (F("92.65"), F("99.01"), "%")


def test_rounded_or_cut_off():
    number = printed("0.98", "here")
    assert number.rounded == Interval(F("0.975"), F("0.985"))
    assert number.cut == Interval(F("0.98"), F("0.99"))
    assert printed("-0.98", "here").cut == Interval(F("-0.99"), F("-0.98"))
    assert number.either == Interval(F("0.975"), F("0.99"))


@pytest.mark.parametrize("content", [98.2, "about ten", True, None])
def test_what_is_no_printed_number_is_refused(content):
    with pytest.raises(ConfigError, match=r"\[t\.row\.x\]"):
        printed(content, "t.row.x")


def test_neighbours_in_the_last_place_do_not_meet_but_coarser_numbers_do():
    assert not printed("0.98", "").rounded.meets(printed("0.99", "").rounded)
    assert printed("98.22", "").rounded.meets(printed("98.2", "").rounded)
    assert printed("0.5", "").rounded.meets(exactly(F("0.55")))


def test_intervals_hold_every_outcome():
    one, other = Interval(F(1), F(2)), Interval(F(-3), F(4))
    assert one - other == Interval(F(-3), F(5))
    assert one * other == Interval(F(-6), F(8))
    assert other / one == Interval(F(-3), F(4))
    assert abs(other) == Interval(F(0), F(4))
    with pytest.raises(ZeroDivisionError):
        _ = one / other


def test_shown_without_a_tail():
    assert [shown(F(1, 3)), shown(76.5), shown(25_557_032)] == ["0.333333", "76.5", "25,557,032"]
