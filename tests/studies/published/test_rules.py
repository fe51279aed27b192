"""A paper that is consistent gives no finding; every planted inconsistency gives one, with its arithmetic."""

import pytest
from support.papers import changed, consistent, findings

from xaimed.errors import ConfigError
from xaimed.studies.published.audit import audit
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.reading import paper_from

TWO = {"n": 320, "classes": {"Normal": 121, "Pneumonia": 199}, "positive": "Pneumonia"}


def table(rows, columns=None, **options):
    columns = columns or {name: {"metric": name} for row in rows.values() for name in row if name != "is"}
    return {"place": "Table 9", "columns": columns, "rows": rows, **options}


def with_table(rows, columns=None, samples=None, **options):
    return {"samples": samples or {}, "tables": {"x": table(rows, columns, **options)}}


def the_one(node):
    (finding,) = findings(node)
    return finding


def with_cell(address, text):
    name, row, column = address.split(".")

    def change(tables):
        tables[name]["rows"][row][column] = text
        return tables

    return change


def test_a_consistent_paper_gives_no_finding_and_says_what_was_checked():
    audited = audit(paper_from("small", consistent()))
    assert audited.findings == ()
    checked = audited.checked()
    assert all(failed == 0 for _, failed in checked.values())
    assert checked["metrics of a confusion matrix"] == (4, 0)
    assert checked["a matrix shared over folds"] == (1, 0)
    assert checked["spread possible at its n"] == (1, 0)
    assert checked["statements against numbers"] == (3, 0)


@pytest.mark.parametrize(
    ("parts", "rule", "arithmetic"),
    [
        (
            {"samples": {"images": {"n": 41, "classes": {"a": 10, "b": 20, "c": 10}}}, "matrices": {}, "claims": {}},
            "counts add up",
            "10 + 20 + 10 = 40, but 41",
        ),
        (
            {
                "matrices": lambda all_: {
                    "m": {**all_["m"], "counts": [[9, 1, 0], [1, 17, 3], [0, 1, 9]], "row": None}
                },
                "claims": {},
            },
            "counts add up",
            "b: 1 + 17 + 3 = 21, but 20",
        ),
        ({"tables": with_cell("t.net.recall", "92.33 ± 1.67")}, "metrics of a confusion matrix", "recall: the matrix"),
        ({"tables": with_cell("t.net.f1", "87.49 ± 2.46")}, "a matrix shared over folds", "f1: no way"),
        ({"tables": with_cell("t.net.recall", "88.33 ± 0.00")}, "a matrix shared over folds", "recall: no way"),
        ({"tables": with_cell("u.a.male", 7)}, "relations within a table", "4 + 7 = 11, not 10"),
        (
            {"claims": {"x": {"place": "Section 1", "says": "it errs six times", "check": "errors(m) == 6"}}},
            "statements against numbers",
            "40 − 35 errors = 5, not 6",
        ),
        (
            {"claims": {"x": {"place": "A", "says": "yes", "contradicts": "y"}, "y": {"place": "B", "says": "no"}}},
            "statements against statements",
            "B: no",
        ),
        (
            {"claims": {"x": {"place": "Section 3", "says": "all predictions are pooled", "pools": "t"}}},
            "pooled or averaged over folds",
            "precision: pooled 87.",
        ),
        (
            {"protocol": {"place": "Section 3", "chosen_on": "the fold", "reported_on": "the fold"}},
            "chosen and reported on the same samples",
            "chosen on: the fold",
        ),
    ],
)
def test_every_planted_inconsistency_is_one_finding(parts, rule, arithmetic):
    finding = the_one(changed(**parts))
    assert finding.rule == rule
    assert any(arithmetic in line for line in finding.arithmetic), finding.arithmetic


