"""Shared by all tests: the language, and what is needed of programs that not every machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from qsgis import messages
from tests.maps.browser import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Chinese is the language unless a test says otherwise; no test leaves another one set."""
    messages.set_language(messages.DEFAULT)
    yield
    messages.set_language(messages.DEFAULT)


@cache
def _lacking(marker: str) -> str:
    """What a test with this marker needs and this machine has not; empty where it has it."""
    if marker == "browser" and not any(shutil.which(name) for name in BROWSERS):
        return f"none of {', '.join(BROWSERS)} is installed"
    if marker == "office" and not shutil.which("soffice"):
        return "LibreOffice (soffice) is not installed"
    if marker == "qgis":
        python = Path("/usr/bin/python3")
        command = [str(python), "-c", "import qgis.core, qgis.analysis"]
        if not python.exists() or subprocess.run(command, capture_output=True, check=False).returncode:
            return "QGIS (python3-qgis) is not installed"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """On a user's machine a test is skipped where its program is lacking; where CI is set it fails."""
    for marker in ("browser", "qgis", "office"):
        lacking = _lacking(marker) if item.get_closest_marker(marker) else ""
        if lacking and os.environ.get("CI"):
            pytest.fail(lacking, pytrace=False)
        if lacking:
            pytest.skip(lacking)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()
