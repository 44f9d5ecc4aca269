"""What a judge is: it says which of two responses to a prompt is better. All judges are one protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Output, Prompt, judgment_key
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two responses to one prompt, in the order in which a judge sees them (``AB``: the candidate's first).

    `markers` are those of the candidate's mode: none may be in what a judge is shown. `repeat` numbers the calls that
    ask the same thing again, to see whether the judge repeats itself.
    """

    prompt: Prompt
    candidate: str
    baseline: str
    order: str
    markers: tuple[str, ...] = ()
    repeat: int = 0

    @property
    def shown(self) -> tuple[str, str]:
        """First and second response."""
        return (self.candidate, self.baseline) if self.order == "AB" else (self.baseline, self.candidate)

    def key(self, judge: str) -> str:
        """The key of the judgment of a judge that sees the prompt's text, and one response first."""
        shown = self.prompt.text_key if self.repeat == 0 else f"{self.prompt.text_key}#{self.repeat}"
        return judgment_key(judge, shown, self.candidate, self.baseline, self.order)

    def require_no_thought(self) -> None:
        """Raises AssertionError when a marker is in the candidate's response: a thought must never reach a judge."""
        for marker in self.markers:
            assert marker not in self.candidate, (
                f'a thought would reach the judge: {marker!r} in a response to "{self.prompt.text[:40]}"'
            )


@dataclass(frozen=True)
class Reading:
    """A judge's answer: its verdict in the judge's own words, and the probability that the first response is better
    (None: no verdict)."""

    verdict: str
    first: float | None

    def preference(self, order: str) -> float | None:
        """Oriented to the candidate."""
        if self.first is None or order == "AB":
            return self.first
        return 1.0 - self.first


@dataclass(frozen=True)
class CallEstimate:
    """What one judgment takes, before it is asked for: the model, the tokens that it reads, estimated, and the most
    tokens that it may answer with."""

    model: str
    prompt_tokens: float
    completion_tokens: int


class Judge(Protocol):
    """Says of two responses which is better, with a probability."""

    @property
    def id(self) -> str:
        """Names everything that determines a judgment: prompts, parser, model and parameters; not the address."""

    @property
    def label(self) -> str:
        """Its name for people."""

    @property
    def free(self) -> bool:
        """Whether no model is asked, so that judgments cost nothing."""

    @property
    def official(self) -> bool:
        """Whether it is the published judge of the benchmarks that it belongs to."""

    @property
    def scorer(self) -> Scorer | None:
        """Whose scores the preferences rest on, where responses are scored one by one."""

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt that it cannot judge."""

    def orders(self, prompt: Prompt, both: bool) -> tuple[str, ...]:
        """The orders in which two responses are shown: the judge's own one, or `both`; a judge whose judgment does not
        depend on the order has one in any case."""

    def key(self, comparison: Comparison) -> str:
        """The key of the judgment in the store."""

    def estimate(self, comparison: Comparison) -> CallEstimate:
        """What the judgment would take; all zero where the judge is free."""

    def judge(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[str]:
        """Have every comparison judged that the store holds no judgment of.

        Args:
            store: Where judgments are looked up and kept, each as it comes in.
            comparisons: What to judge; their prompts are in the store.
            title: What the progress bar is called.

        Returns:
            The keys of the judgments, in the order of the comparisons; the store holds them all.

        Raises:
            UserError: Judgments are still missing; those that came in are stored.
        """

    def close(self) -> None:
        """Free what the judge holds in memory; it may be asked again."""


def judged_text(output: Output, mode: Mode) -> str:
    """What a judge gets to see of an output: its response, empty when it did not parse.

    Raises AssertionError when a marker of the mode is in it: a thought must never reach a judge.
    """
    if output.parse_error:
        return ""
    leaked = [marker for marker in mode.markers if marker in output.response]
    assert not leaked, f"the response of output {output.key} holds the marker {leaked[0]!r}"
    return output.response
