"""The report as its reader has it: a real browser filters, sorts, opens and blends; hostile names stay text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.browser import browser, needs_browser

from xaimed.evaluation.predictions import prediction_table
from xaimed.reporting.html.document import Section, document, embedded
from xaimed.reporting.html.gallery import Card, Shown, encoded, gallery_data, gallery_html
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Estimate, Table

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


def gallery(**changes: object) -> dict:
    uncertainty = np.linspace(0, 1, 4).reshape(2, 2)
    maps = {"cam": Shown(np.eye(2), uncertainty)}
    cards = [
        Card(f"s{i}", 0, i % 2, "a", "a" if i % 3 else HOSTILE, bool(i % 3), {"entropy": i / 10}, maps)
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
        assert reader.run("document.querySelector('.card.wrong p').textContent").startswith(f"✗ {HOSTILE}")
        reader.choose("#g-right", "1")  # incorrect
        assert reader.run("document.getElementById('g-count').textContent") == "20 of 60 shown here"
        reader.choose("#g-right", "")
        reader.choose("#g-sort", "0")
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
    html = to_html(Table("t", ("a", "b", "c"), (("x", 1, "word"), ("y", 2, "other"))))
    assert '<th scope="col" class="n">b</th>' in html
    assert '<th scope="col">c</th>' in html


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
