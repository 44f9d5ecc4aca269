"""Charts, drawn by Vega-Altair when the report is written: an SVG needs no script, prints, turns dark with the page.

Colours are CSS variables of the page, so that a chart is light or dark as the page is. No text of a model, a prompt or
a user enters a chart: names are in the tables beside it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any, Literal

from markupsafe import Markup

from tpobench.harness.records import Metric
from tpobench.reports.formats.figures import visible

Style = Literal["thought", "direct", "head-to-head", "paper-thought", "paper-direct"]

SHAPES: dict[Style, str] = {
    "thought": "circle",
    "direct": "square",
    "head-to-head": "diamond",
    "paper-thought": "circle",
    "paper-direct": "square",
}
"""A series differs by its shape as well as by its colour."""

_COLOURS: dict[Style, str] = {
    "thought": "var(--thought)",
    "direct": "var(--direct)",
    "head-to-head": "var(--head-to-head)",
    "paper-thought": "var(--thought)",
    "paper-direct": "var(--direct)",
}

WIDTH = 300
"""Of a chart's plane, in pixels: with its axis it fits a telephone."""

ROW = 26
"""Height of a table's row, in pixels, whose chart is a strip."""

HIGH_ROW = 33
"""The same of a table with a second line in each row."""

MOST_LABELS = 24
"""Dots that are all labelled."""

