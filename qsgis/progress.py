"""How far indicators came from the base year towards their targets: change, 规划实施率, outlook, verdict.

The rules stand in the plan's own terms: higher, lower: (current − base) ÷ (target − base); not_lower: current ÷ target
up to 100 %; ceiling: target ÷ current up to 100 %. Beside the rate stands the share of the time that has passed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from qsgis.assess import rounded
from qsgis.catalog import Catalog
from qsgis.messages import _
from qsgis.results import Progress, Result, Value, Verdict, best_of, target_of
from qsgis.schema import Analysis, Better, ProjectFacts, Thresholds

RISING = ("higher", "not_lower")  # directions in which more is better
_LEAST = 1e-9  # of a figure: what differs by less is the same
Doubts = Callable[[Analysis, Value, Value], list[str]]  # what the files of two values say against comparing them


@dataclass(frozen=True)
class Change:
    """From the base year to the current one; None where a figure has no meaning, and why in `said`.

    factor: what the value is multiplied by in a mean year, in full (growth: the same in %, as it is shown).
    """

    change: float | None = None
    share: float | None = None
    yearly: float | None = None
    growth: float | None = None
    factor: float | None = None
    said: tuple[str, ...] = ()


def progress(
    results: Iterable[Result], catalog: Catalog, facts: ProjectFacts, thresholds: Thresholds, doubts: Doubts
) -> list[Progress]:
    """A row for each indicator and zone that has a value in the current year, or a target."""
    rows = []
    for result in results:
        analysis = catalog.analyses[result.id]
        if analysis.kind == "account":
            continue
        best = best_of(result.values, analysis)
        targets = _targets(result.values, facts.target_year)
        now = {key[3]: row for key, row in best.items() if not key[1] and key[2] == facts.year}
        for code in [*now, *(code for code in targets if code not in now)]:
            value = now.get(code)
            if code and (value is None or value.value is None):
                continue  # of zones only those with a figure; the county always
            begun = facts.base_year is not None and facts.base_year <= facts.year
            base = best.get((result.id, "", facts.base_year, code)) if begun and facts.base_year else None
            rows.append(_row(analysis, facts, thresholds, doubts, base, value, targets.get(code)))
    return rows


def _targets(rows: Iterable[Value], usual: int | None) -> dict[str, Value]:
    """The target of each zone that has one."""
    by_zone: dict[str, list[Value]] = {}
    for row in rows:
        by_zone.setdefault(row.zone_code, []).append(row)
    found = {zone: target_of(own, usual) for zone, own in by_zone.items()}
    return {zone: target for zone, target in found.items() if target is not None}


def _row(
    analysis: Analysis,
    facts: ProjectFacts,
    thresholds: Thresholds,
    doubts: Doubts,
    base: Value | None,
    now: Value | None,
    target: Value | None,
) -> Progress:
    first, last, goal = (row.value if row is not None else None for row in (base, now, target))
    target_year = target.year if target is not None else facts.target_year
    years = facts.year - facts.base_year if facts.base_year is not None else 0
    change = changed(first, last, years)
    rate, undefined = implementation_rate(analysis.better, first, last, goal)
    time = time_passed(facts.base_year, facts.year, target_year)
    ahead = max(target_year - facts.year, 0) if target_year is not None else None
    linear, compound = outlook(last, change, ahead)
    doubtful = _doubtful(analysis, base, now, doubts)
    said = [*change.said, *undefined, *doubtful, *_odd_target(analysis.better, first, goal)]
    place = now or target
    assert place is not None
    return Progress(
        analysis.id, analysis.label, analysis.dimension, place.zone_level, place.zone_code, place.zone_name,
        analysis.unit, analysis.better, facts.base_year, first, facts.year, last, change.change, change.share,
        change.yearly, change.growth, target_year, goal, rate, time, linear, compound,
        verdict(analysis.better, first, last, goal, rate, time, thresholds), "estimated" if doubtful else "ok",
        "; ".join(dict.fromkeys(said)),
    )  # fmt: skip


def changed(base: float | None, value: float | None, years: int) -> Change:
    """The change over `years`, as a share of the base, a year, and as mean annual growth (compound)."""
    if base is None or value is None or years <= 0:
        return Change()
    change = rounded(value - base)
    yearly = rounded(change / years)
    if base == 0:
        return Change(change, None, yearly, said=(_("the base is 0: no share of it and no growth rate"),))
    share = rounded(change / abs(base) * 100)
    if base < 0 or value < 0:
        return Change(change, share, yearly, said=(_("a negative figure has no growth rate"),))
    factor = (value / base) ** (1 / years)
    return Change(change, share, yearly, rounded((factor - 1) * 100), factor)


def implementation_rate(
    better: Better, base: float | None, value: float | None, target: float | None
) -> tuple[float | None, list[str]]:
    """规划实施率 in %, or None and why."""
    if better == "context" or value is None or target is None:
        return None, []
    if better in ("higher", "lower"):
        return _way_gone(base, value, target)
    if met(better, value, target):
        return 100.0, []
    over, under = (value, target) if better == "not_lower" else (target, value)
    if under <= 0:
        return None, [_("the ratio to the target has no meaning: it is not positive")]
    return rounded(over / under * 100), []


def _way_gone(base: float | None, value: float, target: float) -> tuple[float | None, list[str]]:
    """Of the way from the base to the target the share that is behind, in %, or None and why."""
    if base is None:
        return None, [_("no base value: no implementation rate")]
    if _same(target, base):
        return None, [_("the target equals the base: no implementation rate")]
    return rounded((value - base) / (target - base) * 100), []


def time_passed(base_year: int | None, year: int, target_year: int | None) -> float | None:
    """The share of the time from the base year to the target year that has passed, in %."""
    if base_year is None or target_year is None or target_year <= base_year or year < base_year:
        return None
    return rounded((year - base_year) / (target_year - base_year) * 100)


def outlook(value: float | None, change: Change, years: int | None) -> tuple[float | None, float | None]:
    """The value after `years` more if the mean annual change (linear), or the growth rate (compound), goes on."""
    if value is None or years is None:
        return None, None
    linear = rounded(value + change.yearly * years) if change.yearly is not None else None
    compound = rounded(value * change.factor**years) if change.factor is not None else None
    return linear, compound


def verdict(
    better: Better,
    base: float | None,
    value: float | None,
    target: float | None,
    rate: float | None,
    time: float | None,
    thresholds: Thresholds,
) -> Verdict:
    """达标 met, 接近 close, 滞后 behind, 恶化 worse, 无数据 no_data; "" for an indicator without a direction."""
    if better == "context":
        return ""
    if value is None or target is None:
        return "no_data"
    if met(better, value, target):
        return "met"
    away = (base - value if better in RISING else value - base) if base is not None else 0.0
    if base is not None and away > abs(base) * thresholds.worse / 100 and away > 0:
        return "worse"
    if better in ("higher", "lower") and rate is not None and time is not None:
        return "close" if rate >= time * thresholds.on_pace / 100 else "behind"
    over, under = (value, target) if better in RISING else (target, value)
    return "close" if under > 0 and over / under * 100 >= thresholds.near_target else "behind"


def met(better: Better, value: float, target: float) -> bool:
    """Whether a value meets its target in its direction."""
    return _same(value, target) or (value > target if better in RISING else value < target)


def _same(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=_LEAST)


def _doubtful(analysis: Analysis, base: Value | None, now: Value | None, doubts: Doubts) -> list[str]:
    """Why a value, or a comparison of two, is an estimate."""
    if now is None or now.value is None:
        return []
    if base is None or base.value is None:
        return [_("the current value is an estimate")] if now.status == "estimated" else []
    said = doubts(analysis, base, now)
    if (base.kind == "computed") != (now.kind == "computed"):
        first, last = _(base.kind), _(now.kind)
        said.append(_("the base value is {first}, the current one {last}", first=first, last=last))
    if "estimated" in (base.status, now.status):
        said.append(_("one of the two values is an estimate"))
    return said


def _odd_target(better: Better, base: float | None, target: float | None) -> list[str]:
    """What is said of a target that lies on the wrong side of the base."""
    if base is None or target is None or better not in ("higher", "lower") or _same(base, target):
        return []
    if (target > base) == (better == "higher"):
        return []
    return [_("the target lies on the wrong side of the base value; look at it again")]


def thresholds_of(catalog: Catalog, own: Mapping[str, float]) -> Thresholds:
    """The thresholds of the verdict: the project's own over the catalog's."""
    return catalog.rules.verdict.model_copy(update=dict(own))
