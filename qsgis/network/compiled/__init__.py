"""Loops compiled by numba (extra `fast`). Whoever calls one asks `available()` and has a way without, same answers.

What was compiled is kept, and numba looks at a loop's own file alone to tell whether that still holds. So all that a
loop calls stands in one file with it, even where two files then have the same few lines.
"""

from __future__ import annotations

from importlib.util import find_spec


def available() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None
