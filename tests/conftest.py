"""Shared by all tests: Chinese is the language unless a test says otherwise; no test leaves another one set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qsgis import messages


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    messages.set_language(messages.DEFAULT)
    yield
    messages.set_language(messages.DEFAULT)
