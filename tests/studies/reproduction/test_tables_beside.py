"""The tables beside the paper, made from predictions that are those of the paper, from others, and from too few."""

import csv
import io

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import classification_report, roc_auc_score
from support.papers import FOLDS, changed
from support.reproduced import labels_of, predictions_of, results_of_rows, row_result

from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError
from xaimed.reporting.latex import to_latex
from xaimed.reporting.tables import to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.studies.reproduction.tables.areas import Areas
from xaimed.studies.reproduction.tables.confusion import Confusion
from xaimed.studies.reproduction.tables.metrics import Metrics
from xaimed.studies.reproduction.tables.past import PastWork
from xaimed.studies.reproduction.tables.report import Report

CLASSES = ("a", "b", "c")
COLUMNS = {"accuracy": "accuracy", "sensitivity": "recall", "precision": "precision", "f1": "f1"}
BAD = (((1, 4, 0), (4, 3, 3), (2, 2, 1)), ((1, 2, 2), (4, 3, 3), (1, 3, 1)))


def net(folds=FOLDS, name="net", **facts):
    return row_result(name, predictions_of(folds, CLASSES), **facts)


def lines(table):
    return list(csv.DictReader(io.StringIO(to_csv(table))))


def printed(table, width=80):
    console = Console(width=width, file=io.StringIO())
    console.print(TerminalTable(table))
    return console.file.getvalue()


def small(**columns):
    """The consistent paper with more columns in its row."""
    node = changed()
    for name, (column, value) in columns.items():
        node["tables"]["t"]["columns"][name] = column
        node["tables"]["t"]["rows"]["net"][name] = value
    return node


def test_the_predictions_of_the_paper_are_inside_with_no_difference():
    layout, beside = Metrics("Results", COLUMNS, "t")(results_of_rows(net(), published=changed()))
    assert layout.title == "Results"
    assert "| net | 87.50 ± 3.54 |" in to_markdown(layout)  # 90 and 85 %
    assert "2 folds, n = 40 samples." in " ".join(layout.notes)
    found = lines(beside)
    assert [line["Metric"] for line in found] == ["Accuracy (%)", "Sensitivity (%)", "Precision (%)", "F1 (%)"]
    assert {line["Verdict"] for line in found} == {"inside"}
    assert all(abs(float(line["Δ"])) < 0.006 for line in found)  # no more than rounding
    for line in found:
        assert float(line["Δ low"]) < 0 < float(line["Δ high"])
        assert float(line["Published low"]) < float(line["Published"]) < float(line["Published high"])
    notes = " ".join(beside.notes)
    assert "holds 0" in notes
    assert "4 of 4 comparable values are inside" in notes
    assert "Published interval of Accuracy: Wilson's" in notes
    assert "Published interval of Sensitivity, Precision, F1: the published confusion matrix" in notes
    assert "mean over folds" in notes


def test_other_predictions_are_outside():
    beside = Metrics("Results", COLUMNS, "t")(results_of_rows(net(BAD), published=changed()))[1]
    assert {line["Verdict"] for line in lines(beside)} == {"outside"}
    assert "0 of 4 comparable" in " ".join(beside.notes)


def test_every_reason_has_a_mark():
    node = small()
    node["tables"]["t"]["rows"]["few"] = dict(node["tables"]["t"]["rows"]["net"])
    rows = (net(missing=[2]), net(FOLDS[:1], name="few"))
    beside = Metrics("Results", COLUMNS, "t")(results_of_rows(*rows, published=node))[1]
    assert [line["Verdict"] for line in lines(beside)] == ["n.c. a"] * 4 + ["n.c. b"] * 4
    assert "n.c. a: not comparable, missing: folds 2." in beside.notes
    assert "n.c. b: not comparable, 20 pictures, published 40." in beside.notes
    assert "net: folds 2." in beside.notes


def test_stamps_stand_in_the_title_and_the_caption():
    results = results_of_rows(net(), published=changed(), stamp="rehearsal", axes={"x": {}})
    kinds = [
        Metrics("T", COLUMNS, "t"),
        Areas("T"),
        Confusion("T"),
        Report("T"),
        PastWork("T", "t", {"Accuracy": "accuracy"}),
    ]
    tables = [table for kind in kinds for table in kind(results)]
    assert len(tables) == 6
    for table in tables:
        assert table.title.endswith("(rehearsal)")
        assert "(rehearsal)}" in to_latex(table)
    assert {line["Verdict"] for line in lines(tables[1])} == {"n.c."}


