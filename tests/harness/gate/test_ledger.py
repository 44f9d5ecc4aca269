"""The error budget of a line of models."""

import pytest

from tpobench.harness.gate.ledger import open_attempt
from tpobench.harness.store.gates import ledger
from tpobench.harness.store.store import Store


def test_every_new_gate_of_a_line_may_spend_less_and_the_same_again_spends_nothing(store: Store) -> None:
    first = open_attempt(store, "assistant", candidate="a", against="base", test="policy")
    again = open_attempt(store, "assistant", candidate="a", against="base", test="policy")
    grown = open_attempt(store, "assistant", candidate="a with more answers", against="base", test="policy")
    second = open_attempt(store, "assistant", candidate="b", against="base", test="b's answers")
    stricter = open_attempt(store, "assistant", candidate="b", against="base", test="b's answers by another rule")
    assert first == again == grown
    assert [attempt.number for attempt in (first, second, stricter)] == [1, 2, 3]
    assert [attempt.share for attempt in (first, second, stricter)] == pytest.approx([0.6079, 0.1520, 0.0675], abs=1e-4)
    assert open_attempt(store, "another line", candidate="a", against="base", test="policy").number == 1
    assert [row.number for row in ledger(store, "assistant")] == [1, 2, 3]


def test_fifty_attempts_spend_less_than_all(store: Store) -> None:
    shares = [
        open_attempt(store, "line", candidate=f"model {n}", against="base", test=f"policy {n}").share for n in range(50)
    ]
    assert 0.95 < sum(shares) < 1


def test_an_attempt_is_told_with_its_last_decision(store: Store) -> None:
    attempt = open_attempt(store, "line", candidate="a", against="base", test="policy")
    assert ledger(store, "line")[0].decision == "none yet"
    store.add_decision(
        key="g",
        run="",
        policy={},
        candidate="a",
        against="base",
        decision="FAIL",
        rules=[],
        attempt=attempt.key,
        policy_key="policy",
    )
    assert ledger(store, "line")[0].decision == "FAIL"
