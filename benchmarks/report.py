"""Tables and the page docs/benchmarks.md, from what was measured. Pure text: nothing is run here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from data import Facts
from measure import Measured, State

Row = Sequence[str]
NOTHING = "–"


@dataclass(frozen=True)
class Growth:
    """One size at which ways were measured."""

    facts: Facts
    found: dict[str, Measured]


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def seconds(found: Measured, limit: float) -> str:
    """Wall seconds, or how it ended."""
    if found.state == State.CUT:
        return f"> {limit:g} s"
    return f"{found.wall:.2f} s" if found.state == State.DONE else str(found.state)


def data_line(facts: Facts) -> str:
    """What the two layers hold."""
    mean = facts.parcel_vertices / facts.parcels
    return (
        f"{facts.parcels:,} parcels of {mean:.0f} vertices on the mean; red line of {facts.red_line} polygons, "
        f"{facts.red_line_vertices:,} vertices ({facts.largest:,} of them in the largest) and {facts.holes} holes, "
        f"{facts.share:.0%} of the area; "
        f"{facts.wkb / 1e6:.0f} MB of WKB."
    )


def overlay(found: dict[str, Measured], gives: dict[str, str], facts: Facts, limit: float) -> str:
    """Every way: seconds, memory, ratio to both of ours, total and how far it is from ours."""
    ours = [found.get(f"qsgis.geometry.{name}", Measured(State.MISSING)) for name in ("overlap_area", "intersect")]
    head = [
        "way", "gives", "wall", "CPU", "memory", "÷ WKB", "÷ overlap_area", "÷ intersect", "total, m²", "differs",
    ]  # fmt: skip
    rows = [
        [
            name,
            gives[name],
            seconds(one, limit),
            or_nothing(one.cpu, "{:.2f} s"),
            or_nothing(one.memory / 1e6, "{:.0f} MB"),
            or_nothing(one.memory / facts.wkb, "{:.1f}"),
            *(ratio(one, own, limit) for own in ours),
            or_nothing(one.total, "{:.3f}"),
            or_nothing(one.total / ours[0].total - 1, "{:+.0e}"),
        ]
        for name, one in found.items()
    ]
    failed = [f"- {name}: {one.message[:120]}" for name, one in found.items() if one.state == State.FAILED]
    return "\n\n".join([data_line(facts), table(head, rows), *failed])


def growth(sizes: list[Growth], by: str, limit: float) -> str:
    """Seconds at each size, the exponent fitted to them, and memory; by: the field of Facts that grows."""
    names = list(sizes[0].found)
    head = ["way", *(f"{getattr(size.facts, by):,}" for size in sizes), "exponent", "memory ÷ WKB"]
    rows = []
    for name in names:
        ratios = [size.found[name].memory / size.facts.wkb for size in sizes]
        known = [ratio for ratio in ratios if not isnan(ratio)]
        memory = f"{min(known):.1f} – {max(known):.1f}" if known else NOTHING
        times = [seconds(size.found[name], limit) for size in sizes]
        rows.append([name, *times, or_nothing(exponent(sizes, name, by), "{:.2f}"), memory])
    return table(head, rows)


def exponent(sizes: list[Growth], name: str, by: str) -> float:
    """b of seconds = a · size^b, by least squares on logarithms; NaN where fewer than two sizes ended."""
    ended = [size for size in sizes if size.found[name].state == State.DONE]
    if len(ended) < 2:
        return nan
    size = np.log([getattr(one.facts, by) for one in ended])
    return float(np.polyfit(size, np.log([one.found[name].wall for one in ended]), 1)[0])


def run(found: dict[str, Measured], said: str, limit: float) -> str:
    """A run from files to files beside reading alone, and the ratio to each reading; said: what the project holds."""
    name = next(iter(found))
    rows = [
        [
            one,
            seconds(found[one], limit),
            or_nothing(found[one].cpu, "{:.2f} s"),
            ratio(found[name], found[one], limit),
        ]
        for one in found
    ]
    return "\n\n".join([said, table(["", "wall", "CPU", "run ÷ this"], rows)])


def or_nothing(number: float, form: str) -> str:
    """The number in this form, or a dash where there is none."""
    return NOTHING if isnan(number) else form.format(number)


def ratio(one: Measured, own: Measured, limit: float) -> str:
    """How many times as long one took as our own; at least, where it was cut."""
    if one.state == State.CUT and own.state == State.DONE:
        return f"> {limit / own.wall:.0f}"
    return or_nothing(one.wall / own.wall, "{:.1f}")