@pytest.mark.parametrize(
    ("accuracy", "told"),
    [
        ("0.80", "5+4 = 9 of 12 correct, 3 wrong; 0.80 is no share of 12, 9/12 and 10/12 are nearest"),
        ("0.83", "5+4 = 9 of 12 correct, 3 wrong; 0.83 needs 10 correct, 2 wrong"),
        ("0.91", "5+4 = 9 of 12 correct, 3 wrong; 0.91 needs 11 correct, 1 wrong"),  # cut off
        ("0.9", "5+4 = 9 of 12 correct, 3 wrong; 0.9 needs 11 correct, 1 wrong"),
    ],
)
@pytest.mark.parametrize("of", ["all", "part", None])
def test_an_accuracy_that_a_matrix_does_not_give_is_told_in_samples(accuracy, told, of):
    """And it is told of whom the table is, where that are others than the matrix has."""
    node = with_table({"net": {"accuracy": accuracy}}, samples={"all": {"n": 12}, "part": {"n": 30}}, of=of)
    node["matrices"] = {
        "m": {"place": "Matrix", "of": "all", "labels": ["a", "b"], "counts": [[5, 1], [2, 4]], "row": "x.net"}
    }
    (finding,) = (one for one in findings(node) if one.rule == "metrics of a confusion matrix")
    assert finding.arithmetic[0].removeprefix("accuracy: ") == told
    others = ("the table is of 'part' with 30, the matrix of 'all' with 12",)
    assert finding.arithmetic[2:] == (others if of == "part" else ())


def test_a_share_that_its_samples_cannot_give():
    samples = {"test": {"n": 19, "classes": {"disc": 4, "other": 15}}}
    options = {"columns": {"recall": {"metric": "recall", "class": "disc"}}, "samples": samples, "of": "test"}
    finding = the_one(with_table({"net": {"recall": "0.67"}}, **options))
    assert finding.rule == "possible at its n"
    assert finding.arithmetic == (
        "the nearest are 2/4 and 3/4, which are 0.5 and 0.75",
        "it is a share of 15 other",
    )
    assert findings(with_table({"net": {"recall": "0.75"}}, **options)) == ()
    assert findings(with_table({"net": {"accuracy": "89%"}}, samples=samples, of="test")) == ()
    assert the_one(with_table({"net": {"accuracy": "90%"}}, samples=samples, of="test")).rule == "possible at its n"
    assert "no share" in the_one(with_table({"net": {"accuracy": "1.2"}}, samples=samples, of="test")).told


def test_a_spread_that_whole_samples_cannot_give():
    samples = {"all": {"n": 20, "classes": {"a": 10, "b": 10}, "folds": 2}}
    options = {"samples": samples, "of": "all", "over": "folds"}
    assert findings(with_table({"net": {"accuracy": "0.950 ± 0.050"}}, **options)) == ()
    assert the_one(with_table({"net": {"accuracy": "0.950 ± 0.030"}}, **options)).rule == "spread possible at its n"
    wide = the_one(with_table({"net": {"auc": "0.990 ± 0.300"}}, **options))
    assert "spread by no more than" in wide.told
    two = {"net": {"accuracy": "0.950 ± 0.050"}, "other": {"accuracy": "0.950 ± 0.071"}}
    assert the_one(with_table(two, **options)).rule == "one divisor for all spreads of a table"


def test_f1_of_one_class_and_of_a_mean():
    good, bad = (
        {"precision": "0.90", "recall": "0.80", "f1": "0.85"},
        {"precision": "0.90", "recall": "0.80", "f1": "0.87"},
    )
    assert findings(with_table({"net": good})) == ()
    assert "0.842" in the_one(with_table({"net": bad})).arithmetic[0]
    low = {**good, "f1": "0.72"}
    assert findings(with_table({"net": low}, average="macro")) == ()
    assert the_one(with_table({"net": low})).rule == "F1 from precision and recall"
    assert the_one(with_table({"net": {**good, "f1": "0.65"}}, average="macro")).weight is Weight.RESULT


