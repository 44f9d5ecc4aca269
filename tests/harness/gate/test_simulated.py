"""Simulated gates are the gate: what many of them decide at once is what `apply_policy` decides one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tpobench.harness.config import validate
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.comparison import frozen_order
from tpobench.harness.gate.input import GateInput, OutputSummary, Role
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.simulated import PlannedGate, PlannedSource
from tpobench.harness.records import Prompt
from tpobench.harness.stats.intervals import Floats
from tpobench.harness.stats.simulation import World

PROMPTS = [Prompt(f"Say the number {n} in words.", "abcdefgh"[n % 7 % 5]) for n in range(160)]
GATES = 4
LIMITS = {"control": "none", "canary": 0, "flips": 1.0, "ties": 1.0, "position": 1.0}


class Judged(PlannedSource):
    """A source that answers with what was drawn, and counts whom it was asked about."""

    drawn: Mapping[int, float]
    asked: set[int]

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        self.asked.update(indices)
        return [self.drawn[index] for index in indices]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        return [(Verdict("AB", "", self.drawn[index]),) for index in indices]


def one_by_one(policy: Policy, free: bool, values: Mapping[Role, Floats], gate: int) -> tuple[str, dict[Role, int]]:
    """What the gate decides on one row of values, and how many prompts it judged by role."""
    order = frozen_order(PROMPTS, policy.clusters)
    sources: dict[Role, Judged] = {}
    for role, drawn in values.items():
        source = Judged(prompts=PROMPTS, free=free)
        object.__setattr__(source, "drawn", dict(zip(order, drawn[gate].tolist(), strict=True)))
        object.__setattr__(source, "asked", set())
        sources[role] = source
    empty = OutputSummary()
    gate_input = GateInput(
        candidate="new",
        candidate_fingerprint="n",
        candidate_mode="direct",
        baseline="old",
        baseline_fingerprint="o",
        judge="judge",
        benchmark="bench",
        head_to_head=sources["head_to_head"],
        anchor=sources.get("anchor"),
        outputs=empty,
        baseline_outputs=empty,
    )
    decision = apply_policy(policy, gate_input)
    return decision.outcome, {role: len(source.asked) for role, source in sources.items()}


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        ({"head_to_head": {"margin": 0.1}, "block": 10}, False),
        ({"head_to_head": {"margin": 0.1}, "equivalence": {"within": 0.2}, "categories": {"margin": 0.1}}, False),
        ({"head_to_head": {"margin": 0.1, "tier": "supporting"}, "categories": {"margin": 0.05}}, True),
        ({"head_to_head": {"margin": 0.1, "method": "sequential"}, "anchor": {"against": "a", "margin": 0.2}}, False),
    ],
    ids=["one rule", "three rules", "a supporting rule", "an anchor"],
)
@pytest.mark.parametrize("win_rate", [0.3, 0.45, 0.55])
def test_many_gates_at_once_decide_as_one_does(rules: dict[str, Any], free: bool, win_rate: float) -> None:
    policy = validate(rules | {"sensitivity": LIMITS, "block": rules.get("block", 25)}, Policy, "policy")
    planned = PlannedGate(policy, PlannedSource(prompts=PROMPTS, free=free))
    rng, world = np.random.default_rng(5), World(win_rate=win_rate, orders="both", ties=0.2)
    values = {role: world.draw(rng, GATES, planned.prompts) for role in planned.roles}
    found = planned.decide(values)
    words = {1: "PASS", -1: "FAIL", 0: "INCONCLUSIVE"}
    for gate in range(GATES):
        outcome, judged = one_by_one(policy, free, values, gate)
        assert outcome == words[int(found.outcome[gate])]
        if not free:  # where judging is free, small categories are judged as well, to be shown
            assert judged == {role: int(counts[gate]) for role, counts in found.prompts.items()}


def test_clusters_are_judged_whole() -> None:
    prompts = [replace(prompt, category=f"c{n % 40}") for n, prompt in enumerate(PROMPTS)]
    rules = {"head_to_head": {"margin": 0.2}, "clusters": "category", "block": 7}
    planned = PlannedGate(validate(rules, Policy, "policy"), PlannedSource(prompts=prompts))
    found = planned.simulate(World(win_rate=0.9), 20)
    assert found.outcome.min() == 1
    # 30 clusters of 4 prompts, and the next one's first: 121, in blocks of 7
    assert set(found.prompts["head_to_head"]) == {126}
