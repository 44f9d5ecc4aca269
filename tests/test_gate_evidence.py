"""The errors that a gate risks, in small simulations; `make bench` has the large ones, and docs/evidence.md their
tables."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.bench.gates.cases import ALPHA, Case, judged_in_both_orders
from tests.bench.gates.coverage import print_coverage
from tests.bench.gates.errors import print_errors
from tests.bench.gates.rules import GuardCase, drop_outcomes, print_rules
from tests.bench.gates.savings import print_savings
from tests.bench.gates.shopping import print_shopping
from tests.bench.gates.tables import Size
from tpobench.harness.gate.rules import TaskRule
from tpobench.harness.stats.sequential import Method
from tpobench.harness.stats.simulation import World

GATES = 800
BOUND = ALPHA + 3 * (ALPHA * (1 - ALPHA) / GATES) ** 0.5
"""Three standard errors: these few draws are not to fail by chance."""


@pytest.mark.parametrize("method", ["hybrid", "sequential", "fixed"])
@pytest.mark.parametrize(
    "case",
    [
        Case(name="rare losses", world=World(win_rate=0.98), prompts=60),
        Case(name="rare wins", world=World(win_rate=0.02), prompts=60),
        Case(name="a floor above one half, ties", world=World(win_rate=0.52, ties=0.9), prompts=100),
        Case(name="unequal clusters", world=World(win_rate=0.47, spread=0.2), prompts=200, sizes=(1, 2, 5, 12)),
        Case(name="refused", world=judged_in_both_orders(0.47), prompts=100, missing="where it loses"),
    ],
    ids=lambda case: case.name,
)
def test_a_candidate_at_the_floor_is_neither_promoted_nor_rejected(case: Case, method: Method) -> None:
    passed, failed = case.errors(method, seed=1, gates=GATES)
    assert passed / GATES <= BOUND
    assert failed / GATES <= BOUND


def test_a_guard_sees_its_drop_and_raises_no_false_alarm() -> None:
    guard = GuardCase([120, 120, 30])
    assert guard.fails(0.4, 0.4, seed=1, gates=GATES) / GATES <= BOUND
    assert guard.fails(0.25, 0.5, seed=1, gates=GATES) / GATES >= 0.8 - 0.04


def test_what_a_guard_sees_does_not_depend_on_the_block() -> None:
    one, whole = (GuardCase([120, 60], head_to_head={"margin": 0.1}, block=block) for block in (1, 500))
    assert one.fails(0.2, 0.85, seed=2, gates=100) == whole.fails(0.2, 0.85, seed=2, gates=100) >= 95


@pytest.mark.parametrize("part", [print_errors, print_coverage, print_rules, print_shopping, print_savings])
def test_the_evidence_can_be_printed(part: Callable[[Size], object], capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it keeps its bounds is for `make bench`: here are too few gates to tell."""
    part(Size(drawn=1_500, quick=True))
    assert capsys.readouterr().out.startswith("## ")


@pytest.mark.parametrize("rule", [TaskRule(max_drop=0.05), TaskRule(max_relative_drop=0.1)], ids=["points", "a share"])
def test_drops_are_simulated_as_the_gate_decides_them(rule: TaskRule) -> None:
    rng, seen = np.random.default_rng(4), set()
    for accuracy in np.linspace(0.3, 0.7, 30):
        pairs = (rng.random((150, 2)) < [accuracy, 0.55]).astype(float)
        simulated, decided = drop_outcomes(rule, pairs)
        assert simulated == decided
        seen.add(decided)
    assert seen == {"PASS", "FAIL", "INCONCLUSIVE"}
