"""The figures of one evaluation in the terminal."""

from collections.abc import Iterable, Sequence

from tpobench.harness.evaluation.judged_rates import Rates, is_invalid
from tpobench.harness.finish_reasons import REFUSAL_WORDS, REFUSED, TOO_LONG
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.judges.asking import CUT
from tpobench.harness.records import Metric
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.store.judgments import MissingCause
from tpobench.harness.store.refusals import RefusedPrompts

_LONGEST_CAUSE = 200
"""Characters of a server's or judge's words that are shown."""


def print_metrics(metrics: Iterable[Metric], rates: Rates | None = None) -> None:
    """Print a line for each figure: those over all prompts first, then by category. `rates` are the win rates of an
    evaluation with judgments: they say which figures missing verdicts make INVALID."""
    for metric in sorted(metrics, key=lambda m: (m.category is not None, m.name, m.category or "")):
        print(metric_line(metric, is_invalid(metric, rates or {})))


def metric_line(metric: Metric, invalid: bool = False) -> str:
    """Name, category, value, 95% interval and number of prompts; of few prompts it says that nothing is decided, of an
    `invalid` win rate between what limits it lies."""
    bounds = "" if metric.low is None else f"  [{metric.low:.3f}, {metric.high:.3f}]"
    few = "" if metric.category is None or metric.n >= MIN_CATEGORY else "  shown, not decided on"
    value = "INVALID" if invalid else "-" if metric.value is None else f"{metric.value:.3f}"
    return f"  {metric.name:<36} {metric.category or 'all':<34} {value}{bounds}  n={metric.n}{few}"


def gap_lines(rates: Rates, causes: Sequence[MissingCause], refused: Iterable[RefusedPrompts]) -> list[str]:
    """What is not there, and why: verdicts, and answers of either side."""
    return [*missing_lines(rates, causes), *refused_lines(refused)]


def missing_lines(rates: Rates, causes: Sequence[MissingCause]) -> list[str]:
    """What prompts without a verdict leave open, and why they have none; nothing where each has one."""
    if None not in rates or not rates[None].missing.missing:
        return []
    missing = rates[None].missing
    limits = f"between {100 * missing.low:.1f}% and {100 * missing.high:.1f}%"
    line = f"missing   {missing.missing} of {missing.of} prompts have no verdict: the win rate over all lies {limits}"
    if missing.is_invalid:
        line += f"; it is INVALID, because more than {MAX_MISSING:.0%} are missing"
    return [line, *(f"cause     {cause_words(cause)}" for cause in causes)]


def cause_words(cause: MissingCause) -> str:
    """Why so many judgments have no verdict, with an example."""
    example = _shortened(cause.text)
    judgments = "1 judgment" if cause.judgments == 1 else f"{cause.judgments} judgments"
    if cause.verdict == REFUSED:
        return f"{judgments}: the judge's server refused the request ({example}); the next run asks again"
    if cause.verdict == TOO_LONG:
        return f"{judgments}: prompt and answers do not fit into the judge's context ({example})"
    if cause.verdict == CUT:
        return (
            f"{judgments}: the judge's answer was cut before its verdict: raise the judge's max tokens "
            f"({example or 'the answer is empty'})"
        )
    return f"{judgments}: the judge's answer holds no verdict ({example or 'it is empty'})"


def retry_words(causes: Sequence[MissingCause]) -> str:
    """How what is missing is asked for again."""
    option = "" if all(cause.verdict == REFUSED for cause in causes) else " with --retry-missing"
    return f"run the command again{option}"


def refused_lines(refused: Iterable[RefusedPrompts]) -> list[str]:
    """Which prompts got no answer, by side and reason; they count as empty answers."""
    lines = []
    for entry in refused:
        words = f" ({_shortened(entry.words)})" if entry.words else ""
        who = f"{_prompts(entry.prompts)} of the {entry.side}"
        lines.append(f"refused   {who} {REFUSAL_WORDS[entry.reason]}, counted as empty answers{words}")
    return lines


def _prompts(number: int) -> str:
    return "1 prompt" if number == 1 else f"{number} prompts"


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_CAUSE else f"{plain[:_LONGEST_CAUSE]}..."
