"""The first screen: the conclusion, the headline figures, and every reason not to trust them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.stats.intervals import Interval
from tpobench.reports.decision import SYMBOLS
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats import figures
from tpobench.reports.formats.charts import Style


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A win rate (or a difference of two, in [-1, 1]) that the first screen shows."""

    label: str
    style: Style
    value: float
    low: float | None
    high: float | None
    n: int
    is_difference: bool = False

    @property
    def figure(self) -> str:
        """The value as people read it: ``51.2%``, or ``+3.1`` points."""
        return figures.points(self.value) if self.is_difference else figures.percent(self.value)

    @property
    def reach(self) -> str:
        """Interval and number of prompts, in brackets."""
        if self.low is None or self.high is None:
            return f"(n = {self.n})"
        interval = Interval(self.value, self.low, self.high, self.n)
        limits = figures.points_range(interval) if self.is_difference else figures.percent_range(interval)
        return f"({limits}, n = {self.n})"


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What a report comes to.

    Attributes:
        badge: One word or two.
        tone: How the badge looks: pass, fail, inconclusive, invalid or pending.
        rules: Of the gate, mappings with ``rule``, ``outcome`` and ``sentence``.
        facts: What is shown under the title, by name.
    """

    badge: str
    tone: str
    sentence: str
    rules: Sequence[Mapping[str, str]] = ()
    headlines: Sequence[Headline] = ()
    warnings: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.badge, "")


def win_rate_headline(label: str, style: Style, evaluation: Evaluation) -> list[Headline]:
    """The evaluation's win rate; nothing where no judge gave a verdict."""
    rate = evaluation.overall("win_rate")
    if rate is None or rate.value is None:
        return []
    return [Headline(label=label, style=style, value=rate.value, low=rate.low, high=rate.high, n=rate.n)]


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
