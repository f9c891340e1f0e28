"""The overlay engine against geopandas.overlay and plain shapely: ragged coverages, and shapes that hurt.

A total may differ by 1e-12 of it, a pair by 1e-9 of its area and 1e-6 m² (parcels of 100 m; scaled with others).
"""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import (
    ellipsoidal_area,
    ellipsoidal_length,
    overlay,
    subdivide,
    windows,
)
from qsgis.geometry.balance import shares

from .shapes import ORIGIN, array, comb, coverage, spiral, square, star, voronoi, wiggly
from .test_overlay import peer

seeds = st.integers(0, 10**6)
quick = settings(derandomize=True, deadline=None, max_examples=5)
PLACES = {  # side of a parcel, corner of the county
    "zone without number": (100.0, ORIGIN),
    "zone with number": (100.0, ORIGIN + np.array([37e6, 0])),
    "at the origin": (100.0, np.zeros(2)),
    "south-west of it": (100.0, -ORIGIN),
    "tiny": (0.01, np.zeros(2)),
    "big": (1e5, ORIGIN),
}
TILES = [(12, 12), (40, 200), (256, 1024)]


@pytest.fixture(params=TILES, ids=lambda sizes: f"{sizes[0]} vertices")
def tile(request, monkeypatch):
    cut_at(monkeypatch, request.param)


def cut_at(monkeypatch, sizes):
    monkeypatch.setattr(subdivide, "TILE", sizes[0])
    monkeypatch.setattr(overlay, "SMALL_TILE", sizes[1])


def parcels(seed, size=100.0, origin=ORIGIN, n=60):
    """Every other county of Voronoi cells, every other a jittered grid with holes and multipolygons."""
    if seed % 2:
        return wiggly(voronoi(seed, n, 6 * size, origin), seed)
    return wiggly(coverage(seed, 6, size, origin), seed)


def red_lines(seed, land, size=100.0, origin=ORIGIN):
    """Large ragged polygons of all sorts, some of which overlap, nest, touch, or follow parcels exactly or nearly."""
    rng = np.random.default_rng(seed)
    centre = origin + size * rng.uniform(2, 4, size=2)
    outer = star(seed, rng.integers(300, 3000), 2.4 * size, centre)
    nested = star(seed + 1, 90, 0.15 * size, centre, holes=0)
    half = shapely.box(*(centre - 9 * size), centre[0], centre[1] + 9 * size)
    touching = star(seed + 2, 400, 1.9 * size, centre)
    spread = [star(seed + 3 + k, 120, 0.7 * size, origin + size * k * 1.5, holes=2) for k in range(4)]
    chosen = shapely.union_all(land[rng.random(len(land)) < 0.4])
    near = shapely.transform(chosen, lambda c: c + 1e-9 * size)
    return array(outer, nested, touching & half, touching - half, shapely.MultiPolygon(spread), chosen, outer, near)


def coarse(land, size):
    """How many times coarser coordinates are beside a parcel than 2⁻³¹ to 100 m, as without zone numbers; ≥ 1."""
    return max(1.0, np.spacing(np.abs(shapely.total_bounds(land)).max()) * 2**31 / (size / 100))


def agree(left, right, size=100.0):
    """The pairs of ours and of geopandas: none missing, none too many, the same ground."""
    ours, theirs = overlay.pairs(left, right), peer(left, right)
    found = dict(zip(zip(ours.left.tolist(), ours.right.tolist(), strict=True), ours.geometry, strict=True))
    assert list(found) == sorted(found)
    assert len(found) == len(ours.left)
    assert shapely.is_valid(ours.geometry).all()
    assert np.isin(shapely.get_type_id(ours.geometry), [3, 6]).all()
    assert ours.area.tolist() == shapely.area(ours.geometry).tolist()
    nothing, more = shapely.Polygon(), coarse(left, size)
    for pair in found.keys() | theirs.keys():
        one, other = found.get(pair, nothing), theirs.get(pair, nothing)
        allowed = 1e-9 * other.area + 1e-6 * more * (size / 100) ** 2
        assert abs(one.area - other.area) <= allowed, pair
        assert shapely.symmetric_difference(one, other).area <= allowed, pair
    total = sum(shape.area for shape in theirs.values())
    assert ours.area.sum() == pytest.approx(total, rel=1e-12 * more, abs=0)
    return ours


