"""Many cuts at once against shapely.ops.substring, one at a time."""

import numpy as np
import pytest
import shapely
from shapely.ops import substring

from qsgis.network.cutting import substrings

pytestmark = pytest.mark.usefixtures("both_ways")


def test_pieces_are_those_of_shapely():
    rng = np.random.default_rng(1)
    lines = np.array([shapely.LineString(rng.uniform(0, 100, (n, 2))) for n in (2, 3, 7, 30)], dtype=object)
    index = rng.integers(0, 4, 200)
    start, end = np.sort(rng.random((2, 200)), axis=0) * shapely.length(lines[index])
    truth = [substring(lines[k], a, b) for k, a, b in zip(index, start, end, strict=True)]
    pieces = substrings(lines, index, start, end)
    assert shapely.equals_exact(pieces, truth, tolerance=1e-9).all()


def test_a_cut_at_a_vertex_repeats_no_vertex():
    line = np.array([shapely.LineString([(0, 0), (3, 4), (3, 10)])], dtype=object)
    first, second = substrings(line, np.array([0, 0]), np.array([0.0, 5.0]), np.array([5.0, 11.0]))
    assert list(first.coords) == [(0, 0), (3, 4)]
    assert list(second.coords) == [(3, 4), (3, 10)]
