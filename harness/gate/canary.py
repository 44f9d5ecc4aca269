"""Canary pairs: before a judge is asked anything new, it is asked again what it judged long ago. Servers change what
answers to a name, and judgments of two judges make no comparison."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tpobench.harness.judges.base import CallEstimate, Comparison, Judge
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.records import Prompt
from tpobench.harness.store.judgments import CLEAR, clear_judgments, judgments_with_keys
from tpobench.harness.store.store import Store

UNCHANGED, CHANGED = 0.15, 0.5
"""The shares of clear judgments that are taken back by the same judge, as at a temperature, and by one that has nothing
to do with it."""

TAKEN_FOR_CHANGED, TAKEN_FOR_UNCHANGED = 0.03, 0.1
"""How likely either of the two is taken for the other one."""

BLOCK = 5
"""Pairs that are judged again at a time: of the same judge, which takes back none of them, these are enough."""


class JudgeChanged(Exception):
    """The judge says otherwise than before; the message is a sentence for people."""


@dataclass(kw_only=True)
class WatchedJudge:
    """A judge that is asked about canary pairs before the first judgment that the store lacks; `judge` raises
    JudgeChanged where it says otherwise than before, and nothing new is asked.

    Args:
        watched: The judge.
        pairs: How many pairs are judged again at most; 0: none.
        prompts: Those that the gate is about; pairs on them are taken first.
        control: What was shown to the judge to see whether it can tell answers apart. What it said of these pairs is
            asked again, too: a judge that agrees with the former one elsewhere may not be able to.
    """

    watched: Judge
    pairs: int
    prompts: Sequence[Prompt]
    control: Sequence[Comparison] = ()
    _is_seen: bool = field(default=False, init=False)

    @property
    def id(self) -> str:
        return self.watched.id

    @property
    def label(self) -> str:
        return self.watched.label

    @property
    def free(self) -> bool:
        return self.watched.free

    @property
    def official(self) -> bool:
        return self.watched.official

    @property
    def scorer(self) -> Scorer | None:
        return self.watched.scorer

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.watched.require(prompts)

    def orders(self, prompt: Prompt, both: bool) -> tuple[str, ...]:
        return self.watched.orders(prompt, both)

    def key(self, comparison: Comparison) -> str:
        return self.watched.key(comparison)

    def estimate(self, comparison: Comparison) -> CallEstimate:
        return self.watched.estimate(comparison)

    def judge(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[str]:
        watches = self.pairs > 0 and not self.free and not self._is_seen
        if watches and store.missing("judgment", [self.key(comparison) for comparison in comparisons]):
            prompts = [prompt.key for prompt in self.prompts]
            require_unchanged(store, self.watched, _oldest(store, self.watched, prompts, self.pairs))
            require_unchanged(store, self.watched, _stored(store, self.watched, self.control, self.pairs))
            self._is_seen = True
        return self.watched.judge(store, comparisons, title)

    def close(self) -> None:
        self.watched.close()


@dataclass(frozen=True)
class JudgedBefore:
    """What the judge said of a comparison, and when."""

    comparison: Comparison
    preference: float
    judged_at: datetime


def require_unchanged(store: Store, judge: Judge, known: Sequence[JudgedBefore]) -> None:
    """Have clear judgments made again, a few at a time, until it is certain enough whose they are (Wald, "Sequential
    tests of statistical hypotheses").

    Args:
        store: Keeps what the judge says now beside what it said before.
        judge: Who is asked.
        known: What it said before, of one prompt each.

    Raises:
        JudgeChanged: More are taken back than by a judge that has not changed.
        UserError: The judge could not be reached.
    """
    again = _asked_again(store, judge, [before.comparison for before in known])
    changed = asked = 0
    for start in range(0, len(known), BLOCK):
        block = known[start : start + BLOCK]
        keys = judge.judge(store, again[start : start + BLOCK], "judging again what was judged before")
        now = store.preferences(keys)
        changed += sum(_is_changed(before.preference, now[key]) for before, key in zip(block, keys, strict=True))
        asked += len(block)
        verdict = verdict_on(changed, asked)
        if verdict is False:
            return
        if verdict:
            break
    else:
        return
    when = min(before.judged_at for before in known)
    raise JudgeChanged(
        f"the judge decides {changed} of {asked} pairs differently than on {when:%Y-%m-%d}: the model behind the name "
        f"{judge.id} has changed, and its old and new judgments cannot be compared; serve the former model under this "
        "name, or judge everything again in another store"
    )


def verdict_on(changed: int, asked: int) -> bool | None:
    """Whether another judge took back so many of the judgments that were asked for again; None: that is open."""
    log_odds = changed * math.log(CHANGED / UNCHANGED) + (asked - changed) * math.log((1 - CHANGED) / (1 - UNCHANGED))
    if log_odds <= math.log(TAKEN_FOR_UNCHANGED):
        return False
    return True if log_odds >= -math.log(TAKEN_FOR_CHANGED) else None


def _oldest(store: Store, judge: Judge, prompts: Sequence[str], count: int) -> list[JudgedBefore]:
    """The oldest clear judgments, those of these prompts first, whose texts are those that were judged then for the
    first time: the key tells."""
    known = []
    for before in clear_judgments(store, judge.id, prompts, count):
        comparison = Comparison(
            prompt=before.prompt,
            candidate=before.candidate_response,
            baseline=before.baseline_response,
            order=before.order,
        )
        if judge.key(comparison) == before.key:
            known.append(JudgedBefore(comparison, before.preference, before.judged_at))
    return known


def _stored(store: Store, judge: Judge, comparisons: Sequence[Comparison], count: int) -> list[JudgedBefore]:
    """The clear judgments that the store has of these comparisons, one of each prompt, in their order."""
    known = judgments_with_keys(store, [judge.key(comparison) for comparison in comparisons])
    clear: dict[str, JudgedBefore] = {}
    for comparison in comparisons:
        before = known.get(judge.key(comparison))
        if before is None or before.preference is None or before.judged_at is None:
            continue
        if abs(before.preference - 0.5) >= CLEAR:
            clear.setdefault(comparison.prompt.key, JudgedBefore(comparison, before.preference, before.judged_at))
    return list(clear.values())[:count]


def _asked_again(store: Store, judge: Judge, comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons under a number that nobody has used: they are asked whatever the store holds."""
    repeat = 1
    while True:
        again = [replace(comparison, repeat=repeat) for comparison in comparisons]
        keys = [judge.key(comparison) for comparison in again]
        if len(store.missing("judgment", keys)) == len(keys):
            return again
        repeat += 1


def _is_changed(before: float, now: float | None) -> bool:
    """Whether a judgment that took a side is taken back."""
    return now is None or (before - 0.5) * (now - 0.5) <= 0
