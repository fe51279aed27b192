r"""How does a table get into a paper? As LaTeX with ``booktabs`` rules; nothing in it is taken for a command."""

from __future__ import annotations

from xaimed.reporting.tables import Estimate, Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "−": r"$-$",
    "–": "--",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "÷": r"$\div$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "✓": r"\checkmark{}",
    "κ": r"$\kappa$",
    "α": r"$\alpha$",
    "\n": " ",
}


def to_latex(table: Table, label: str = "") -> str:
    r"""A ``table`` environment: caption above, first column to the left, numbers to the right, notes below.

    Args:
        table: what is shown.
        label: for ``\ref``.
    """
    width = len(table.columns)
    align = "l" + "".join(_side(table, i) for i in range(1, width))
    rows = [" & ".join(escaped(str(cell)) for cell in row) + r" \\" for row in table.rows]
    notes = [rf"\par\footnotesize {escaped(note)}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(table.title)}}}",
            *([rf"\label{{{label}}}"] if label else []),
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            " & ".join(escaped(name) for name in table.columns) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Text in which no character means anything to LaTeX."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def _side(table: Table, column: int) -> str:
    """Numbers to the right, words to the left."""
    return "r" if all(isinstance(row[column], int | float | Estimate) for row in table.rows) else "l"
