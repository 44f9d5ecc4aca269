"""Win rates as people are shown them: of the prompts with a verdict, and how far those without one could move it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.harness.stats.missing import MissingVerdicts, missing_verdicts
from tpobench.harness.store.judgments import prompt_preferences
from tpobench.harness.store.store import Store

NOT_FROM_VERDICTS = frozenset(
    {
        "missing",
        "response_chars",
        "baseline_response_chars",
        "thought_chars",
        "parse_error_rate",
        "truncated",
        "refused",
        "mean_score",
        "mean_raw_score",
    }
)
"""Figures that stay valid where verdicts are missing; all others of an evaluation with judgments are made of them."""


@dataclass(frozen=True)
class JudgedRate:
    """A win rate: the mean and its interval over the prompts with a verdict, None where there are none."""

    answered: Interval | None
    missing: MissingVerdicts

    @property
    def is_invalid(self) -> bool:
        return self.missing.is_invalid

    def metric(self, category: str | None = None) -> Metric:
        """The win rate as a figure. One that is INVALID has no value; its limits are what it would be were all missing
        prompts lost or won."""
        if self.answered is None or self.is_invalid:
            return Metric(
                name="win_rate",
                value=None,
                n=self.missing.of - self.missing.missing,
                category=category,
                low=self.missing.low,
                high=self.missing.high,
            )
        return Metric(
            name="win_rate",
            value=self.answered.mean,
            n=self.answered.n,
            category=category,
            low=self.answered.low,
            high=self.answered.high,
        )


Rates = Mapping[str | None, JudgedRate]
"""By category; None is all prompts."""


def judged_rate(preferences: Sequence[float | None]) -> JudgedRate:
    """The win rate of these prompts, None where a prompt has no verdict."""
    known = [preference for preference in preferences if preference is not None]
    return JudgedRate(mean_interval(known) if known else None, missing_verdicts(preferences))


def judged_rates(judged: Iterable[tuple[str, float | None]]) -> dict[str | None, JudgedRate]:
    """The win rate over all prompts, and over those of each category, which come in the order of their names.

    Args:
        judged: Of each prompt its category, which may be empty, and the preference.
    """
    by_category: dict[str, list[float | None]] = {}
    every: list[float | None] = []
    for category, preference in judged:
        every.append(preference)
        by_category.setdefault(category, []).append(preference)
    rates: dict[str | None, JudgedRate] = {None: judged_rate(every)} if every else {}
    return rates | {category: judged_rate(values) for category, values in sorted(by_category.items())}


def shown_metrics(metrics: Sequence[Metric], rates: Rates) -> list[Metric]:
    """An evaluation's figures as people are shown them.

    The win rates are those of the verdicts, so that one figure has one interval wherever it stands, and a figure that
    missing verdicts make INVALID has no value.

    Args:
        metrics: As they are stored.
        rates: Of the same evaluation; empty where no judge was asked.
    """
    shown = []
    for metric in metrics:
        if metric.name == "win_rate" and metric.category in rates:
            shown.append(rates[metric.category].metric(metric.category))
        else:
            shown.append(replace(metric, value=None, low=None, high=None) if is_invalid(metric, rates) else metric)
    stored = {metric.category for metric in metrics if metric.name == "win_rate"}
    return shown + [rate.metric(category) for category, rate in rates.items() if category not in stored]


def is_invalid(metric: Metric, rates: Rates) -> bool:
    """Whether too many verdicts are missing for this figure."""
    rate = rates.get(metric.category) or rates.get(None)
    return rate is not None and rate.is_invalid and metric.name not in NOT_FROM_VERDICTS


def figures_of(store: Store, evaluation: str) -> tuple[list[Metric], dict[str | None, JudgedRate]]:
    """The figures of an evaluation as people are shown them, and its win rates."""
    judged = prompt_preferences(store, [evaluation])
    rates = judged_rates((one.category, one.preference) for one in judged)
    return shown_metrics(store.metrics(evaluation), rates), rates
