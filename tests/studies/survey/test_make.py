"""The questionnaire before anybody answers: what is asked, in which order, and what it must not tell."""

import base64
import io
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from studies.survey.stored_runs import draw_pictures, stored_run

from xaimed.cli.main import main
from xaimed.data.preparation import Preparation
from xaimed.errors import ConfigError, StoreError
from xaimed.studies.survey.cases import cases_of, choose
from xaimed.studies.survey.key import read_key
from xaimed.studies.survey.make import Asked, make
from xaimed.studies.survey.material import LARGEST, seen
from xaimed.studies.survey.order import in_order

FIRST, SECOND = "demo-resnet50-finetune-1111111111", "demo-vgg16-scratch-2222222222"


@pytest.fixture
def two(tmp_path):
    """Two runs on eight pictures: the first gets one picture wrong, the second that and another of the other class."""
    samples = draw_pictures(tmp_path / "pictures")
    ids = [name for name, _ in samples]
    right = {name: (number, number) for name, number in samples}
    first = stored_run(
        tmp_path, FIRST, tmp_path / "pictures", right | {ids[0]: (0, 1)}, {"gradcam-aaaaaa": 3.7, "lime-bbbbbb": 911.0}
    )
    said = right | {ids[0]: (0, 1), ids[7]: (1, 0)}
    second = stored_run(
        tmp_path, SECOND, tmp_path / "pictures", said, {"gradcam-cccccc": 0.02}, crop=0.5, stamps=("stand-in weights",)
    )
    return first, second, ids


def told(made):
    """What the page's script reads."""
    return json.loads(made.page.split('id="page-data">')[1].split("</script>")[0])["survey"]


def test_a_case_that_any_run_got_wrong_is_shown_with_the_maps_of_every_run(two):
    first, second, ids = two
    made = make([first, second], Asked(repeats=0))
    assert set(made.key.cases) == {ids[0], ids[7]}
    assert not made.key.cases[ids[7]].said[SECOND].correct
    assert made.key.cases[ids[7]].said[FIRST].correct
    entries = list(made.key.entries.values())
    for block in (entries[:4], entries[4:]):
        assert not block[0].run  # the picture alone comes first
        assert len({each.sample_id for each in block}) == 1
        maps = {(each.run, each.explainer) for each in block[1:]}
        assert maps == {(FIRST, "gradcam-aaaaaa"), (FIRST, "lime-bbbbbb"), (SECOND, "gradcam-cccccc")}


def test_nothing_in_the_page_tells_whose_a_map_is_or_what_is_true(two):
    first, second, ids = two
    made = make([first, second], Asked("random"))
    page = made.page.lower()
    for secret in (FIRST, SECOND, "gradcam", "lime", "resnet", "vgg", "predicted", "probabilit", "truth", "0.81"):
        assert secret not in page, secret
    assert not any(name.lower() in page for name in ids)
    data = told(made)
    assert {key for item in data["items"] for key in item} == {"p", "m", "b"}
    assert {item["m"][2] for item in data["items"] if item["m"]} == {1.0}  # 911, 3.7 and 0.02 would tell explainers
    assert "stand-in weights" not in page  # the stamp of one run alone


def test_a_stamp_of_every_run_is_shown(two):
    _, second, _ = two
    assert '<span class="stamp" role="note">stand-in weights</span>' in make([second], Asked()).page


def test_the_same_seed_makes_the_same_survey_and_another_one_another_order(two):
    first, second, _ = two
    ways = [make([first, second], Asked("random", seed=seed)) for seed in (0, 0, 1)]
    assert ways[0].page == ways[1].page
    assert ways[0].key == ways[1].key
    assert ways[0].key.survey != ways[2].key.survey
    assert list(ways[0].key.entries.values()) != list(ways[2].key.entries.values())


def test_the_order_of_maps_differs_from_case_to_case(two):
    first, second, _ = two
    entries = list(make([first, second], Asked("random", repeats=0)).key.entries.values())
    orders = {tuple(each.explainer for each in entries[i + 1 : i + 4]) for i in range(0, len(entries), 4)}
    assert len(orders) > 1


