"""Tables as Markdown, CSV and terminal text; nothing that came with the data is markup."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from xaimed.evaluation.metrics import METRICS
from xaimed.reporting.results import confusion_table, run_table, runs_table
from xaimed.reporting.tables import Estimate, Table, to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.text import markdown, shortened, visible


def per_fold(folds=3):
    values = {name: np.linspace(0.8, 0.9, folds) for name in METRICS}
    return pd.DataFrame(
        {
            "fold": range(folds),
            "repeat": 0,
            "samples": 10,
            "new": 10,
            **values,
            "note": ["no sample of 'c'"] + [""] * (folds - 1),
        }
    )


def printed(table, width=80):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(TerminalTable(table))
    return console.file.getvalue()


def test_percentages_have_two_decimals_and_other_metrics_three():
    text = to_markdown(run_table(per_fold(), title="t"))
    assert "| Accuracy (%) ↑ | 85.00 ± 5.00 | 80.00 | 85.00 | 90.00 |" in text
    assert "| AUC ↑ | 0.850 ± 0.050 | 0.800 | 0.850 | 0.900 |" in text


def test_footnotes_say_n_divisor_missing_folds_protocol_and_stamp():
    notes = run_table(per_fold(), title="t", missing=[3, 4], protocol="nested", stamp="stand-in weights").notes
    assert notes == (
        "n = 30 samples in 3 folds.",
        "Mean ± SD over folds, divisor k−1; no confidence interval, for folds share training samples.",
        "Missing: folds 3, 4.",
        "Fold 0: no sample of 'c'.",
        "Protocol: nested.",
        "Stamp: stand-in weights.",
    )


def test_a_single_fold_has_no_spread():
    table = run_table(per_fold(1), title="t")
    assert "| 80.00 | 80.00 |" in to_markdown(table)
    assert table.notes[0] == "n = 10 samples in 1 fold; a single fold has no spread."


def test_undefined_is_a_dash_and_an_empty_csv_cell():
    table = Table("t", ("run", "AUC"), (("a", Estimate(float("nan"), float("nan"), 3)), ("b", Estimate(0.5, 0.1, 3))))
    assert "| a | – |" in to_markdown(table)
    assert to_csv(table) == "run,AUC,AUC SD\na,,\nb,0.5,0.1\n"


def test_csv_is_unrounded_with_the_spread_beside_the_mean():
    rows = list(csv.reader(io.StringIO(to_csv(runs_table({"a,b": per_fold()}, title="t", metrics=["accuracy"])))))
    assert rows[0] == ["Run", "Folds", "n", "Accuracy (%) ↑", "Accuracy (%) ↑ SD"]
    assert rows[1][:3] == ["a,b", "3", "30"]
    assert [float(cell) for cell in rows[1][3:]] == pytest.approx([85, 5])
    assert to_csv(run_table(per_fold(), title="t")).startswith("Metric,Mean,SD,Fold 0,")


HOSTILE = "[red]a|b[/red] <b>*x*</b>\n\x1b[31m `c` _d_ e_f \\"


def test_markdown_keeps_text_as_text():
    shown = markdown(HOSTILE)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert r"\[red\]a\|b" in shown
    assert r"\<b\>\*x\*" in shown
    assert r"\_d\_ e_f \\" in shown
    table = to_markdown(Table(HOSTILE, (HOSTILE, "n"), ((HOSTILE, 1),), (HOSTILE,)))
    assert all(line.replace("\\|", "").count("|") == 3 for line in table.splitlines() if line.startswith("|"))


def test_the_terminal_keeps_text_as_text():
    text = printed(Table("[bold]t[/bold]", ("[red]x[/red]", "n"), (("[link=http://a]b", 1),), ("[blink]c",)))
    for kept in ("[bold]t[/bold]", "[red]x[/red]", "[link=http://a]b", "[blink]c"):
        assert kept in text
    assert "\x1b" not in printed(Table(HOSTILE, ("a", "b"), ((HOSTILE, 1),)))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_numbers_stay_whole_in_a_narrow_terminal(width):
    runs = {"backbone=resnet18, strategy=finetune": per_fold(), "b" * 60: per_fold()}
    text = printed(runs_table(runs, title="sweep"), width)
    assert text.count("85.00 ± 5.00") == 2 * sum(metric.percent for metric in METRICS.values())
    assert text.count("0.850 ± 0.050") == 2 * sum(not metric.percent for metric in METRICS.values())
    assert all(len(line) <= width for line in text.splitlines())


def test_confusion_has_totals_and_the_share_that_is_right():
    frame = pd.DataFrame([[3, 1], [0, 0]], index=pd.Index(["a", "b"], name="true"), columns=["a", "b"])
    frame.columns.name = "predicted"
    text = to_markdown(confusion_table(frame, title="t", samples=4))
    assert "| true ↓ predicted → | a | b | n | Correct (%) (95 % interval) |" in text
    assert "| a | 3 | 1 | 4 | 75.00 (30.06 to 95.44) |" in text  # Wilson's, as statsmodels and R's prop.test have it
    assert "| b | 0 | 0 | 0 | – |" in text
    assert "n = 4." in text


def test_shortening_keeps_both_ends():
    assert shortened("abcdefghij", 5) == "ab…ij"
    assert shortened("abcde", 5) == "abcde"
    assert visible("a\tb\u202e\x00") == "a b\ufffd\ufffd"


BLOCKS = Table(
    "t", ("Metric", "Ours"), (("Accuracy", 1), ("F1", 2), ("Accuracy", 3)), ("n.",), ("[red]one", "[red]one", "two")
)


def test_rows_of_one_name_are_told_apart_in_every_block():
    rows = [("A and B", "trust", 48, "0.06 (-0.18 to 0.26)"), ("A and B", "focus", 24, "0.01 (-0.28 to 0.28)")]
    table = Table("Agreement", ("Raters", "Question", "Both", "Kappa"), tuple(rows))
    narrow = [line.split() for line in printed(table, 44).splitlines()]
    assert ["A", "and", "B", "trust", "0.06", "(-0.18", "to", "0.26)"] in narrow
    assert ["A", "and", "B", "focus", "24"] in narrow
    told = Table("t", ("Raters", "Question", "Both", "Kappa"), (rows[0], ("C and D", *rows[1][1:])))
    assert ["C", "and", "D", "0.01", "(-0.28", "to", "0.28)"] in [
        line.split() for line in printed(told, 38).splitlines()
    ]


def test_blocks_are_said_once_above_their_rows_and_in_a_csv_on_every_line():
    shown = to_markdown(BLOCKS)
    assert shown.splitlines()[4:8] == [r"| **\[red\]one** |  |", "| Accuracy | 1 |", "| F1 | 2 |", "| **two** |  |"]
    assert to_csv(BLOCKS).splitlines() == ["Run,Metric,Ours", "[red]one,Accuracy,1", "[red]one,F1,2", "two,Accuracy,3"]
    lines = [line.split() for line in printed(BLOCKS).splitlines() if line.strip(" ─")]
    assert lines == [
        ["t"],
        ["[red]one"],
        ["Metric", "Ours"],
        ["Accuracy", "1"],
        ["F1", "2"],
        ["two"],
        ["Accuracy", "3"],
        ["n."],
    ]


def test_columns_are_as_wide_under_one_heading_as_under_another():
    ends = {len(line.rstrip()) for line in printed(BLOCKS).splitlines() if line.strip()[-1:].isdigit()}
    assert len(ends) == 1


def test_a_table_without_rows_has_its_heading():
    assert "Metric" in printed(Table("t", ("Metric", "Ours"), ()))
    assert "| Metric | Ours |" in to_markdown(Table("t", ("Metric", "Ours"), ()))


def test_a_cell_wider_than_the_terminal_is_folded_and_never_cut():
    words = "ours: left blank in the methods and in the appendix, and measured nowhere else in the whole of the paper"
    table = Table("t", ("Setting", "Published", "Compared"), (("learning rate", "–", words), ("epochs", "30", "same")))
    text = printed(table, width=60)
    said = [line.removeprefix(" learning rate").strip() for line in text.splitlines() if "–" not in line]
    assert words in " ".join(filter(None, said))
    assert max(map(len, text.splitlines())) <= 60
