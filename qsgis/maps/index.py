"""The table of contents of the maps: a card a sheet with a small picture and its headline figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qsgis.maps import inline
from qsgis.maps.figures import Figure
from qsgis.maps.files import write_text
from qsgis.messages import _, choose, language
from qsgis.results import Results


@dataclass(frozen=True)
class Card:
    """One sheet: its page beside the index, title, picture (a data URI), figures; whether its data is restricted."""

    link: str
    title: str
    picture: str
    figures: list[Figure]
    restricted: bool


def write_index(results: Results, cards: list[Card], path: Path) -> None:
    """Write the contents page. Raises OutputRefused."""
    facts = results.project.project
    notice = choose(facts.notice, facts.notice_en)
    words = {
        "title": _("Health check of the territorial spatial plan"),
        "maps": _("Maps"),
        "internal": _("internal data"),
        "none": _("no sheet has a layer in this run"),
        "review_number": _("Map review number: —"),
    }
    text = inline.template("index.html").render(
        language="zh-CN" if language() == "zh" else "en",
        county=facts.name,
        year=_("{year}, current year", year=facts.year),
        notice=notice,
        cards=cards,
        restricted=any(card.restricted for card in cards),
        remarks=[line for line in results.notices if line != notice],
        words=words,
    )
    write_text(path, text)