def test_balanced_cases_are_even_over_classes_as_long_as_they_last(tmp_path):
    samples = draw_pictures(tmp_path / "pictures")
    said = {name: (number, number) for name, number in samples if number == 0 or name.endswith("/0")}
    run = stored_run(tmp_path, FIRST, tmp_path / "pictures", said, {"gradcam-aaaaaa": 1.0})
    cases = cases_of([run])
    assert Counter(case.words for case in choose(cases, "random", 2, True, 0)).most_common(1)[0][1] == 1
    assert len(choose(cases, "random", 4, True, 0)) == 4
    assert len(choose(cases, "random", None, False, 0)) == 5
    with pytest.raises(StoreError, match="no case wrong"):
        choose(cases, "misclassified", None, False, 0)


@pytest.mark.parametrize(
    ("cases", "share", "again"), [(1, 1.0, 0), (2, 0.1, 1), (20, 0.1, 2), (20, 1.0, 17), (20, 0, 0)]
)
def test_repeated_cases_stand_apart(cases, share, again):
    for seed in range(20):
        shown = in_order([str(i) for i in range(cases)], share, seed)
        assert [time for _, time in shown].count(1) == again
        for name, time in shown:
            if time:
                apart = shown.index((name, 1)) - shown.index((name, 0))
                assert apart > min(3, cases - 1)


def test_a_repeated_case_comes_whole_and_is_known_in_the_key(two):
    first, second, _ = two
    entries = make([first, second], Asked("random", repeats=0.25)).key.entries
    again = [each for each in entries.values() if each.repeat_of]
    assert len(again) == 2 * 4
    for each in again:
        before = entries[each.repeat_of]
        assert (before.sample_id, before.run, before.explainer) == (each.sample_id, each.run, each.explainer)
        assert before.repeat_of is None


def test_a_map_covers_the_part_that_its_network_saw(two):
    assert seen(Preparation(50, "unit", 0.5), 200, 400) == (0.25, 0.25, 0.75, 0.75)
    assert seen(Preparation(50, "unit"), 7, 9) == (0.0, 0.0, 1.0, 1.0)
    first, second, _ = two
    made = make([first, second], Asked())
    boxes = {made.key.entries[number].run: item["b"] for number, item in enumerate(told(made)["items"], 1) if item["m"]}
    assert boxes == {FIRST: [0, 0, 1, 1], SECOND: [0.25, 0.25, 0.75, 0.75]}


def test_an_ensemble_shows_the_pictures_of_its_members_as_they_saw_them(two, tmp_path):
    _, second, ids = two
    said = dict.fromkeys(ids[:1], (0, 1))
    members = (tmp_path / "gone", second.run.path)
    voted = stored_run(tmp_path / "e", "vote", tmp_path, said, {"gradcam-dddddd": 1.0}, members=members)
    picture, heatmap = told(make([voted], Asked(repeats=0)))["items"]
    assert picture["m"] is None
    assert heatmap["b"] == [0.25, 0.25, 0.75, 0.75]


