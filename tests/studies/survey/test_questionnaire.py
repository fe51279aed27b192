"""The questionnaire as a rater has it: a real browser answers, reloads, goes on, and saves a file that is scored."""

import json
import time
from pathlib import Path

import pytest
from studies.survey.stored_runs import HOSTILE, draw_pictures, stored_run
from support.browser import browser, needs_browser

from xaimed.studies.survey.make import Asked, make
from xaimed.studies.survey.score import score

pytestmark = needs_browser

TITLE = "document.getElementById('s-title').textContent"
CHECKED = "[...document.querySelectorAll('#s-questions input:checked')].map((box) => `${box.name} ${box.value}`).join()"
NEXT_IS_OFF = "document.getElementById('s-next').disabled"


@pytest.fixture
def survey(tmp_path):
    """The files of a survey of two cases and one explainer: four items, and the first case again."""
    samples = draw_pictures(tmp_path / "pictures", each=1)
    said = {name: (number, 1 - number) for name, number in samples}
    maps = {"gradcam-aaaaaa": 3.7}
    run = stored_run(tmp_path, "demo-resnet50-finetune-1111111111", tmp_path / "pictures", said, maps, crop=0.5)
    made = make([run], Asked())
    assert [bool(entry.run) for entry in made.key.entries.values()] == [False, True] * 3
    return made.write(tmp_path / "survey")


def begin(reader, name="Dr A"):
    reader.run(f"document.getElementById('s-name').value = {json.dumps(name)}")
    reader.run("document.getElementById('s-role').value = 'radiologist'")
    reader.run("document.querySelector('#s-form button').click()")


def type_in(reader, keys):
    for key in keys:
        reader.press(key)


def saved(folder: Path) -> Path:
    end = time.monotonic() + 20
    while not (files := list(folder.glob("answers-*.json"))):
        assert time.monotonic() < end, "nothing was saved"
        time.sleep(0.05)
    return files[0]


def test_a_rater_answers_by_keyboard_and_mouse_and_the_file_is_scored(survey, tmp_path):
    page, key = survey
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    with browser(downloads=downloads) as reader:
        reader.open(page)
        assert reader.run("document.getElementById('s-standing').hidden")
        reader.run("document.querySelector('#s-form button').click()")
        assert reader.run("document.getElementById('s-item').hidden")  # nobody yet
        begin(reader)
        assert reader.run(TITLE) == "Item 1 of 6: a new picture"
        assert reader.run("document.activeElement.id") == "s-title"
        assert reader.run("document.querySelector('.choices span').textContent") == HOSTILE
        assert reader.run("document.title") == "Survey: demo"
        reader.press("ArrowRight")
        assert reader.run(TITLE) == "Item 1 of 6: a new picture"  # nothing is answered yet
        type_in(reader, "2y4")
        assert reader.run(CHECKED) == "diagnosis 1,reliable yes,difficulty 4"
        assert reader.run("document.activeElement.id") == "s-next"
        reader.press("Enter", 13)
        assert reader.run(TITLE) == "Item 2 of 6: a heatmap over the picture"
        assert reader.run("document.querySelectorAll('#s-shown canvas[aria-label]').length") == 2
        for name, value in (("structure", "yes"), ("focus", "no"), ("trust", "5")):
            assert reader.run(NEXT_IS_OFF)
            reader.run(f"document.querySelector('input[name={name}][value=\"{value}\"]').click()")
        reader.run("document.querySelector('textarea').focus()")
        reader.ask("Input.insertText", text=f"1 {HOSTILE}")
        assert reader.run(CHECKED) == "structure yes,focus no,trust 5"  # digits in a comment answer nothing
        reader.run("document.getElementById('s-next').click()")
        reader.press("0")
        reader.press("ArrowDown", 40)
        for _ in range(2):
            reader.press("1")
        reader.run("document.getElementById('s-next').click()")
        for item in (4, 6):
            type_in(reader, "nn3")
            reader.run("document.getElementById('s-next').click()")
            if item == 4:
                type_in(reader, "212")
                reader.run("document.getElementById('s-next').click()")
        assert not reader.run("document.getElementById('s-end').hidden")
        assert reader.run("document.getElementById('s-where').textContent") == "6 of 6 answered"
        reader.run("document.getElementById('s-export-end').click()")
        file = saved(downloads)
        assert reader.said == []
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["complete"]
    assert not told["simulated"]
    assert told["answers"][0] == {"item": 1, "diagnosis": [1], "reliable": "yes", "difficulty": 4}
    comment = f"1 {HOSTILE}"
    assert told["answers"][1] == {"item": 2, "structure": "yes", "focus": "no", "trust": 5, "comment": comment}
    found = score([file], [key])
    assert not found.refused
    assert not found.notes
    assert found.named["explainers"].rows[0][:3] == ("gradcam", 2, 2)
    assert found.named["explainers"].rows[0][3].mean == (5 + 3) / 2  # the second showing does not count
    assert found.named["repeats"].rows


