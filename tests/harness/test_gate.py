"""Gate decisions on figures worked out by hand, and the error rate at the boundary."""

import math

import numpy as np
import pytest

from harness.gate import AtMost, Evidence, HeadToHead, Policy, decide

POLICY = Policy(
    head_to_head=HeadToHead(margin=0.05, alpha=0.05), parse_errors=AtMost(max=0.1), length_ratio=AtMost(max=1.5)
)


def evidence(preferences: list[float | None], parse: float = 0.0, chars: float = 100.0) -> Evidence:
    return Evidence(preferences, parse, chars, 100.0)


@pytest.mark.parametrize(
    ("wins", "losses", "outcome"),
    [(80, 20, "PASS"), (20, 80, "FAIL"), (50, 50, "INCONCLUSIVE"), (46, 54, "INCONCLUSIVE")],
)
def test_head_to_head(wins: int, losses: int, outcome: str) -> None:
    assert decide(POLICY, evidence([1.0] * wins + [0.0] * losses)).outcome == outcome


def test_the_worst_rule_decides() -> None:
    good: list[float | None] = [1.0] * 80 + [0.0] * 20
    assert decide(POLICY, evidence(good, parse=0.11)).outcome == "FAIL"
    assert decide(POLICY, evidence(good, chars=151)).outcome == "FAIL"
    assert decide(POLICY, evidence([None] * 3 + good, parse=0.5)).outcome == "INVALID"
    assert decide(POLICY, evidence([])).outcome == "INVALID"


def test_missing_judgments_count_against_promotion() -> None:
    wins, losses = 104, 96
    without = decide(POLICY, evidence([1.0] * wins + [0.0] * losses)).rules[0]
    few_missing = decide(POLICY, evidence([1.0] * (wins - 4) + [None] * 4 + [0.0] * losses)).rules[0]
    assert (without.outcome, few_missing.outcome) == ("PASS", "INCONCLUSIVE")


def test_false_promotions_at_the_boundary_stay_within_alpha() -> None:
    rng = np.random.default_rng(0)
    gates, n, alpha = 2000, 200, 0.05
    policy = Policy(head_to_head=HeadToHead(margin=0.05, alpha=alpha))
    # true win rate exactly on the floor, with ties
    wins = rng.choice([0.0, 0.5, 1.0], p=[0.45, 0.2, 0.35], size=(gates, n))
    passed = sum(decide(policy, evidence(list(row))).outcome == "PASS" for row in wins)
    assert passed / gates <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / gates)
    assert passed > 0, "a gate that never passes tests nothing"