_STRIP_WIDTH, _SIDE, _AXIS = 176, 12, 22


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A value with its 95% interval, where there is one. `position` counts from 0 along the shared axis, or down the
    rows; a hollow mark is not to be read like the others."""

    position: int
    value: float
    low: float | None = None
    high: float | None = None
    hollow: bool = False


def metric_mark(position: int, metric: Metric | None, hollow: bool = False) -> Mark | None:
    """The mark of a figure; None where there is none."""
    if metric is None or metric.value is None:
        return None
    return Mark(position=position, value=metric.value, low=metric.low, high=metric.high, hollow=hollow)


@dataclass(frozen=True)
class Series:
    """Marks of one style. One that is not a finite number (a loss that diverged) cannot be drawn and is left out."""

    style: Style
    marks: Sequence[Mark]

    @property
    def drawn(self) -> list[Mark]:
        return [
            mark for mark in self.marks if all(isfinite(end) for end in (mark.value, mark.low or 0, mark.high or 0))
        ]


@dataclass(frozen=True)
class Strip:
    """One drawing over all rows of a table, of which each row shows its own window."""

    name: str
    drawing: Markup
    row: int

    def window(self, row: int, title: str) -> Markup:
        return self._cut(_AXIS + row * self.row, self.row, title)

    @property
    def axis(self) -> Markup:
        return self._cut(0, _AXIS, "")

    def _cut(self, top: float, height: float, title: str) -> Markup:
        width = _STRIP_WIDTH + 2 * _SIDE
        said = Markup('role="img"><title>{}</title>').format(visible(title)) if title else Markup('aria-hidden="true">')
        return (
            Markup('<svg class="window" viewBox="0 {} {} {}" width="{}" height="{}" ').format(
                top, width, height, width, height
            )
            + said
            + Markup('<use href="#{}"/></svg>').format(self.name)
        )


def has_curve(series: Sequence[Series]) -> bool:
    """Whether anything changes along the axis: one point is no chart, its figure is in the table."""
    return any(len(one.drawn) > 1 for one in series)


def digits(series: Sequence[Series]) -> str:
    """The number format of an axis on which values that lie this close together are told apart."""
    values = [mark.value for one in series for mark in one.drawn]
    spread = max(values, default=0.0) - min(values, default=0.0)
    return f".{min(max(2, 1 - floor(log10(spread))), 6) if spread > 0 else 2}f"


def whole(series: Sequence[Series]) -> str:
    """The number format of an axis of whole numbers, with a decimal where these lie close together."""
    values = [mark.value for one in series for mark in one.drawn]
    return ",.0f" if max(values, default=0.0) - min(values, default=0.0) >= 5 else ",.1f"


def lines(series: Sequence[Series], ticks: Sequence[str], axis: str, reference: float | None = None) -> Markup:
    """Values by iteration, one line a series; several series may have one style. `axis` is a number format of d3, such
    as ``.0%``. Series of the paper are dotted and have no marks."""
    import altair as alt

    styles = list(dict.fromkeys(one.style for one in series))
    rows = [
        _row(mark, one.style) | {"line": number, "x": mark.position + _apart(styles.index(one.style), len(styles))}
        for number, one in enumerate(series)
        for mark in one.drawn
    ]
    x = (
        alt.X("x:Q")
        .scale(domain=[-0.35, max(len(ticks) - 1, 1) + 0.35], nice=False)
        .axis(
            values=list(range(len(ticks))),
            labelExpr=f"{json.dumps(list(ticks))}[datum.value]",
            grid=False,
            title=None,
            labelOverlap="greedy" if len(ticks) > 10 else False,
        )
    )
    return _lined(rows, x, axis, reference)


def curves(series: Sequence[Series], places: Sequence[Sequence[float]], reference: float) -> Markup:
    """Shares, each with its interval, over a quantity: `places` has one for each mark of each series."""
    import altair as alt

    rows = [
        _row(mark, one.style) | {"line": number, "x": places[number][mark.position]}
        for number, one in enumerate(series)
        for mark in one.drawn
    ]
    _, most = _reach([row["x"] for row in rows], 0.0)
    x = alt.X("x:Q").scale(domain=[-0.03 * most, most], nice=False).axis(tickCount=6, grid=False, title=None)
    return _lined(rows, x, ".0%", reference)


def _lined(rows: list[dict[str, Any]], x: Any, axis: str, reference: float | None) -> Markup:
    """Points with their intervals, joined by a line for each ``line``."""
    import altair as alt

    low, high = _reach([row[end] for row in rows for end in ("low", "high")], reference)
    y = alt.Y("value:Q").scale(domain=[low, high], nice=False).axis(format=axis, tickCount=5, title=None)
    base = alt.Chart(_data(rows)).encode(x=x, y=y, color=_colour())
    drawn = [
        base.mark_line(strokeWidth=1.6, opacity=0.55).encode(
            detail="line:N", strokeDash=alt.StrokeDash("dash:N").scale(None).legend(None)
        ),
        base.mark_rule(strokeWidth=2, opacity=0.6).encode(y=alt.Y("low:Q"), y2="high:Q"),
        _points(base),
    ]
    if reference is not None:
        drawn.insert(0, _reference(alt, "y", reference))
    return _drawn(alt.layer(*drawn).properties(width=WIDTH, height=170))


def strip(
    name: str, series: Sequence[Series], rows: int, reference: float | None = 0.5, row_height: int = ROW
) -> Strip:
    """A dot with its interval for each row of a table and each series; the axis is a share, written as a percentage."""
    import altair as alt

    values = [
        _row(mark, one.style) | {"y": (mark.position + 0.5) * row_height + 110 * _apart(number, len(series))}
        for number, one in enumerate(series)
        for mark in one.drawn
    ]
    low, high = _reach([row[end] for row in values for end in ("low", "high")], reference)
    x = (
        alt.X("value:Q")
        .scale(domain=[low, high], nice=False)
        .axis(orient="top", format=".0%", tickCount=4, title=None, domain=False, ticks=False, labelPadding=4)
    )
    y = alt.Y("y:Q").scale(domain=[0, rows * row_height], range=[0, rows * row_height], nice=False).axis(None)
    base = alt.Chart(_data(values)).encode(x=x, y=y, color=_colour())
    drawn = [base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=alt.X("low:Q"), x2="high:Q"), _points(base)]
    if reference is not None:
        drawn.insert(0, _reference(alt, "x", reference))
    chart = alt.layer(*drawn).properties(
        width=_STRIP_WIDTH,
        height=rows * row_height,
        autosize="none",
        padding={"left": _SIDE, "right": _SIDE, "top": _AXIS, "bottom": 0},
    )
    svg = str(_drawn(chart))
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    return Strip(
        name,
        Markup('<svg class="drawing" aria-hidden="true"><defs><g id="{}">{}</g></defs></svg>').format(
            name, Markup(inner)
        ),
        row_height,
    )


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A point of two figures. Its label is a number, never a name."""

    x: float
    y: float
    label: str


