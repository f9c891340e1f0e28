"""analyses/rules/*.toml: what holds for all indicators: editions, table of contents, thresholds of the verdict."""

from __future__ import annotations

from pydantic import Field

from qsgis.messages import choose
from qsgis.schema.base import Dimension, Model


class Edition(Model):
    """An edition of the indicator system: its definitions are those that carry it, and those it builds on."""

    name: str
    name_en: str | None = None
    builds_on: str | None = None
    note: str = ""
    note_en: str | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)

    @property
    def remark(self) -> str:
        """What is not known of it, in the user's language."""
        return choose(self.note, self.note_en)


class Thresholds(Model):
    """Where the verdicts part; percentages. These are this toolkit's own: no official warning grades were found."""

    on_pace: float = Field(ge=0)  # 规划实施率 ÷ time passed from which an unmet target is 接近
    near_target: float = Field(ge=0, le=100)  # without a base value: attained share of the target from which it is 接近
    worse: float = Field(ge=0)  # move away from the target, of the base value, beyond which it is 恶化


class Rules(Model):
    """What the files of analyses/rules hold, each its own key."""

    editions: dict[str, Edition]
    contents: dict[Dimension, dict[str, list[str]]]  # dimension -> theme -> ids, in the order of tables and reports
    verdict: Thresholds
