"""The `checklist` judge: the share of a prompt's checks that the response meets.

It is a rule-based stand-in for an LLM judge, free and exactly repeatable. It sees what can be checked by rule and
nothing else: not style, not depth, not truth beyond the listed facts.
"""

from collections.abc import Iterator, Sequence

from tpobench.harness.errors import UserError
from tpobench.harness.judges.prompt_checks import is_met
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scorer import PromptedResponses, Scorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.records import Prompt, Score

LABEL = "checklist, a rule-based stand-in for an LLM judge"

_VERSION = 1

_GROUP = 1000
"""Scores that are yielded together: a store takes many rows at once in much less time than one by one."""


class ChecklistScorer(Scorer):
    """Scores in [0, 1]."""

    id = f"checklist@{_VERSION}"
    label = LABEL
    bounded = True

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for the first prompt that has none."""
        for prompt in prompts:
            if not prompt.checks:
                raise UserError(
                    f'the checklist judge needs checks, but the prompt "{prompt.text[:40]}" has none; give each prompt '
                    "'checks', or name a judge that asks a model: --judge ste --judge-model NAME@http://HOST:PORT/v1"
                )

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

    def score_all(self, responses: PromptedResponses) -> Iterator[list[Score]]:
        for start in range(0, len(responses), _GROUP):
            yield [self.score(prompt, response) for prompt, response in responses[start : start + _GROUP]]


def checklist_judge(request: JudgeRequest) -> ScoreJudge:
    request.require_no_argument()
    return ScoreJudge(scorer=ChecklistScorer(), progress=request.progress, raw_suffix=" of the checks met")