def scatter(dots: Sequence[Dot], reference: float | None) -> Markup:
    """Shares against another figure, each dot with its number beside it."""
    import altair as alt

    shown = [dot for dot in dots if isfinite(dot.x) and isfinite(dot.y)]
    few = len(shown) <= MOST_LABELS  # of many only the first ones: beyond that labels hide each other
    values = [
        {"x": dot.x, "value": dot.y, "label": dot.label if few or place < MOST_LABELS // 2 else ""}
        for place, dot in enumerate(shown)
    ]
    left, right = _reach([dot.x for dot in shown], None)
    low, high = _reach([dot.y for dot in shown], reference)
    x = alt.X("x:Q").scale(domain=[left, right], nice=False).axis(format=",.0f", tickCount=6, title=None, grid=False)
    y = alt.Y("value:Q").scale(domain=[low, high], nice=False).axis(format=".0%", tickCount=5, title=None)
    base = alt.Chart(_data(values)).encode(x=x, y=y)
    colour = "var(--head-to-head)"
    drawn = [
        base.mark_point(shape="circle", size=26, filled=True, opacity=0.8, color=colour),
        base.mark_text(dx=6, dy=-5, align="left", fontSize=10, color="var(--soft)").encode(text="label:N"),
    ]
    if reference is not None:
        drawn.insert(0, _reference(alt, "y", reference))
    return _drawn(alt.layer(*drawn).properties(width=2 * WIDTH, height=240))


def against(marks: Sequence[Mark], ticks: Sequence[str], reference: float) -> Markup:
    """Shares, each with its interval, over bins of another figure that `ticks` name."""
    return lines([Series("head-to-head", marks)], ticks, ".0%", reference)


def _row(mark: Mark, style: Style) -> dict[str, Any]:
    paper = style.startswith("paper")
    return {
        "style": style,
        "value": mark.value,
        "low": mark.value if mark.low is None else mark.low,
        "high": mark.value if mark.high is None else mark.high,
        "colour": _COLOURS[style],
        "shape": SHAPES[style],
        "fill": "var(--paper)" if mark.hollow else _COLOURS[style],
        "dash": [2, 4] if paper else [1, 0],
        "size": 0 if paper else 55,
    }


def _data(rows: Sequence[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _colour() -> Any:
    import altair as alt

    return alt.Color("colour:N").scale(None).legend(None)


def _points(base: Any) -> Any:
    import altair as alt

    return base.mark_point(strokeWidth=1.8, opacity=1).encode(
        shape=alt.Shape("shape:N").scale(None).legend(None),
        fill=alt.Fill("fill:N").scale(None).legend(None),
        size=alt.Size("size:Q").scale(None).legend(None),
    )


def _reference(alt: Any, channel: str, at: float) -> Any:
    rule = alt.Chart(_data([{"at": at}])).mark_rule(strokeDash=[4, 3], strokeWidth=1.2, color="var(--soft)")
    return rule.encode(**{channel: "at:Q"})


def _apart(number: int, of: int) -> float:
    """How far a series is moved from its position, so that intervals do not hide one another."""
    return (number - (of - 1) / 2) * 0.08


def _reach(values: Sequence[float], reference: float | None) -> tuple[float, float]:
    """The values' range with some air, and the reference within it; from zero where zero is not far below."""
    ends = [*values, *([] if reference is None else [reference])] or [0.0]
    low, high = min(ends), max(ends)
    air = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return (0.0 if 0 <= low <= high - low else low - air), high + air


def _drawn(chart: Any) -> Markup:
    """The chart as SVG. Written with the same figures it has the same bytes; it has no ids and no text but figures."""
    import vl_convert

    soft, line = "var(--soft)", "var(--line)"
    themed = (
        chart.configure(background="transparent", font="system-ui, sans-serif", aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=soft,
            titleColor=soft,
            gridColor="var(--hair)",
            domainColor=line,
            tickColor=line,
            labelFontSize=11,
        )
    )
    svg = vl_convert.vegalite_to_svg(json.dumps(themed.to_dict()))
    return Markup(svg.replace("<svg ", '<svg role="presentation" ', 1))
