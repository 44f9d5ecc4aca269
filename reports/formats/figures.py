"""How figures and foreign text are written down for people."""

from typing import Any

from markupsafe import Markup

from tpobench.harness.escaping import spelled_out
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import Interval
from tpobench.harness.stats.ranks import RankInterval

NONE = "–"
"""What is shown where there is no figure."""

INVALID = "INVALID"
"""What is shown in place of a figure for which too many verdicts are missing."""


INTERVAL = "95% interval"
"""What stands before the two ends of one."""


def percent(value: float | None) -> str:
    """A rate in [0, 1] as a percentage with one decimal."""
    return NONE if value is None else f"{value:.1%}"


def decimal(value: float | None) -> str:
    """Three decimals, or two digits of a smaller figure: ``0.412``, ``0.00031``."""
    if value is None:
        return NONE
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def signed(value: float | None) -> str:
    """A difference of two figures that are no rates: ``+0.041``."""
    if value is None:
        return NONE
    return ("+" if value >= 0 else "−") + decimal(abs(value))


def count(value: float | None) -> str:
    """A whole number with thin spaces between thousands."""
    return NONE if value is None else f"{value:,.0f}".replace(",", "\u202f")


def points(value: float | None) -> str:
    """A difference of two rates, in percentage points: ``+3.2``."""
    return NONE if value is None else f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−")


def points_range(interval: Interval | None) -> str:
    """``−1.0 to +7.4``; empty without an interval."""
    return "" if interval is None else f"{points(interval.low)} to {points(interval.high)}"


def rate(figure: Metric | Interval | None) -> str:
    """``51.2% (48.0–54.4%)``; of an INVALID one what it lies between."""
    if figure is None or figure.low is None:
        return NONE
    value = figure.mean if isinstance(figure, Interval) else figure.value
    return f"{INVALID if value is None else percent(value)} ({percent_range(figure)})"


def percent_range(metric: Metric | Interval | None) -> str:
    """``43.1–58.9%``; empty without an interval."""
    if metric is None or metric.low is None or metric.high is None:
        return ""
    return f"{100 * metric.low:.1f}–{100 * metric.high:.1f}%"


def rank_range(rank: RankInterval | None) -> str:
    """``1``, or ``2–5`` for one that is not certain; empty without a rank."""
    if rank is None:
        return ""
    return f"{rank.low}" if rank.low == rank.high else f"{rank.low}–{rank.high}"


def decimal_range(metric: Metric | None) -> str:
    if metric is None or metric.low is None or metric.high is None:
        return ""
    return f"{metric.low:.3f}–{metric.high:.3f}"


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def words(identifier: str) -> str:
    """An identifier such as ``nothing_parsed`` as words."""
    return identifier.replace("_", " ")


def visible(value: Any) -> Any:
    """Text in which a character that would be unseen, or would turn its surroundings, is written as ``⟨U+2028⟩``.

    Line feeds and tabs stay. Anything but plain text, markup included, is returned as it is.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return spelled_out(value)