def test_eighty_columns_hold_a_comparison():
    node = small()
    row = node["tables"]["t"]["rows"]["net"]
    row["accuracy"] = row["recall"] = row["precision"] = "100.00"
    results = results_of_rows(net(), published=node)
    text = printed(Metrics("Results", COLUMNS, "t")(results)[1])
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("Published  ") == 1  # one heading, not split
    assert text.count("Verdict") == 1


def test_a_single_split_has_intervals_in_place_of_a_spread():
    results = results_of_rows(net(FOLDS[:1]))
    (table,) = Metrics("Results", {"accuracy": "x", "mcc": "y"})(results)
    assert str(table.rows[0][1]).startswith("90.00 (7")
    assert "percentile bootstrap" in " ".join(table.notes)


def test_metrics_down_and_runs_across():
    (table,) = Metrics("Results", COLUMNS, down="metrics")(results_of_rows(net(), net(BAD, name="other_net")))
    assert table.columns == ("Metric", "net", "other net")
    assert [row[0] for row in table.rows] == ["Accuracy (%) ↑", "Sensitivity (%) ↑", "Precision (%) ↑", "F1 (%) ↑"]
    assert str(table.rows[0][1]) == "87.50 ± 3.54"


def test_runs_that_repeat_are_one_row():
    results = results_of_rows(row_result("net", *(predictions_of(FOLDS, CLASSES) for _ in range(3))))
    (table,) = Metrics("Results", COLUMNS)(results)
    assert len(table.rows) == 1
    assert "6 folds of 3 runs, n = 40 samples." in table.notes[0]


def test_two_classes_beside_a_row_of_another_name():
    node = changed(
        samples={"test": {"n": 25, "classes": {"n": 10, "p": 15}, "positive": "p"}},
        tables={
            "m": {
                "place": "Table 1",
                "of": "test",
                "columns": {
                    "accuracy": {"metric": "accuracy", "unit": "%"},
                    "recall": {"metric": "recall", "unit": "%"},
                    "precision": {"metric": "precision", "unit": "%"},
                    "auc": {"metric": "auc", "unit": "%"},
                    "kappa": {"metric": "kappa"},
                },
                "rows": {
                    "ours": {
                        "accuracy": "84.00",
                        "recall": "86.67",
                        "precision": "86.67",
                        "auc": "83.33",
                        "kappa": "0.667",
                    }
                },
            }
        },
        matrices={},
        claims={},
    )
    row = row_result("resnet50", predictions_of([((8, 2), (2, 13))], ("N", "P"), "binary"))
    metrics = {
        "accuracy": "accuracy",
        "sensitivity": "recall",
        "precision": "precision",
        "auc": "auc",
        "kappa": "kappa",
    }
    results = results_of_rows(row, published=node)
    layout, beside = Metrics("Results", metrics, "m.ours.{column}")(results)
    assert len(layout.rows) == 1
    found = lines(beside)
    assert [line["Metric"] for line in found] == [
        "Accuracy (%)",
        "Sensitivity (%)",
        "Precision (%)",
        "AUC (%)",
        "Kappa",
    ]
    assert {line["Verdict"] for line in found} == {"inside"}
    assert [float(line["Ours"]) for line in found] == pytest.approx([84, 86.6667, 86.6667, 83.3333, 0.66667], abs=1e-3)
    assert "Hanley" in " ".join(beside.notes)


