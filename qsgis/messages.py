"""Every text a user reads goes through `_`: English in the code, Chinese (the default) and others from the catalogs.

Catalogs are gettext files, locale/<language>/LC_MESSAGES/qsgis.mo, made from the .po beside them.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("zh", "en")
DEFAULT = "zh"

_LOCALE = Path(__file__).parent / "locale"
_state = {"language": DEFAULT}


def set_language(language: str) -> None:
    """Make `language` ("zh" or "en") the one that `_` answers in; raises ValueError for another."""
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r}")
    _state["language"] = language


def language() -> str:
    """The language that `_` answers in now."""
    return _state["language"]


@lru_cache(maxsize=len(LANGUAGES))
def _catalog(language: str) -> gettext.NullTranslations:
    return gettext.translation("qsgis", _LOCALE, [language], fallback=True)


def _(message: str, **values: object) -> str:
    """`message` in the user's language, its {names} filled from `values`."""
    text = _catalog(_state["language"]).gettext(message) if message else ""  # gettext("") is the catalog's header
    return text.format(**values) if values else text


def _n(message: str) -> str:
    """`message` as it is: marks a text that is translated where it is shown, later."""
    return message


def choose(chinese: str, english: str | None) -> str:
    """The one of a definition's two names that fits the user's language (Chinese where no English one is given)."""
    return english if english and _state["language"] == "en" else chinese
