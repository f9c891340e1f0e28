"""Words and signs for what a value or a verdict is, in the user's language: never colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.results import Progress, Status, Value, Verdict
    from qsgis.schema import Better

PASSABLE, GOOD, MIDDLING, BAD, BLANK = "FFFFFF", "D9EAD3", "FFF2CC", "F8D7CF", "EDEDED"  # fills; each goes with a word


def verdict_word(progress: Progress | None) -> str:
    """A verdict as sign and word; nothing where none is due."""
    if progress is None:
        return ""
    if progress.verdict == "no_data" and progress.value is not None and progress.target is None:
        return _("– no target")
    return {
        "met": _("✓ met"),
        "close": _("≈ close"),
        "behind": _("▼ behind"),
        "worse": _("✗ worse"),
        "no_data": _("– no data"),
        "": "",
    }[progress.verdict]


def verdict_fill(verdict: Verdict) -> str:
    """The background of a verdict."""
    fills: dict[Verdict, str] = {
        "met": GOOD, "close": MIDDLING, "behind": "FCE0BF", "worse": BAD, "no_data": BLANK, "": PASSABLE,
    }  # fmt: skip
    return fills[verdict]


def no_value(status: Status) -> str:
    """What stands in the place of a number."""
    words: dict[Status, str] = {
        "missing": _("lacking"),
        "not_applicable": _("not applicable"),
        "failed": _("could not be computed"),
    }
    return words.get(status, "")


def before_number(row: Value) -> str:
    """The sign before a number that is not a plain one: by hand, estimated."""
    signs = [_("by hand") if row.kind == "override" else "", _("about") if row.status == "estimated" else ""]
    return "".join(f"{sign} " for sign in signs if sign)


def direction(better: Better) -> str:
    """Which way an indicator should go."""
    return {
        "higher": _("higher is better"),
        "lower": _("lower is better"),
        "not_lower": _("floor"),
        "ceiling": _("ceiling"),
        "context": _("for context"),
    }[better]
