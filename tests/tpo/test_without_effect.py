"""A key of a run's configuration that changes nothing is refused."""

from typing import Any

import pytest

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.tpo.config import RunConfig
from tpobench.tpo.estimate import estimate
from tpobench.tpo.without_effect import require_effective

RUN: dict[str, Any] = {
    "name": "r",
    "model": "smollm2-135m",
    "instructions": {"per_iteration": 4},
    "gate": {"head_to_head": {"margin": 0.05}},
}
MODEL = "m@http://127.0.0.1:9/v1"


def config(**keys: Any) -> RunConfig:
    return validate(RUN | keys, RunConfig, "run.yaml")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"evaluation": {"benchmarks": [{"judge_model": MODEL}]}}, "benchmarks[0].judge_model has no effect"),
        ({"evaluation": {"benchmarks": [{"name": "alpaca_eval", "split": "test"}]}}, "split has no effect"),
        ({"evaluation": {"benchmarks": [{"data": "x"}]}}, "data has no effect with the benchmark starter"),
        ({"arms": ["direct"], "thought_mode": "think:generic"}, "thought_mode has no effect without the arm"),
        ({"training": {"nll_weight": 2.0}}, "training.nll_weight has no effect with the loss dpo"),
        ({"api": {"budget_usd": 1.0}}, "api has no effect in a run that calls no server"),
    ],
)
def test_a_key_without_effect_is_one_sentence(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        require_effective(config(**keys))
    assert said in str(error.value)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"judge": {"name": "ste", "model": MODEL}, "api": {"budget_usd": 1.0}},
        {"evaluation": {"benchmarks": [{"judge": "ste", "judge_model": MODEL, "split": "test"}]}},
        {"training": {"loss": "irpo", "nll_weight": 2.0}},
        {"arms": ["thought"], "thought_mode": "think:generic"},
    ],
)
def test_a_key_with_an_effect_is_taken(keys: dict[str, Any]) -> None:
    require_effective(config(**keys))


def test_a_dry_run_refuses_the_model_of_a_judge_that_asks_none() -> None:
    with pytest.raises(UserError, match="asks no model, so that"):
        estimate(config(judge={"name": "checklist", "model": MODEL}))
