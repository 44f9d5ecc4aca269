"""What a gate would take, before anything is spent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tpobench.harness.api.budget import Prices
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate import needed, plan
from tpobench.harness.gate.plan import GatePlan, plan_gate, plan_policy
from tpobench.harness.gate.policy import Policy
from tpobench.harness.records import GateAttempt
from tpobench.harness.stats.multiplicity import share_of_attempt
from tpobench.harness.stats.simulation import World, simulate_gates
from tpobench.harness.store.store import Store

PRICES = Prices({})
ASKED = {"judge": "alpaca_eval", "judge_model": "judge-70b@http://127.0.0.1:1/v1"}


@pytest.fixture
def roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulations of a small part of their size: for what does not depend on the figures' last digits."""
    monkeypatch.setattr(plan, "DRAWN", 10_000)
    monkeypatch.setattr(needed, "DRAWN", 25_000)


@pytest.fixture
def nearly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, but with what is needed to a few hundredths."""
    monkeypatch.setattr(plan, "DRAWN", 10_000)
    monkeypatch.setattr(needed, "DRAWN", 150_000)


rough = pytest.mark.usefixtures("roughly")


def section(folder: Path, prompts: int = 60, categories: int = 1, **options: Any) -> dict[str, Any]:
    """The part `evaluate` of a policy, over a file of prompts that is written."""
    rows = [
        {"prompt": f"Say {n} in words.", "category": f"c{n % categories}", "checks": [{"contains": f"{n}"}]}
        for n in range(prompts)
    ]
    file = folder / f"bench-{prompts}-{categories}.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return {"benchmark": str(file), "judge": "checklist"} | options


def planned(policy: dict[str, Any], store: Store | None = None) -> GatePlan:
    return plan_policy(validate(policy, Policy, "policy"), PRICES, store).parts[""]


def test_a_policy_without_evaluate_has_nothing_to_plan() -> None:
    with pytest.raises(UserError, match="has no 'evaluate', so there is nothing to plan"):
        plan_gate(validate({"head_to_head": {"margin": 0.05}}, Policy, "policy"), PRICES, None)


def test_a_scorer_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    policy = {
        "evaluate": section(tmp_path),
        "head_to_head": {"margin": 0.05},
        "paired": {"brevity": {"scorer": "absent.py:brevity", "max_drop": 0.05}},
    }
    with pytest.raises(UserError, match=r"there is no file absent\.py"):
        planned(policy)


def test_a_policy_that_asks_no_judge_has_nothing_to_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no rule that asks a judge"):
        planned({"evaluate": section(tmp_path), "parse_errors": {"max": 0.1}})


@rough
def test_a_better_candidate_takes_fewer_prompts(tmp_path: Path) -> None:
    plan = planned({"evaluate": section(tmp_path, 120), "head_to_head": {"margin": 0.05}})
    better, _, equal, worse = plan.scenarios
    assert (plan.prompts, plan.games, plan.measured_sigma) == (120, 0, False)
    assert better.prompts < equal.prompts <= 120
    assert worse.failed > worse.passed


@pytest.mark.usefixtures("nearly")
@pytest.mark.parametrize("method", ["hybrid", "sequential", "fixed"])
def test_so_many_prompts_as_are_needed_pass_an_equal_candidate_four_times_out_of_five(
    tmp_path: Path, method: str
) -> None:
    rule = {"margin": 0.05, "method": method}
    plan = planned({"evaluate": section(tmp_path, orders="both", **ASKED), "head_to_head": rule})
    assert plan.sigma == pytest.approx(0.36), "two orders"
    assert plan.needed is not None
    world = World(win_rate=0.5, orders="both").with_sd(0.36)
    passed = simulate_gates(world, plan.needed, 1000, 0.45, 0.05, method, seed=9).passed  # type: ignore[arg-type]
    assert 0.76 <= passed <= 0.85
    assert plan.needed > {"hybrid": 350, "sequential": 500, "fixed": 310}[method], "321 are enough for no look before"


@rough
def test_one_order_says_less_of_a_prompt_than_two(tmp_path: Path) -> None:
    plan = planned({"evaluate": section(tmp_path, **ASKED), "head_to_head": {"margin": 0.1}})
    assert (plan.sigma, plan.games) == (pytest.approx(0.5), 1)


@pytest.mark.usefixtures("nearly")
def test_a_must_win_says_what_a_better_candidate_needs(tmp_path: Path) -> None:
    plan = planned({"evaluate": section(tmp_path), "head_to_head": {"margin": -0.1}})
    assert (plan.floor, plan.needed_win_rate) == (pytest.approx(0.6), pytest.approx(0.65))
    assert plan.needed is not None
    assert plan.scenarios[0].win_rate == pytest.approx(0.65)
    passed = simulate_gates(World(win_rate=0.65), plan.needed, 1000, plan.floor, 0.05, seed=9).passed
    assert 0.76 <= passed <= 0.85


@rough
def test_a_line_plans_with_what_its_next_gate_may_spend(tmp_path: Path) -> None:
    policy = {"evaluate": section(tmp_path), "head_to_head": {"margin": 0.2}, "line": "main"}
    with Store(tmp_path / "store.duckdb") as store:
        for number in (1, 2):
            store.add_attempt(
                GateAttempt(line="main", number=number, candidate="n", against="o", test=f"{number}", share=0.1)
            )
        store.drain()
        third = planned(policy, store)
    assert third.alpha == pytest.approx(0.05 * share_of_attempt(3))
    first = planned(policy)
    assert first.alpha == pytest.approx(0.05 * share_of_attempt(1))
    assert (third.needed or 0) > (first.needed or 0)


@rough
def test_calls_are_those_of_every_comparison_the_guard_and_the_control(tmp_path: Path) -> None:
    evaluate = section(tmp_path, 160, 2, orders="both", **ASKED)
    alone = planned({"evaluate": evaluate, "head_to_head": {"margin": 0.4}, "sensitivity": {"control": "none"}})
    assert (alone.first_calls, alone.most_first_calls) == (5, 40), "the canary's"
    plan = planned(
        {
            "evaluate": evaluate,
            "head_to_head": {"margin": 0.4},
            "anchor": {"against": "first", "margin": 0.4},
            "categories": {"margin": 0.1},
        }
    )
    assert (plan.first_calls, plan.most_first_calls) == (2 * 8 + 5, 2 * (40 + 12) + 40)
    judged = {name: category.judged for name, category in plan.categories.items()}
    assert judged == {"c0": 80, "c1": 80}
    better = plan.scenarios[0]
    # the baseline is met on all prompts, for the guard; the anchor on one block, which is enough at this margin
    assert better.calls == pytest.approx(5 + 2 * (8 + 160 + 25), rel=0.02)


@rough
def test_a_figure_of_the_evaluation_takes_all_prompts_of_a_candidate_that_is_not_rejected(tmp_path: Path) -> None:
    evaluate = section(tmp_path, 160, orders="both", **ASKED)
    rules = {"head_to_head": {"margin": 0.02}, "controlled": {"min": 0.4}}
    better, _, _, worse = planned({"evaluate": evaluate} | rules).scenarios
    assert better.prompts == 160
    assert worse.prompts < 160
    (*_, alone) = planned({"evaluate": evaluate, "controlled": {"min": 0.4}}).scenarios
    assert alone.prompts == 160


@rough
def test_several_benchmarks_share_alpha_and_are_planned_together(tmp_path: Path) -> None:
    one = {"evaluate": section(tmp_path, 100), "head_to_head": {"margin": 0.1}}
    two = {"evaluate": section(tmp_path, 90, 2), "head_to_head": {"margin": 0.2}}
    plan = plan_policy(validate({"benchmarks": {"a": one, "b": two}}, Policy, "policy"), PRICES, None)
    assert {name: part.alpha for name, part in plan.parts.items()} == {"a": 0.025, "b": 0.025}
    equal = plan.scenarios[2]
    assert equal.passed == pytest.approx(plan.parts["a"].scenarios[2].passed * plan.parts["b"].scenarios[2].passed)
    assert list(plan.as_json()["benchmarks"]) == ["a", "b"]


@rough
def test_equivalence_needs_more_prompts_than_one_side_of_it(tmp_path: Path) -> None:
    both = planned({"evaluate": section(tmp_path), "equivalence": {"within": 0.2}})
    one = planned({"evaluate": section(tmp_path), "head_to_head": {"margin": 0.2}})
    assert (both.floor, both.ceiling) == (pytest.approx(0.3), pytest.approx(0.7))
    assert (both.needed or 0) > (one.needed or 0)


@rough
def test_what_could_never_decide_is_said(tmp_path: Path) -> None:
    few = planned({"evaluate": section(tmp_path, 60), "head_to_head": {"margin": 0.45}, "categories": {"margin": 0.1}})
    assert few.problems == ()
    scattered = section(tmp_path, 60, 6)
    plan = planned({"evaluate": scattered, "head_to_head": {"margin": 0.1}, "categories": {"margin": 0.1}})
    assert any("guards nothing: every category has under 30 prompts" in problem for problem in plan.problems)
    pinned = {"evaluate": scattered, "head_to_head": {"margin": 0.1}, "pins": {"judge": "another@1"}}
    assert any("pins the judge another@1" in problem for problem in planned(pinned).problems)


@rough
def test_prompts_that_every_gate_prints_are_to_be_changed(tmp_path: Path) -> None:
    policy = {"evaluate": section(tmp_path, 120), "head_to_head": {"margin": 0.3}}
    (told,) = planned(policy).advice
    assert "use one of" in told
    assert "parts of them in each gate, in turn" in told
    assert planned(policy | {"reveal": "categories"}).advice == ()