def test_all_metrics_of_two_classes_at_once():
    row = {"accuracy": "95.94%", "precision": "96.04%", "recall": "97.49%", "f1": "96.76%", "kappa": "0.913"}
    options = {"samples": {"test": TWO}, "of": "test"}
    audited = audit(paper_from("two", with_table({"net": {**row, "mcc": "0.913", "auc": "98.91%"}}, **options)))
    assert audited.findings == ()
    (found,) = (one for one in audited.agreements if one.rule == "one matrix for all metrics of a row")
    assert found.told == "194 found, 5 missed, 8 false alarms, 113 rightly left alone"
    finding = the_one(with_table({"net": {**row, "kappa": "0.950"}}, **options))
    assert finding.rule == "one matrix for all metrics of a row"
    assert "without kappa, the others agree with one another" in finding.arithmetic
    area = the_one(with_table({"net": {**row, "auc": "0.80"}}, **options))
    assert area.rule == "area under a ROC curve through a known point"


def test_a_per_class_report():
    def report(**changes):
        rows = {
            "a": {"precision": "1.00", "recall": "0.50", "f1": "0.67", "support": 4},
            "b": {"precision": "0.86", "recall": "1.00", "f1": "0.92", "support": 12},
            "accuracy": {"recall": "0.88", "support": 16},
            "macro": {"precision": "0.93", "recall": "0.75", "f1": "0.80", "support": 16},
            "weighted": {"precision": "0.89", "recall": "0.88", "f1": "0.86", "support": 16},
        }
        for place, cell in changes.items():
            row, column = place.split("_")
            rows[row][column] = cell
        columns = {"precision": {}, "recall": {}, "f1": {}, "support": {}}
        return with_table(rows, columns, {"test": {"n": 16, "classes": {"a": 4, "b": 12}}}, report="test")

    assert findings(report()) == ()
    assert (
        "0.60 lies between 2/4 and 3/4"
        in the_one(
            report(a_recall="0.60", macro_recall="0.80", weighted_recall="0.90", accuracy_recall="0.90")
        ).arithmetic
    )
    assert "0.93 (0.925 to 0.935)" in the_one(report(macro_precision="0.95")).arithmetic[0]
    assert "0.86" in the_one(report(weighted_f1="0.90")).arithmetic[0]
    assert "weighted: support 17, but the classes have 16" in the_one(report(weighted_support=17)).arithmetic


def test_means_and_spreads_of_what_stands_beside_them():
    """The trust scores of three raters: one spread divided by n - 1, the other by n, unless rounding hides it."""
    columns = {"one": {}, "two": {}, "three": {}, "mean": {"metric": "mean", "parts": ["one", "two", "three"]}}
    first = {"one": "4.2", "two": "4.5", "three": "4.3", "mean": "4.33 ± 0.15"}
    second = {"one": "4.3", "two": "4.6", "three": "4.4", "mean": "4.43 ± 0.15"}
    assert findings(with_table({"a": first, "b": second}, columns)) == ()
    # raters at 4.32, 4.56 and 4.42 are printed like the second row and spread by 0.12 with n - 1
    other = {**second, "mean": "4.43 ± 0.12"}
    assert findings(with_table({"a": first, "b": other}, columns)) == ()
    exact = [
        {**row, "one": row["one"] + "0", "two": row["two"] + "0", "three": row["three"] + "0"} for row in (first, other)
    ]
    finding = the_one(with_table({"a": exact[0], "b": exact[1]}, columns))
    assert finding.rule == "one divisor for all spreads of a table"
    assert "4.53" in the_one(with_table({"a": {**first, "mean": "4.53 ± 0.15"}}, columns)).arithmetic[0]
    assert (
        "0.1528 divided by n − 1" in the_one(with_table({"a": {**first, "mean": "4.33 ± 0.35"}}, columns)).arithmetic[0]
    )


