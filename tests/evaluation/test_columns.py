"""Which columns divide pictures, and into what."""

import numpy as np
import pandas as pd
import pytest

from xaimed.evaluation.columns import Division, columns_of, divided


def column(values, name="x"):
    return pd.Series(values, index=[f"s{i}" for i in range(len(values))], name=name)


def test_words_stand_as_they_are_and_the_unknown_in_no_group():
    found = divided(column(["M", "F", None, "F", "M", "F"], "sex"))
    assert (found.names, found.unknown, found.rule) == (("F", "M"), 1, "")
    assert found.labels.to_dict() == {"s0": "M", "s1": "F", "s3": "F", "s4": "M", "s5": "F"}


def test_ages_are_cut_where_it_is_said():
    found = divided(column([3, 17.9, 18, 39, 40, 85, np.nan], "age"))
    assert found.names == ("below 18", "18 to <40", "40 to <60", "80 and above")
    assert found.labels.tolist() == ["below 18", "below 18", "18 to <40", "18 to <40", "40 to <60", "80 and above"]
    assert (found.rule, found.unknown) == ("cut at 18, 40, 60, 80", 1)
    assert divided(column([3, 18, 39], "age"), (30,)).names == ("below 30", "30 and above")


def test_few_numbers_are_names_in_their_order():
    assert divided(column([10.0, 2, 2, 10, 2, 10])).names == ("2", "10")
    assert divided(column([True, False, True, False])).names == ("False", "True")


@pytest.mark.parametrize(
    ("values", "bands", "why"),
    [
        (["M"] * 5, None, "one value only"),
        ([None] * 5, None, "it is empty"),
        (list("abcd"), None, "nearly unique, 4 in 4 pictures"),
        (list(range(20)) * 3, None, "20 different values, more than 12, and no bands are given"),
        (list("abcdefghijklmn") * 3, None, "14 different values, more than 12"),
        (list("ab") * 3, (1.0,), "does not hold numbers"),
        ([1, 2, 3], (10.0,), "one band, below 10"),
    ],
)
def test_what_does_not_divide_says_why(values, bands, why):
    assert why in divided(column(values), bands)


def test_the_columns_that_do():
    table = pd.DataFrame({"group": list("aabb"), "sex": list("MFMF"), "id": list("wxyz"), "age": [1, 30, 50, 70]})
    assert columns_of(table) == ["sex", "age"]
    assert isinstance(divided(table["sex"]), Division)