@quick
@given(seeds, st.sampled_from(sorted(PLACES)), st.sampled_from(TILES), st.booleans())
def test_random_counties_as_geopandas(seed, place, sizes, swapped):
    size, origin = PLACES[place]
    land = parcels(seed, size, origin, 20 + seed % 130)
    lines = red_lines(seed, land, size, origin)
    with pytest.MonkeyPatch.context() as patch:
        cut_at(patch, sizes)
        agree(*((lines, land) if swapped else (land, lines)), size)


# --- shapes that hurt ---


def dense(x, y, width, height, step=5.0):
    """A rectangle with a vertex each `step` or so: large enough to be cut, and its extent and so its cuts are known."""
    return shapely.segmentize(shapely.box(x, y, x + width, y + height), step)


def at(shape):
    """Moved from the origin to the county."""
    return shapely.transform(shape, lambda c: c + ORIGIN)


def diamond(x, y, size):
    return shapely.Polygon([(x - size, y), (x, y - size), (x + size, y), (x, y + size)])


def holed(*holes):
    """1,600 × 1,200 m with 1,120 vertices; the cuts are at x = 800, y = 600, x = 400 and 1,200, …"""
    return dense(0, 0, 1600, 1200).difference(shapely.union_all(holes))


WHOLE = shapely.box(0, 0, 1600, 1200)
HOLES = {
    "beside the first cut": [shapely.box(800, 200, 900, 300)],
    "on both sides of it": [shapely.box(700, 200, 800, 300), shapely.box(800, 400, 900, 500)],
    "along the whole cut but for the ends": [shapely.box(790, 1, 800, 1199)],
    "in the cross of two cuts": [shapely.box(800, 600, 820, 640), shapely.box(780, 560, 800, 600)],
    "over the cross": [shapely.box(750, 550, 850, 650)],
    "with corners on cuts": [diamond(810, 300, 10), diamond(790, 300, 10), diamond(600, 590, 10), diamond(400, 300, 7)],
    "with a diagonal on the cross": [shapely.Polygon([(700, 500), (900, 700), (905, 690), (710, 495)])],
    "as tiles": [shapely.box(800, 600, 1200, 900), shapely.box(400, 300, 800, 600)],
    "a ladder on the cut": [shapely.box(799, y, 801, y + 5) for y in range(5, 1190, 10)],
    "a micrometre beside the cut": [shapely.box(800 + 1e-6, 200, 900, 300), shapely.box(700, 700, 800 - 1e-6, 900)],
}
GRID = array(*(square(x, y, 100) for x in range(0, 1600, 100) for y in range(0, 1200, 100)))
CROSSING = [
    square(700, 500, 200),
    diamond(800, 600, 50),
    square(800, 600, 5),
    square(400, 299, 2),
    square(-50, -50, 99),
]


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize("name", HOLES)
def test_holes_on_the_borders_of_tiles(name):
    """Squares that share edges with the tiles, one across four of them, one around their common corner."""
    left = at(array(*GRID, *CROSSING, WHOLE))
    right = at(array(holed(*HOLES[name])))
    ours = agree(left, right)
    row, _geometry, area = overlay.outside(left, right)[:3]
    sums = np.bincount(ours.left, ours.area, len(left)) + np.bincount(row, area, len(left))
    assert sums == pytest.approx(shapely.area(left), rel=1e-12, abs=1e-7)
    ground = shapely.union_all(array(*HOLES[name])).area
    assert dict(zip(ours.left, ours.area, strict=True))[len(left) - 1] == pytest.approx(1600 * 1200 - ground, rel=1e-12)


