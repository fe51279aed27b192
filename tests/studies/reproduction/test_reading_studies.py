"""Which rows a study's YAML gives, and how it is refused where it does not fit together."""

from types import SimpleNamespace

import pytest
from support.studies import write_study

from xaimed.errors import ConfigError
from xaimed.studies.reproduction.reading import study_of
from xaimed.studies.reproduction.results import RowResult
from xaimed.studies.reproduction.standing import configured
from xaimed.studies.reproduction.study import Member, Row

WIDTH = {"narrow": {"overrides": ["backbone.width=4"]}, "wide": {"overrides": ["backbone.width=8"]}}
SEED = {"repeats": True, "a": {"overrides": ["seed=1"]}, "b": {"overrides": ["seed=2"]}}
BOTH = {"both": {"is": "both", "of": ["narrow", "wide"]}}


def study(folder, *overrides, profile="", **changes):
    return study_of("little", overrides, write_study(folder, **changes), profile)


def test_what_repeats_votes_each_for_itself(tmp_path):
    row = study(tmp_path, grid={"width": WIDTH, "seed": SEED}, votes=BOTH).row("both")
    assert [(each.name, each.votes) for each in row.members] == [
        ("both_a", ("narrow_a", "wide_a")),
        ("both_b", ("narrow_b", "wide_b")),
    ]


def test_the_runs_of_one_row_vote_together(tmp_path):
    votes = {"both": {"of": "narrow"}}
    (member,) = study(tmp_path, grid={"width": WIDTH, "seed": SEED}, votes=votes).row("both").members
    assert (member.name, member.votes) == ("both", ("narrow_a", "narrow_b"))


def test_without_repeats_there_is_one_ensemble(tmp_path):
    (member,) = study(tmp_path, votes=BOTH).row("both").members
    assert (member.name, member.votes) == ("both", ("narrow", "wide"))


def test_null_leaves_out_an_axis_and_runs_still_repeat(tmp_path):
    found = study(tmp_path, "study.grid.width=null", grid={"width": WIDTH, "seed": SEED}, runs={"other": {}})
    assert [row.name for row in found.rows] == ["other"]
    assert [each.name for each in found.rows[0].members] == ["other_a", "other_b"]


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"grid": ["narrow"]}, "study.grid", "has no names"),
        ({"grid": {"width": ["narrow"]}}, "study.grid.width", "has no names"),
        ({"grid": {"width": {"narrow": "backbone.width=4"}}}, "study.grid.width.narrow", "has no names"),
        ({"grid": {"width": {"narrow": {"override": []}}}}, "study.grid.width.narrow", "no 'override' here"),
        ({"grid": {"width": None}}, "study", "no run is left"),
        ({"runs": ["other"]}, "study.runs", "has no names"),
        ({"votes": {"both": ["narrow"]}}, "study.votes.both", "has no names"),
        ({"votes": {"both": {"is": "both"}}}, "study.votes.both", "nobody votes"),
        ({"tables": "metrics"}, "study.tables", "has no names"),
        ({"chosen": ["seed"]}, "study.chosen", "has no names"),
        ({"profiles": ["small"]}, "study.profiles", "has no names"),
        ({"profiles": {"small": {"stamp": "s", "raters": "three"}}}, "study.profiles.small.raters", "'three'"),
    ],
)
def test_what_has_not_the_form_of_a_study_is_refused(tmp_path, changes, where, said):
    with pytest.raises(ConfigError, match=said) as error:
        study(tmp_path, profile="small" if isinstance(changes.get("profiles"), dict) else "", **changes)
    assert f"[{where}]" in str(error.value)


def test_several_values_for_one_run_are_refused_and_not_passed_over(tmp_path):
    conf = write_study(tmp_path)
    for text in ("seed=1,2", "seed=range(1,3)"):
        (first, *_) = study_of("little", [text], conf).trained
        config, problem = configured(first, conf)
        assert config is None
        assert f"'{text}' names several values" in problem


def test_of_several_runs_in_a_row_it_is_said_whose_folds_are_missing():
    row = Row("net", "net", (Member("net_a", "net, a"), Member("net_b", "net, b")))
    assert RowResult(row, (SimpleNamespace(missing=[0]), SimpleNamespace(missing=[]))).missing == "folds 0 of net, a"
    assert RowResult(row, (SimpleNamespace(missing=[0]),), "no vote.").missing == "1 of 2 runs; folds 0; no vote"


def test_a_row_tells_which_backbone_stands_in_the_place_of_its_own(tmp_path):
    rows = study(tmp_path, "backbone=resnet18").rows[:2]
    assert [(row.name, row.label) for row in rows] == [
        ("narrow", "narrow (resnet18 here)"),
        ("wide", "wide (resnet18 here)"),
    ]
    assert rows[0].members[0].label == "narrow (resnet18 here)"
