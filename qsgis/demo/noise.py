"""Seeded noise: along edges, over the plane, and star-shaped outlines. Nothing here keeps state."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EDGE_OCTAVES = 5


def stream(seed: int, part: int) -> np.random.Generator:
    """A random stream of its own for each part, so that a layer does not change with another's size."""
    return np.random.default_rng([seed, part])


def hash_unit(a: Ints, b: Ints, salt: int) -> Floats:
    """Noise in [-1, 1) that depends on the integers `a`, `b` and `salt` alone."""
    with np.errstate(over="ignore"):
        h = a.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ (b.astype(np.uint64) + np.uint64(salt)) * np.uint64(
            0xC2B2AE3D27D4EB4F
        )
        h ^= h >> np.uint64(29)
        h *= np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(32)
    return np.asarray((h >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0)


def along(edge: Ints, t: Floats) -> Floats:
    """Fractal noise within [-1, 1] at position t in [0, 1] of each edge."""
    out = np.zeros_like(t)
    for octave in range(_EDGE_OCTAVES):
        x = t * 2 ** (octave + 1)
        i = np.floor(x)
        w = x - i
        i = i.astype(np.int64)
        out += 2.0 ** -(octave + 1) * ((1 - w) * hash_unit(edge, i, octave) + w * hash_unit(edge, i + 1, octave))
    return out


def plane(xy: Floats, size: float, salt: int, octaves: int = 3) -> Floats:
    """Smooth noise, about [-1, 1], at points (n, 2); features of `size` metres and finer ones on them."""
    out = np.zeros(len(xy))
    for octave in range(octaves):
        cell = xy / (size / 2**octave)
        i = np.floor(cell)
        w = cell - i
        w = w * w * (3 - 2 * w)
        col, row = i.astype(np.int64).T
        corner = [[hash_unit(col + dx, row + dy, salt + 31 * octave) for dx in (0, 1)] for dy in (0, 1)]
        low = corner[0][0] * (1 - w[:, 0]) + corner[0][1] * w[:, 0]
        high = corner[1][0] * (1 - w[:, 0]) + corner[1][1] * w[:, 0]
        out += 0.6 * 2.0**-octave * (low * (1 - w[:, 1]) + high * w[:, 1])
    return out


def star(
    rng: np.random.Generator, centre: Any, radius: float, vertices: int, rough: float = 0.35, hurst: float = 0.85
) -> shapely.Polygon:
    """A star-shaped polygon with a fractal outline of `vertices` vertices: always simple."""
    k = np.arange(1, vertices // 2 + 1)
    waves = (rng.normal(size=k.size) + 1j * rng.normal(size=k.size)) * k ** -(hurst + 0.5)
    r = np.fft.irfft(np.concatenate([[0], waves]), vertices)
    r = radius * np.exp(np.clip(rough * r / (r.std() + 1e-300), -1.2, 0.9))
    a = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    ring = np.column_stack([centre[0] + r * np.cos(a), centre[1] + r * np.sin(a)])
    return shapely.Polygon(np.round(ring, 3))
