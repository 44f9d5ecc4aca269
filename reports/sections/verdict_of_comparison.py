"""What two models side by side come to: which is better, if that is clear."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.evaluation.ranks import WIN_RATE
from tpobench.harness.models.modes import in_mode
from tpobench.harness.store.gates import DecisionOfModels
from tpobench.reports.comparison import HeadToHead, ModelComparison
from tpobench.reports.decision import culprits, reading_of
from tpobench.reports.formats import figures
from tpobench.reports.formats.charts import Style
from tpobench.reports.sections.verdict import Conclusion, Headline, facts_of, win_rate_headline
from tpobench.reports.sections.warnings import warnings_of, with_trust


@dataclass(frozen=True, kw_only=True)
class _Finding:
    """What decides: figures in words, and how far A is ahead. Of a `mere_measure` more may be better or worse."""

    words: str
    low: float
    high: float
    mere_measure: bool = False
    invalid: bool = False


def of_comparison(comparison: ModelComparison) -> Conclusion:
    """The conclusion on A and B: where one was compared with the other, that counts; else the first paired
    difference."""
    a, b = comparison.labels
    finding = _of_head_to_head(comparison) if comparison.head_to_heads else _of_difference(comparison)
    if finding.invalid:
        badge, tone, claim = "INVALID", "invalid", f"{a} and {b} cannot be compared: {finding.words}"
    elif finding.mere_measure:
        badge, tone, claim = "MEASURED", "pending", f"{a} minus {b}: {finding.words}"
    elif finding.low > 0:
        badge, tone, claim = "A IS BETTER", "pass", f"{a} is better than {b}: {finding.words}"
    elif finding.high < 0:
        badge, tone, claim = "B IS BETTER", "fail", f"{a} is worse than {b}: {finding.words}"
    else:
        badge, tone = "NO CLEAR DIFFERENCE", "inconclusive"
        claim = f"{a} and {b} do not clearly differ: {finding.words}"
    decision = comparison.decision
    more = [] if decision is None else [f"{a}, gated against {b}, {_decided(decision)}."]
    evaluations = [*comparison.shared_evaluations, *comparison.between]
    warnings = warnings_of(evaluations)
    return Conclusion(
        badge=badge,
        tone=tone,
        sentence=with_trust(claim, warnings),
        more=more,
        rules=() if decision is None else decision.rules,
        headlines=_headlines(comparison),
        warnings=warnings,
        facts=[("A", a), ("B", b), *facts_of(evaluations)],
    )


def _decided(decision: DecisionOfModels) -> str:
    return reading_of(decision.decision, decision.rules) + culprits(decision.decision, decision.rules)


def _of_head_to_head(comparison: ModelComparison) -> _Finding:
    first = comparison.head_to_heads[0]
    rate, missing = first.rate, first.missing
    if missing.is_invalid:
        words = (
            f"{missing.missing} of {missing.of} prompts have no verdict, so that A wins between "
            f"{figures.percent(missing.low)} and {figures.percent(missing.high)} against B ({first.benchmark})"
        )
        return _Finding(words=words, low=missing.low - 0.5, high=missing.high - 0.5, invalid=True)
    words = (
        f"A wins {figures.percent(rate.mean)} of {figures.count(rate.n)} prompts against B "
        f"({figures.INTERVAL} {figures.percent_range(rate)}, {first.benchmark})"
    )
    return _Finding(words=words, low=rate.low - 0.5, high=rate.high - 0.5)


def _of_difference(comparison: ModelComparison) -> _Finding:
    first = comparison.differences[0]
    missing = first.missing
    if first.is_invalid:
        words = (
            f"{missing.missing} of {missing.of} shared prompts have no verdict, so that the difference lies between "
            f"{figures.points(missing.low)} and {figures.points(missing.high)} points ({_measure(comparison)})"
        )
        return _Finding(words=words, low=missing.low, high=missing.high, invalid=True)
    if first.on_own_scale:
        reach = f"{figures.signed(first.low)} to {figures.signed(first.high)}"
        words = (
            f"{figures.signed(first.difference)} in {first.measure} on {figures.count(first.n)} shared prompts "
            f"({figures.INTERVAL} {reach}, {first.benchmark})"
        )
        return _Finding(words=words, low=first.low, high=first.high, mere_measure=True)
    reach = f"{figures.points(first.low)} to {figures.points(first.high)}"
    words = (
        f"{figures.points(first.difference)} points on {figures.count(first.n)} shared prompts "
        f"({figures.INTERVAL} {reach}, {_measure(comparison)})"
    )
    mere_measure = not comparison.shared_evaluations and first.figure != WIN_RATE
    return _Finding(words=words, low=first.low, high=first.high, mere_measure=mere_measure)


def _measure(comparison: ModelComparison) -> str:
    """What the first difference is of, without the judge, who is named below."""
    first = comparison.differences[0]
    if first.on_own_scale:
        return f"{first.benchmark}, {first.measure}"
    pairing = "" if first.is_paired else ", not paired"
    return f"{first.benchmark}, {first.measure.removesuffix(', not paired').rpartition(', ')[0]}{pairing}"


def _headlines(comparison: ModelComparison) -> list[Headline]:
    """The head-to-heads, else the first difference; then both models on the first benchmark that they share."""
    headlines = [
        Headline(
            label=f"{_sides(one, comparison.head_to_heads)}, {one.benchmark}",
            style="head-to-head",
            value=one.rate.mean,
            low=one.rate.low,
            high=one.rate.high,
            n=one.rate.n,
            missing=one.missing,
        )
        for one in comparison.head_to_heads
    ]
    if not headlines:
        first = comparison.differences[0]
        headlines.append(
            Headline(
                label=f"A minus B: {_measure(comparison)}",
                style="head-to-head",
                value=first.difference,
                low=first.low,
                high=first.high,
                n=first.n,
                measure="difference",
                is_difference=True,
                on_own_scale=first.on_own_scale,
                missing=first.missing,
            )
        )
    sides: tuple[tuple[str, Style], ...] = (("A", "thought"), ("B", "direct"))
    for (label, style), evaluation in zip(sides, comparison.shared_evaluations[:2], strict=False):
        figure = WIN_RATE if comparison.head_to_heads else comparison.differences[0].figure
        headlines += win_rate_headline(
            f"{label} v {evaluation.against}, {evaluation.benchmark}", style, evaluation, figure
        )
    return headlines


def _sides(one: HeadToHead, head_to_heads: Sequence[HeadToHead]) -> str:
    """``A v B``, with the mode of a side that was compared in several."""
    named = zip("AB", one.modes, zip(*(other.modes for other in head_to_heads), strict=True), strict=True)
    return " v ".join(in_mode(side, mode) if len(set(modes)) > 1 else side for side, mode, modes in named)
