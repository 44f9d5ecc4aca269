"""A judge that changed under its name is noticed before it is asked anything new."""

import numpy as np
import numpy.typing as npt
import pytest

from tests.harness.gate.scripted_judge import Say, ScriptedJudge, apt
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.gate.canary import BLOCK, JudgeChanged, WatchedJudge, verdict_on
from tpobench.harness.judges.base import Comparison
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"Question {number}?") for number in range(20)]
RIGHT = [f"{prompt.text} An answer." for prompt in PROMPTS]
WRONG = [f"Words {number}." for number in range(20)]


def comparisons(prompts: slice) -> list[Comparison]:
    return [
        Comparison(prompt=prompt, candidate=ours, baseline=theirs, order=order)
        for prompt, ours, theirs in list(zip(PROMPTS, RIGHT, WRONG, strict=True))[prompts]
        for order in ("BA", "AB")
    ]


@pytest.fixture
def judged(store: Store) -> Store:
    """Ten prompts were judged by `apt`."""
    store.add_prompts(PROMPTS)
    add_answers(store, "right", PROMPTS, RIGHT)
    add_answers(store, "wrong", PROMPTS, WRONG)
    ScriptedJudge(apt).judge(store, comparisons(slice(10)), "")
    return store


def watched(say: Say, pairs: int = 5, free: bool = False) -> tuple[WatchedJudge, ScriptedJudge]:
    judge = ScriptedJudge(say, free=free)
    return WatchedJudge(watched=judge, pairs=pairs, prompts=PROMPTS), judge


def inverted(prompt: str, first: str, second: str) -> float:
    return 1 - apt(prompt, first, second)


def test_a_judge_that_changed_is_asked_nothing_new(judged: Store) -> None:
    judge, inner = watched(inverted)
    with pytest.raises(JudgeChanged, match=r"decides 5 of 5 pairs differently than on .* scripted@1 has changed"):
        judge.judge(judged, comparisons(slice(10, 20)), "")
    assert inner.asked == 5
    with pytest.raises(JudgeChanged):
        judge.judge(judged, comparisons(slice(10, 20)), "")


@pytest.mark.parametrize("say", [lambda prompt, first, second: 0.5, lambda prompt, first, second: None])
def test_one_that_takes_no_side_any_more_has_changed(judged: Store, say: Say) -> None:
    with pytest.raises(JudgeChanged):
        watched(say)[0].judge(judged, comparisons(slice(10, 20)), "")


def test_one_that_says_the_same_goes_on_and_is_watched_once(judged: Store) -> None:
    judge, inner = watched(apt)
    judge.judge(judged, comparisons(slice(10, 15)), "")
    judge.judge(judged, comparisons(slice(15, 20)), "")
    assert inner.asked == 5 + 20


def test_one_that_takes_back_a_little_has_not_changed(judged: Store) -> None:
    def moody(prompt: str, first: str, second: str) -> float:
        return (
            inverted(prompt, first, second) if prompt.endswith(("1?", "2?", "3?", "4?")) else apt(prompt, first, second)
        )

    watched(moody)[0].judge(judged, comparisons(slice(10, 20)), "")


@pytest.mark.parametrize(
    ("takes_back", "least", "most"), [(0.03, 0, 0.01), (0.15, 0, 0.06), (0.5, 0.85, 1), (0.9, 0.99, 1)]
)
def test_another_judge_is_found_and_the_same_one_is_not_taken_for_another(
    takes_back: float, least: float, most: float
) -> None:
    rng = np.random.default_rng(0)
    found = [is_another(np.cumsum(rng.random(40) < takes_back)) for _ in range(2000)]
    assert least <= np.mean(found) <= most


def is_another(changed: npt.NDArray[np.int64]) -> bool:
    """What the blocks of a canary decide, from the number of judgments that were taken back so far."""
    for asked in range(BLOCK, 41, BLOCK):
        if (verdict := verdict_on(int(changed[asked - 1]), asked)) is not None:
            return verdict
    return False


def test_what_is_stored_asks_nobody(judged: Store) -> None:
    judge, inner = watched(inverted)
    judge.judge(judged, comparisons(slice(10)), "")
    assert inner.asked == 0


@pytest.mark.parametrize(("pairs", "free"), [(0, False), (5, True)])
def test_none_are_asked_of_a_free_judge_or_where_the_policy_wants_none(judged: Store, pairs: int, free: bool) -> None:
    judge, inner = watched(inverted, pairs, free)
    judge.judge(judged, comparisons(slice(10, 20)), "")
    assert inner.asked == 20


def test_a_judge_without_a_past_has_nothing_to_compare(store: Store) -> None:
    store.add_prompts(PROMPTS)
    judge, inner = watched(apt)
    judge.judge(store, comparisons(slice(10)), "")
    assert inner.asked == 20


def test_each_time_it_is_asked_anew(judged: Store) -> None:
    watched(apt)[0].judge(judged, comparisons(slice(10, 15)), "")
    with pytest.raises(JudgeChanged):
        watched(inverted)[0].judge(judged, comparisons(slice(15, 20)), "")


def longer(prompt: str, first: str, second: str) -> float:
    return float(len(first) > len(second))


def test_a_judge_that_agrees_on_old_pairs_is_also_asked_about_the_control_again(judged: Store) -> None:
    """The better answers were the longer ones: a judge of lengths takes back nothing but what the control showed."""
    control = [
        Comparison(prompt=prompt, candidate=f"{other} {own}", baseline=own, order="BA")
        for prompt, own, other in zip(PROMPTS[:10], RIGHT, WRONG, strict=False)
    ]
    former = ScriptedJudge(lambda prompt, first, second: float(len(first) < len(second)))
    former.judge(judged, control, "")
    judge, inner = watched(longer)
    judge.control = control
    with pytest.raises(JudgeChanged, match="decides 5 of 5 pairs differently"):
        judge.judge(judged, comparisons(slice(10, 20)), "")
    assert inner.asked == 10


def test_a_control_that_is_not_judged_yet_is_nothing_to_compare(judged: Store) -> None:
    judge, inner = watched(apt)
    judge.control = comparisons(slice(10, 20))
    judge.judge(judged, judge.control, "")
    assert inner.asked == 5 + 20
