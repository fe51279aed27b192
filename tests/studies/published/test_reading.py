"""A published part that does not fit together is refused in one line that says where."""

import pytest
from support.papers import changed

from xaimed.errors import ConfigError
from xaimed.studies.published.reading import paper_from


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"tabels": {}}, "there is no 'tabels' here"),
        ({"claims": {"x": {"place": "A", "says": "a", "chek": "1 == 1"}}}, "Did you mean 'check'"),
        ({"claims": {"x": {"place": "A"}}}, "'says' is missing [claims.x]"),
        ({"claims": {"x": {"place": "A", "says": "a", "contradicts": "z"}}}, "there is no 'z' [claims.x]"),
        ({"claims": {"x": {"place": "A", "says": "a", "weight": "heavy"}}}, "there is no 'heavy'"),
        ({"claims": {"x": None}}, "there is nothing in it [claims.x]"),
        ({"claims": ["x"]}, "it names nothing [claims]"),
        ({"matrices": lambda all_: {"m": {**all_["m"], "of": "image"}}}, "Did you mean 'images'"),
        ({"matrices": lambda all_: {"m": {**all_["m"], "row": "t.nett"}}}, "Did you mean 't.net'"),
        ({"matrices": lambda all_: {"m": {**all_["m"], "counts": [[1, 2]]}}}, "as many rows and columns"),
        (
            {"matrices": lambda all_: {"m": {**all_["m"], "labels": ["a", "b", "d"]}}},
            "there is no 'd' [matrices.m.labels]",
        ),
        (
            {"models": {"v": {"place": "A", "backbone": "vgg16", "outputs": 3, "size": 32, "values": {"flops": "x"}}}},
            "there is no 'x' [models.v.values]",
        ),
        ({"samples": {"images": {"classes": {}}}}, "'n' is missing [samples.images]"),
    ],
)
def test_refused_in_one_line(parts, why):
    with pytest.raises(ConfigError) as caught:
        paper_from("small", changed(**parts))
    assert why in str(caught.value)


def test_lost_decimals_and_unknown_columns_are_refused():
    def cell(name, value):
        def change(tables):
            tables["t"]["rows"]["net"][name] = value
            return tables

        return change

    with pytest.raises(ConfigError, match=r"98\.2 has lost its printed decimals \[t\.net\.accuracy\]"):
        paper_from("small", changed(tables=cell("accuracy", 98.2)))
    with pytest.raises(ConfigError, match="there is no 'acuracy' here"):
        paper_from("small", changed(tables=cell("acuracy", "98.2")))


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"average": "macroo"}, "Did you mean 'macro'"),
        ({"over": "fold"}, "Did you mean 'folds'"),
        ({"class": "d"}, "there is no 'd'"),
        ({"parts": ["recal"]}, "Did you mean 'recall'"),
    ],
)
def test_a_column_that_no_rule_would_look_at_is_refused(option, why):
    def column(tables):
        tables["t"]["columns"]["accuracy"].update(option)
        return tables

    with pytest.raises(ConfigError, match="its column") as caught:
        paper_from("small", changed(tables=column))
    assert why in str(caught.value)


def test_a_row_may_be_of_other_samples():
    def two(tables):
        tables["t"]["rows"]["net"]["of"] = "others"
        return tables

    samples = {"images": {"n": 40, "classes": {"a": 10, "b": 20, "c": 10}, "folds": 2}, "others": {"n": 7}}
    paper = paper_from("small", changed(tables=two, samples=samples))
    assert paper.samples_of(paper.values["t.net.accuracy"]) is paper.samples["others"]