def hard():
    """Pairs of layers by name."""
    rng = np.random.default_rng(7)
    cells = wiggly(voronoi(3, 50), 3)
    middle = ORIGIN + 300
    outline = star(5, 1200, 280, middle, holes=5)
    few = array(*(star(k, 40, 90, ORIGIN + rng.uniform(0, 600, 2), holes=1) for k in range(12)))
    combs = at(array(comb(200, 0, 0, 600, 300), shapely.affinity.rotate(comb(150, 0, 250, 600, 330), 180)))
    spirals = array(spiral(9, middle, 290, 8), spiral(5, middle + 3, 250, 20))
    slivers = at(array(*(shapely.box(x, 0.0, x + 1e-4, 600.0) for x in np.linspace(0, 599, 12))))
    whole = shapely.coverage_union_all(cells)
    yield "identical", cells, cells
    yield "copies a tenth of a micrometre off", cells, shapely.transform(cells, lambda c: c + 1e-7)
    yield "one vertex off by as much", cells, nudged(cells, rng)
    yield "the outline of the whole", cells, array(whole, shapely.segmentize(whole, 0.5))
    yield "every cell with its edges divided", cells, shapely.segmentize(cells, 1.7)
    yield "groups that share edges", cells, array(*(shapely.coverage_union_all(cells[k::3]) for k in range(3)))
    yield "nested rings", nest(middle, 12), nest(middle + 0.5, 9, vertices=500)
    yield (
        "touching at points",
        at(array(*(diamond(x, 0, 10) for x in range(0, 200, 20)))),
        at(array(*(diamond(x, y, 10) for x in range(0, 200, 20) for y in (-20, 20)), comb(90, 0, 10, 179, 20))),
    )
    yield "combs", cells, combs
    yield "combs with combs", combs, combs[::-1]
    yield "spirals", cells, spirals
    yield "spirals and combs", spirals, combs
    yield "slivers", slivers, array(outline, *combs)
    yield "slivers on the left of parcels", slivers, cells
    yield (
        "big and tiny",
        array(*cells, *shapely.buffer(shapely.points(rng.uniform(0, 600, (60, 2)) + ORIGIN), 1e-3)),
        (array(dense(*ORIGIN - 5e5, 1e6, 1e6, 2000.0), outline, star(8, 60, 0.01, middle, holes=2))),
    )
    yield (
        "parts in far tiles",
        cells,
        array(
            shapely.MultiPolygon([star(k, 90, 40, ORIGIN + np.array(p) * 100, holes=1) for k, p in enumerate(CORNERS)])
        ),
    )
    yield (
        "multipolygons both",
        array(shapely.union_all(few[:6]), shapely.union_all(few[6:])),
        array(shapely.MultiPolygon(list(cells[np.flatnonzero(alone(cells))])), outline),
    )
    yield "more detail on the left", array(outline, *spirals), few
    yield "a thousand small ones in a large one", at(array(*GRID)), at(array(dense(0, 0, 1600, 1200), WHOLE))


CORNERS = [(0.5, 0.5), (5.5, 0.5), (0.5, 5.5), (5.5, 5.5), (3, 3)]


def nudged(cells, rng):
    """Each polygon with one vertex moved by 10⁻⁷ m, where that leaves it valid."""
    found = []
    for cell in cells:
        coords = np.array(cell.exterior.coords)[:-1]
        coords[rng.integers(len(coords))] += 1e-7
        moved = shapely.Polygon(coords, [ring.coords for ring in cell.interiors])
        found.append(moved if moved.is_valid else cell)
    return array(*found)


def nest(middle, number, vertices=200):
    """Rings one in another, each filling the hole of the one around it exactly."""
    rims = [star(1, vertices, 290 * 0.8**k, middle, holes=0) for k in range(number)]
    return array(*(shapely.Polygon(a.exterior, [b.exterior]) for a, b in pairwise(rims)), rims[-1])


def alone(cells):
    """Cells of which no two touch, chosen greedily."""
    chosen = np.zeros(len(cells), dtype=bool)
    for k, cell in enumerate(cells):
        chosen[k] = not shapely.intersects(cells[chosen], cell).any()
    return chosen


HARD = {name: (left, right) for name, left, right in hard()}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("sizes", TILES[:2], ids=["tiles of 12", "of 40"])
def test_shapes_that_hurt_as_geopandas(name, sizes, monkeypatch):
    cut_at(monkeypatch, sizes)
    agree(*HARD[name])