def test_a_large_picture_is_shown_smaller_and_in_its_proportions(two, tmp_path):
    first, _, ids = two
    Image.fromarray(np.zeros((2 * LARGEST, LARGEST), dtype=np.uint8)).save(tmp_path / "pictures" / f"{ids[0]}.png")
    (uri,) = told(make([first], Asked()))["pictures"]
    assert Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).size == (LARGEST // 2, LARGEST)


def test_maps_that_cannot_be_drawn_are_left_out_and_counted(two):
    first, _, _ = two
    file = first.run.path / "fold-0/explanations/lime-bbbbbb/maps.npz"
    with np.load(file) as stored:
        arrays = dict(stored)
    arrays["heatmap"][:, 0, 0] = np.nan
    np.savez(file, **arrays)
    made = make([first], Asked(repeats=0))
    assert [each.explainer for each in made.key.entries.values()] == ["", "gradcam-aaaaaa"]
    assert made.notes == ["1 maps are left out, for they hold NaN or infinity."]


def test_only_the_explainers_that_are_named_are_asked_about(two):
    first, second, _ = two
    made = make([first, second], Asked(explainers=("gradcam",)))
    assert {each.explainer for each in made.key.entries.values()} == {"", "gradcam-aaaaaa", "gradcam-cccccc"}
    with pytest.raises(ConfigError, match="no maps of 'gradcan'"):
        make([first], Asked(explainers=("gradcan",)))
    only_first = make([first, second], Asked(explainers=("lime",)))  # the second run has no such maps
    assert {each.run for each in only_first.key.entries.values()} == {"", FIRST}


def test_runs_with_other_labels_or_classes_or_the_same_name_do_not_belong_together(two, tmp_path):
    first, _, ids = two
    relabelled = dict.fromkeys(ids, (1, 1))
    other = stored_run(tmp_path, "other", tmp_path / "pictures", relabelled, {"gradcam-aaaaaa": 1.0})
    with pytest.raises(StoreError, match="in one run and Scoliosis in another"):
        make([first, other], Asked("random"))
    (tmp_path / "c" / "C").mkdir(parents=True)
    foreign = stored_run(tmp_path, "foreign", tmp_path / "c", {"C/0": (0, 0)}, {}, classes=("C", "D"))
    with pytest.raises(StoreError, match="do not belong together: classes"):
        make([first, foreign], Asked("random"))
    with pytest.raises(StoreError, match="two runs are called"):
        make([first, first], Asked("random"))


def test_the_command_writes_questionnaire_and_key_apart(two, tmp_path, capsys):
    assert main(["survey", "make", str(tmp_path / "runs"), "--cases", "random", "--n", "3", "--balanced"]) == 0
    said = capsys.readouterr().out
    (folder,) = (tmp_path / "surveys").iterdir()
    assert {file.name for file in folder.iterdir()} == {"questionnaire", "key.json", "key.csv"}
    assert [file.name for file in (folder / "questionnaire").iterdir()] == ["survey.html"]
    assert read_key(folder / "key.json").survey == folder.name
    assert "3 cases, 16 items: 4 pictures and 12 maps, 4 of all these items a second time" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "{runs}", "--cases", "all"], "there are no cases 'all'"),
        (["make", "{runs}", "--n", "0"], "survey of 0 cases"),
        (["make", "{runs}", "--repeats", "some"], "'some' is no share"),
        (["make", "{runs}", "--repeats", "110%"], "110% of the cases cannot be repeated"),
        (["make", "{empty}"], "there are no runs here"),
        (["draw"], "xaimed survey does not know 'draw'"),
    ],
)
def test_what_makes_no_sense_is_refused(two, tmp_path, capsys, arguments, said):
    (tmp_path / "empty").mkdir()
    places = {"runs": tmp_path / "runs", "empty": tmp_path / "empty"}
    assert main(["survey", *(text.format(**places) for text in arguments)]) == 2
    assert said in capsys.readouterr().err


def test_without_maps_or_pictures_there_is_no_survey(two, tmp_path):
    first, _, ids = two
    bare = stored_run(tmp_path / "bare", "bare", tmp_path / "pictures", {ids[0]: (0, 1)}, {})
    with pytest.raises(StoreError, match="hold no maps"):
        make([bare], Asked())
    (tmp_path / "pictures").rename(tmp_path / "away")
    with pytest.raises(StoreError, match="dataset is not there"):
        make([first], Asked())


def test_a_key_that_was_changed_is_refused(two, tmp_path):
    first, _, _ = two
    file = make([first], Asked()).key.write(tmp_path)
    assert read_key(file) == make([first], Asked()).key
    file.write_text(file.read_text().replace("lime-bbbbbb", "gradcam-aaaaaa"))
    with pytest.raises(StoreError, match="changed after it was written"):
        read_key(file)
    file.write_text("[]")
    with pytest.raises(StoreError, match="no key of a survey"):
        read_key(file)
