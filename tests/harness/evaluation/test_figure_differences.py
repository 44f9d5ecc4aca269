"""The difference of a benchmark's own figures, from a store."""

from pathlib import Path

import pytest

from tests.reports.stores import Judging, answered, judged, prompts
from tpobench.harness.evaluation import figure_differences
from tpobench.harness.evaluation.benchmark import Benchmark, FigureDifference
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.figure_differences import takes_files
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Metric
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store

ASKED = prompts(40)


def first_ten(a: list[PromptJudgments], b: list[PromptJudgments]) -> list[FigureDifference]:
    """Says of which prompts it was given what."""
    assert [one.prompt.key for one in a] == [one.prompt.key for one in b]
    ours, theirs = (sum(one.value or 0 for one in side[:10]) / 10 for side in (a, b))
    figure = FigureDifference(
        name="lc_win_rate", a=ours, b=theirs, difference=ours - theirs, low=-1.0, high=1.0, n=len(a)
    )
    return [figure]


@pytest.fixture
def alpaca(store: Store) -> Store:
    """Two models on a benchmark that is ranked by a figure of its own."""
    base = answered(store, "base", DIRECT, ASKED, [f"base {n}" for n in range(40)])
    for name, wins, controlled in (("new", 30, 0.8), ("old", 10, 0.3)):
        side = answered(store, name, DIRECT, ASKED, [f"{name} {n}" for n in range(40)])
        key = judged(store, side, base, Judging(say=lambda n, order, w=wins: float(n < w), name="alpaca_eval"))  # type: ignore[misc]
        metric = Metric(name="lc_win_rate", value=controlled, n=40, low=controlled - 0.1, high=controlled + 0.1)
        store.add_metrics(key, [*store.metrics(key), metric])
    return store


def test_with_official_files_it_is_taken_prompt_by_prompt(alpaca: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = Benchmark(name="alpaca_eval", prompts=ASKED, difference=first_ten)  # type: ignore[arg-type]
    monkeypatch.setattr(figure_differences, "benchmark_named", lambda *asked: benchmark)
    found = compare_models(alpaca, model_named(alpaca, "new"), model_named(alpaca, "old"), Path("official"))
    (controlled,) = (row for row in found if row.figure == "lc_win_rate")
    assert (controlled.a, controlled.b, controlled.n, controlled.is_paired) == (1.0, 1.0, 40, True)
    assert controlled.measure == "LC win % v base, verdict:test@judge-model#1"
    assert takes_files(controlled)


def test_without_them_it_is_that_of_two_separate_figures(alpaca: Store) -> None:
    found = compare_models(alpaca, model_named(alpaca, "new"), model_named(alpaca, "old"))
    (controlled,) = (row for row in found if row.figure == "lc_win_rate")
    assert controlled.difference == pytest.approx(0.5)
    assert controlled.measure.endswith(", not paired")
    assert not takes_files(controlled)
