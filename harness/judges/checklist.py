"""The `checklist` judge: the share of a prompt's checks that the response meets.

It is a rule-based stand-in for an LLM judge, free and exactly repeatable. It sees what can be checked by rule and
nothing else: not style, not depth, not truth beyond the listed facts.
"""

from collections.abc import Iterator, Sequence

from tpobench.harness.errors import UserError
from tpobench.harness.judges.checks import is_met
from tpobench.harness.judges.pointwise import Asked
from tpobench.harness.records import Judgment, Prompt, Score, judgment_key, text_key

LABEL = "checklist, a rule-based stand-in for an LLM judge"

_VERSION = 1

_GROUP = 1000
"""Scores that are handed out together: a store takes many rows at once in much less time than one by one."""


class ChecklistJudge:
    """Scores in [0, 1]; the pairwise preference is 1, 0.5 (tie) or 0 for side A."""

    id = f"checklist@{_VERSION}"
    label = LABEL

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for the first prompt that has none."""
        for prompt in prompts:
            if not prompt.checks:
                raise UserError(f'the checklist judge needs checks, but the prompt "{prompt.text[:40]}" has none')

    def score(self, prompt: Prompt, response: str) -> Score:
        """Raises ValueError for a prompt without checks."""
        if not prompt.checks:
            raise ValueError(f"the prompt {prompt.text[:40]!r} has no checks, so the checklist judge cannot score it")
        components = {str(number): is_met(check, response) for number, check in enumerate(prompt.checks)}
        return Score(
            judge=self.id,
            prompt=prompt,
            response=response,
            value=sum(components.values()) / len(components),
            components=components,
        )

    def covers(self, judge: str) -> bool:
        return judge == self.id

    def score_all(self, asked: Asked) -> Iterator[list[Score]]:
        for start in range(0, len(asked), _GROUP):
            yield [self.score(prompt, response) for prompt, response in asked[start : start + _GROUP]]

    def close(self) -> None:
        """Nothing is held."""

    def compare(self, prompt: Prompt, candidate: str, baseline: str) -> tuple[Judgment, Sequence[Score]]:
        """The judgment with the candidate as side A, and the two scores it rests on."""
        a, b = self.score(prompt, candidate), self.score(prompt, baseline)
        verdict, preference = ("A", 1.0) if a.value > b.value else ("B", 0.0) if a.value < b.value else ("tie", 0.5)
        raw = f"{a.value:.3f} against {b.value:.3f} of the checks met"
        judgment = Judgment(
            key=judgment_key(self.id, prompt.key, candidate, baseline),
            judge=self.id,
            prompt_key=prompt.key,
            response_a=text_key(candidate),
            response_b=text_key(baseline),
            chars_a=len(candidate),
            chars_b=len(baseline),
            order="AB",
            verdict=verdict,
            preference=preference,
            raw=raw,
        )
        return judgment, (a, b)
