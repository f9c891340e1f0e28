from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser

import pyproj
import pytest
import shapely

from qsgis.maps import backdrop, encode, figures, inline, web
from qsgis.maps.content import draw
from qsgis.messages import set_language

from .conftest import EAST, NASTY, NORTH, TOWNS, box, frame


def carried(text):
    packed = re.search(r'id="payload">([^<]+)<', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


class Outline(HTMLParser):
    """Tags with their addresses, and the text outside scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.text, self._stack, self.tags = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._stack.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href") and value]

    def handle_endtag(self, tag):
        while self._stack and self._stack.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self._stack):
            self.text += data


@pytest.fixture
def page(results, tmp_path):
    web.write_sheet(results, results.catalog.sheets["red_line"], tmp_path / "red_line.html")
    return (tmp_path / "red_line.html").read_text(encoding="utf-8")


def test_a_page_asks_for_nothing(page):
    outline = Outline(page)
    assert [address for address in outline.addresses if not address.startswith("data:")] == ["index.html"]
    assert re.findall(r"url\((?!data:|#default)", page) == []
    assert "sourceMappingURL" not in page


def test_a_page_says_what_a_planner_must_read(page):
    text = Outline(page).text
    for line in (
        "生态保护红线实施分析图",
        "沁水县",
        "2019",
        "示意数据",
        "红线内建设用地",
        "宅基地",
        "工业",
        "新增",
        *TOWNS,
    ):
        assert line in text, line
    assert "1.40" in text and "1.44" not in text  # the override stands for the computed value
    assert "水田" not in text  # a class that no feature meets
    assert "绿道长度" in text  # its failure is said, in the figures and in the notes


def test_text_from_data_is_never_markup_nor_template(page):
    outline = Outline(page)
    assert "img" not in outline.tags
    assert NASTY in outline.text
    assert page.count("<script") == page.count("</script>")


def test_shapes_are_where_they_belong(page):
    layers = carried(page)["layers"]
    patches = next(layer for layer in layers if "面积（平方米）" in layer["columns"] or "area (m²)" in layer["columns"])
    x = y = 0
    ring = []
    steps = patches["shapes"][2][0][0]
    for at in range(0, len(steps), 2):
        x, y = x + steps[at], y + steps[at + 1]
        ring.append((x / 1e6, y / 1e6))
    back = pyproj.Transformer.from_crs(4326, 4546, always_xy=True)
    corners = {(round(a), round(b)) for a, b in (back.transform(*place) for place in ring)}
    assert corners == {(EAST + a, NORTH + b) for a in (7000, 8000) for b in (5000, 6000)}
    assert patches["member"] == [0, 0, 1, 2]


def test_neighbours_keep_their_common_border_when_simplified():
    wave = [(10 * n, 40 + (n % 3)) for n in range(101)]
    below = shapely.Polygon([(0, 0), *wave[:1], *wave[1:], (1000, 0)])
    above = shapely.Polygon([(0, 100), (1000, 100), *wave[::-1]])
    layer = frame([below, above], n=[1, 2])
    thin, tolerance = encode.simplified(layer.geometry)
    assert tolerance == encode.TOLERANCES[0]
    assert shapely.get_num_coordinates(thin.array).sum() < shapely.get_num_coordinates(layer.geometry.array).sum()
    assert shapely.coverage_is_valid(thin.array)
    assert thin.area.sum() == pytest.approx(100_000)


def test_a_layer_of_too_many_vertices_is_simplified_more(monkeypatch):
    monkeypatch.setattr(encode, "VERTICES", 60)
    ragged = shapely.LineString([(n, 4 * (n % 2)) for n in range(200)])
    thin, tolerance = encode.simplified(frame([ragged], n=[1]).geometry)
    assert tolerance == 8.0 and shapely.get_num_coordinates(thin.array).sum() == 2


def test_same_results_same_pages_and_every_language(results, tmp_path):
    for folder in ("one", "two"):
        web.write_pages(results, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        "borders.html",
        "elderly.html",
        "index.html",
        "red_line.html",
    ]  # no page for a sheet without a layer
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    set_language("en")
    web.write_pages(results, tmp_path / "en")
    text = Outline((tmp_path / "en" / "red_line.html").read_text(encoding="utf-8")).text
    assert "Demo" in text and "homesteads" in text and "Legend" in text


def test_index_leads_to_every_page_by_relative_links(results, tmp_path):
    web.write_pages(results, tmp_path)
    outline = Outline((tmp_path / "index.html").read_text(encoding="utf-8"))
    links = [address for address in outline.addresses if not address.startswith("data:image/png;base64,")]
    assert links == ["red_line.html", "elderly.html", "borders.html"]
    assert len(outline.addresses) == 6  # and a picture each
    assert "63.40" in outline.text


def test_restricted_data_is_marked_where_it_is_shown_only(results, tmp_path):
    sheet = results.catalog.sheets["borders"]
    web.write_sheet(results, sheet, tmp_path / "with.html")
    del results.inputs["land_use"]  # the backdrop
    web.write_sheet(results, sheet, tmp_path / "without.html")
    chips = [
        'class="chip restricted"' in (tmp_path / name).read_text(encoding="utf-8")
        for name in ("with.html", "without.html")
    ]
    assert chips == [True, False]


def test_backdrop_has_the_shares_of_land_use(results):
    ground = backdrop.make(results)
    forest = ground.tints.index(dict(ground.legend)["林地" if "林地" in dict(ground.legend) else "forest"]) + 1
    squares = (results.inputs["land_use"]["class"] == "0301").mean()
    assert (ground.grid == forest).mean() == pytest.approx(squares, abs=0.01)
    assert (ground.grid > 0).all()


def test_without_land_use_townships_are_tinted(results):
    del results.inputs["land_use"]
    ground = backdrop.make(results)
    assert ground.legend == () and len(set(ground.grid.ravel().tolist())) == 4


def test_without_zones_and_land_use_a_page_is_still_drawn(results, tmp_path):
    results.zones.clear()
    del results.inputs["land_use"]
    web.write_sheet(results, results.catalog.sheets["elderly"], tmp_path / "page.html")
    assert len(carried((tmp_path / "page.html").read_text(encoding="utf-8"))["layers"]) == 4


def test_legend_totals_are_sums(results):
    item = results.catalog.sheets["red_line"].layers[1]
    (drawn,) = draw(results, item)
    assert encode.amount(drawn, drawn.look.member == 0).startswith("40.00")  # 2 × 20 ha


def test_figures_choose_status_parts_and_townships(results):
    first, second = figures.figures(results, ["red_line_encroachment", "greenway_length"])
    assert (first.value, first.unit, first.note) == ("1.40", "平方千米", "按复核")
    assert [line.value for line in first.parts] == ["0.2000 平方千米"]
    assert [line.value for line in first.beside] == ["1.20 平方千米", "1 平方千米"]
    assert [(line.value, line.bar) for line in first.townships] == [
        ("0.4000", 40.0),
        ("0.0400", 4.0),
        ("—", 0.0),
        ("1", 100.0),
    ]
    assert (first.status, first.plain) == ("正常", True)
    assert (second.value, second.status, second.plain) == ("—", "失败", False) and "绿道长度" in second.note


def test_parts_that_the_data_gave_stand_apart(results):
    from .conftest import value

    rows = results["red_line_encroachment"].values
    rows.append(value("red_line_encroachment", 0.3, part="0702", name="指标: 0702 农村宅基地"))
    (figure,) = figures.figures(results, ["red_line_encroachment"])
    assert [line.name for line in figure.parts] == ["新增"]
    assert [(line.name, line.value) for line in figure.breakdown] == [("0702 农村宅基地", "0.3000 平方千米")]


def test_a_sheet_about_a_town_opens_there(results, tmp_path):
    def data(sheet):
        web.write_sheet(results, results.catalog.sheets[sheet], tmp_path / f"{sheet}.html")
        return carried((tmp_path / f"{sheet}.html").read_text(encoding="utf-8"))

    (south, west), (north, east) = data("elderly")["focus"]  # homes from (2000, 3000) to (4300, 3300)
    inside = pyproj.Transformer.from_crs(4546, 4326, always_xy=True).transform(EAST + 2000, NORTH + 3000)
    assert west < inside[0] < east and south < inside[1] < north
    (bottom, left), (top, right) = data("borders")["bounds"]
    assert (east - west) * (north - south) < 0.2 * (right - left) * (top - bottom)
    assert "focus" not in data("borders")


def test_numbers_are_written_for_reading():
    written = [figures.number(value) for value in (None, 0.0, 0.12345, 12.345, 1234.56, 1234567.8)]
    assert written == ["—", "0", "0.1235", "12.35", "1,234.6", "1,234,568"]


def test_an_unknown_link_is_an_error():
    with pytest.raises(LookupError, match="jquery"):
        inline.code("jquery")
    assert "data:image/png" in inline.code("leaflet_css")


def test_a_layer_of_polygons_that_overlap_is_simplified_one_by_one():
    thin, _tolerance = encode.simplified(frame([box(0, 0, 100, 100), box(50, 50, 100, 100)], n=[1, 2]).geometry)
    assert thin.area.tolist() == pytest.approx([10_000, 10_000])


def test_too_many_polygons_become_a_picture_and_the_page_says_so(results, tmp_path, monkeypatch):
    monkeypatch.setattr(encode, "FEATURES", 3)
    web.write_sheet(results, results.catalog.sheets["red_line"], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    pictures = [layer for layer in carried(page)["layers"] if "image" in layer]
    assert len(pictures) == 1 and pictures[0]["image"].startswith("data:image/png")
    assert pictures[0]["shapes"] == [] and pictures[0]["rows"] == []
    assert any("红线内建设用地" in line and "4" in line for line in re.findall(r"<p>(.*?)</p>", page))


def test_codes_are_said_in_words_and_inner_columns_stay_out(results):
    homes = results["elderly_care_coverage"].layers["homes"]
    homes["reason"] = ["reached"] * 4 + ["beyond_limit", "off_network"]
    homes["row"] = range(6)
    (drawn,) = draw(results, results.catalog.sheets["elderly"].layers[0])
    data = encode.layer(drawn)
    at = data["columns"].index("原因")
    assert [row[at] for row in data["rows"]][3:] == ["已覆盖", "超出限值", "离道路过远"]
    assert len(data["columns"]) == len(homes.columns) - 2  # without the geometry and the row


def test_a_closer_backdrop_is_finer_and_shows_the_same(results):
    ground = backdrop.make(results)
    near = ground.closer((EAST, NORTH + 3000, EAST + 2000, NORTH + 5000))  # 8 × 8 squares of 250 m
    assert (ground.cell, near.cell) == (50.0, 2.0)
    assert near.grid.shape == (1000, 1000)
    middles = near.grid[62::125, 62::125]  # a sample in each square, the topmost row first
    use = results.inputs["land_use"]
    tint_of: dict[str, int] = {}
    for column in range(8):
        for line in range(8):
            code = use["class"].iloc[32 * column + 19 - line]
            tint_of.setdefault(code, int(middles[line, column]))
            assert middles[line, column] == tint_of[code] > 0
    assert len(set(tint_of.values())) == len(tint_of) > 1  # a tint a class
    assert (near.legend, near.restricted, near.tints) == (ground.legend, True, ground.tints)


def test_no_page_opens_closer_than_two_kilometres(results, tmp_path):
    homes = results["elderly_care_coverage"].layers
    homes["homes"], homes["streets"] = homes["homes"].iloc[:1], homes["streets"].iloc[:0]  # 300 m × 300 m, and a yard
    homes["facilities"] = homes["facilities"].iloc[:1]
    web.write_sheet(results, results.catalog.sheets["elderly"], tmp_path / "page.html")
    (south, west), (north, east) = carried((tmp_path / "page.html").read_text(encoding="utf-8"))["focus"]
    geod = pyproj.Geod(ellps="GRS80")
    assert 2000 < geod.line_length([west, east], [south, south]) < 3000
    assert 2000 < geod.line_length([west, west], [south, north]) < 3000


def test_a_layer_of_several_sheets_is_on_each_page_as_on_a_page_of_its_own(results, tmp_path):
    sheets = results.catalog.sheets
    first = sheets["red_line"]
    other = first.layers[1].model_copy(update={"style": "minutes"})  # the same patches, drawn otherwise
    sheets["again"] = first.model_copy(update={"id": "again", "layers": [first.layers[0], other]})
    sheets["same"] = first.model_copy(update={"id": "same"})
    web.write_pages(results, tmp_path / "all")
    for name in ("red_line", "again", "same"):
        web.write_sheet(results, sheets[name], tmp_path / f"{name}.html")
        assert (tmp_path / "all" / f"{name}.html").read_bytes() == (tmp_path / f"{name}.html").read_bytes()
    one, two = (carried((tmp_path / "all" / f"{name}.html").read_text(encoding="utf-8")) for name in ("same", "again"))
    assert one["layers"] != two["layers"]
