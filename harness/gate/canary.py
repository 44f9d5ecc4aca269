"""Canary pairs: before a judge is asked anything new, it is asked again what it judged long ago. Servers change what
answers to a name, and judgments of two judges make no comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from scipy.stats import binom

from tpobench.harness.judges.base import CallEstimate, Comparison, Judge
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.records import Prompt
from tpobench.harness.store.judgments import ClearJudgment, clear_judgments
from tpobench.harness.store.store import Store

SELF_DISAGREEMENT = 0.25
"""The share of clear judgments that a judge that has not changed may take back, as real judges do at a temperature."""

CERTAIN = 0.05
"""How likely a judge that takes back so many is taken for a changed one."""


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
    """Have the oldest clear judgments made again, and compare.

    Args:
        store: Holds what the judge said before; what it says now is kept beside it.
        judge: Who is asked.
        pairs: How many judgments at most, of one prompt each.
        prompts: The keys of those prompts whose judgments are taken first.

    Raises:
        JudgeChanged: More than half are taken back, and more than a judge takes back that has not changed.
        UserError: The judge could not be reached.
    """
    known = [before for before in clear_judgments(store, judge.id, prompts, pairs) if _is_of(judge, before)]
    if not known:
        return
    keys = judge.judge(store, _asked_again(store, judge, known), "judging again what was judged before")
    now = store.preferences(keys)
    changed = sum(_is_changed(before.preference, now[key]) for before, key in zip(known, keys, strict=True))
    if 2 * changed > len(known) and binom.sf(changed - 1, len(known), SELF_DISAGREEMENT) <= CERTAIN:
        when = min(before.judged_at for before in known)
        raise JudgeChanged(
            f"the judge says otherwise than before on {changed} of {len(known)} pairs that it judged first on "
            f"{when:%Y-%m-%d}: what answers to the name {judge.id} has changed, and its judgments of then and now make "
            "no comparison; have the former model serve the name, or judge everything anew in another store"
        )


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