def test_a_difference_of_few_samples_is_not_shown():
    def compared(counts):
        samples = {"all": {"n": 200, "classes": {"a": 100, "b": 100}}}
        first = {"place": "Table 1", "of": "all", "labels": ["a", "b"], "counts": [[99, 1], [1, 99]]}
        claim = {"place": "Abstract", "says": "the first is better", "compares": ["first", "second"]}
        return {
            "samples": samples,
            "matrices": {"first": first, "second": {**first, "counts": counts}},
            "claims": {"c": claim},
        }

    assert "3 won and 0 lost, exact p = 0.25" in the_one(compared([[97, 3], [2, 98]])).arithmetic[0]
    assert findings(compared([[90, 10], [1, 99]])) == ()


def test_accuracies_of_the_same_samples_are_compared_as_well():
    """Exact binomial tests by hand: 2 × 0.5^1 = 1, 2 × 0.5^3 = 0.25, 2 × 0.5^6 = 0.031."""
    samples = {"all": {"n": 19, "classes": {"a": 8, "b": 11}}}
    rows = {
        "best": {"accuracy": "100"},
        "near": {"accuracy": "95"},
        "far": {"accuracy": "84"},
        "last": {"accuracy": "68"},
    }
    columns = {"accuracy": {"metric": "accuracy", "unit": "%"}}
    claim = {"place": "Abstract", "says": "the best is better", "compares": [f"x.{name}" for name in rows]}
    paper = {**with_table(rows, columns, samples, of="all"), "claims": {"c": claim}}
    assert the_one(paper).arithmetic == (
        "Table 9, near: 19 against 18 of 19 correct: at best 1 won and 0 lost, exact p = 1",
        "Table 9, far: 19 against 16 of 19 correct: at best 3 won and 0 lost, exact p = 0.25",
    )
    claim["compares"] = ["x.best", "x.last"]
    assert findings(paper) == ()
    claim["compares"] = ["x.best"]
    with pytest.raises(ConfigError, match=r"'x\.best' is compared with nothing"):
        findings(paper)
    samples["others"] = {"n": 19}
    rows["near"]["of"] = "others"
    claim["compares"] = ["x.best", "x.near"]
    with pytest.raises(ConfigError, match="different samples: all, others"):
        findings(paper)


def test_errors_of_other_samples_are_compared_by_fishers_exact_test():
    """By hand for 5 of 6 against 1 of 3: (C(6,1)·C(3,2) + C(6,0)·C(3,3)) / C(9,3) = 19/84 = 0.23."""
    samples = {"few": {"n": 3}, "more": {"n": 6}, "many": {"n": 60}}
    rows = {"a": {"wrong": 1, "of": "more"}, "b": {"wrong": 2, "of": "few"}, "c": {"wrong": 40, "of": "many"}}
    claim = {"place": "Abstract", "says": "the first is better", "compares": ["x.a", "x.b"]}
    paper = {**with_table(rows, {"wrong": {"metric": "errors"}}, samples), "claims": {"c": claim}}
    assert the_one(paper).arithmetic == ("5 of 6 against 1 of 3: exact p = 0.23",)
    claim["compares"] = ["x.a", "x.c"]
    assert findings(paper) == ()
    claim["compares"] = ["x.c", "x.a"]
    assert "20 of 60 against 5 of 6" in the_one(paper).arithmetic[0]


def test_counts_are_told_with_what_they_count():
    claims = {"c": {"place": "Section 1", "says": "the fewer", "check": ["images.a < images.a", "correct(m) < 1"]}}
    (size, correct) = the_one(changed(claims=claims)).arithmetic
    images = consistent()["samples"]["images"]["classes"]["a"]
    assert size == f"{images} a, not less than {images} a"
    assert correct.endswith(" correct, not less than 1")


