"""Canary pairs: before a judge is asked anything new, it is asked again what it judged long ago. Servers change what
answers to a name, and judgments of two judges make no comparison."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tpobench.harness.judges.base import CallEstimate, Comparison, Judge
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.records import Prompt
from tpobench.harness.store.judgments import ClearJudgment, clear_judgments
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


@dataclass
class WatchedJudge:
    """A judge that is asked about canary pairs before the first judgment that the store lacks; `judge` raises
    JudgeChanged where it says otherwise than before, and nothing new is asked.

    Args:
        watched: The judge.
        pairs: How many pairs are judged again at most; 0: none.
        prompts: Those that the gate is about; pairs on them are taken first.
    """

    watched: Judge
    pairs: int
    prompts: Sequence[Prompt]
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
            require_unchanged(store, self.watched, self.pairs, [prompt.key for prompt in self.prompts])
            self._is_seen = True
        return self.watched.judge(store, comparisons, title)

    def close(self) -> None:
        self.watched.close()


def require_unchanged(store: Store, judge: Judge, pairs: int, prompts: Sequence[str]) -> None:
    """Have the oldest clear judgments made again, a few at a time, until it is certain enough whose they are (Wald,
    "Sequential tests of statistical hypotheses").

    Args:
        store: Holds what the judge said before; what it says now is kept beside it.
        judge: Who is asked.
        pairs: How many judgments at most, of one prompt each.
        prompts: The keys of those prompts whose judgments are taken first.

    Raises:
        JudgeChanged: More are taken back than by a judge that has not changed.
        UserError: The judge could not be reached.
    """
    known = [before for before in clear_judgments(store, judge.id, prompts, pairs) if _is_of(judge, before)]
    again = _asked_again(store, judge, known)
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
        f"the judge says otherwise than before on {changed} of {asked} pairs that it judged first on {when:%Y-%m-%d}: "
        f"what answers to the name {judge.id} has changed, and its judgments of then and now make no comparison; have "
        "the former model serve the name, or judge everything anew in another store"
    )


def verdict_on(changed: int, asked: int) -> bool | None:
    """Whether another judge took back so many of the judgments that were asked for again; None: that is open."""
    log_odds = changed * math.log(CHANGED / UNCHANGED) + (asked - changed) * math.log((1 - CHANGED) / (1 - UNCHANGED))
    if log_odds <= math.log(TAKEN_FOR_UNCHANGED):
        return False
    return True if log_odds >= -math.log(TAKEN_FOR_CHANGED) else None


def _comparison(before: ClearJudgment) -> Comparison:
    return Comparison(
        prompt=before.prompt, candidate=before.candidate_response, baseline=before.baseline_response, order=before.order
    )


def _is_of(judge: Judge, before: ClearJudgment) -> bool:
    """Whether the texts are those that were judged, for the first time: the key tells."""
    return judge.key(_comparison(before)) == before.key


def _asked_again(store: Store, judge: Judge, known: Sequence[ClearJudgment]) -> list[Comparison]:
    """The same comparisons under a number that nobody has used: they are asked whatever the store holds."""
    repeat = 1
    while True:
        comparisons = [replace(_comparison(before), repeat=repeat) for before in known]
        keys = [judge.key(comparison) for comparison in comparisons]
        if len(store.missing("judgment", keys)) == len(keys):
            return comparisons
        repeat += 1


def _is_changed(before: float, now: float | None) -> bool:
    """Whether a judgment that took a side is taken back."""
    return now is None or (before - 0.5) * (now - 0.5) <= 0