def test_labels_that_stand_together():
    chance = np.random.default_rng(0)
    truth = chance.integers(2, size=(40, 2))
    scores = np.clip(truth * 0.4 + chance.random((40, 2)) * 0.5, 0.01, 0.99)
    table = labels_of(truth, scores, ("Edema", "Lung Lesion"))
    node = changed(
        samples={"x": {"n": 40, "folds": 5}},
        tables={
            "t": {
                "place": "Table 5",
                "of": "x",
                "over": "folds",
                "average": "macro",
                "columns": {"accuracy": {"metric": "accuracy", "unit": "%"}, "auc": {"metric": "auc"}},
                "rows": {"net": {"accuracy": "91.2", "auc": "0.951"}},
            },
            "areas": {
                "place": "Text",
                "columns": {"area": {"metric": "auc"}},
                "rows": {"lung_lesion": {"area": "0.9"}},
            },
        },
        matrices={},
        claims={},
    )
    results = results_of_rows(row_result("net", table), published=node)
    beside = Metrics("Results", {"accuracy": "accuracy", "auc": "auc"}, "t")(results)[1]
    found = {line["Metric"]: line for line in lines(beside)}
    expected = np.mean([roc_auc_score(truth[:, i], scores[:, i]) for i in range(2)])
    assert float(found["AUC"]["Ours"]) == pytest.approx(expected)
    assert found["AUC"]["Published low"] == ""
    areas, published = Areas("Areas", "areas.{class}.area")(results)
    assert [row[0] for row in areas.rows] == ["Edema", "Lung Lesion", "mean of classes"]
    assert areas.rows[0][1] == int(truth[:, 0].sum())
    (line,) = lines(published)
    assert line["Class"] == "Lung Lesion"
    assert float(line["Ours"]) == pytest.approx(roc_auc_score(truth[:, 1], scores[:, 1]))
    (matrix,) = Confusion("Matrices")(results)
    assert matrix.columns[1:] == ("true positive", "false positive", "false negative", "true negative")
    report = Report("Report")(results)[0]
    assert [row[0] for row in report.rows] == ["Edema", "Lung Lesion", "macro", "weighted"]


def test_matrices_with_the_published_counts_below():
    node = changed()
    labels = node["matrices"]["m"]["labels"]
    node["matrices"]["m"] |= {"labels": labels[::-1], "counts": np.sum(FOLDS, axis=0)[::-1, ::-1].tolist()}
    node["claims"] = {}
    axes = {"backbone": {"r": "ResNet", "v": "VGG"}}
    rows = [
        row_result("net", predictions_of(FOLDS, CLASSES), place={"backbone": "r"}),
        row_result("other", predictions_of(BAD, CLASSES), place={"backbone": "v"}),
    ]
    first, second = Confusion("Matrices", "t", each="backbone")(results_of_rows(*rows, published=node, axes=axes))
    assert (first.title, second.title) == ("Matrices, ResNet", "Matrices, VGG")
    assert first.blocks == ("net",) * 3 + ("net, published",) * 3
    pooled = [("a", 9, 1, 0), ("b", 1, 17, 2), ("c", 0, 1, 9)]
    assert list(first.rows) == pooled * 2  # in our order, whatever the paper's
    assert "net: n = 40; published n = 40 (Table 3)." in first.notes
    assert second.blocks == ("other",) * 3
    with pytest.raises(ConfigError, match="there is no 'bakbone'"):
        Confusion("Matrices", each="bakbone")(results_of_rows(*rows, axes=axes))


def test_a_matrix_of_other_classes_is_named_and_not_shown():
    row = row_result("net", predictions_of(FOLDS, ("a", "b", "z")))
    (table,) = Confusion("Matrices", "t")(results_of_rows(row, published=changed()))
    assert table.blocks == ("net",) * 3
    assert "published (Table 3) for other classes: a, b, c" in " ".join(table.notes)


def report_paper():
    node = small()
    node["tables"]["r"] = {
        "place": "Figure 3",
        "of": "images",
        "report": "images",
        "columns": {
            "precision": {"metric": "precision"},
            "recall": {"metric": "recall"},
            "f1": {"metric": "f1"},
            "support": {},
        },
        "rows": {
            "a": {"precision": "0.90", "recall": "0.90", "f1": "0.90", "support": 10},
            "b": {"precision": "0.89", "recall": "0.85", "f1": "0.87", "support": 20},
            "accuracy": {"f1": "0.88", "support": 40},
            "macro": {"precision": "0.87", "recall": "0.88", "support": 40},
            "weighted": {"precision": "0.88", "recall": "0.88", "f1": "0.88", "support": 40},
        },
    }
    return node


