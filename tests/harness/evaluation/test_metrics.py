"""Win rates with intervals over prompts; what a package's benchmark returns that is no figure is said with its name."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation import metrics
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.metrics import benchmark_metrics, by_category
from tpobench.harness.records import Metric, Prompt


def scored_by(score: Callable[[Any], Any]) -> Benchmark:
    return Benchmark(name="fruits/test", prompts=[], score=score)


@pytest.fixture(autouse=True)
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "package_with", lambda benchmark: "fruit-bench")


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (lambda _: 1 / 0, "fail: ZeroDivisionError"),
        (lambda _: sys.exit(0), "fail: SystemExit"),
        (lambda _: None, "fail: TypeError"),
        (lambda _: [0.5], "have a float among them, not a Metric"),
        (lambda _: [Metric(name="sweet", value=float("nan"), n=1)], "have a value of sweet that is not a number"),
        (lambda _: [Metric(name="sweet", value=10**400, n=1)], "have a value of sweet"),
        (lambda _: [Metric(name="sweet", value=0.5, n=1, low=float("inf"), high=1)], "have a value of sweet"),
    ],
)
def test_figures_that_are_none_are_told_with_their_package(score: Callable[[Any], Any], told: str) -> None:
    with pytest.raises(UserError, match=f"the figures that fruit-bench computes for fruits/test {told}"):
        benchmark_metrics(scored_by(score), [])


def test_figures_may_have_no_value() -> None:
    sweet = [Metric(name="sweet", value=None, n=0), Metric(name="sour", value=0.5, n=3, low=0.1, high=0.9)]
    assert benchmark_metrics(scored_by(lambda _: sweet), []) == sweet


WON = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0]


def prompt(number: int, blanks: int = 0) -> Prompt:
    return Prompt(f"Name a fruit of colour {'abcdefghijkl'[number]}." + " " * blanks)


def test_a_prompt_that_is_asked_ten_times_is_one_observation() -> None:
    (once, _) = by_category("win_rate", [prompt(number) for number in range(12)], WON)
    repeated = [prompt(number, blanks) for blanks in range(10) for number in range(12)]
    (often, _) = by_category("win_rate", repeated, WON * 10)
    assert (often.value, often.low, often.high, often.n) == (once.value, once.low, once.high, 120)


def test_the_mean_is_over_all_answers_though_one_prompt_is_asked_more_often() -> None:
    (metric, _) = by_category("win_rate", [prompt(0), prompt(0, 1), prompt(0, 2), prompt(1)], [1.0, 1.0, 1.0, 0.0])
    assert metric.value == 0.75
