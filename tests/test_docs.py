"""The documentation runs: its examples load, its commands exist, its ids are those of the catalog."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from qsgis.catalog import Catalog
from qsgis.cli import commands
from qsgis.schema import ProjectFile
from tests.handmade import box, frame, parcels, point, run, value, write_project

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/*/*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    for block in blocks(page, "sh"):
        for name in re.findall(r"(?:^|/|&& )qsgis ([a-z]+)", block, re.MULTILINE):
            assert name in commands.commands, name


def test_every_command_is_documented_and_has_help() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, command in commands.commands.items():
        assert f"qsgis {name}" in text, name
        assert command.help


def test_project_page_is_a_project() -> None:
    """All its blocks together are one project.toml that the schema takes."""
    text = "\n".join(blocks(ROOT / "docs" / "project.md", "toml"))
    found = ProjectFile.model_validate(tomllib.loads(text))
    catalog = Catalog.load()
    assert set(found.layers) <= set(catalog.layers)
    assert {*found.overrides, *found.analyses} <= set(catalog.analyses)


def test_the_two_readmes_say_the_same_commands() -> None:
    english, chinese = (blocks(ROOT / name, "sh") for name in ("README.md", "README.zh-CN.md"))
    bare = [
        [re.sub(r"\s+#.*", "", line) for block in page for line in block.splitlines()] for page in (english, chinese)
    ]
    assert bare[0] == bare[1]


def test_an_indicator_of_ones_own(tmp_path: Path) -> None:
    """The page's example, in a project: 3 markets in the urban area, 1500 people: 20 for 10 000."""
    definition = blocks(ROOT / "docs" / "extending.md", "toml")[0]
    layers = {
        "districts": frame([box(0, 0, 1000, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"]),
        "urban_area": frame([box(0, 0, 500, 1000)]),
        "markets": frame([point(10, 10), point(20, 20), point(30, 30), point(900, 900)], 名称=list("一二三四")),
        "land_use": parcels([(box(0, 0, 10, 10), "0701", "202", 100.0)]),
        "population": pd.DataFrame({"XZQDM": ["140521100"], "常住人口": [1500]}),
    }
    home = write_project(tmp_path, layers)
    (home / "analyses").mkdir()
    name = tomllib.loads(definition)["id"]
    (home / "analyses" / f"{name}.toml").write_text(definition, encoding="utf-8")
    assert value(run(home, name), name) == pytest.approx(20.0)


@pytest.mark.parametrize("folder", ["layers", "analyses", "maps"])
def test_readme_of_a_catalog_folder_fits_a_screen(folder: str) -> None:
    lines = (ROOT / folder / "README.md").read_text(encoding="utf-8").splitlines()
    assert 10 < len(lines) <= 60


def test_no_path_of_a_machine_and_no_host_of_a_registry() -> None:
    """In what is committed as text, but for this test."""
    listed = [*ROOT.glob("*.toml"), *ROOT.glob("*.md"), *(ROOT / "qsgis").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    wrong = re.compile(r"/root/|/home/[a-z]|pypi\.org|pythonhosted|registry\.npmjs|deb\.debian")
    for path in listed:
        assert not wrong.search(path.read_text(encoding="utf-8")), path