def test_a_report_is_scikit_learns_and_stands_beside_the_published_one():
    row = net()
    table, beside = Report("Report", {"net": "r"})(results_of_rows(row, published=report_paper()))
    whole = row.predictions
    expected = classification_report(whole.frame["label"], whole.frame["predicted"], output_dict=True)
    ours = {row[0]: row[1:] for block, row in zip(table.blocks, table.rows, strict=True) if block == "net"}
    for name in CLASSES:
        found = [cell.mean for cell in ours[name][:3]]
        assert found == pytest.approx([expected[name][key] for key in ("precision", "recall", "f1-score")])
        assert ours[name][3] == expected[name]["support"]
    for name, key in (("macro", "macro avg"), ("weighted", "weighted avg")):
        found = [cell.mean for cell in ours[name][:3]]
        assert found == pytest.approx([expected[key][each] for each in ("precision", "recall", "f1-score")])
    assert ours["accuracy"][2].mean == pytest.approx(expected["accuracy"])
    theirs = [row for block, row in zip(table.blocks, table.rows, strict=True) if block == "net, published"]
    assert ("accuracy", "", "", "0.88", "40") in theirs
    assert ("macro", "0.87", "0.88", "", "40") in theirs  # what is not printed stays empty
    assert [row[0] for row in theirs] == ["a", "b", "accuracy", "macro", "weighted"]
    found = {line["Value"]: line for line in lines(beside)}
    assert {line["Verdict"] for line in found.values()} == {"inside"}
    assert all(line["Published low"] for line in found.values())  # the matrix of the row serves the report as well
    assert len(found) == 3 + 3 + 1 + 2 + 3
    assert max(map(len, printed(beside).splitlines())) <= 80


def test_past_work_as_printed_and_the_range_of_ours():
    node = small()
    node["tables"]["past"] = {
        "place": "Table 8",
        "columns": {"accuracy": {"unit": "%"}, "xai": {"metric": "text"}},
        "rows": {
            "one": {"is": "reference 1", "accuracy": "92.65–99.01%", "xai": "none"},
            "two": {"xai": "LIME"},
            "ours": {"is": "this paper", "accuracy": "88%", "xai": "Grad-CAM"},
        },
    }
    kind = PastWork("Past work", "past", {"Accuracy": "accuracy", "Explained by": "xai"})
    (table,) = kind(results_of_rows(net(), net(BAD, name="other"), published=node))
    assert table.columns == ("Work", "Accuracy", "Explained by")
    assert table.rows[0] == ("reference 1", "92.65–99.01%", "none")
    assert table.rows[1] == ("two", "–", "LIME")
    assert table.rows[2] == ("this paper", "88%", "Grad-CAM")
    assert table.rows[-1] == ("reproduced here", "25.00–87.50%", "Grad-CAM")
    (single,) = kind(results_of_rows(net(), published=node))
    assert str(single.rows[-1][1]).startswith("87.50% (7")
    (nothing,) = kind(results_of_rows(row_result("net"), published=node, stamp="rehearsal"))
    assert [row[0] for row in nothing.rows] == ["reference 1", "two", "this paper"]
    assert "Nothing is reproduced yet." in nothing.notes
    assert kind(results_of_rows(net())) == []


@pytest.mark.parametrize("kind", [Metrics("T"), Areas("T"), Confusion("T"), Report("T")])
def test_of_nothing_there_is_no_table(kind):
    assert kind(results_of_rows(row_result("net"))) == []


def test_a_class_without_pictures_is_a_dash():
    row = row_result("net", predictions_of([((4, 1, 0), (1, 5, 0), (0, 0, 0))], CLASSES))
    areas = Areas("Areas")(results_of_rows(row))[0]
    assert str(areas.rows[2][2]) == "–"
    assert areas.rows[2][1] == 0
    assert str(Report("R")(results_of_rows(row))[0].rows[2][2]) == "–"


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ({"_target_": "metrics.Metrics", "metrics": {"acuracy": "x"}}, "there is no 'acuracy'.*'accuracy'"),
        ({"_target_": "metrics.Metrics", "down": "sideways"}, "there is no 'sideways'"),
        ({"_target_": "past.PastWork", "beside": "t", "columns": {"A": "b"}}, "there is no 'accuracy'"),
    ],
)
def test_refused(node, why):
    node = {"title": "T", **node, "_target_": f"xaimed.studies.reproduction.tables.{node['_target_']}"}
    with pytest.raises(ConfigError, match=why):
        instantiate(node)(results_of_rows(net()))


def test_a_study_writes_them_as_yaml():
    node = {"title": "T", "metrics": {"accuracy": "accuracy"}, "beside": {"*": "t.net.{column}"}, "rows": ["net"]}
    made = instantiate({"_target_": "xaimed.studies.reproduction.tables.metrics.Metrics", **node})
    assert len(made(results_of_rows(net(), published=changed()))) == 2
