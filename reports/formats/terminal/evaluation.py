"""The figures of one evaluation in the terminal."""

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE
from rich.table import Table

from tpobench.harness.evaluation.figure_text import WORDS, figure_text, is_share
from tpobench.harness.evaluation.judged_rates import Rates, is_invalid
from tpobench.harness.evaluation.ranks import headline_figure
from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.finish_reasons import REFUSAL_WORDS, REFUSED, TOO_LONG
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.judges.asking import CUT
from tpobench.harness.records import Metric
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.store.judgments import MissingCause
from tpobench.harness.store.refusals import RefusedPrompts
from tpobench.reports.formats.figures import INVALID
from tpobench.reports.formats.terminal.console import cell, show

_LONGEST_CAUSE = 200
"""Characters of a server's or judge's words that are shown."""


def print_metrics(benchmark: str, metrics: Sequence[Metric], rates: Rates | None = None) -> None:
    """Print the headline figure, a table of all figures, and one by category.

    Args:
        benchmark: Its stored name, which says what the headline is and what figures are called.
        metrics: Of one evaluation.
        rates: The win rates of an evaluation with judgments: they say which figures missing verdicts make INVALID.
    """
    known = rates or {}
    overall = in_order(benchmark, [metric for metric in metrics if metric.category is None])
    if overall and known:
        print(f"\n  {headline_line(benchmark, overall[0], is_invalid(overall[0], known))}")
    show(overall_table(benchmark, overall, known))
    by_category = [metric for metric in metrics if metric.category is not None]
    if by_category:
        show(category_table(benchmark, by_category, known))


def in_order(benchmark: str, metrics: Iterable[Metric]) -> list[Metric]:
    """The headline first, then the figures that leaderboards show, then the rest; thoughts that nobody wrote are left
    out."""
    shown = [metric for metric in metrics if metric.name != "thought_chars" or metric.value]
    names = [metric.name for metric in shown]
    headline = headline_figure(benchmark, [{metric.name: metric.value for metric in shown}])
    places = [headline, *(name for name, _ in figure_titles(benchmark, names)), *WORDS]
    places += [name for name in names if name not in places]
    return sorted(shown, key=lambda metric: places.index(metric.name))


def headline_line(benchmark: str, metric: Metric, invalid: bool = False) -> str:
    """The figure in one line: ``win rate 49.2% (95% interval 44.8% to 53.3%) over 60 prompts``."""
    value = INVALID if invalid else figure_text(metric.name, metric.value)
    interval = _interval(metric, "between {} and {}" if invalid else "95% interval {} to {}")
    return f"{_title(benchmark, metric.name)} {value}{f' ({interval})' if interval else ''} over {metric.n} prompts"


def overall_table(benchmark: str, metrics: Sequence[Metric], rates: Rates) -> Table:
    """A row for each figure over all prompts."""
    table = _table("figure", "value", "95% interval", "n")
    for metric in metrics:
        value = INVALID if is_invalid(metric, rates) else figure_text(metric.name, metric.value)
        table.add_row(cell(_title(benchmark, metric.name)), value, _interval(metric, "{} to {}"), f"{metric.n}")
    return table


def category_table(benchmark: str, metrics: Sequence[Metric], rates: Rates) -> Table:
    """A row for each category, with the two first figures that there are by category: a terminal is narrow, and
    ``--json`` has them all."""
    names = list(dict.fromkeys(metric.name for metric in in_order(benchmark, metrics)))[:2]
    figures = {(metric.category, metric.name): metric for metric in metrics}
    table = _table("category", *(_title(benchmark, name) for name in names), "n")
    few = False
    for category in sorted({metric.category or "" for metric in metrics if metric.name in names}):
        row = [figures.get((category, name)) for name in names]
        n = max(metric.n for metric in row if metric is not None)
        few = few or n < MIN_CATEGORY
        cells = ["" if metric is None else _with_interval(metric, rates) for metric in row]
        table.add_row(cell(category), *cells, f"{n}{'*' if n < MIN_CATEGORY else ' '}")
    if few:
        table.caption = cell(f"* = fewer than {MIN_CATEGORY} prompts: shown, not decided on")
    return table


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


def _title(benchmark: str, name: str) -> str:
    """What to call a figure: every number says itself whether it is a percentage."""
    title = WORDS.get(name) or dict(figure_titles(benchmark, [name])).get(name) or name.replace("_", " ")
    return title.replace("win %", "win rate")


def _interval(metric: Metric, form: str) -> str:
    if metric.low is None or metric.high is None:
        return ""
    if not is_share(metric.name, metric.value, metric.low, metric.high):
        return form.format(f"{metric.low:.3f}", f"{metric.high:.3f}")
    return form.format(f"{100 * metric.low:.1f}%", f"{100 * metric.high:.1f}%")


def _with_interval(metric: Metric, rates: Rates) -> str:
    """Value and interval in one cell: ``50.0% (14.5–85.5)``."""
    value = INVALID if is_invalid(metric, rates) else figure_text(metric.name, metric.value)
    if metric.low is None or metric.high is None:
        return value
    if not is_share(metric.name, metric.value, metric.low, metric.high):
        return f"{value} ({metric.low:.3f}–{metric.high:.3f})"
    return f"{value} ({100 * metric.low:.1f}–{100 * metric.high:.1f})"


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, caption_justify="left")
    for number, column in enumerate(columns):
        table.add_column(cell(column), no_wrap=True, justify="left" if number == 0 else "right")
    return table
