"""What an evaluation would take: nothing, for a judge that asks nobody."""

from pathlib import Path

from tests.harness.evaluation.conftest import AnsweredBenchmark
from tpobench.harness.api.budget import Prices
from tpobench.harness.evaluation.plan import plan_for


def test_a_judge_that_scores_is_free(answered: AnsweredBenchmark, reward_model: Path) -> None:
    plan = plan_for(answered.spec(f"reward:{reward_model}", orders="both"), Prices({}), 8, None)
    assert (plan.judge_calls, plan.prompt_tokens, plan.completion_tokens, plan.dollars) == (0, 0, 0, 0.0)
    assert plan.judge == f"reward:{reward_model}"


def test_a_judge_that_is_asked_costs_its_calls_and_nobody_is_asked_yet(answered: AnsweredBenchmark) -> None:
    plan = plan_for(answered.spec("alpaca_eval", orders="both"), Prices({}), 8, None)
    assert plan.judge_calls == 2 * len(answered.prompts)
    assert plan.prompt_tokens > 0
    assert plan.dollars is None, "its price is not known"


def test_a_few_prompts_do_not_detect_more_than_there_can_be(answered: AnsweredBenchmark) -> None:
    plan = plan_for(answered.spec("alpaca_eval", limit=2), Prices({}), 8, None)
    assert plan.detectable == 0.5
