"""Every notebook does in a real kernel what it says, and none carries what it once printed."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
AT_ONCE = ("1_first_result", "5_your_own_explainer")
"""In the default run; the others with ``make test-slow``."""


def cells(book, kind="code"):
    return [cell for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == kind]


def test_there_are_five():
    assert [book.stem[:2] for book in BOOKS] == ["1_", "2_", "3_", "4_", "5_"]
    assert {book.stem for book in BOOKS} > set(AT_ONCE)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_notebook_is_stripped_short_and_writes_nothing_where_it_lies(book):
    nbformat.validate(nbformat.read(book, as_version=4))
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells(book))
    assert set(nbformat.read(book, as_version=4).metadata) == {"kernelspec", "language_info"}
    assert sum(len(cell.source.splitlines()) for cell in cells(book)) <= 90
    assert "os.chdir(tempfile.mkdtemp())" in cells(book)[0].source
    assert cells(book, "markdown")[0].source.startswith("# ")


def book_or_slow(book):
    return pytest.param(book, marks=[] if book.stem in AT_ONCE else [pytest.mark.slow], id=book.stem)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("book", map(book_or_slow, BOOKS))
def test_a_notebook_runs_from_top_to_bottom(book, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for place in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(place, str(tmp_path / "jupyter"))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # as a reader's kernel has it
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    before = sorted(path.name for path in ROOT.iterdir())
    told = nbformat.read(book, as_version=4)
    NotebookClient(told, timeout=800, kernel_name="python3").execute()
    shown = [output for cell in told.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("image/png" in output["data"] for output in shown)
    assert any("text/html" in output["data"] for output in shown)  # a table
    assert all("Traceback" not in str(output) for output in shown)
    assert list(tmp_path.rglob("outputs/runs/*/run.json"))
    assert sorted(path.name for path in ROOT.iterdir()) == before
    SAID.get(book.stem, _nothing)(" ".join(str(cell.get("outputs", "")) for cell in told.cells))


def _nothing(said):
    """Most notebooks only have to run: what tiny networks reach is not a claim."""


def _caught(said):
    assert "clean: no warning" in said
    assert "shortcut: upper left corner" in said


SAID = {"3_shortcut_learner": _caught}
