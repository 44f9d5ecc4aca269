"""The figures of one evaluation in the terminal."""

from tpobench.harness.records import Metric
from tpobench.reports.formats.terminal.evaluation import metric_line


def test_a_figure_with_its_interval() -> None:
    line = metric_line(Metric(name="win_rate", value=0.5, n=40, low=0.4, high=0.6))
    assert line.split() == ["win_rate", "all", "0.500", "[0.400,", "0.600]", "n=40"]


def test_a_category_of_few_prompts_is_not_decided_on() -> None:
    line = metric_line(Metric(name="win_rate", value=None, n=5, category="art"))
    assert line.split()[:4] == ["win_rate", "art", "-", "n=5"]
    assert line.endswith("shown, not decided on")
