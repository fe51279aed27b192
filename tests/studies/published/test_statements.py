"""Lines of statements: what holds within rounding, what only when cut off, what not; and what is refused."""

import pytest
from support.papers import consistent

from xaimed.errors import ConfigError
from xaimed.studies.published.expressions import judge
from xaimed.studies.published.names import Names
from xaimed.studies.published.reading import paper_from


@pytest.fixture(scope="module")
def names():
    node = consistent()
    node["tables"]["t"]["rows"]["other"] = {"accuracy": "85.79 ± 4.74", "recall": "61.0", "f1": "60–70"}
    node["tables"]["v"] = {
        "place": "Table 4",
        "columns": {"says": {"metric": "text"}, "x": {}},
        "rows": {"a": {"says": "None", "x": 1}, "b": {"says": "CAM", "x": 2}, "c": {"says": "None"}},
    }
    return Names(paper_from("small", node))


@pytest.mark.parametrize(
    "line",
    [
        "t.net.accuracy == 87.5",
        "t.net.accuracy == 88",
        "t.net.accuracy - t.other.accuracy == 1.7",
        "t.net.accuracy - t.other.accuracy == 1.71",
        "t.net.accuracy / t.other.accuracy == 1.02",
        "t.net.accuracy > t.other.accuracy > 85",
        "abs(t.other.accuracy - t.net.accuracy) < 2",
        "t.other.accuracy.sd == 4.7",
        "every('t.*.accuracy') > 85",
        "max(every('t.*.accuracy.sd')) == 4.74",
        "min(every('t.*.accuracy')) == 85.79",
        "mean(every('t.*.accuracy')) == 86.65",
        "t.other.f1.low == 60",
        "t.other.f1.high == 70",
        "sum(images.a, images.b, images.c) == images.n",
        "100 / images.folds == 50",
        "m['a', 'b'] == 1",
        "total(m) == 40",
        "errors(m) == 5",
        "accuracy(m) == 87.5",
        "cells(m, 'b') == 19",
        "rows('v.says', 'None') == 2",
        "-u.a.male < 0",
    ],
)
def test_what_holds(names, line):
    verdict = judge(line, names, "here")
    assert verdict.holds
    assert not verdict.cut


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("t.net.accuracy == 87.6", "87.50, not 87.6"),
        ("t.net.accuracy - t.other.accuracy == 2.7", "87.50 − 85.79 = 1.71 (1.7 to 1.72), not 2.7"),
        ("t.other.accuracy > t.net.accuracy", "85.79, not more than 87.50"),
        ("every('t.*.accuracy') > 86", "85.79, not more than 86"),
        ("errors(m) == 6", "40 − 35 errors = 5, not 6"),
        ("m['a', 'c'] == 1", "0 a predicted as c, not 1"),
        ("(u.a.male + u.a.female) * 2 == 21", "(6 + 4) × 2 = 20, not 21"),
    ],
)
def test_what_does_not_hold_is_told_in_numbers(names, line, told):
    verdict = judge(line, names, "here")
    assert not verdict.holds
    assert told.split(", ")[-1] in verdict.told
    assert told.split(", ")[0] in verdict.told
    assert verdict.gap > 0 or "m[" not in line


def test_numbers_that_were_cut_off_hold_and_are_told(names):
    verdict = judge("accuracy(m) - 1 == 86", names, "here")
    assert verdict.holds
    assert judge("u.a.female / u.a.male == 0.66", names, "here").cut
    assert not judge("u.a.female / u.a.male == 0.67", names, "here").cut


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("t.nett.accuracy == 1", "there is no 't.nett.accuracy'"),
        ("t.net.accuracy", "compares nothing"),
        ("t.net.accuracy ==", "cannot be read"),
        ("t.net.recall.high == 1", "without high"),
        ("errors(k) == 1", "no matrix 'k'"),
        ("m['a', 'x'] == 1", "no class 'x'"),
        ("m['a'] == 1", "a true and a predicted class"),
        ("open('x') == 1", "there is no function 'open'"),
        ("every('q.*.x') == 1", "no published value matches"),
        ("t.net.accuracy in m", "only =="),
        ("1 / (t.net.accuracy - t.net.accuracy) == 1", "divides by"),
        ("images.x == 1", "'images' has no 'x'"),
        ("(lambda: 1)() == 1", "neither a number nor a name"),
    ],
)
def test_what_cannot_be_checked_is_refused(names, line, why):
    with pytest.raises(ConfigError, match="here") as caught:
        judge(line, names, "here")
    assert why in str(caught.value)
