"""The figures of one evaluation in the terminal."""

import pytest

from tests.reports.formats.terminal.drawing import drawn
from tpobench.harness.records import Metric
from tpobench.reports.formats.terminal.evaluation import category_table, headline_line, in_order, overall_table

WIN_RATE = Metric(name="win_rate", value=0.5, n=40, low=0.4, high=0.6)
FIGURES = [
    Metric(name="baseline_response_chars", value=104.4, n=40),
    Metric(name="lc_win_rate", value=0.45, n=40, low=0.3, high=0.55),
    Metric(name="parse_error_rate", value=0.025, n=40),
    Metric(name="thought_chars", value=0.0, n=40),
    WIN_RATE,
]


def test_the_headline_is_a_sentence_with_its_interval() -> None:
    assert headline_line("own.jsonl", WIN_RATE) == "win rate 50.0% (95% interval 40.0% to 60.0%) over 40 prompts"
    invalid = headline_line("own.jsonl", WIN_RATE, invalid=True)
    assert invalid == "win rate INVALID (between 40.0% and 60.0%) over 40 prompts"


@pytest.mark.parametrize(("benchmark", "first"), [("alpaca_eval", "lc_win_rate"), ("own.jsonl", "win_rate")])
def test_the_figure_that_ranks_models_comes_first_and_lengths_last(benchmark: str, first: str) -> None:
    names = [metric.name for metric in in_order(benchmark, FIGURES)]
    assert (names[0], names[-1]) == (first, "baseline_response_chars" if benchmark == "alpaca_eval" else names[-1])
    assert "thought_chars" not in names, "nobody wrote any"


def test_every_share_is_a_percentage_and_a_length_says_what_it_counts() -> None:
    text = "\n".join(drawn(overall_table("alpaca_eval", FIGURES, {})))
    assert "2.5%" in text
    assert "104 characters" in text
    assert "LC win rate" in text
    assert "0.025" not in text


def test_a_category_of_few_prompts_is_not_decided_on() -> None:
    metrics = [
        Metric(name="win_rate", value=0.5, n=5, category="[/art]", low=0.1, high=0.9),
        Metric(name="win_rate", value=0.75, n=40, category="law", low=0.6, high=0.85),
    ]
    lines = drawn(category_table("own.jsonl", metrics, {}))
    assert next(line for line in lines if "[/art]" in line).split() == ["[/art]", "50.0%", "(10.0–90.0)", "5*"]
    assert next(line for line in lines if "law" in line).split() == ["law", "75.0%", "(60.0–85.0)", "40"]
    assert "fewer than 30 prompts" in " ".join(lines)
