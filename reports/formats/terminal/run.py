"""What came of a training run, in the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.table import Table

from tpobench.reports.formats.figures import INVALID
from tpobench.reports.formats.terminal.console import cell
from tpobench.reports.run_summary import RunSummary, ValueInterval


def result_table(summary: RunSummary) -> Table:
    """The seed and both arms after every iteration, 80 columns wide at most."""
    table = _table(
        f"Judge: {summary.judge}. (low, high): 95% interval over prompts. chars: response+thought.",
        ("it.", "arm", "win rate %", "mean score", "parsed", "chars"),
    )
    for row in summary.rows:
        table.add_row(
            row.iteration,
            row.arm,
            _percent(row.win_rate),
            "" if row.mean_score is None else "{:.2f} ({:.2f}, {:.2f})".format(*row.mean_score),
            f"{1 - row.parse_error_rate:.0%}",
            f"{row.response_chars:.0f}+{row.thought_chars:.0f}",
        )
    for iteration, win_rate in summary.head_to_head.items():
        table.add_row(iteration, "thought v direct", _percent(win_rate))
    return table


def training_table(summary: RunSummary) -> Table:
    """What each iteration was trained on."""
    table = _table(
        "Of the samples: parsed, chars (response+thought). Of the pairs: format = rejected side does not parse, "
        "c/r = chars of chosen/rejected responses.",
        ("it.", "arm", "parsed", "chars", "pairs", "format", "rho", "c/r", "margin", "epoch"),
    )
    for row in summary.training:
        table.add_row(
            str(row.iteration),
            row.arm,
            f"{1 - row.parse_error_rate:.0%}",
            f"{row.response_chars:.0f}+{row.thought_chars:.0f}",
            str(row.pairs),
            f"{row.format_share:.0%}",
            f"{row.rho:g}",
            "" if row.chosen_chars is None else f"{row.chosen_chars:.0f}/{row.rejected_chars:.0f}",
            "" if row.margin is None else f"{row.margin:.2f}",
            str(row.epoch or ""),
        )
    return table


def _table(caption: str, columns: Sequence[str]) -> Table:
    table = Table(caption=cell(caption), caption_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _percent(interval: ValueInterval) -> str:
    value, low, high = interval
    return f"{INVALID if value is None else f'{100 * value:.1f}'} ({100 * low:.1f}, {100 * high:.1f})"
