"""Controls made of real outputs, judged by scripted judges: who may decide, and after how many calls."""

import zlib

import pytest

from tests.harness.gate.scripted_judge import Say, ScriptedJudge, apt, better
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.gate.asked import AskedComparisons
from tpobench.harness.gate.control import ControlResult, check_control
from tpobench.harness.gate.input import Control
from tpobench.harness.gate.live_control import live_controls
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.judges.base import Comparison
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"Question {number}?") for number in range(60)]
GOOD = [f"{prompt.text} Answer {number}." for number, prompt in enumerate(PROMPTS)]
NONSENSE = [f"Words {zlib.crc32(prompt.text.encode())}." for prompt in PROMPTS]


def checked(
    store: Store,
    judge: ScriptedJudge,
    *,
    baseline: list[str] = GOOD,
    candidate: list[str] = NONSENSE,
    offline: bool = False,
    **limits: object,
) -> ControlResult:
    store.add_prompts(PROMPTS)
    asked = AskedComparisons(
        store=store,
        judge=judge,
        offline=offline,
        comparisons=[[Comparison(prompt=prompt, candidate="a", baseline="b", order="AB")] for prompt in PROMPTS],
        title="",
    )
    asks = Sensitivity.model_validate(limits)
    sides = (add_answers(store, "new", PROMPTS, candidate), add_answers(store, "base", PROMPTS, baseline))
    controls = [Control(kind, own, pairs) for kind, own, pairs in live_controls(asks, asked, *sides)]
    return check_control(asks, controls)


def coin(prompt: str, first: str, second: str) -> float:
    return float(zlib.crc32(f"{prompt} {first} {second}".encode()) % 2)


def weak(prompt: str, first: str, second: str) -> float:
    """Right three times of four."""
    right = apt(prompt, first, second)
    return right if zlib.crc32(" ".join(sorted((first, second))).encode()) % 4 else 1 - right


@pytest.mark.parametrize(
    ("say", "outcome", "calls"),
    [
        (apt, "PASS", 16),
        (lambda prompt, first, second: 1.0, "INVALID", 8),
        (lambda prompt, first, second: None, "INVALID", 8),
        (lambda prompt, first, second: 0.5, "INVALID", 64),
        (lambda prompt, first, second: 1 - apt(prompt, first, second), "INVALID", 24),
        (coin, "INVALID", 152),
        (weak, "PASS", 80),
    ],
)
def test_a_judge_that_sees_nothing_is_found_out_in_a_few_calls(
    store: Store, say: Say, outcome: str, calls: int
) -> None:
    judge = ScriptedJudge(say)
    assert (checked(store, judge).outcome, judge.asked <= calls) == (outcome, True), judge.asked


def test_what_was_judged_is_paid_once_and_found_without_asking(store: Store) -> None:
    first = checked(store, ScriptedJudge(apt))
    again, alone = ScriptedJudge(apt), ScriptedJudge(apt)
    assert checked(store, again) == first
    assert checked(store, alone, offline=True) == first
    assert again.asked == alone.asked == 0


def test_without_judgments_of_a_control_nobody_is_asked_and_it_says_so(store: Store) -> None:
    judge = ScriptedJudge(apt)
    result = checked(store, judge, offline=True)
    assert (result.outcome, judge.asked) == ("SHOWN", 0)
    assert "nobody is asked" in result.sentence


def test_a_judge_of_length_is_told_from_one_that_sees_nothing(store: Store) -> None:
    result = checked(store, ScriptedJudge(lambda prompt, first, second: better(len(first) > 0, len(second) > 0)))
    assert result.outcome == "PASS"
    assert "may judge form only" in result.warning
    strict = ScriptedJudge(lambda prompt, first, second: better(len(first) > 0, len(second) > 0))
    assert checked(store, strict, control="shuffled").outcome == "INVALID"


def test_a_judge_that_prefers_what_is_longer_decides_nothing(store: Store) -> None:
    wordy = [answer * (1 + number % 5) for number, answer in enumerate(GOOD)]
    judge = ScriptedJudge(lambda prompt, first, second: better(len(first), len(second)))
    result = checked(store, judge, baseline=wordy)
    assert (result.outcome, "did not clearly prefer good answers to bad" in result.sentence) == ("INVALID", True)


@pytest.mark.parametrize("baseline", [NONSENSE, ["I do not know."] * 60, [""] * 60])
def test_where_the_baseline_is_no_good_the_candidates_answers_do(store: Store, baseline: list[str]) -> None:
    assert checked(store, ScriptedJudge(apt), baseline=baseline, candidate=GOOD).outcome == "PASS"
    free = ScriptedJudge(apt, free=True, id="free@1")
    assert checked(store, free, baseline=baseline, candidate=GOOD).outcome == "PASS"


def test_where_no_answer_is_any_good_nothing_can_be_shown(store: Store) -> None:
    silent = checked(store, ScriptedJudge(apt), baseline=[""] * 60, candidate=[""] * 60)
    assert (silent.outcome, silent.sentence[:10]) == ("SHOWN", "no control")
    assert checked(store, ScriptedJudge(apt), baseline=NONSENSE).outcome == "INVALID"


def test_a_free_judge_is_asked_about_all(store: Store) -> None:
    judge = ScriptedJudge(weak, free=True)
    assert checked(store, judge).outcome == "PASS"
    assert judge.asked == 120


def test_a_policy_may_want_none_and_every_decision_says_so(store: Store) -> None:
    judge = ScriptedJudge(apt)
    result = checked(store, judge, control="none")
    assert (result.outcome, result.sentence, judge.asked) == ("SHOWN", "no control, as the policy says", 0)
