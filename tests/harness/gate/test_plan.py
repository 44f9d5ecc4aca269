"""What a gate would take, before anything is spent."""

import json
from pathlib import Path

import pytest

from tpobench.harness.api.budget import Prices
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate.plan import plan_gate
from tpobench.harness.gate.policy import Policy


@pytest.fixture
def prices() -> Prices:
    return Prices({})


def test_a_policy_without_evaluate_has_nothing_to_plan(prices: Prices) -> None:
    with pytest.raises(UserError, match="has no 'evaluate', so there is nothing to plan"):
        plan_gate(validate({"head_to_head": {"margin": 0.05}}, Policy, "policy"), prices, None)


def test_a_better_candidate_takes_fewer_prompts(tmp_path: Path, prices: Prices) -> None:
    rows = [{"prompt": f"Say {n}.", "checks": [{"contains": f"{n}"}]} for n in range(120)]
    (tmp_path / "bench.jsonl").write_text("\n".join(map(json.dumps, rows)))
    section = {"benchmark": str(tmp_path / "bench.jsonl"), "judge": "checklist"}
    policy = validate({"evaluate": section, "head_to_head": {"margin": 0.05}}, Policy, "policy")
    plan = plan_gate(policy, prices, None)
    better, _, equal, worse = plan.scenarios
    assert (plan.prompts, plan.games, plan.measured_sigma) == (120, 0, False)
    assert better.prompts < equal.prompts <= 120
    assert worse.failed > worse.passed
