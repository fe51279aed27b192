"""The report as its reader has it: a real browser filters, sorts, opens and blends; hostile names stay text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.browser import browser, needs_browser

from xaimed.evaluation.predictions import prediction_table
from xaimed.reporting.canvas import LARGE, caption, new_figure, write_at
from xaimed.reporting.html.controls import gallery_html
from xaimed.reporting.html.document import Section, document, embedded
from xaimed.reporting.html.encoding import encoded, grid_for, side_for
from xaimed.reporting.html.gallery import Card, Shown, gallery_data
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Estimate, Table
from xaimed.studies.whole_report.study import study_at

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def gallery(**changes: object) -> dict:
    uncertainty = np.linspace(0, 1, 4).reshape(2, 2)
    maps = {"cam": Shown(np.eye(2), uncertainty)}
    cards = [
        Card(f"s{i}", 0, i % 2, ("a",), ("a",) if i % 3 else (HOSTILE,), bool(i % 3), {"entropy": i / 10}, maps)
        for i in range(60)
    ]
    pictures = {f"s{i}": np.full((32, 32), 4 * i, dtype=np.uint8) for i in range(59)}
    words = {
        "runs": ["one"],
        "classes": ["a", HOSTILE],
        "measures": {"entropy": "Entropy"},
        "explainers": {"cam": "Grad-CAM"},
    }
    return gallery_data(cards, pictures, **{**words, **changes})


def page(tmp_path: Path) -> Path:
    data = gallery()
    table = Table(HOSTILE, ("Measure", "Value"), ((HOSTILE, Estimate(0.5, 0.1)),), (HOSTILE,))
    sections = [Section("trust", "Trust", to_html(table)), Section("gallery", "Pictures", gallery_html(data, HOSTILE))]
    file = tmp_path / "report.html"
    file.write_text(document(HOSTILE, sections, stamp="rehearsal", data={"gallery": data}), encoding="utf-8")
    return file


def test_data_cannot_end_the_element_it_stands_in() -> None:
    assert "<" not in embedded({"name": HOSTILE})
    assert json.loads(embedded({"name": HOSTILE}))["name"] == HOSTILE


def test_a_map_is_kept_as_shares_of_its_own_maximum() -> None:
    rows, columns, maximum, _ = encoded([[0.0, 1.0, 2.0], [-3.0, 4.0, 0.0]])
    assert (rows, columns, maximum) == (2, 3, 4.0)
    assert encoded(np.zeros((3, 3))) == encoded([[np.nan, 1.0]]) == []
    assert encoded(np.ones((224, 112)))[:2] == [64, 64]


@needs_browser
def test_the_gallery_filters_sorts_opens_and_blends(tmp_path: Path) -> None:
    with browser() as reader:
        reader.open(page(tmp_path))
        reader.until("document.querySelectorAll('.card').length === 48")
        assert reader.run("document.title") == HOSTILE
        assert reader.run("document.querySelector('.card.wrong .said').textContent").startswith(f"✗ {HOSTILE}")
        reader.choose("#g-right", "0")  # incorrect
        assert reader.run("document.getElementById('g-count').textContent") == "20 of 60 shown here"
        reader.choose("#g-right", "")
        reader.choose("#g-order", "down")
        assert reader.run("document.querySelector('.card .name').textContent") == "s59"
        reader.choose("#g-least", "5.75")
        assert reader.run("document.querySelectorAll('.card').length") == 2
        reader.choose("#g-least", "")
        reader.run("document.getElementById('g-more').click()")
        assert reader.run("document.querySelectorAll('.card').length") == 60
        assert reader.run("document.activeElement.className").startswith("card")  # the keyboard stays where it was
        canvas = "document.querySelectorAll('.card canvas')[30].getContext('2d')"
        red_blue = f"(([r, , b]) => r - b)({canvas}.getImageData(2, 2, 1, 1).data)"
        reader.choose("#g-blend", "0")
        reader.until(f"{red_blue} === 0")
        reader.choose("#g-blend", "100")
        reader.until(f"{red_blue} !== 0")
        assert reader.said == []


@needs_browser
def test_the_slider_keeps_what_was_asked_for(tmp_path: Path) -> None:
    with browser() as reader:
        reader.open(page(tmp_path))
        reader.until("document.querySelectorAll('.card').length === 48")
        reader.run("document.getElementById('g-more').click()")
        reader.run("document.querySelectorAll('.card')[50].marked = true")
        reader.choose("#g-blend", "40")
        assert reader.run("document.querySelectorAll('.card').length") == 60
        assert reader.run("document.querySelectorAll('.card')[50].marked") is True  # drawn again, not made again
        assert reader.run("document.getElementById('g-blend').nextElementSibling.textContent") == "40 %"
        reader.run("document.querySelector('#g-form [type=reset]').click()")
        reader.until("document.getElementById('g-blend').value === '100'")
        reader.until("document.querySelectorAll('.card').length === 48")
        assert reader.said == []


@needs_browser
def test_labels_are_chosen_one_by_one_and_a_range_is_limited_on_both_sides(tmp_path: Path) -> None:
    labels = [("a", "b"), ("b",), (), ("a",)]
    cards = [
        Card(f"s{i}", 0, 0, true, true, True, {"entropy": i / 10}, {"cam": Shown(np.eye(2), None, "b")})
        for i, true in enumerate(labels)
    ]
    words = {"runs": ["one"], "classes": ["b", "a"], "measures": {"entropy": "Entropy"}, "explainers": {"cam": "CAM"}}
    data = gallery_data(cards, {}, **words)
    file = tmp_path / "report.html"
    sections = [Section("gallery", "Pictures", gallery_html(data))]
    file.write_text(document("several labels", sections, data={"gallery": data}), encoding="utf-8")
    names = "[...document.querySelectorAll('.card .name')].map((node) => node.textContent).join()"
    options = "[...document.querySelectorAll('#g-true option')].map((node) => node.textContent).join()"
    with browser() as reader:
        reader.open(file)
        reader.until("document.querySelectorAll('.card').length === 4")
        assert reader.run(options) == "all,b,a,none"  # in the order of the classes
        reader.choose("#g-true", "1")  # a, alone or with others
        assert reader.run(names) == "s0,s3"
        reader.choose("#g-true", "-1")
        assert reader.run(names) == "s2"
        reader.choose("#g-true", "")
        reader.choose("#g-least", "0.1")
        reader.choose("#g-most", "0.2")
        assert reader.run(names) == "s1,s2"
        assert reader.run("document.querySelector('.card .told').textContent") == "fold 0 · Entropy 0.1 · map of b"
        assert reader.run("document.getElementById('g-unsure').disabled") is True  # no explainer knows any
        assert reader.run("document.getElementById('g-asked').textContent") == (
            "Shown: Entropy at least 0.1; Entropy at most 0.2; heatmaps: CAM, 100 %."
        )
        reader.choose("#g-most", "0.05")
        assert "nothing is like that" in reader.run("document.getElementById('g-count').textContent")
        assert reader.said == []


@needs_browser
def test_everything_has_a_name_for_those_who_do_not_see_it(tmp_path: Path) -> None:
    named = {"button", "combobox", "slider", "spinbutton", "searchbox", "checkbox", "region", "form", "image", "table"}
    with browser() as reader:
        reader.open(page(tmp_path))
        reader.until("document.querySelectorAll('.card').length === 48")
        reader.run("document.querySelectorAll('.card')[1].click()")
        reader.until("document.getElementById('g-large').open")
        inside = reader.ask("Accessibility.getFullAXTree")["nodes"]
        reader.press("Escape", 27)
        nodes = [*inside, *reader.ask("Accessibility.getFullAXTree")["nodes"]]
        found = [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]
        ]
        roles = {role for role, _ in found}
        assert named - {"checkbox", "image"} <= roles
        assert [role for role, name in found if role in named and not name] == []
        assert ("button", "s1: correct, predicted a, true class a, fold 1, Entropy 0.1; open large") in found
        assert ("image", "picture s1") in found
        assert any(role == "status" for role, _ in found)


@needs_browser
def test_only_tables_that_are_too_wide_are_stops_of_the_keyboard(tmp_path: Path) -> None:
    narrow = Table("narrow", ("a", "b"), (("x", 1),))
    wide = Table("wide", tuple("abcdefgh"), (("x", *["unbreakable" * 3] * 7),))
    file = tmp_path / "report.html"
    file.write_text(document("t", [Section("s", "S", to_html(narrow) + to_html(wide))]), encoding="utf-8")
    with browser() as reader:
        reader.open(file)
        reader.until("document.querySelectorAll('.scroll[tabindex]').length === 1")
        assert reader.run("document.querySelector('.scroll[tabindex]').getAttribute('aria-label')") == "wide"


@needs_browser
def test_paper_has_what_is_unfolded_and_what_is_always_needed(tmp_path: Path) -> None:
    folded = "<details><summary>run</summary>detail</details><details class=always><summary>c</summary>do</details>"
    file = tmp_path / "report.html"
    file.write_text(document("t", [Section("s", "S", folded)]), encoding="utf-8")
    heights = "[...document.querySelectorAll('details')].map((part) => part.offsetHeight > 0).join()"
    with browser() as reader:
        reader.open(file)
        reader.ask("Emulation.setEmulatedMedia", media="print")
        reader.run("window.dispatchEvent(new Event('beforeprint'))")
        assert reader.run(heights) == "false,true"
        assert reader.run("document.querySelector('.always').open") is True
        reader.run("window.dispatchEvent(new Event('afterprint'))")
        assert reader.run("document.querySelector('.always').open") is False


@needs_browser
def test_a_picture_opens_large_by_keyboard_and_gives_the_focus_back(tmp_path: Path) -> None:
    with browser() as reader:
        reader.open(page(tmp_path))
        reader.until("document.querySelectorAll('.card').length === 48")
        reader.run("document.querySelectorAll('.card')[2].focus()")
        reader.press("Enter", 13)
        reader.until("document.getElementById('g-large').open")
        assert reader.run("document.getElementById('g-large-title').textContent") == "s2"
        assert reader.run("document.querySelectorAll('#g-large canvas').length") == 3  # picture, map, uncertainty
        reader.run("document.getElementById('g-next').focus()")
        reader.press("ArrowRight", 39)
        assert reader.run("document.getElementById('g-large-title').textContent") == "s3"
        reader.press("Escape", 27)
        reader.until("!document.getElementById('g-large').open")
        assert reader.run("document.activeElement.querySelector('.name').textContent") == "s2"
        assert reader.said == []


@needs_browser
def test_nothing_foreign_runs_even_where_it_got_into_the_page(tmp_path: Path) -> None:
    file = page(tmp_path)
    content = file.read_text(encoding="utf-8")
    file.write_text(content.replace("</main>", "<script>document.title='taken'</script></main>"), encoding="utf-8")
    with browser() as reader:
        reader.open(file)
        assert reader.run("document.title") == HOSTILE
        assert any("Content Security Policy" in said for said in reader.said)


def test_a_table_of_words_stands_left_and_of_numbers_right() -> None:
    html = to_html(Table("t", ("a", "b", "c", "d"), (("x", 1, "word", "–"), ("y", 2, "other", "–"))))
    assert '<th scope="col" class="n">b</th>' in html
    assert '<th scope="col">c</th>' in html
    assert '<th scope="col">d</th>' in html  # nothing but dashes


def test_a_question_heads_the_rows_that_answer_it_and_an_interval_is_not_broken() -> None:
    value = Estimate(0.5, None, 2, 0.4, 0.6)
    html = to_html(Table("t", ("m", "v"), (("Is it right?", ""), ("· Accuracy", value), ("gap", ""))))
    assert '<th scope="rowgroup" colspan="2">Is it right?</th>' in html
    assert (
        '<th scope="row" class="member">Accuracy</th><td class="n"><span>0.50</span> <span>(0.40 to 0.60)</span>'
        in html
    )
    assert '<th scope="row">gap</th>' in html  # a row that is merely empty is no heading


def test_an_empty_table_says_so() -> None:
    assert '<td colspan="2">none</td>' in to_html(Table("t", ("a", "b"), ()))


def test_maps_and_pictures_stay_within_their_budget() -> None:
    fine = np.zeros((64, 64))
    assert grid_for([fine] * 1000) == 64
    assert grid_for([fine] * 5000 + [None]) == 32  # 5000 × 32² × 4/3 < 10 MB < 5000 × 48² × 4/3
    assert grid_for([np.zeros((7, 7))] * 20_000) == 64  # nothing is made coarser than it need be
    noise = np.random.default_rng(0).integers(0, 255, (512, 512), dtype=np.uint8)
    assert side_for([noise] * 10) == 512
    assert side_for([noise] * 1000) < 512


def test_a_study_names_its_runs_its_figures_and_its_command(tmp_path: Path) -> None:
    folder = tmp_path / "studies" / "spine-rehearsal"
    (folder / "figures").mkdir(parents=True)
    Image.new("RGB", (300, 150)).save(folder / "figures" / "f.png")
    for name in ("one", "other"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text("{}")
    told = {
        "title": HOSTILE,
        "stamp": "rehearsal",
        "study": "spine",
        "profile": "rehearsal",
        "lacking": {},
        "tables": [],
    }
    told |= {"figures": ["figures/f.png"], "captions": [HOSTILE]}
    told |= {"runs": ["../../runs/one", "../../runs/other", "../../runs/gone"], "names": ["ResNet50", "VGG16", "gone"]}
    (folder / "study.json").write_text(json.dumps(told))
    (folder / "asked.json").write_text(json.dumps({"overrides": ["optimizer.lr=1e-3"]}))
    study = study_at(folder)
    assert study is not None
    assert list(study.runs.values()) == ["ResNet50", "VGG16"]
    assert study.command == f"xaimed reproduce spine profile=rehearsal optimizer.lr=1e-3 output={tmp_path}"
    body = study.section().body
    assert "<script" not in body
    assert 'width="176" height="88"' in body  # 300 pixels are 2 inches


def test_a_figure_is_called_what_stands_above_it() -> None:
    figure = new_figure(2, 1)
    write_at(figure, 0, 0, "small", fontsize=8)
    assert caption(figure) == ""
    write_at(figure, 0, 0, "Two\nlines", fontsize=LARGE)
    assert caption(figure) == "Two lines"


@pytest.mark.parametrize(("kind", "said"), [("multilabel", ("b",)), ("multiclass", ("b",))])
def test_a_card_knows_its_classes(kind: str, said: tuple[str, ...]) -> None:
    from xaimed.studies.whole_report.cards import _classes

    who = {"sample_ids": ["1"], "groups": ["1"], "fold": 0}
    targets = [[0, 1]] if kind == "multilabel" else [1]
    chances = [[0.25, 0.75]]
    table = prediction_table(kind, ["a", "b"], **who, targets=targets, logits=[[0, 1]], probabilities=chances)
    assert _classes(table, "label", "y:") == [said]


@pytest.mark.parametrize("kind", ["multiclass"])
def test_predictions_make_cards(kind: str) -> None:
    from xaimed.studies.whole_report.cards import _numbers

    chances = [[0.25, 0.75]]
    who = {"sample_ids": ["1"], "groups": ["1"], "fold": 0}
    table = prediction_table(kind, ["a", "b"], **who, targets=[0], logits=[[0, 0]], probabilities=chances)
    found = _numbers(table)
    assert found["probability"][0] == pytest.approx(0.75)
    assert found["residual"][0] == pytest.approx(0.75)
    assert found["entropy"][0] == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))
