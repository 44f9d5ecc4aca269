"""A weighted sum of pointwise judges."""

from collections.abc import Iterator, Sequence

from tpobench.harness.errors import UserError
from tpobench.harness.judges.scorer import PromptedResponses, Scorer, scored
from tpobench.harness.records import Prompt, Score, content_key, score_key

WINDOW = 1024
"""Responses that all parts score before the next ones: what an interruption loses at most."""


class WeightedScorer(Scorer):
    """sum_i weight_i * value_i, of the judges' own values. A score's components are each part's value, weight and
    components, by the part's label. The parts stay in memory side by side until `close`."""

    def __init__(self, parts: Sequence[tuple[Scorer, float]]) -> None:
        """Raises UserError for a judge that is named twice."""
        labels = [judge.label for judge, _ in parts]
        if twice := next((label for label in labels if labels.count(label) > 1), None):
            raise UserError(f"the judge {twice} is named twice in judge.parts; add its weights up")
        self._parts = parts
        self.in_memory = any(judge.in_memory for judge, _ in parts)
        self.id = f"weighted#{content_key(sorted((judge.id, float(weight)) for judge, weight in parts))[:12]}"
        self.label = " + ".join(f"{weight:g} x {judge.label}" for judge, weight in parts)

    def covers(self, judge: str) -> bool:
        return judge == self.id or any(part.covers(judge) for part, _ in self._parts)

    def require(self, prompts: Sequence[Prompt]) -> None:
        for judge, _ in self._parts:
            judge.require(prompts)

    def score_all(self, responses: PromptedResponses) -> Iterator[list[Score]]:
        for start in range(0, len(responses), WINDOW):
            window = responses[start : start + WINDOW]
            scores = {
                score.key: score for judge, _ in self._parts for group in judge.score_all(window) for score in group
            }
            yield [self._sum(prompt, response, scores) for prompt, response in window]

    def close(self) -> None:
        for judge, _ in self._parts:
            judge.close()

    def _sum(self, prompt: Prompt, response: str, scores: dict[str, Score]) -> Score:
        parts = [(scores[score_key(judge.id, prompt, response)], judge, weight) for judge, weight in self._parts]
        components = {
            judge.label: {"value": score.value, "weight": weight, "components": score.components}
            for score, judge, weight in parts
        }
        value = sum(sorted(weight * score.value for score, _, weight in parts))  # the same in any order of parts
        return scored(self, prompt, response, value, components)
