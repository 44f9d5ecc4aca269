"""Patterns of the user's end in time."""

import pytest
import regex

from tpobench.harness.api.responses import Choice
from tpobench.harness.errors import UserError
from tpobench.harness.judges import patterns
from tpobench.harness.judges.patterns import all_found, is_found
from tpobench.harness.judges.prompt_checks import is_met
from tpobench.harness.judges.verdict import VerdictProtocol

NASTY, LONG = "(a|aa)+$", "a" * 60 + "!"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.1)


def test_a_pattern_finds_what_it_says() -> None:
    assert is_found("b+", "aBB", regex.IGNORECASE, "it")
    assert all_found(r"\[(\w)\]", "[A] then [B]", 0, "it") == ["A", "B"]


def test_a_check_that_tries_too_many_ways_is_named() -> None:
    with pytest.raises(UserError) as caught:
        is_met({"regex": NASTY}, LONG)
    assert str(caught.value).startswith("the check 'regex' with the pattern '(a|aa)+$' took more than 0.1 seconds")
    assert "\n" not in str(caught.value)


def test_a_judges_pattern_that_tries_too_many_ways_is_named() -> None:
    judge = VerdictProtocol(name="mine", model="m", user="", patterns=(NASTY,), values={"A": 1.0})
    with pytest.raises(UserError, match="the judge mine with the pattern"):
        judge.read(Choice(text=LONG, finish_reason="stop"))
