"""The overlay benchmark runs at a small size: it tells that all agree, and what was cut."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
WAYS = ["overlap_area", "qsgis.geometry.intersect", "STRtree"]


def page(folder: Path, *options: str) -> list[list[str]]:
    """The rows of the benchmark's table."""
    out = folder / "page.md"
    size = ["--parcels", "1500", "--redline-vertices", "3000", "--parts", "overlay", "--cache", str(folder)]
    command = [sys.executable, str(ROOT / "benchmarks" / "overlay.py"), *size, *options, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    lines = re.findall(r"^\| (.*) \|$", out.read_text(encoding="utf-8"), re.MULTILINE)
    return [line.split(" | ") for line in lines]


def test_all_agree_and_a_long_one_is_cut(tmp_path: Path) -> None:
    head, _rule, *rows = page(tmp_path, "--only", *WAYS)
    assert len(rows) == len(WAYS)
    assert all(abs(float(row[head.index("differs")])) < 1e-12 for row in rows)
    assert len({row[head.index("total, m²")] for row in rows}) == 1
    head, _rule, cut = page(tmp_path, "--only", "geopandas", "--seconds", "0.001")
    assert cut[head.index("wall")] == "> 0.001 s"
    assert cut[head.index("total, m²")] == "–"
