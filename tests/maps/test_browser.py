"""The pages in a real browser without a network: what is drawn, what a click answers, what is asked for."""

from __future__ import annotations

import pyproj
import pytest

from qsgis.maps import web

from .browser import CANVAS
from .conftest import EAST, NASTY, NORTH

pytestmark = pytest.mark.browser

COLOUR = """((red, green, blue) => { const canvas = document.querySelector('.leaflet-overlay-pane canvas');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; let found = 0;
    for (let at = 0; at < data.length; at += 4)
    {
      const away = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
      if (away < 12 && data[at + 3] > 200) found += 1;
    }
    return found; })"""
PATCH = (0x7A, 0x01, 0x77)  # the industrial patch: 1 km × 1 km, its corner at (7000, 5000)


@pytest.fixture
def pages(results, tmp_path):
    web.write_pages(results, tmp_path)
    return tmp_path


def click(browser, x, y):
    """A click at a place of the county, in metres from its corner."""
    browser.click_at(*pyproj.Transformer.from_crs(4546, 4326, always_xy=True).transform(EAST + x, NORTH + y))


@pytest.mark.parametrize("sheet", ["red_line", "elderly", "borders"])
def test_a_page_asks_for_nothing_complains_of_nothing_and_is_drawn(browser, pages, sheet):
    page = pages / f"{sheet}.html"
    browser.draw(page)
    assert browser.asked() == [page.as_uri()]
    assert browser.troubles == []
    share, colours = browser.run(CANVAS)
    assert share > 0.02 and colours > 20


def test_every_feature_is_drawn(browser, pages):
    browser.draw(pages / "red_line.html")
    # red line 1, patches 4, roads one shape a class 2 (one is not given), townships one a class 4
    assert browser.run("Number(document.documentElement.dataset.drawn)") == 11
    assert browser.run(f"{COLOUR}{PATCH}") > 300


def test_a_click_answers_with_the_attributes(browser, pages):
    browser.draw(pages / "red_line.html")
    click(browser, 7500, 5500)
    browser.wait("!!document.querySelector('.leaflet-popup')")
    text = browser.run("document.querySelector('.leaflet-popup').innerText")
    for part in ("红线内建设用地", "00014", "0601", "工业用地", "端氏镇", "1,000,000"):
        assert part in text, part


def test_markup_in_an_attribute_is_shown_as_text(browser, pages):
    browser.draw(pages / "red_line.html")
    click(browser, 9100, 1100)
    browser.wait("!!document.querySelector('.leaflet-popup')")
    assert NASTY in browser.run("document.querySelector('.leaflet-popup').textContent")
    assert NASTY in browser.run("document.querySelector('.notes').textContent")
    assert browser.run("document.images.length - document.querySelectorAll('.leaflet-image-layer').length") == 0
    assert browser.run("typeof window.hacked") == "undefined"


def test_context_does_not_answer_and_the_legend_switches_layers(browser, pages):
    browser.draw(pages / "red_line.html")
    click(browser, 11500, 4096)  # a road, outside the red line
    assert browser.run("document.querySelectorAll('.leaflet-popup').length") == 0
    browser.run("[...document.querySelectorAll('.switch')].find((e) => e.innerText.includes('红线内建设用地')).click()")
    browser.run("new Promise((ready) => setTimeout(ready, 100))")
    assert browser.run(f"{COLOUR}{PATCH}") == 0
    browser.run("[...document.querySelectorAll('.switch')].find((e) => e.innerText.includes('红线内建设用地')).click()")
    browser.run("new Promise((ready) => setTimeout(ready, 100))")
    assert browser.run(f"{COLOUR}{PATCH}") > 300


def test_a_layer_that_is_not_shown_waits_for_its_switch(browser, pages):
    browser.draw(pages / "elderly.html")
    shown = browser.run("[...document.querySelectorAll('input[data-layer]')].map((e) => e.checked)")
    assert shown.count(False) == 1


def test_the_finder_goes_to_a_township_and_back(browser, pages):
    browser.draw(pages / "red_line.html")
    before = browser.run("map_sheet.getZoom()")
    browser.run("(() => { finder.value = '3'; finder.dispatchEvent(new Event('change')); })()")
    browser.wait(f"map_sheet.getZoom() > {before}")
    browser.wait("!map_sheet._animatingZoom")
    centre = browser.run("(() => { const at = map_sheet.getCenter(); return [at.lng, at.lat]; })()")
    x, y = pyproj.Transformer.from_crs(4326, 4546, always_xy=True).transform(*centre)
    assert 6000 < x - EAST < 12000 and 4000 < y - NORTH < 8000


@pytest.mark.parametrize("page", ["red_line.html", "index.html"])
def test_a_phone_is_wide_enough(browser, pages, page):
    browser.open(pages / page, width=390, height=800)
    assert browser.run("document.documentElement.scrollWidth") <= 390


def test_the_index_shows_pictures_and_leads_to_the_pages(browser, pages):
    browser.open(pages / "index.html")
    assert browser.run("[...document.images].every((image) => image.complete && image.naturalWidth > 100)")
    assert browser.run("document.querySelectorAll('a.card').length") == 3
    browser.run("document.querySelector('a.card').click()")
    browser.wait("document.documentElement?.dataset.drawn")
    assert browser.run("document.querySelector('h1').innerText") == "生态保护红线实施分析图"


def test_an_old_browser_is_told_so(browser, pages):
    page = pages / "red_line.html"
    text = page.read_text(encoding="utf-8").replace(
        "<head>", "<head><script>delete window.DecompressionStream</script>", 1
    )
    page.write_text(text, encoding="utf-8")
    browser.open(page)
    browser.wait("document.documentElement.dataset.failed")
    assert not browser.run("document.getElementById('trouble').hidden")
