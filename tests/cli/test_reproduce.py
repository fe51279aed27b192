"""``xaimed reproduce STUDY --published``: a study of one's own, what is written, and what is refused."""

import json

import pytest
from omegaconf import OmegaConf
from support.papers import changed

from xaimed.cli.main import main


@pytest.fixture
def own(tmp_path):
    """A directory with a study whose text counts one error too many."""
    claims = {"errors": {"place": "Abstract", "says": "it errs [six] times", "check": "errors(m) == 6"}}
    folder = tmp_path / "conf" / "study"
    folder.mkdir(parents=True)
    OmegaConf.save({"name": "own", "published": changed(claims=claims)}, folder / "own.yaml")
    (folder / "empty.yaml").write_text("# A study without a paper.\nname: empty\n")
    return tmp_path / "conf"


def test_the_audit_is_printed_and_written(own, tmp_path, capsys):
    output = tmp_path / "out"
    assert main(["reproduce", "own", "--published", "--config-dir", str(own), f"output={output}"]) == 0
    said = capsys.readouterr().out
    assert "1 findings" not in said
    assert "1 finding," in said
    assert "it errs [six] times" in said
    assert "40 − 35 errors = 5, not 6" in said
    folder = output / "studies" / "own"
    page = (folder / "published.md").read_text()
    assert "40 − 35 errors = 5, not 6" in page
    assert "| statements against numbers | 0 | 1 |" in page
    facts = json.loads((folder / "published.json").read_text())
    (finding,) = facts["findings"]
    assert (finding["weight"], finding["places"]) == ("headline", ["Abstract", "Table 3"])
    assert facts["checked"]["metrics of a confusion matrix"] == {"hold": 4, "fail": 0}
    assert len(facts["agreements"]) == sum(each["hold"] for each in facts["checked"].values())


def test_the_same_audit_is_the_same_bytes(own, tmp_path, capsys):
    for name in ("one", "two"):
        main(["reproduce", "own", "--published", "--config-dir", str(own), f"output={tmp_path / name}"])
    capsys.readouterr()
    for file in ("published.md", "published.json"):
        one, two = ((tmp_path / name / "studies" / "own" / file).read_bytes() for name in ("one", "two"))
        assert one == two


def test_a_value_can_be_changed_to_see_what_follows(own, tmp_path, capsys):
    change = 'study.published.tables.t.rows.net.recall="92.33 ± 1.67"'
    assert main(["reproduce", "own", "--published", "--config-dir", str(own), f"output={tmp_path}", change]) == 0
    assert "2 findings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["spin", "--published"], "there is no study 'spin'. Did you mean 'spine'"),
        (["empty", "--published"], "study 'empty' has no published numbers"),
        (["own", "--published", "seed=3"], "'seed=3' changes nothing that is published"),
        (["own", "--published", "study.published.claim=3"], "claim"),
        (["own", "--published", "--shout"], "--shout"),
    ],
)
def test_refused_in_one_line(own, tmp_path, capsys, arguments, why):
    assert main(["reproduce", *arguments, "--config-dir", str(own)]) == 2
    said = capsys.readouterr().err.strip()
    assert why in said
    assert "\n" not in said


def test_help_lists_the_studies(capsys):
    assert main(["reproduce", "--help"]) == 0
    said = capsys.readouterr().out
    assert "spine" in said
    assert "--published" in said
