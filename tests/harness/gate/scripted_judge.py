"""A judge that says what a function says of a prompt and the two responses in the order in which they are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tpobench.harness.judges.base import CallEstimate, Comparison
from tpobench.harness.records import Judgment, Prompt, text_key
from tpobench.harness.store.store import Store

Say = Callable[[str, str, str], float | None]


@dataclass
class ScriptedJudge:
    """It remembers how often it was asked."""

    say: Say
    free: bool = False
    id: str = "scripted@1"
    label: str = "scripted"
    official: bool = False
    scorer: None = None
    asked: int = field(default=0, init=False)

    def require(self, prompts: Sequence[Prompt]) -> None:
        pass

    def orders(self, prompt: Prompt, both: bool) -> tuple[str, ...]:
        return ("BA", "AB") if both else ("AB",)

    def key(self, comparison: Comparison) -> str:
        return comparison.key(self.id)

    def estimate(self, comparison: Comparison) -> CallEstimate:
        return CallEstimate("", 0, 0)

    def judge(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[str]:
        by_key = {self.key(comparison): comparison for comparison in comparisons}
        missing = store.missing("judgment", list(by_key))
        self.asked += len(missing)
        store.add_judgments(self._judgment(key, by_key[key]) for key in missing)
        store.drain()
        return [self.key(comparison) for comparison in comparisons]

    def close(self) -> None:
        pass

    def _judgment(self, key: str, comparison: Comparison) -> Judgment:
        first = self.say(comparison.prompt.text, *comparison.shown)
        preference = first if first is None or comparison.order == "AB" else 1 - first
        return Judgment(
            key=key,
            judge=self.id,
            prompt_key=comparison.prompt.key,
            response_a=text_key(comparison.candidate),
            response_b=text_key(comparison.baseline),
            chars_a=len(comparison.candidate),
            chars_b=len(comparison.baseline),
            order=comparison.order,
            verdict="refused" if first is None else "said",
            preference=preference,
            raw="",
        )


def better(first: float, second: float) -> float:
    return 1.0 if first > second else 0.0 if first < second else 0.5


def apt(prompt: str, first: str, second: str) -> float:
    """Prefers a response that repeats its prompt."""
    return better(prompt in first, prompt in second)
