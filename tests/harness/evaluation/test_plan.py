"""What an evaluation would take: nothing, for a judge that asks nobody."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.harness.evaluation.conftest import AnsweredBenchmark
from tpobench.harness.api.budget import Prices
from tpobench.harness.api.calls import Limits
from tpobench.harness.evaluation.plan import plan_for
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.records import SamplingParams
from tpobench.harness.samplers.rates import weight_bytes
from tpobench.reports.formats.terminal.plan import plan_lines


def test_a_judge_that_scores_is_free(answered: AnsweredBenchmark, reward_model: Path) -> None:
    plan = plan_for(answered.spec(f"reward:{reward_model}", orders="both"), Prices({}), Limits(concurrency=8), None)
    assert (plan.judge_calls, plan.prompt_tokens, plan.completion_tokens, plan.dollars) == (0, 0, 0, 0.0)
    assert plan.judge == f"reward:{reward_model}"


def test_a_judge_that_is_asked_costs_its_calls_and_nobody_is_asked_yet(answered: AnsweredBenchmark) -> None:
    plan = plan_for(answered.spec("alpaca_eval", orders="both"), Prices({}), Limits(concurrency=8), None)
    assert plan.judge_calls == 2 * len(answered.prompts)
    assert plan.prompt_tokens > 0
    assert plan.dollars is None, "its price is not known"


def test_a_few_prompts_do_not_detect_more_than_there_can_be(answered: AnsweredBenchmark) -> None:
    plan = plan_for(answered.spec("alpaca_eval", limit=2), Prices({}), Limits(concurrency=8), None)
    assert plan.detectable == 0.5


def test_outputs_of_a_model_on_this_machine_take_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed_folder: Path
) -> None:
    """36 tokens for each of 60 prompts at 9 tokens a second are 4 minutes; before any was measured nobody knows."""
    monkeypatch.setenv("TPOBENCH_CACHE", str(tmp_path))
    spec = EvaluationSpec(
        benchmark=benchmark_named("starter"),
        candidate=str(seed_folder),
        baseline=str(seed_folder),
        params=SamplingParams(max_new_tokens=36),
    )
    plan = plan_for(spec, Prices({}), Limits(), None)
    assert (plan.sampled_here, plan.minutes) == (60, None)
    assert "minutes    not known" in "\n".join(plan_lines(plan))
    size = weight_bytes(str(seed_folder))
    (tmp_path / "rates.json").write_text(json.dumps({"sample": {str(size): 9.0}}))
    plan = plan_for(spec, Prices({}), Limits(), None)
    assert plan.minutes == pytest.approx(4.0)
    assert "60 to sample on this machine" in "\n".join(plan_lines(plan))


def test_minutes_heed_the_limits_on_requests_and_tokens(answered: AnsweredBenchmark) -> None:
    spec = answered.spec("alpaca_eval")
    slow = plan_for(spec, Prices({}), Limits(requests_per_minute=1), None)
    assert slow.minutes == pytest.approx(slow.judge_calls)
    tokens = plan_for(spec, Prices({}), Limits(tokens_per_minute=10), None)
    assert tokens.minutes == pytest.approx((tokens.prompt_tokens + tokens.completion_tokens) / 10)


def test_fewer_prompts_than_the_benchmark_has_are_explained(answered: AnsweredBenchmark) -> None:
    plan = plan_for(answered.spec("alpaca_eval", limit=5), Prices({}), Limits(), None)
    assert "5 of 12 prompts (--limit 5)" in plan_lines(plan)[0]
    less = replace(
        answered.spec("alpaca_eval"),
        benchmark=replace(benchmark_named(str(answered.folder / "bench.jsonl")), rows=20, left_out="no answers"),
    )
    assert "12 of 20 prompts (no answers)" in plan_lines(plan_for(less, Prices({}), Limits(), None))[0]