def test_progress_outlives_a_reload_and_the_diagnosis_stays_once_a_map_was_seen(survey):
    page, _ = survey
    with browser() as reader:
        reader.open(page)
        begin(reader)
        type_in(reader, "111")
        reader.press("Enter", 13)
        type_in(reader, "1")
        reader.press("ArrowLeft", 37)
        assert reader.run(TITLE) == "Item 1 of 6: a new picture"
        reader.press("ArrowRight", 39)
        assert reader.run(CHECKED) == "structure yes"  # arrows turn pages, and answer nothing after a digit
        reader.open(page)
        assert reader.run("document.querySelector('#s-saved button').textContent") == "Go on as Dr A (item 2 of 6)"
        reader.run("document.querySelector('#s-saved button').click()")
        assert reader.run(TITLE) == "Item 2 of 6: a heatmap over the picture"
        assert reader.run(CHECKED) == "structure yes"
        reader.press("ArrowLeft")
        assert reader.run(TITLE) == "Item 1 of 6: a new picture"
        assert reader.run("[...document.querySelectorAll('fieldset')].every((box) => box.disabled)")
        type_in(reader, "2")
        assert reader.run(CHECKED) == "diagnosis 0,reliable yes,difficulty 1"
        reader.open(page)
        begin(reader, "Dr B")  # another rater at the same browser begins anew
        assert reader.run(CHECKED) == ""
        assert reader.said == []


def test_a_saved_file_is_gone_on_with_in_another_browser_and_others_are_refused(survey, tmp_path):
    page, key = survey
    facts = {"kind": "xaimed survey answers", "survey": json.loads(key.read_text())["survey"], "simulated": False}
    facts |= {"rater": {"name": HOSTILE, "role": "x"}, "exported": "2026-01-01T00:00:00.000Z"}
    good = facts | {"answers": [{"item": 1, "diagnosis": [], "reliable": "no", "difficulty": 2}]}
    damaged = facts | {"answers": [{"item": 1, "diagnosis": [7]}]}
    cases = {"other": good | {"survey": "abc"}, "damaged": damaged, "none": [], "good": good}
    for name, content in cases.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    with browser() as reader:
        reader.open(page)
        said = "document.getElementById('s-said').textContent"
        for name, reason in (("other", "another survey (abc)"), ("damaged", "damaged: item 1"), ("none", "no answers")):
            choose_file(reader, tmp_path / f"{name}.json")
            reader.until(f"{said}.startsWith('{name}.json cannot be used')")
            assert reason in reader.run(said)
        choose_file(reader, tmp_path / "good.json")
        reader.until("!document.getElementById('s-item').hidden")
        assert reader.run(TITLE) == "Item 2 of 6: a heatmap over the picture"
        assert reader.run(said) == f"Answers of {HOSTILE} read."
        reader.press("ArrowLeft")
        assert reader.run(CHECKED) == "diagnosis none,reliable no,difficulty 2"
        assert reader.run("document.title") == "Survey: demo"
        assert reader.said == []


def test_the_slider_blends_the_map_over_the_part_that_was_seen(survey):
    page, _ = survey
    with browser() as reader:
        reader.open(page)
        begin(reader)
        type_in(reader, "111")
        reader.press("Enter", 13)
        colour = "(([r, g, b]) => Math.abs(r - b))(document.querySelectorAll('#s-shown canvas')[1].getContext('2d')"
        inside, outside = (f"{colour}.getImageData({x}, {y}, 1, 1).data)" for x, y in ((9, 7), (2, 2)))
        reader.until(f"{inside} > 20")
        assert reader.run(outside) < 5  # the crop left the border out
        reader.choose("#s-blend", "0")
        reader.until(f"{inside} < 5")
        assert reader.run("document.querySelector('.blend output').textContent") == "0 %"
        reader.run("document.getElementById('s-blend').focus()")
        type_in(reader, "113")  # digits answer from the slider too
        reader.press("Enter", 13)
        assert reader.run(TITLE) == "Item 3 of 6: a new picture"
        assert reader.said == []


def choose_file(reader, file):
    found = reader.ask("Runtime.evaluate", expression="document.getElementById('s-import')")["result"]["objectId"]
    reader.ask("DOM.setFileInputFiles", files=[str(file)], objectId=found)
