"""What a policy says and no rule heeds is an error."""

from typing import Any

import pytest

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.without_effect import require_baseline_in_mode, require_effective

COMPARED = {"head_to_head": {"margin": 0.05}}
SCORED = {"metrics": {"x": {"min": 0, "scorer": "checklist"}}}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"evaluate": {"benchmark": "bench.jsonl", "split": "test"}} | COMPARED, "evaluate.split has no effect"),
        ({"evaluate": {"benchmark": "alpaca_eval", "split": "test"}} | COMPARED, "with the benchmark alpaca_eval"),
        ({"evaluate": {"benchmark": "starter", "data": "folder"}} | COMPARED, "evaluate.data has no effect"),
        ({"evaluate": {"benchmark": "starter", "judge": "ste"}} | SCORED, "evaluate.judge has no effect where no rule"),
        ({"evaluate": {"orders": "both", "judge_model": "m"}} | SCORED, "evaluate.judge_model and evaluate.orders"),
        ({"pins": {"judge": "a@1"}, "lm_eval": {"gsm8k": {"max_drop": 0.1}}}, "pins.judge has no effect"),
        ({"pins": {"prompts": "a"}, "lm_eval": {"gsm8k": {"max_drop": 0.1}}}, "pins.prompts has no effect"),
        (
            {"evaluate": {"benchmark": "lm_eval:gsm8k"}} | COMPARED,
            "put 'lm_eval: {gsm8k: {max_drop: 0.02}}' in the policy, and take 'evaluate' out",
        ),
    ],
)
def test_a_key_without_effect_is_one_sentence(written: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said.replace("{", r"\{")):
        require_effective(validate(written, Policy, "policy"))


@pytest.mark.parametrize(
    "written",
    [
        {"evaluate": {"benchmark": "starter", "split": "validation"}} | COMPARED,
        {"evaluate": {"benchmark": "alpaca_eval", "data": "folder"}} | COMPARED,
        {"evaluate": {"benchmark": "bench.jsonl", "judge": "arena_hard", "data": "folder"}} | COMPARED,
        {"evaluate": {"benchmark": "bench.jsonl", "judge": "ste", "judge_model": "m"}, "controlled": {"min": 0.5}},
        {"pins": {"judge": "a@1", "prompts": "b"}, "paired": {"win_rate": {"max_drop": 0.1}}},
        {"lm_eval": {"gsm8k": {"max_drop": 0.1}}},
    ],
)
def test_what_has_an_effect_may_be_said(written: dict[str, Any]) -> None:
    require_effective(validate(written, Policy, "policy"))


def test_a_mode_of_the_baseline_has_an_effect_on_one_that_is_named() -> None:
    rules = validate({"evaluate": {"against_mode": "think:generic"}} | COMPARED, Policy, "policy")
    require_baseline_in_mode(rules, "base", "the policy")
    with pytest.raises(UserError, match=r"evaluate\.against_mode has no effect.*; name one with --against"):
        require_baseline_in_mode(rules, "", "the policy")
