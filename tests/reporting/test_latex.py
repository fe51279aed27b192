"""LaTeX: whatever a name holds, rows have their columns, braces close, and no command is one that we did not write."""

import re

import pytest

from xaimed.reporting.latex import MOST_ROWS, escaped, to_latex
from xaimed.reporting.tables import Estimate, PValue, Table

OURS = {
    *(
        "begin",
        "end",
        "centering",
        "caption",
        "label",
        "toprule",
        "midrule",
        "bottomrule",
        "addlinespace",
        "multicolumn",
    ),
    *("textit", "par", "footnotesize", "textwidth"),
    *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "ldots"),
    *("pm", "times", "uparrow", "kappa", "Delta"),
}
HOSTILE = (
    r"\input{/etc/passwd} \end{tabular}",
    "[2em] first",
    "* starred",
    "50 % & more _x_ ^2 #1 $y$ {open",
    "}}} closed",
    "a\nb\r\n\n\\par c \x00\x1b[31m",
    "-- --- '' `` \" | < > ~",
    "Wirbelgleiten — 脊椎 κ ± 3 × 4 ↑",
    "%",
    "",
)


def body(text):
    """What stands between the first and the last rule, row by row."""
    inside = text.partition("\\midrule\n")[2].partition("\n\\bottomrule")[0]
    return [line for line in inside.split("\n") if not line.startswith(("\\addlinespace", "\\multicolumn"))]


def unescaped(text, character):
    return len(re.findall(rf"(?<!\\){re.escape(character)}", text))


def braces_close(text):
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text.replace("\\\\", "")):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    return depth == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    table = Table(name, (name, "n", name), ((name, 1, name), ("b", Estimate(-0.5, 0.1), name)), (name,), (name, "B"))
    text = to_latex(table, f"tab:{name}")
    assert braces_close(text)
    assert set(re.findall(r"\\([a-zA-Z]+)", text.replace("\\\\", ""))) <= OURS
    lines = body(text)
    assert len(lines) == 2
    for line in lines:
        assert line.endswith(" \\\\")
        assert unescaped(line, "&") == 2
        assert not line.lstrip().startswith(("[", "*"))  # would be an option of the row above
        assert unescaped(line, "%") == 0
    assert text.count("\\end{tabular}") == text.count("\\begin{tabular}") == 1
    assert "\n\n" not in text
    assert re.search(r"\\label\{[A-Za-z0-9:.\-]*\}", text)


def test_what_every_engine_prints_and_what_not():
    assert escaped("é ß ½ Łódź") == "é ß ½ Łódź"
    assert escaped("脊") == "{[}U+810A{]}"
    assert escaped("ﬁ ｘ") == "fi x"
    assert escaped("a--b") == "a-{}-b"
    assert escaped("2–3 — fine-tuned") == "2--3 --- fine-tuned"
    assert escaped("κ = 0.5 ± 0.1 Δ") == r"$\kappa$ = 0.5 $\pm$ 0.1 $\Delta$"
    assert escaped("εη") == r"$\varepsilon$$\eta$"
    assert escaped("") == ""


def test_numbers_have_a_minus_and_stand_to_the_right_long_words_in_lines():
    rows = (
        ("a", Estimate(-1.5, low=-2, high=-1), 3, "x" * 40, "–"),
        ("b", PValue(0.00001), -4, "y", Estimate(1.0)),
    )
    text = to_latex(Table("t", ("", "e", "n", "words", "dash"), rows))
    assert r"\begin{tabular}{lrrp{0.3\textwidth}r}" in text
    assert r"a & $-$1.50 ($-$2.00 to $-$1.00) & 3 & " in text
    assert r"b & \textless{} 0.0001 & $-$4 & y & 1.00 \\" in text


def test_blocks_have_headings_over_all_columns():
    table = Table("t", ("Metric", "Ours"), (("Accuracy", 1), ("F1", 2), ("Accuracy", 3)), (), ("one", "one", "two_2"))
    text = to_latex(table)
    assert text.count(r"\multicolumn{2}{l}{\textit{one}} \\") == 1
    assert text.index("one}}") < text.index("Accuracy & 1") < text.index("F1") < text.index(r"two\_2}}")
    assert text.count(r"\addlinespace") == 1


def test_a_long_table_becomes_several():
    rows = tuple((f"r{i}", i) for i in range(100))
    blocks = tuple(f"block {i // 10}" for i in range(100))
    text = to_latex(Table("Long", ("a", "b"), rows, ("a note",), blocks), "tab:long")
    parts = text.split("\\end{table}\n")[:-1]
    assert len(parts) == 3
    assert [re.search(r"\(\d of 3\)", part).group() for part in parts] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    assert [re.search(r"\\label\{(.*)\}", part).group(1) for part in parts] == ["tab:long", "tab:long-2", "tab:long-3"]
    found = [line for part in parts for line in body(part)]
    assert found == [rf"r{i} & {i} \\" for i in range(100)]
    for part in parts:
        assert len(body(part)) <= MOST_ROWS
        assert re.search(r"\\midrule\n\\multicolumn\{2\}\{l\}\{\\textit\{block \d\}\}", part)
    assert text.count("a note") == 1
