"""A plan in words: what is assumed is said, what is too few, and what comes beside the baseline."""

from dataclasses import replace

from tpobench.harness.gate.plan import CategoryPlan, GatePlan, LinePlan, PolicyPlan, Scenario
from tpobench.reports.formats.terminal.gate_plan import WIDTH, policy_plan_lines

EQUAL = Scenario(
    candidate="equal", win_rate=0.5, passed=0.2, failed=0.01, undecided=0.79, prompts=99, calls=219, dollars=None
)
PLAN = GatePlan(
    benchmark="bench",
    judge="a judge",
    prompts=100,
    games=2,
    sigma=0.36,
    measured_sigma=False,
    sigma_evaluations=0,
    roles=("head_to_head",),
    method="hybrid",
    floor=0.45,
    ceiling=None,
    alpha=0.05,
    needed=403,
    needed_win_rate=0.5,
    detectable=0.1,
    first_calls=21,
    most_first_calls=109,
    categories={"all": CategoryPlan(100, 0, None)},
    scenarios=(EQUAL,),
    pins={"judge": "judge@1"},
    problems=(),
    advice=(),
)


def told(plan: GatePlan, line: LinePlan | None = None) -> str:
    return "\n".join(policy_plan_lines(PolicyPlan(parts={"": plan}, scenarios=plan.scenarios, line=line)))


def test_what_is_assumed_and_what_is_too_few_is_said() -> None:
    text = told(PLAN)
    assert "deviation 0.36 (assumed: the store holds no comparable evaluation)" in text
    assert "403 prompts for an equal candidate to pass 4 times out of 5; these are too few" in text
    assert "21 calls, to see whether the judge can tell answers apart; at most 109 if it cannot" in text
    assert "equal                 50%    20%     1%     79%       99     219  not known" in text
    measured = told(replace(PLAN, measured_sigma=True, sigma_evaluations=2, needed=90, needed_win_rate=0.57))
    assert "(measured in 2 comparable evaluation(s) of this store)" in measured
    assert "90 prompts for a candidate with a win rate of 57.0% to pass 4 times out of 5\n" in measured


def test_other_models_the_line_and_the_guard_are_told() -> None:
    categories = {f"category {n}": CategoryPlan(150, 103, 0.15) for n in range(12)}
    plan = replace(PLAN, roles=("head_to_head", "anchor"), categories=categories, advice=("Keep prompts hidden. " * 9,))
    text = told(plan, LinePlan("main", 3, 0.0675))
    assert "also       against the anchor, assumed to be as good as the baseline" in text
    assert "category 0 15 points (103)" in text
    assert "the next gate of the line 'main' is number 3 and may spend 6.8% of each alpha" in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH


def test_several_benchmarks_stand_below_one_another() -> None:
    plan = PolicyPlan(parts={"a": PLAN, "b": PLAN}, scenarios=(EQUAL,), line=None, unasked=("c",))
    lines = policy_plan_lines(plan)
    assert [line for line in lines if line.startswith("benchmark ")] == ["benchmark 'a':", "benchmark 'b':"]
    assert "all benchmarks together, the same candidate on each:" in lines
    assert lines[-1] == "no judge is asked for c"