@pytest.mark.parametrize("name", HARD)
def test_shapes_that_hurt_the_other_way_round(name):
    agree(*HARD[name][::-1])


# --- what must not matter ---

MOVES = {
    "shifted": lambda c: c + np.array([4096.0, -65536.0]),
    "to the other half of the zone": lambda c: c - [2**20, 0.0],
    "mirrored east to west": lambda c: c * [-1, 1],
    "mirrored north to south": lambda c: c * [1, -1],
    "turned by a right angle": lambda c: c[:, ::-1] * [-1, 1],
}


@quick
@given(seeds, st.sampled_from(sorted(MOVES)))
def test_rows_shuffled_and_coordinates_moved(seed, move):
    """On a binary grid of 1/1024 m, so that the move itself rounds nothing."""
    rng = np.random.default_rng(seed)

    def grid(shapes):
        found = shapely.transform(shapes, lambda c: np.round(c * 1024) / 1024)
        return found[shapely.is_valid(found)]

    left = grid(parcels(seed))
    right = grid(red_lines(seed, left))
    p, q = rng.permutation(len(left)), rng.permutation(len(right))
    moved = [shapely.transform(shapes, MOVES[move]) for shapes in (left[p], right[q])]
    one, other = areas(left, right), areas(*moved)
    other = {(p[a], q[b]): area for (a, b), area in other.items()}
    for pair in one.keys() | other.keys():
        assert other.get(pair, 0.0) == pytest.approx(one.get(pair, 0.0), rel=1e-9, abs=1e-6), pair
    assert sum(other.values()) == pytest.approx(sum(one.values()), rel=1e-12)
    outer, again = overlay.outside(left, right).area, overlay.outside(*moved).area
    assert again.sum() == pytest.approx(outer.sum(), rel=1e-12, abs=1e-6)


def areas(left, right):
    found = overlay.pairs(left, right, geometry=False)
    return dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.area.tolist(), strict=True))


def everything(left, right):
    """All that the engine says of two layers, as bytes."""
    found = overlay.pairs(left, right)
    row, rest, area = overlay.outside(left, right)[:3]
    single, owner = overlay.disjoint(right)
    numbers = [found.left, found.right, found.area, row, area, owner]
    return [one.tolist() for one in (*numbers, *map(shapely.to_wkb, (found.geometry, rest, single)))]


@pytest.mark.parametrize("rows", [7])
def test_the_same_bytes_again_and_on_any_number_of_cores(rows, monkeypatch):
    """Windows so short that threads have work; some objects stand in several rows."""
    left = parcels(11, n=120)
    right = red_lines(11, left)
    left = np.concatenate([left, left[:20]])
    first = everything(left, right)
    monkeypatch.setitem(windows.windowed.__kwdefaults__, "size", rows)
    for cores in (1, 3):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        monkeypatch.setattr("os.sched_getaffinity", lambda _pid, cores=cores: set(range(cores)), raising=False)
        fresh = [shapely.from_wkb(shapely.to_wkb(shapes)) for shapes in (left, right)]
        assert everything(*fresh) == first
        assert everything(left, right) == first


def test_the_operands_stay_as_they_are():
    left = parcels(14)
    right = red_lines(14, left)
    before = [shapely.to_wkb(shapes).tolist() for shapes in (left, right)]
    objects = [list(shapes) for shapes in (left, right)]
    everything(left, right)
    assert [shapely.to_wkb(shapes).tolist() for shapes in (left, right)] == before
    assert all(
        a is b for one, other in zip(objects, (left, right), strict=True) for a, b in zip(one, other, strict=True)
    )


# --- records and ground ---


