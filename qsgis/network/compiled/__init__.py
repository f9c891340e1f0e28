"""Loops compiled by numba (extra `fast`). Whoever calls one asks `available()` and has a way without, same answers."""

from __future__ import annotations

from importlib.util import find_spec


def available() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None
