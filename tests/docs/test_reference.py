"""docs/reference.md says what the code says: made anew, it is the file that lies there."""

import runpy
from pathlib import Path

from xaimed.cli.main import COMMANDS
from xaimed.config.places import groups

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current():
    made = runpy.run_path(str(DOCS / "reference.py"))["reference"]()
    assert made == (DOCS / "reference.md").read_text(encoding="utf-8"), "run: python docs/reference.py"


def test_the_page_names_every_command_and_every_option_and_describes_each():
    page = (DOCS / "reference.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"usage: xaimed {command} " in page
    for group, options in groups().items():
        table = page.partition(f"### {group}\n")[2].partition("### ")[0]
        rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
        assert [row[0].strip("| `") for row in rows] == options
        assert all(len(row[1].strip(" |").split()) >= 4 for row in rows), group


def test_keys_are_those_that_can_be_set():
    page = (DOCS / "reference.md").read_text(encoding="utf-8")
    (lime,) = (line for line in page.splitlines() if line.startswith("| `lime`"))
    assert "`segments`" in lime
    assert "_target_" not in page
    (recipe,) = (line for line in page.splitlines() if line.startswith("| `demo`"))
    assert recipe.count("|") == 3  # it sets keys of other groups and has none of its own
