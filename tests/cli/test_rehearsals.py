"""The studies of the papers: every run composes, and the smallest rehearsal of each fills every table and figure."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from xaimed.cli.main import main
from xaimed.config.places import conf_dir, groups
from xaimed.errors import ConfigError
from xaimed.studies.reproduction.reading import study_of
from xaimed.studies.reproduction.standing import configured

PAPERS = ("spine", "lumbar", "hybrid", "pneumonia")
STUDIES = (*PAPERS, "spine_past")
SOMEWHERE = {
    **dict.fromkeys(STUDIES, ("dataset.root=/nowhere",)),
    "hybrid": ("study.roots.chexpert=/nowhere", "study.roots.isic2020='/no where, at all'"),
}
PROFILES = ("", "rehearsal", "smoke")


def profiles_of(name):
    return [profile for profile in PROFILES if not profile or profile in written(name)["profiles"]]


def written(name):
    return yaml.safe_load((conf_dir() / "study" / f"{name}.yaml").read_text())


def studied(name, profile="", *more, nested=False):
    return study_of(name, (*(() if profile else SOMEWHERE[name]), *more), None, profile, nested)


def configs(study):
    """The configuration of a run of every row; runs that repeat differ in their seed alone."""
    found = {}
    for row in study.rows:
        if not row.members[0].votes:
            found[row.name], problem = configured(row.members[0], None)
            assert not problem, f"{row.name}: {problem}"
    return found


def test_these_are_all_studies():
    assert set(groups()["study"]) == set(STUDIES)


@pytest.mark.parametrize(("name", "profile"), [(name, profile) for name in STUDIES for profile in profiles_of(name)])
def test_every_run_composes_for_whatever_is_chosen_for_the_paper(name, profile):
    study = studied(name, profile, nested=True)
    found = configs(study)
    assert len({str(config) for config in found.values()}) == len(found)
    for key in study.chosen:
        assert any(has(config, key) for config in found.values()), f"{name} chooses '{key}', which no run has"


def has(config, key):
    node = config
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


@pytest.mark.parametrize("name", STUDIES)
def test_tables_and_figures_name_rows_that_are_there(name):
    study = studied(name)
    known = {row.name for row in study.rows}
    for key, node in {**study.tables, **study.figures}.items():
        assert set(rows_of(node)) <= known, key
    if study.paper:
        shown = study.tables["metrics"]
        values = [study.paper.values.get(f"{shown['beside']}.{row}.accuracy") for row in known]
        assert sum(value is not None for value in values) >= len(study.paper.tables[shown["beside"]].rows) / 2


def rows_of(node):
    rows = node.get("rows") or ()
    named = list(rows.values()) if isinstance(rows, dict) else list(rows)
    yield from (each["row"] if isinstance(each, dict) else each for each in named)
    yield from (node.get("models") or {}).values()
    yield from (row for group in (node.get("groups") or {}).values() for row in group)


def test_a_root_that_nobody_named_makes_only_its_runs_impossible():
    study = study_of("hybrid", ["study.roots.isic2020=/data/isic"])
    problems = {row.name: configured(row.members[0], None)[1] for row in study.rows}
    assert {name for name, problem in problems.items() if problem} == {name for name in problems if "chexpert" in name}
    assert "dataset.root must be given" in problems["ours_chexpert"]


def test_five_seeds_are_one_row_outside_of_the_grid_too():
    study = studied("hybrid")
    assert {len(row.members) for row in study.rows} == {5}
    assert [configured(member, None)[0]["seed"] for member in study.row("unconstrained_isic").members] == [
        *range(42, 47)
    ]


@pytest.mark.parametrize("name", ["pneumonia", "spine"])
def test_what_a_user_appends_wins_in_every_run(name):
    study = studied(name, "", "backbone=mobilenet_v2", "backbone.weights=/w.pth", "loader.batch_size=5", nested=True)
    for config in configs(study).values():
        assert (config["backbone"]["name"], config["backbone"]["weights"]) == ("mobilenet_v2", "/w.pth")
        assert config["loader"]["batch_size"] == 5
    assert study.changed == ("backbone=mobilenet_v2", "loader.batch_size=5")


def test_another_reading_of_the_paper_and_what_it_leaves_blank_are_still_the_paper():
    study = studied("pneumonia", "", "optimizer.lr=3e-5", "study.readings.split=official")
    config = configs(study)["ours"]
    assert (config["optimizer"]["lr"], config["dataset"]["split"]) == (3e-5, "official")
    assert study.changed == ()
    assert studied("spine", "", "study.grid.method.scratch=null").changed == ("study.grid.method.scratch=null",)
    with pytest.raises(ConfigError, match=r"there is no option 'study.readings.splt'.*'split'"):
        studied("pneumonia", "", "study.readings.splt=official")


def own_study(folder, **changes):
    (folder / "study").mkdir(parents=True)
    (folder / "study" / "own.yaml").write_text(yaml.safe_dump({"name": "own", **changes}, sort_keys=False))
    return folder


GRID = {"net": {"a": {"overrides": ["backbone=resnet18"]}, "b": {"is": "B", "overrides": ["backbone=alexnet"]}}}


def test_a_profile_replaces_named_parts_and_takes_options_out(tmp_path):
    recipe = {"data": ["dataset=kermany", "dataset.split=official"], "last": ["seed=1"]}
    smaller = {"recipe": {"data": ["dataset=chest"], "last": None, "more": "seed=2"}, "grid": {"net": {"a": None}}}
    conf = own_study(tmp_path, recipe=recipe, grid=GRID, profiles={"small": smaller})
    (whole, _), (row,) = (study_of("own", [], conf, profile).rows for profile in ("", "small"))
    assert whole.members[0].overrides == ("dataset=kermany", "dataset.split=official", "seed=1", "backbone=resnet18")
    assert row.members[0].overrides == ("dataset=chest", "seed=2", "backbone=alexnet")


def test_a_vote_of_rows_that_are_not_there_is_refused(tmp_path):
    conf = own_study(tmp_path, recipe=["seed=1"], grid=GRID, votes={"both": {"of": ["a", "bb"]}})
    with pytest.raises(ConfigError, match=r"no row 'bb' that could vote.*study.votes.both.*'b'"):
        study_of("own", [], conf)


def test_the_study_that_the_documentation_shows_is_one(tmp_path):
    (shown,) = re.findall(
        r"```yaml\n(.*?)```", (Path(__file__).parents[2] / "docs" / "studies.md").read_text(), re.DOTALL
    )
    conf = own_study(tmp_path, **{key: value for key, value in yaml.safe_load(shown).items() if key != "name"})
    study = study_of("own", ["dataset.root=/nowhere"], conf, "", True)
    assert len(configs(study)) == 2 * (2 * 2 + 1)
    assert configs(study)["shuffled"]["labels"] == "shuffled"
    small = study_of("own", [], conf, "rehearsal")
    assert {len(row.members) for row in small.rows} == {1}
    assert {config["backbone"]["weights"] for config in configs(small).values()} == {"stand_in"}


def made_here(node):
    return find_spec(node["_target_"].rpartition(".")[0]) is not None


def check_complete(folder, name, profile, *, without=()):
    """Every table and figure of the study lies there, and the page says what it is."""
    page = (folder / "study.md").read_text()
    assert "**rehearsal" in page.splitlines()[2]
    study = studied(name, profile)
    lacking = set(re.findall(r"^- (\w+): not made", page, re.MULTILINE))
    for key, node in study.tables.items():
        if key not in without and made_here(node):
            assert key not in lacking, page
            for suffix in ("md", "csv", "tex"):
                assert next((file.stat().st_size for file in files(folder / "tables", key, suffix)), 0), key
    for key, node in study.figures.items():
        if made_here(node):
            assert key not in lacking, page
            for file in files(folder / "figures", key, "png"):
                assert file.stat().st_size > 1000
                assert f"figures/{file.name}" in page
            assert files(folder / "figures", key, "png"), key


def files(folder, key, suffix):
    return [file for file in sorted(folder.glob(f"{key}*.{suffix}")) if re.fullmatch(rf"{key}(-\d+)?", file.stem)]


@pytest.fixture(scope="module")
def spine(tmp_path_factory, session_cache):
    """The smallest rehearsal of the spine study, both protocols."""
    output = tmp_path_factory.mktemp("spine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        assert main(["reproduce", "spine", "profile=smoke", "--nested", f"output={output}"]) == 0
    return output


def test_the_smallest_rehearsal_of_spine_fills_every_table_and_figure(spine):
    check_complete(spine / "studies" / "spine-smoke", "spine", "smoke")


@pytest.mark.parametrize("name", ["lumbar", "hybrid", "pneumonia"])
def test_the_smallest_rehearsal_fills_every_table_and_figure(name, tmp_path):
    assert main(["reproduce", name, "profile=smoke", f"output={tmp_path}"]) == 0
    check_complete(tmp_path / "studies" / f"{name}-smoke", name, "smoke", without=["doubt"])  # that takes --nested


def test_a_study_of_ones_own_has_the_same_tables_without_a_published_column(spine, tmp_path):
    node = {key: value for key, value in written("spine").items() if key not in ("defaults", "name")}
    conf = own_study(tmp_path, **node)
    assert main(["reproduce", "own", "profile=smoke", "--tables", "--config-dir", str(conf), f"output={spine}"]) == 0
    theirs, own = (spine / "studies" / name / "tables" for name in ("spine-smoke", "own-smoke"))
    assert (own / "metrics.csv").read_bytes() == (theirs / "metrics-1.csv").read_bytes()
    for file in own.glob("*.csv"):
        assert "ublished" not in file.read_text(), file.name
    assert not list(own.glob("past*"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", STUDIES)
def test_the_rehearsal_fills_every_table_and_figure(name, tmp_path):
    assert main(["reproduce", name, "profile=rehearsal", f"output={tmp_path}"]) == 0
    check_complete(tmp_path / "studies" / f"{name}-rehearsal", name, "rehearsal", without=["doubt"])
