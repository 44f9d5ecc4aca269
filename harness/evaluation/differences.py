"""A figure of one model minus the same figure of another one, on what both were measured on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import Interval, difference_interval
from tpobench.harness.stats.missing import MissingVerdicts, missing_in_difference
from tpobench.harness.stats.scores import are_shares, t_interval

Values = Mapping[str, tuple[str | None, float | None]]
"""By item, its category and the value; None where there is no verdict."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A's figure minus B's on the items that both have, with its 95% interval: win rates and shares, all in [-1, 1],
    or numbers on a scale of their own.

    Attributes:
        benchmark: Where both were measured.
        measure: The figure for people, with baseline and judge.
        figure: Its name in the store: ``win_rate``, ``lc_win_rate``, a metric of a task.
        category: None for all items.
        a: A's mean over the shared items with a verdict for both.
        b: B's mean over them.
        difference: `a` - `b`.
        low: The lower end of its interval.
        high: Its upper end.
        n: How many items are in it.
        own_a: How many of A have a verdict.
        own_b: How many of B have one.
        evaluations: The keys of A's evaluation and of B's.
        missing: The shared items on which one of them has no verdict, and the limits of the difference over all.
        is_paired: Whether it was taken item by item; else the interval is that of two separate figures.
        on_own_scale: Whether it is of a metric of the user's: a number, not points of a percentage.
        clusters: How many groups of items the interval is over; None where every item counts alone.
    """

    benchmark: str
    measure: str
    figure: str
    category: str | None
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    own_a: int
    own_b: int
    evaluations: tuple[str, str]
    missing: MissingVerdicts
    is_paired: bool = True
    on_own_scale: bool = False
    clusters: int | None = None

    @property
    def is_invalid(self) -> bool:
        """Whether too many verdicts are missing for a figure of the others."""
        return self.missing.is_invalid

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``: an INVALID difference has limits and no value."""
        withheld = dict.fromkeys(("a", "b", "difference", "low", "high")) if self.is_invalid else {}
        return asdict(self) | withheld | {"invalid": self.is_invalid}


@dataclass(frozen=True, kw_only=True)
class ComparedValues:
    """What a difference is of: the values of both sides, with the names that it bears."""

    benchmark: str
    measure: str
    figure: str
    evaluations: tuple[str, str]
    a: Values
    b: Values
    on_own_scale: bool = False


def paired_differences(compared: ComparedValues, by_clusters: bool = False) -> Iterator[Difference]:
    """Overall, and by category where there are several; nothing where no shared item has a verdict for both, nor of a
    single item on an unknown scale.

    Args:
        compared: Both sides.
        by_clusters: Take items of one category for one observation of its size: they may depend on each other.
    """
    shared = sorted(compared.a.keys() & compared.b.keys())
    categories = sorted({category for item in shared if (category := compared.a[item][0]) is not None})
    shares = are_shares([value for side in (compared.a, compared.b) for _, value in side.values() if value is not None])
    for category in [None, *(categories if len(categories) > 1 else [])]:
        items = [item for item in shared if category in (None, compared.a[item][0])]
        known = [item for item in items if None not in (compared.a[item][1], compared.b[item][1])]
        if not known:
            continue
        a, b = ([float(side[item][1] or 0) for item in known] for side in (compared.a, compared.b))
        clustered = by_clusters and category is None
        clusters = [compared.a[item][0] or item for item in known] if clustered else None
        interval = _interval(a, b, clusters, shares)
        if interval is None:
            continue
        yield Difference(
            benchmark=compared.benchmark,
            measure=compared.measure,
            figure=compared.figure,
            category=category,
            a=fmean(a),
            b=fmean(b),
            difference=interval.mean,
            low=interval.low,
            high=interval.high,
            n=len(known),
            own_a=answered(compared.a),
            own_b=answered(compared.b),
            evaluations=compared.evaluations,
            missing=missing_in_difference([(compared.a[item][1], compared.b[item][1]) for item in items]),
            clusters=interval.n if clustered else None,
            on_own_scale=compared.on_own_scale,
        )


def _interval(a: Sequence[float], b: Sequence[float], clusters: Sequence[str] | None, shares: bool) -> Interval | None:
    apart = [ours - theirs for ours, theirs in zip(a, b, strict=True)]
    means, weights = (apart, None) if clusters is None else _means(apart, clusters)
    return difference_interval(means, weights=weights) if shares else t_interval(means, weights)


def answered(values: Values) -> int:
    """How many items have a value."""
    return sum(value is not None for _, value in values.values())


def clustered_interval(differences: Sequence[float], clusters: Sequence[str]) -> Interval:
    """The interval of the same mean where items of one cluster go up and down together: each cluster's mean is one
    observation of its size. `n` is the number of clusters."""
    means, sizes = _means(differences, clusters)
    return difference_interval(means, weights=sizes)


def _means(differences: Sequence[float], clusters: Sequence[str]) -> tuple[list[float], list[float]]:
    """The mean of each cluster, and its size."""
    members: dict[str, list[float]] = {}
    for difference, cluster in zip(differences, clusters, strict=True):
        members.setdefault(cluster, []).append(difference)
    return [fmean(values) for values in members.values()], [float(len(values)) for values in members.values()]


def unpaired_difference(compared: ComparedValues, a: Metric, b: Metric) -> Difference | None:
    """The difference of two figures that were each fitted to all prompts, by their intervals (Zou & Donner's MOVER). It
    is wider than a paired one. None where they are of different prompts, or a figure or its interval is missing."""
    limits = (a.value, a.low, a.high, b.value, b.low, b.high)
    if compared.a.keys() != compared.b.keys() or None in limits:
        return None
    value_a, low_a, high_a, value_b, low_b, high_b = (float(limit or 0) for limit in limits)
    difference = value_a - value_b
    pairs = [(compared.a[item][1], compared.b[item][1]) for item in compared.a]
    return Difference(
        benchmark=compared.benchmark,
        measure=compared.measure,
        figure=compared.figure,
        category=None,
        a=value_a,
        b=value_b,
        difference=difference,
        low=difference - ((value_a - low_a) ** 2 + (high_b - value_b) ** 2) ** 0.5,
        high=difference + ((high_a - value_a) ** 2 + (value_b - low_b) ** 2) ** 0.5,
        n=sum(None not in pair for pair in pairs),
        own_a=answered(compared.a),
        own_b=answered(compared.b),
        evaluations=compared.evaluations,
        missing=missing_in_difference(pairs),
        is_paired=False,
    )
