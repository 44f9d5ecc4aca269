"""Metrics of the user's, beside a judge or alone: what is stored, and what a comparison makes of it."""

from pathlib import Path

import pytest

from tests.harness.evaluation.conftest import AnsweredBenchmark
from tests.harness.evaluation.test_run import QUIET, nobody
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.evaluation.own_metrics import MetricResult, measure_metrics, metric_name, metric_scorers
from tpobench.harness.evaluation.run import run_evaluation
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.evaluations import metric_evaluations
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store

METRICS = """
def brevity(prompt, response): return 1 / (1 + len(response))
def chars(prompt, response): return {"score": len(response), "words": len(response.split())}
def one_argument(prompt): return 0
"""


@pytest.fixture(autouse=True)
def module(answered: AnsweredBenchmark, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(answered.folder)
    file = answered.folder / "my_metrics.py"
    file.write_text(METRICS)
    return file


def spec_of(answered: AnsweredBenchmark, *metrics: str, judge: str | None = None) -> EvaluationSpec:
    return answered.spec(judge, metrics=metrics)  # type: ignore[arg-type]


def measured(store: Store, spec: EvaluationSpec) -> list[MetricResult]:
    return measure_metrics(store, spec, metric_scorers(spec, QUIET), nobody, QUIET)


def test_a_metric_has_an_interval_and_a_paired_difference(store: Store, answered: AnsweredBenchmark) -> None:
    (result,) = measured(store, spec_of(answered, "my_metrics.py:brevity"))
    ours, theirs = ([1 / (1 + len(text)) for text in answered.answers(name)] for name in ("ours", "theirs"))
    overall = result.metrics[0]
    interval = mean_interval(ours)
    assert (overall.name, overall.n) == ("my_metrics:brevity", 12)
    assert (overall.value, overall.low, overall.high) == pytest.approx((interval.mean, interval.low, interval.high))
    difference = result.differences[0]
    assert difference.difference == pytest.approx((sum(ours) - sum(theirs)) / 12)
    assert difference.low < difference.difference < difference.high
    assert difference.on_own_scale


def test_any_scale_has_an_interval(store: Store, answered: AnsweredBenchmark) -> None:
    (result,) = measured(store, spec_of(answered, "my_metrics:chars"))
    assert result.metrics[0].value == pytest.approx(sum(map(len, answered.answers("ours"))) / 12)
    assert result.metrics[0].low is not None
    assert result.differences[0].difference == pytest.approx(result.differences[0].a - result.differences[0].b)


def test_it_is_in_the_tables_metric_item_and_score(store: Store, answered: AnsweredBenchmark) -> None:
    measured(store, spec_of(answered, "my_metrics:chars"))
    figures = "SELECT name, value FROM metric JOIN evaluation ON evaluation_key = evaluation WHERE baseline = ''"
    assert {name for name, _ in store.sql(figures)[1]} == {"my_metrics:chars"}
    (row,) = store.sql("SELECT count(*), max(value) FROM item WHERE metric = 'my_metrics:chars'")[1]
    assert row == (24, max(map(len, answered.answers("ours"))))
    assert store.sql("SELECT count(*) FROM score WHERE judge LIKE 'my_metrics:chars#%'")[1] == [(24,)]


def test_the_same_again_scores_and_stores_nothing(store: Store, answered: AnsweredBenchmark) -> None:
    first = measured(store, spec_of(answered, "my_metrics:brevity"))
    rows = store.row_counts()
    assert measured(store, spec_of(answered, "my_metrics.py:brevity")) == first
    assert store.row_counts() == rows


def test_models_are_compared_by_it_though_no_judge_was_asked(store: Store, answered: AnsweredBenchmark) -> None:
    (result,) = measured(store, spec_of(answered, "my_metrics:brevity"))
    differences = compare_models(store, model_named(store, "ours"), model_named(store, "theirs"))
    assert [(one.figure, one.on_own_scale) for one in differences] == [("my_metrics:brevity", True)]
    assert differences[0].difference == pytest.approx(result.differences[0].difference)


def test_a_changed_function_is_never_compared_with_the_one_before(
    store: Store, answered: AnsweredBenchmark, module: Path
) -> None:
    measured(store, spec_of(answered, "my_metrics:brevity"))
    module.write_text(METRICS.replace("1 / (1 +", "2 / (2 +"))
    (result,) = measured(store, spec_of(answered, "my_metrics:brevity"))
    (difference,) = compare_models(store, model_named(store, "ours"), model_named(store, "theirs"))
    assert difference.difference == pytest.approx(result.differences[0].difference)
    assert len(metric_evaluations(store)) == 2, "one for each model, by the newest function"


def test_beside_a_judge_neither_figure_disturbs_the_other(store: Store, answered: AnsweredBenchmark) -> None:
    spec = spec_of(answered, "my_metrics:brevity", judge="my_metrics:chars")
    key = run_evaluation(store, spec, nobody, QUIET)
    assert run_evaluation(store, answered.spec("my_metrics:chars"), nobody, QUIET) == key
    measured(store, spec)
    assert [row.evaluation for row in leaderboard(store)] == [key]
    differences = compare_models(store, model_named(store, "ours"), model_named(store, "theirs"), directly=True)
    assert {one.figure for one in differences} >= {"my_metrics:brevity"}


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("my_metrics:nothing", "the module my_metrics has no function 'nothing'"),
        ("absent:brevity", "No module named 'absent'"),
        ("absent.py:brevity", "there is no file absent.py"),
        ("my_metrics:one_argument", "cannot be called with a prompt and a response"),
        ("ste", "the judge ste compares two responses"),
        ("my_metrics", r"name a function of yours with its file, my_metrics\.py:FUNCTION"),
        ("my_metrics.py", r"name a function of yours with its file, my_metrics\.py:FUNCTION"),
        ("brevity", r"unknown metric 'brevity'; name a function of yours with its file, my_metrics\.py:brevity"),
    ],
)
def test_a_metric_that_is_none_is_refused_at_once(answered: AnsweredBenchmark, metric: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        metric_scorers(spec_of(answered, metric), QUIET)


def test_a_metric_is_named_once(answered: AnsweredBenchmark) -> None:
    with pytest.raises(UserError, match="the metric my_metrics:chars is named twice"):
        metric_scorers(spec_of(answered, "my_metrics:chars", "my_metrics.py:chars"), QUIET)


def test_a_metrics_name_is_that_of_its_module() -> None:
    assert metric_name("deep/my_metrics.py:chars") == "my_metrics:chars"
    assert metric_name("checklist") == "checklist"
