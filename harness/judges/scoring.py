"""A judge that prefers the response with the higher score: rules, reward models, a user's function."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.judges.base import CallEstimate, Comparison
from tpobench.harness.judges.scorer import Scorer, ensure_scores
from tpobench.harness.progress import Progress
from tpobench.harness.records import Judgment, Prompt, judgment_key, score_key, text_key
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class ScoreJudge:
    """The preference is 1, 0.5 (tie) or 0, and the same in either order. Scores are kept beside the judgments;
    `raw_suffix` completes the sentence that says what they were."""

    scorer: Scorer
    progress: Progress
    official: bool = False
    raw_suffix: str = ""

    free = True

    @property
    def id(self) -> str:
        return self.scorer.id

    @property
    def label(self) -> str:
        return self.scorer.label

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.scorer.require(prompts)

    def orders(self, prompt: Prompt, both: bool) -> tuple[str, ...]:
        return ("AB",)

    def key(self, comparison: Comparison) -> str:
        return judgment_key(self.id, comparison.prompt.key, comparison.candidate, comparison.baseline)

    def estimate(self, comparison: Comparison) -> CallEstimate:
        return CallEstimate("", 0, 0)

    def judge(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[str]:
        by_key = {self.key(comparison): comparison for comparison in comparisons}
        missing = [by_key[key] for key in store.missing("judgment", list(by_key))]
        for comparison in missing:
            comparison.require_no_thought()
        responses = [(c.prompt, response) for c in missing for response in (c.candidate, c.baseline)]
        values = ensure_scores(store, self.scorer, responses, self.progress, title)
        store.add_judgments(self._judgment(comparison, values) for comparison in missing)
        store.drain()
        return [self.key(comparison) for comparison in comparisons]

    def close(self) -> None:
        self.scorer.close()

    def _judgment(self, comparison: Comparison, values: dict[str, float]) -> Judgment:
        prompt, candidate, baseline = comparison.prompt, comparison.candidate, comparison.baseline
        a, b = (values[score_key(self.id, prompt, response)] for response in (candidate, baseline))
        verdict, preference = score_verdict(a, b)
        return Judgment(
            key=self.key(comparison),
            judge=self.id,
            prompt_key=prompt.key,
            response_a=text_key(candidate),
            response_b=text_key(baseline),
            chars_a=len(candidate),
            chars_b=len(baseline),
            order="AB",
            verdict=verdict,
            preference=preference,
            raw=f"{a:.3f} against {b:.3f}{self.raw_suffix}",
        )


def score_verdict(a: float, b: float) -> tuple[str, float]:
    """Which of two responses has the higher score: the verdict, and the preference for the first one."""
    return ("A", 1.0) if a > b else ("B", 0.0) if a < b else ("tie", 0.5)
