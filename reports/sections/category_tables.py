"""Win rates by group of prompts, with what they can and cannot tell. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from tpobench.harness.evaluation.judged_rates import judged_rate
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import Interval, difference_interval, mean_interval
from tpobench.harness.stats.power import TWO_SIDED_Z, detectable
from tpobench.harness.stats.shrinkage import shrink
from tpobench.reports.formats.charts import HIGH_ROW, Mark, Series, Strip, Style, strip

Preferences = Mapping[str, float]
"""Preference for the candidate by prompt, in [0, 1]."""


@dataclass(frozen=True)
class Column:
    """The preferences of one evaluation, with what the table calls it, and the prompts that have no verdict."""

    label: str
    style: Style
    preferences: Preferences
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CategoryRow:
    """One group of prompts.

    Attributes:
        rates: An entry for each column; where missing verdicts make it INVALID, a figure without a value.
        difference: The first column minus the second on the prompts that both answered; None where a rate is INVALID.
        shrunk: The same, pulled towards all groups.
        head_to_head: Where one was compared with the other.
        detectable: The smallest difference from zero (or from one half) that four of five such samples would show, if
            the prompts of this group differ as much as all do.
    """

    group: str
    n: int
    rates: tuple[Interval | Metric | None, ...]
    difference: Interval | None
    shrunk: float | None
    head_to_head: Interval | None
    detectable: float | None
    guarded: bool = False

    @property
    def decidable(self) -> bool:
        return self.n >= MIN_CATEGORY


@dataclass(frozen=True, kw_only=True)
class CategoryTable:
    """Win rates by group, the figures over all prompts first.

    Attributes:
        name: Tells the page's tables apart.
        title: Says what groups the prompts where it is not the benchmark's own categories.
        rows: Groups with enough prompts to be read, the largest difference (or win rate) first, then all others pooled.
        small: The pooled ones, one by one: to be looked up, not to be compared.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    overall: CategoryRow
    rows: tuple[CategoryRow, ...]
    small: tuple[CategoryRow, ...]
    chart: Strip

    @property
    def few(self) -> int:
        """How many groups have too few prompts to be decided on."""
        return len(self.small) or sum(not row.decidable for row in self.rows)

    @property
    def has_head_to_head(self) -> bool:
        return self.overall.head_to_head is not None


def tabulate(
    name: str,
    title: str,
    columns: Sequence[Column],
    groups: Mapping[str, str],
    head_to_head: Preferences | None = None,
    guarded: Collection[str] | None = None,
) -> CategoryTable | None:
    """The table of these columns; None where fewer than two groups were judged.

    Args:
        name: Tells the page's tables apart.
        title: What people read above the table.
        columns: The evaluations.
        groups: By prompt, its group.
        head_to_head: The preferences between two candidates, for a column of their own.
        guarded: The groups that the gate guards: all where it is empty, none where it is None.
    """
    members = _members(columns, groups)
    named = list(members)
    if len(named) < 2:
        return None
    everything = [prompt for group in named for prompt in members[group]]
    decisive = _decisive(everything, columns, head_to_head)
    spread = stdev(decisive) if len(decisive) > 1 else 0.0
    overall = _row("all", everything, columns, head_to_head, spread)
    alone = [
        replace(
            _row(group, members[group], columns, head_to_head, spread),
            guarded=guarded is not None and (not guarded or group in guarded),
        )
        for group in named
    ]
    every = _with_shrunk(alone, members, columns, overall)
    small = tuple(row for row in every if len(members[row.group]) < MIN_CATEGORY)
    large = [row for row in every if row not in small] if len(small) > 1 else list(every)
    large.sort(key=_lead, reverse=True)
    if len(small) > 1 and large:
        pooled = [prompt for row in small for prompt in members[row.group]]
        large.append(_row(pooled_name(len(small)), pooled, columns, head_to_head, spread))
    return CategoryTable(
        name=name,
        title=title,
        columns=tuple(columns),
        overall=overall,
        rows=tuple(large),
        small=small if len(small) > 1 else (),
        chart=_chart(name, columns, [overall, *large]),
    )


def pooled_name(categories: int) -> str:
    """What to call the categories that are too small to be read alone."""
    return f"{categories} with under {MIN_CATEGORY} prompts each"