@quick
@given(seeds, st.sampled_from(["zone without number", "zone with number", "at the origin"]))
def test_shares_of_pieces_add_up_to_the_record(seed, place):
    """Parcels cut by zones that fill the county: in hundredths of m² the shares are the record, whatever it is."""
    size, origin = PLACES[place]
    rng = np.random.default_rng(seed)
    land, zones = parcels(seed, size, origin), parcels(seed + 1, size, origin)
    frame_of_all = shapely.box(*(origin - size), *(origin + 8 * size))
    zones = array(*zones, frame_of_all.difference(shapely.union_all(zones)))
    units = np.rint(shapely.area(land) * 100 * rng.uniform(0.999, 1.001, len(land))).astype(np.int64)
    found = overlay.pairs(land, zones)
    share = np.rint(shares(units / 100, shapely.area(land), found.left, found.area) * 100).astype(np.int64)
    assert np.bincount(found.left, share, len(land)).astype(np.int64).tolist() == units.tolist()
    quota = units[found.left] * (found.area / shapely.area(land)[found.left])
    assert np.abs(share - quota).max() < 1.001
    lines = overlay.disjoint(red_lines(seed, land, size, origin))[0]
    inside, (row, _geometry, area) = overlay.pairs(land, lines), overlay.outside(land, lines)[:3]
    owner = np.concatenate([inside.left, row])
    share = shares(units / 100, shapely.area(land), owner, np.concatenate([inside.area, area]))
    sums = np.bincount(owner, np.rint(share * 100), len(land)).astype(np.int64)
    assert sums.tolist() == units.tolist()


SYSTEMS = {  # CRS, degrees off its central meridian, latitude
    "3° zone, its edge": ("EPSG:4546", 111, 1.5, 35.7),
    "3° zone with number": ("EPSG:4525", 111, -1.2, 30.0),
    "6° zone, its edge": ("EPSG:4508", 111, 3.0, 22.0),
    "the north": ("EPSG:4551", 126, 1.4, 53.0),
    "the south": ("EPSG:4545", 108, 1.4, 18.3),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_parcels_with_holes_and_parts_as_geod(name):
    """Below 100 ha, all over China, by the areal scale, the exact form and whichever is chosen."""
    crs, meridian, off, latitude = SYSTEMS[name]
    there = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    east, north = there.transform(meridian + off, latitude)
    corner = np.array([east, north])
    rng = np.random.default_rng(3)
    shapes = [star(k, 60, rng.uniform(20, 560), corner + rng.uniform(-2e3, 2e3, 2), holes=k % 4) for k in range(8)]
    shapes += list(wiggly(coverage(4, 4, 250.0, corner), 4))
    shapes.append(
        shapely.MultiPolygon([star(k, 30, 90, corner + k * np.array([700.0, 500.0]), holes=2) for k in range(4)])
    )
    shapes.append(comb(20, east, north, 900, 400))
    assert max(shape.area for shape in shapes) < 1e6
    back = pyproj.Transformer.from_crs(crs, "EPSG:4490", always_xy=True)
    expected = [geod_area(shape, back) for shape in shapes]
    for exact in (None, True, False):
        found = ellipsoidal_area(gpd.GeoSeries(shapes, crs=crs), exact=exact).to_numpy()
        # Between vertices 70 m apart the exact form is straight in longitude and latitude: at 53° N that is 3e-7 of a
        # comb whose long edges all run along one side. Geod itself is good to 1e-4 m².
        assert found == pytest.approx(expected, rel=4e-7 if exact else 2e-7, abs=5e-4), exact
    lines = [shape.boundary for shape in shapes]
    straight = [GEOD.geometry_length(geographic(shapely.segmentize(line, 20.0), back)) for line in lines]
    found = ellipsoidal_length(gpd.GeoSeries(lines, crs=crs)).to_numpy()
    assert found == pytest.approx(straight, rel=1e-7)


GEOD = pyproj.CRS("EPSG:4490").get_geod()


def geographic(shape, back):
    return shapely.transform(shape, back.transform, interleaved=False)


def geod_area(shape, back):
    """m² by Geod ring by ring, edges divided in the projection so that they stay straight there."""
    rings = [
        [geographic(shapely.segmentize(ring, 50.0), back) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(shape)
    ]
    sizes = [[abs(GEOD.geometry_area_perimeter(shapely.Polygon(ring))[0]) for ring in part] for part in rings]
    return sum(shell - sum(holes) for shell, *holes in sizes)
