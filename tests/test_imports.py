"""The rooms stand in one order, and each imports only from rooms to its left."""

import ast
from pathlib import Path

import pytest

import xaimed

ROOMS = (
    "config",
    "store",
    "data",
    "models",
    "explain",
    "training",
    "evaluation",
    "reporting",
    "callbacks",
    "studies",
    "cli",
)
PACKAGE = Path(xaimed.__file__).parent


def imported(file: Path) -> set[str]:
    """The rooms that a module imports from, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.split(".")[1] for name in names if name.startswith("xaimed.")}
    return found & set(ROOMS)


def test_every_room_is_known():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name not in ("__pycache__", "conf")}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_its_left(room):
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    wrong = {str(file.relative_to(PACKAGE)): imported(file) - allowed for file in files if imported(file) - allowed}
    assert not wrong


def test_what_users_import_is_imported_by_nothing():
    """``xaimed.api`` stands at the right end: it sees every room, and no room sees it."""
    files = [file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "api.py"]
    assert not [str(file) for file in files if "xaimed.api" in {*_modules(file)}]


def _modules(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
