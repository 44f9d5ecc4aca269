"""The first screen: the conclusion, the headline figures, and every reason not to trust them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tpobench.harness.evaluation.ranks import WIN_RATE
from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.stats.intervals import Interval
from tpobench.harness.stats.missing import MissingVerdicts
from tpobench.reports.decision import SYMBOLS
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats import figures
from tpobench.reports.formats.charts import Style

FEW_RULES = 8
"""Rules that are all shown at once."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A win rate (or a difference of two, in [-1, 1]) that the first screen shows. `measure` says what it is of;
    one `on_own_scale` is a number, no share of anything.
    `missing` are the prompts without a verdict: beyond 2% of them the figure is INVALID, and its limits are shown."""

    label: str
    style: Style
    value: float
    low: float | None
    high: float | None
    n: int
    measure: str = "win rate"
    is_difference: bool = False
    on_own_scale: bool = False
    missing: MissingVerdicts | None = None

    @property
    def is_invalid(self) -> bool:
        return self.missing is not None and self.missing.is_invalid

    @property
    def figure(self) -> str:
        """The value as people read it: ``51.2%``, or ``+3.1`` points."""
        if self.is_invalid:
            return figures.INVALID
        if self.on_own_scale:
            return figures.signed(self.value)
        return figures.points(self.value) if self.is_difference else figures.percent(self.value)

    @property
    def reach(self) -> str:
        """What it is, interval and number of prompts, in brackets."""
        return f"({self.what}; {self.limits})"

    @property
    def what(self) -> str:
        """``win rate, 95% interval 43.1–58.9%``; an INVALID figure has limits in its place."""
        if self.is_invalid or self.low is None or self.high is None:
            return self.measure
        return f"{self.measure}, {figures.INTERVAL} {self._range(self.low, self.high)}"

    @property
    def limits(self) -> str:
        """The number of prompts; of an INVALID figure what it lies between, and why."""
        if self.missing is not None and self.is_invalid:
            within = self._range(self.missing.low, self.missing.high)
            return f"between {within}: {self.missing.missing} of {self.missing.of} prompts have no verdict"
        open_ = f", {self.missing.missing} more without a verdict" if self.missing and self.missing.missing else ""
        return f"n = {figures.count(self.n)}{open_}"

    def _range(self, low: float, high: float) -> str:
        if self.on_own_scale:
            return f"{figures.signed(low)} to {figures.signed(high)}"
        interval = Interval(self.value, low, high, self.n)
        return f"{figures.points_range(interval)} points" if self.is_difference else figures.percent_range(interval)

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``; an INVALID figure has no value and no interval."""
        withheld: dict[str, Any] = dict.fromkeys(("value", "low", "high")) if self.is_invalid else {}
        return asdict(self) | withheld | {"invalid": self.is_invalid}


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What a report comes to.

    Attributes:
        badge: One word or two.
        tone: How the badge looks: pass, fail, inconclusive, invalid or pending.
        sentence: The answer: what was decided, by how much, and whether to trust it.
        more: What else there is to say, a sentence each.
        rules: Of the gate, mappings with ``rule``, ``outcome`` and ``sentence``.
        facts: What is shown under the title, by name.
    """

    badge: str
    tone: str
    sentence: str
    more: Sequence[str] = ()
    rules: Sequence[Mapping[str, str]] = ()
    headlines: Sequence[Headline] = ()
    warnings: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()

    @property
    def first_rules(self) -> list[Mapping[str, Any]]:
        """The rules to read first: those that were not met; all of them where there are few."""
        unmet = [rule for rule in self.rules if rule["outcome"] not in ("PASS", "SHOWN")]
        return list(self.rules) if len(self.rules) <= FEW_RULES else unmet

    @property
    def other_rules(self) -> list[Mapping[str, Any]]:
        """The rest of many."""
        return [rule for rule in self.rules if rule not in self.first_rules]

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.badge, "")


def win_rate_headline(label: str, style: Style, evaluation: Evaluation, figure: str = WIN_RATE) -> list[Headline]:
    """The evaluation's win rate, or another figure of it; nothing where no judge gave a verdict."""
    measure = (
        "win rate" if figure == WIN_RATE else dict(figure_titles(evaluation.benchmark, [figure])).get(figure, figure)
    )
    rate, missing = evaluation.overall(figure), evaluation.unanswered
    if rate is None or missing.missing == missing.of:
        return []
    return [
        Headline(
            label=label,
            style=style,
            value=rate.value or 0.0,
            low=rate.low,
            high=rate.high,
            n=rate.n,
            measure=measure,
            missing=missing,
        )
    ]


def facts_of(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    """Benchmark, number of prompts, baseline and judge."""
    if not evaluations:
        return []
    sizes = sorted({evaluation.size for evaluation in evaluations})
    prompts = figures.count(sizes[0]) if len(sizes) == 1 else f"{figures.count(sizes[0])}–{figures.count(sizes[-1])}"
    return [
        ("Benchmark", _first_three(evaluation.benchmark for evaluation in evaluations)),
        ("Prompts", prompts),
        ("Baseline", _first_three(evaluation.against for evaluation in evaluations)),
        ("Judge", _first_three(evaluation.judge_label for evaluation in evaluations)),
    ]


def _first_three(values: Iterable[str]) -> str:
    different = list(dict.fromkeys(values))
    return ", ".join(different[:3]) + (f" and {len(different) - 3} more" if len(different) > 3 else "")