def test_a_misprint_that_explains_two_contradictions_is_named():
    quotes = {
        "difference": {"place": "Section 1", "says": "2.5 more than before", "check": "t.net.accuracy - 85 == 2.5"},
        "repeated": {"place": "Section 2", "says": "87.51", "check": "t.net.accuracy == 81.50"},
    }
    found = findings(changed(tables=with_cell("t.net.accuracy", "81.50 ± 2.50"), claims=quotes))
    told = "87.50 in place of 81.50 (Table 1, Net, accuracy, and where the text repeats it) would agree with everything"
    assert all(
        any(line.startswith(told) for line in finding.arithmetic)
        for finding in found
        if "t.net.accuracy" in finding.about
    )


def test_findings_stand_in_the_order_of_their_weight():
    claims = {
        name: {"place": name, "says": "it errs six times", "check": "errors(m) == 6", "weight": weight}
        for name, weight in (("Section 9", "wording"), ("Section 8", "detail"))
    }
    claims["Abstract"] = {"place": "Abstract", "says": "it errs seven times", "check": "errors(m) == 7"}
    assert [finding.places[0] for finding in findings(changed(claims=claims))] == ["Abstract", "Section 8", "Section 9"]


def test_models_are_built_and_measured_and_their_parts_too():
    rows = {
        "net": {
            "all": "11.69 M",
            "own": "11.18 M",
            "flops": "1.8 G",
            "first": "9,408",
            "blocks": "0.53 M",
            "head": 64,
            "side": 112,
            "channels": 64,
        }
    }
    columns = {name: {} for name in rows["net"]}
    values = {
        "parameters": "x.net.own",
        "flops": "x.net.flops",
        "parameters:body.conv1": "x.net.first",
        "parameters:body.layer1+body.layer2": "x.net.blocks",
        "side:body.conv1": "x.net.side",
        "channels:body.conv1": "x.net.channels",
    }
    model = {
        "place": "Section 2",
        "backbone": ["resnet18", "dropout=null"],
        "outputs": 3,
        "size": 224,
        "values": values,
    }
    node = {**with_table(rows, columns), "models": {"net": {**model, "values": values}}}
    assert "673,536" in the_one(node).arithmetic[0]
    rows["net"]["blocks"] = "0.67 M"
    rows["net"]["side"] = 56
    assert "side of body.conv1 of the described network, 3 outputs: 112" in the_one(node).arithmetic
    rows["net"]["side"] = 112
    assert findings(node) == ()
    values["parameters"] = "x.net.all"
    assert "1000 classes" in the_one(node).told
    values["parameters:body.layer9"] = "x.net.all"
    with pytest.raises(ConfigError, match="Did you mean 'parameters:body"):
        findings(node)


def test_several_models_of_one_value_are_readings_of_it():
    reading = {"place": "Section 2", "backbone": ["resnet18", "dropout=null"], "outputs": 3, "size": 224}
    first, second = (
        {**reading, "place": f"{name} alone", "values": {f"parameters:body.{name}": "x.net.block"}}
        for name in ("layer1", "layer2")
    )
    node = {**with_table({"net": {"block": "0.53 M"}}, {"block": {}}), "models": {"first": first, "second": second}}
    assert findings(node) == ()  # layer2 has 525,568
    node["tables"] = {"x": table({"net": {"block": "2.10 M"}}, {"block": {}})}
    finding = the_one(node)
    assert finding.places == ("Table 9, net, block", "layer2 alone", "layer1 alone")
    assert "525,568" in finding.arithmetic[0]
    told = "parameters of body.layer3 alone: 2,099,712, which is what is printed (it gives 14×14×256)"
    assert told in finding.arithmetic
    assert any(line.startswith("read as layer1 alone") and "147,968" in line for line in finding.arithmetic)


def test_means_over_runs_have_the_samples_of_all_runs():
    samples = {"test": {"n": 10, "runs": 3}}
    options = {"samples": samples, "of": "test", "over": "runs"}
    assert findings(with_table({"net": {"accuracy": "0.97"}}, **options)) == ()  # 29 of 30
    assert "29/30 and 30/30" in the_one(with_table({"net": {"accuracy": "0.98"}}, **options)).arithmetic[0]
