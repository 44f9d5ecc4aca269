"""Charts as inline SVG. Pure functions; colours come from the page's style sheet, and all text is escaped here.

The drawings are about as wide as a telephone, so that their text stays readable at any width.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from reports.figures import visible

Style = Literal["thought", "direct", "duel"]
"""Whose figure it is. Each style has a colour and a marker shape of its own."""

WIDTH = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 12.0, 34.0
_HEIGHT = 250


@dataclass(frozen=True)
class Point:
    """A figure with its interval, if it has one. A `hollow` marker stands apart and is not joined to its neighbours."""

    place: int
    value: float
    low: float | None = None
    high: float | None = None
    hollow: bool = False
    note: str = ""


@dataclass(frozen=True)
class Series:
    style: Style
    points: Sequence[Point]


@dataclass(frozen=True)
class Axis:
    """The vertical axis: `marks` are drawn and labelled, the first and the last are its ends."""

    marks: Sequence[float]
    write: Callable[[float], str]


def rate_axis(values: Iterable[float]) -> Axis:
    """An axis for rates: whole tens of percent around the values and one half."""
    seen = [0.5, *values]
    low, high = math.floor(10 * min(seen) + 1e-9), math.ceil(10 * max(seen) - 1e-9)
    low, high = min(low, 4), max(high, 6)
    stride = 1 if high - low <= 6 else 2
    low -= low % stride
    return Axis([tenth / 10 for tenth in range(low, high + stride, stride) if tenth <= 10], lambda v: f"{v:.0%}")


def zero_axis(values: Iterable[float], write: Callable[[float], str], least: float) -> Axis:
    """An axis from zero to a round figure above the values, and at least to `least`."""
    top = max([least, *values])
    power = 10.0 ** math.floor(math.log10(top))
    step = next(power * factor for factor in (0.25, 0.5, 1.0, 2.0, 5.0) if power * factor * 5 >= top)
    return Axis([step * i for i in range(math.ceil(top / step - 1e-9) + 1)], write)


def line_chart(
    title: str, ticks: Sequence[str], series: Sequence[Series], axis: Axis, reference: float | None = None,
    height: int = _HEIGHT,
) -> Markup:  # fmt: skip
    """Figures by iteration, one line a series, whiskers for intervals. `ticks` name the places from left to right."""
    low, high = axis.marks[0], axis.marks[-1]
    column = (WIDTH - _LEFT - _RIGHT) / len(ticks)

    def across(place: int) -> float:
        return _LEFT + column * (place + 0.5)

    def down(value: float) -> float:
        return _TOP + (height - _TOP - _BOTTOM) * (high - value) / (high - low)

    parts = [_rule(_LEFT, down(m), WIDTH - _RIGHT, down(m), "reference" if m == reference else "grid")
             for m in axis.marks]  # fmt: skip
    if reference is not None and reference not in axis.marks:
        parts.append(_rule(_LEFT, down(reference), WIDTH - _RIGHT, down(reference), "reference"))
    parts += [_text(_LEFT - 7, down(m) + 4, axis.write(m), "end") for m in axis.marks]
    parts += [_text(across(place), height - 12, tick, "middle") for place, tick in enumerate(ticks)]
    for order, one in enumerate(series):
        shift = 16 * (order - (len(series) - 1) / 2)
        joined = [f"{across(p.place) + shift:.1f},{down(p.value):.1f}" for p in one.points if not p.hollow]
        line = Markup('<polyline class="line" points="{}"/>').format(" ".join(joined))
        drawn = [
            _point(one.style, across(p.place) + shift, down(p.value), p,
                   [] if p.low is None or p.high is None else [down(p.low), down(p.high)], upright=True)
            for p in one.points
        ]  # fmt: skip
        parts.append(_group(one.style, [line, *drawn]))
    return _drawing(title, height, parts)


@dataclass(frozen=True)
class Row:
    """One line of a dot plot: a name and the figures under it (their `place` is not looked at)."""

    label: str
    figures: Sequence[tuple[Style, Point]]


def dot_plot(title: str, rows: Sequence[Row], reference: float = 0.5) -> Markup:
    """Rates with intervals on a line from 0 to 100%, each row's name above it."""
    left, right, gap, label = 10.0, 10.0, 13.0, 24.0
    top = 24.0

    def across(value: float) -> float:
        return left + (WIDTH - left - right) * value

    parts, y = [], top
    for row in rows:
        parts.append(_text(left, y + 14, row.label, "start", "label"))
        for number, (style, point) in enumerate(row.figures):
            ends = [] if point.low is None or point.high is None else [across(point.low), across(point.high)]
            middle = y + label + gap * number
            parts.append(_group(style, [_point(style, across(point.value), middle, point, ends, upright=False)]))
        y += label + gap * max(1, len(row.figures)) + 2
    marks = (0.0, 0.25, 0.5, 0.75, 1.0)
    anchors = ("start", "middle", "middle", "middle", "end")
    grid = [_rule(across(m), top, across(m), y, "reference" if m == reference else "grid") for m in marks]
    grid += [_text(across(m), at, f"{m:.0%}", a) for at in (14.0, y + 18) for m, a in zip(marks, anchors, strict=True)]
    return _drawing(title, int(y + 28), [*grid, *parts])


def marker(style: Style, x: float = 7, y: float = 7, hollow: bool = False) -> Markup:
    """The mark of a style: a disc, a square or a diamond, so that colour is never the only difference."""
    css = "mark hollow" if hollow else "mark"
    if style == "thought":
        return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="4.5"/>').format(css, x, y)
    if style == "direct":
        return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="8" height="8"/>').format(css, x - 4, y - 4)
    corners = f"{x:.1f},{y - 5.5:.1f} {x + 5.5:.1f},{y:.1f} {x:.1f},{y + 5.5:.1f} {x - 5.5:.1f},{y:.1f}"
    return Markup('<polygon class="{}" points="{}"/>').format(css, corners)


def key_mark(style: Style, hollow: bool = False) -> Markup:
    """A marker on its own, for legends and table rows."""
    return Markup('<svg class="key {}" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{}</svg>').format(
        style, marker(style, hollow=hollow)
    )


def _point(style: Style, x: float, y: float, point: Point, ends: Sequence[float], upright: bool) -> Markup:
    whisker = Markup("")
    if ends:
        start, end = ends
        corners = (x, start, x, end) if upright else (start, y, end, y)
        whisker = _rule(*corners, "whisker")
    return Markup("<g>{}{}{}</g>").format(
        Markup("<title>{}</title>").format(visible(point.note)) if point.note else "",
        whisker,
        marker(style, x, y, point.hollow),
    )


def _group(style: Style, parts: Sequence[Markup]) -> Markup:
    return Markup('<g class="{}">{}</g>').format(style, Markup("").join(parts))


def _rule(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(css, x1, y1, x2, y2)


def _text(x: float, y: float, text: str, anchor: str, css: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        css, x, y, anchor, visible(text)
    )


def _drawing(title: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, height, visible(title), Markup("").join(parts)
    )
