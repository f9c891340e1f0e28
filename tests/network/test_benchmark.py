"""benchmarks/network.py on small data: the command works, and the ways agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "network.py"


def rows(page):
    """Table rows of a page by their first cell."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:2] == "| "]
    return {row[0]: row[1:] for row in cells}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    sizes = ["--edges", "3000", "--raw-edges", "3000", "--facilities", "20"]
    parts = ["--parts", "nearest", "noding", "planted", "--only", "tested", "networkx", "qsgis, raw", "union_all"]
    places = ["--cache", str(folder), "--out", str(folder / "page.md"), "--seconds", "60"]
    command, own = [sys.executable, str(BENCHMARK), *sizes, *parts, *places], {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, timeout=300, env=os.environ | own)
    return (folder / "page.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_ways_agree_and_the_truth_is_found(page):
    table = rows(page)
    ours, theirs = table["qsgis, the same, tested whether it is noded"], table["networkx, from arrays"]
    assert float(ours[-1]) == pytest.approx(float(theirs[-1]), rel=1e-6)
    junctions, found, streets, found_streets, doubled = (
        int(cell.replace(",", "")) for cell in table["an uneven grid"][1:6]
    )
    assert (found, found_streets, doubled) == (junctions, streets, 0)
    raw = table["random junctions"]
    more = int(raw[4].replace(",", "")) - int(raw[3].replace(",", ""))
    assert 0 <= more <= 1.2 * int(raw[5])


@pytest.mark.slow
def test_the_page_says_what_it_was_made_with(page):
    assert re.search(r"Machine: \d+ cores, .*numba .*networkx ", page)