def _members(columns: Sequence[Column], groups: Mapping[str, str]) -> dict[str, list[str]]:
    """The prompts of each group of which any was judged, by the groups' names."""
    asked = {prompt for column in columns if column.preferences for prompt in (*column.preferences, *column.missing)}
    members: dict[str, list[str]] = {
        group: [] for group in sorted({groups[prompt] for prompt in asked if prompt in groups})
    }
    for prompt, group in groups.items():
        if group in members:
            members[group].append(prompt)
    return members


def _lead(row: CategoryRow) -> float:
    """By what rows are sorted: the difference, else the head-to-head, else the win rate; INVALID ones last."""
    if row.difference is not None:
        return row.difference.mean
    if row.head_to_head is not None:
        return row.head_to_head.mean
    rate = row.rates[0]
    return rate.mean if isinstance(rate, Interval) and len(row.rates) == 1 else -2.0


def paired(first: Preferences, second: Preferences, prompts: Sequence[str]) -> list[float]:
    """What the first has more than the second, prompt by prompt, where both have a verdict."""
    return [first[prompt] - second[prompt] for prompt in prompts if prompt in first and prompt in second]


def _decisive(prompts: Sequence[str], columns: Sequence[Column], head_to_head: Preferences | None) -> list[float]:
    """What the question is decided on: the head-to-head, else the paired difference, else the only win rate."""
    if head_to_head:
        return [head_to_head[prompt] for prompt in prompts if prompt in head_to_head]
    if len(columns) == 2:
        return paired(columns[0].preferences, columns[1].preferences, prompts)
    return [columns[0].preferences[prompt] for prompt in prompts if prompt in columns[0].preferences]


def _row(
    name: str, prompts: Sequence[str], columns: Sequence[Column], head_to_head: Preferences | None, spread: float
) -> CategoryRow:
    answered = [
        [column.preferences[prompt] for prompt in prompts if prompt in column.preferences] for column in columns
    ]
    rates = [_rate(column, values, prompts) for column, values in zip(columns, answered, strict=True)]
    compared = [head_to_head[prompt] for prompt in prompts if prompt in head_to_head] if head_to_head else []
    apart = paired(columns[0].preferences, columns[1].preferences, prompts) if len(columns) == 2 else []
    most = 1.0 if len(columns) == 2 else 0.5  # two win rates may lie further apart than one from one half
    decided = len(_decisive(prompts, columns, head_to_head))
    return CategoryRow(
        group=name,
        n=max(map(len, [*answered, compared])),
        rates=tuple(rates),
        difference=difference_interval(apart) if apart and not any(isinstance(r, Metric) for r in rates) else None,
        shrunk=None,
        head_to_head=mean_interval(compared) if compared else None,
        detectable=detectable(spread, decided, TWO_SIDED_Z, most=most) if decided and spread else None,
    )


def _rate(column: Column, answered: Sequence[float], prompts: Sequence[str]) -> Interval | Metric | None:
    """The column's win rate on these prompts; where it is INVALID a figure without a value, but with limits."""
    missing = sum(prompt in column.missing for prompt in prompts)
    if not missing:
        return mean_interval(answered) if answered else None
    rate = judged_rate([*answered, *[None] * missing])
    return rate.metric() if rate.is_invalid else rate.answered


def _with_shrunk(
    rows: Sequence[CategoryRow], members: Mapping[str, Sequence[str]], columns: Sequence[Column], overall: CategoryRow
) -> tuple[CategoryRow, ...]:
    """The rows with their differences pulled towards all; a prompt is as variable in each group as in all."""
    if len(columns) != 2 or overall.difference is None or overall.difference.n < 2:
        return tuple(rows)
    apart = {row.group: paired(columns[0].preferences, columns[1].preferences, members[row.group]) for row in rows}
    known = {name: values for name, values in apart.items() if values}
    spread = stdev([difference for values in known.values() for difference in values])
    errors = [spread / len(values) ** 0.5 for values in known.values()]
    pulled = shrink([fmean(values) for values in known.values()], errors, overall.difference.mean)
    by_group = dict(zip(known, pulled, strict=True))
    return tuple(replace(row, shrunk=by_group.get(row.group)) for row in rows)


def _chart(name: str, columns: Sequence[Column], rows: Sequence[CategoryRow]) -> Strip:
    series = [
        Series(
            column.style,
            [
                Mark(position=position, value=rate.mean, low=rate.low, high=rate.high, hollow=not row.decidable)
                for position, row in enumerate(rows)
                if isinstance(rate := row.rates[number], Interval)
            ],
        )
        for number, column in enumerate(columns)
    ]
    return strip(f"chart-{name}", series, len(rows), row_height=HIGH_ROW)
