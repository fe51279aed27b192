r"""How does a table get into a paper? As LaTeX with ``booktabs`` rules; nothing in it is taken for a command.

Needs ``\usepackage{booktabs}`` and nothing else, with any engine. A table of more rows than a page holds becomes
several, for which neither a package nor a second run is needed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.reporting.text import visible

MOST_ROWS = 45
"""What a page holds."""
LONG = 30
"""Words of more characters than this are broken into lines."""

TWICE = "-',"
"""Two of these in a row would be one other character."""

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
    "|": r"\textbar{}",
    '"': r"{''}",
    # Behind the end of a row a bracket or a star would be taken for an option of it.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "`": "{`}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": "{`}",
    "’": "'",
    "“": "{``}",
    "”": "{''}",
    "±": r"$\pm$",
    "−": "$-$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "÷": r"$\div$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "≠": r"$\neq$",
    "∞": r"$\infty$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "✓": r"$\surd$",
    "°": r"$^{\circ}$",
    "²": "$^2$",
    "³": "$^3$",
    "µ": r"$\mu$",
    "\u00a0": "~",
}
_NAMES = "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega"
_GREEK = (
    {"Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Φ": "Phi", "Σ": "Sigma", "Ω": "Omega", "λ": "lambda"}
    | {unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}"): name for name in _NAMES.split()}
    | {"ε": "varepsilon"}
)
_ESCAPES |= {letter: rf"$\{name}$" for letter, name in _GREEK.items()}
_LAST_KNOWN = "\u017f"
"""The last of the Latin letters that every engine prints."""


def to_latex(table: Table, label: str = "") -> str:
    r"""A ``table`` environment: caption above, first column to the left, numbers to the right, notes below.

    Args:
        table: what is shown.
        label: for ``\ref``; characters that a label cannot have are left out.
    """
    pages = _pages(table)
    return "\n".join(_page(table, rows, label, i, len(pages)) for i, rows in enumerate(pages))


def escaped(text: str) -> str:
    """Text in which no character means anything to LaTeX; one that not every engine prints is named by its number."""
    shown = visible(text)
    following = [*shown, ""][1:]
    return "".join(
        f"{each}{{}}" if each == after and each in TWICE else _escaped(each)
        for each, after in zip(shown, following, strict=True)
    )


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character <= _LAST_KNOWN:
        return character
    alike = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return "".join(_ESCAPES.get(each, each) for each in alike) or rf"{{[}}U+{ord(character):04X}{{]}}"


def _page(table: Table, rows: Sequence[str], label: str, index: int, pages: int) -> str:
    part = f" ({index + 1} of {pages})" if pages > 1 else ""
    name = re.sub(r"[^A-Za-z0-9:.\-]+", "-", label) + (f"-{index + 1}" if index else "")
    align = "l" + "".join(_side(table, i) for i in range(1, len(table.columns)))
    notes = [rf"\par\footnotesize {escaped(note)}" for note in table.notes] if index == pages - 1 else []
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(table.title)}{part}}}",
            *([rf"\label{{{name}}}"] if label else []),
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            _row(table.columns),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            *notes,
            r"\end{table}",
            "",
        ]
    )


def _pages(table: Table) -> list[list[str]]:
    """The rows, as many as fit together; what goes on has its heading again."""
    pages: list[list[str]] = [[]]
    for name, rows in table.parts:
        heading = list(_heading(name, len(table.columns)))
        for i, row in enumerate(rows):
            if len(pages[-1]) >= MOST_ROWS:
                pages.append([])
            if i == 0 or not pages[-1]:
                pages[-1] += heading if pages[-1] else heading[-1:]
            pages[-1].append(_row(row))
    return pages


def _heading(name: str, width: int) -> Iterator[str]:
    """The name of a block over all columns, a little apart from what stands above it."""
    if name:
        yield r"\addlinespace"
        yield rf"\multicolumn{{{width}}}{{l}}{{\textit{{{escaped(name)}}}}} \\"


def _row(cells: Sequence[Cell]) -> str:
    return " & ".join(_cell(cell) for cell in cells) + r" \\"


def _cell(cell: Cell) -> str:
    r"""Of a number the hyphen is a minus."""
    text = escaped(str(cell))
    return text if isinstance(cell, str) else re.sub(r"(?<!-)-(?=\d)", "$-$", text)


def _side(table: Table, column: int) -> str:
    """Numbers to the right, words to the left, long ones in lines."""
    cells = [row[column] for row in table.rows]
    if all(isinstance(cell, int | Estimate) or cell in ("", "–") for cell in cells):
        return "r"
    return r"p{0.3\textwidth}" if max(len(str(cell)) for cell in cells) > LONG else "l"
