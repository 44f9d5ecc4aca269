"""Preferences and inputs of a gate, made by hand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.config import validate
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.input import GateInput, OutputSummary
from tpobench.harness.gate.policy import Policy
from tpobench.harness.records import Prompt


@dataclass(kw_only=True)
class GivenPreferences:
    """A source whose preferences are given; it remembers which it was asked for."""

    prompts: Sequence[Prompt]
    values: dict[str, float | None]
    free: bool = False
    against: str = "the baseline"
    advice: str = "ask again"
    fingerprint: str = "b" * 32
    mode: str = "direct"
    judge: str = "judge@1"
    dollars_per_prompt: float | None = None
    asked: list[int] = field(default_factory=list)

    @property
    def paid(self) -> bool:
        return not self.free

    @property
    def observations(self) -> list[str]:
        return [f"{self.judge}: {prompt.key} is {self.values[prompt.key]}" for prompt in self.prompts]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        values = [self.values[self.prompts[index].key] for index in indices]
        return [(Verdict("AB" if number % 2 else "BA", "", value),) for number, value in enumerate(values)]

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        self.asked += indices
        return [self.values[self.prompts[index].key] for index in indices]


def prompts_of(count: int, categories: int = 1) -> list[Prompt]:
    return [Prompt(f"prompt {number}", f"category {number % categories}") for number in range(count)]


def preferences(
    win_rate: float, count: int = 400, categories: int = 1, seed: int = 0, missing: int = 0
) -> GivenPreferences:
    prompts, rng = prompts_of(count, categories), random.Random(seed)
    values: list[float | None] = [float(rng.random() < win_rate) for _ in prompts]
    values[:missing] = [None] * missing
    return GivenPreferences(prompts=prompts, values=dict(zip([prompt.key for prompt in prompts], values, strict=True)))


def gate_input(head_to_head: GivenPreferences, **about: Any) -> GateInput:
    outputs = OutputSummary(
        thought_chars=50.0,
        parse_error_rate=0.0,
        responses=[f"A response of its own to {prompt.text}." for prompt in head_to_head.prompts],
    )
    return GateInput(
        candidate="candidate",
        candidate_fingerprint="c" * 32,
        candidate_mode="direct",
        baseline="the baseline",
        baseline_fingerprint="b" * 32,
        judge="judge@1",
        benchmark="test",
        head_to_head=head_to_head,
        **{"outputs": outputs, "baseline_outputs": OutputSummary()} | about,
    )


def policy(**rules: Any) -> Policy:
    return validate({"head_to_head": {"margin": 0.05}} | rules, Policy, "policy")


def outcomes(decision: Decision) -> dict[str, str]:
    return {rule.rule: rule.outcome for rule in decision.rules}
