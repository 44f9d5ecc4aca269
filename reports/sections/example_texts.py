"""The texts of examples, packed small for the page.

They are JSON, which the section compresses: nothing in it can be read as HTML. The page decompresses the texts when it
is opened and shows them as text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.store.examples import ExampleJudgment, ExampleOutput, example_judgments, example_outputs
from tpobench.harness.store.scores import ScoreParts, scores_of_responses
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.figures import count, visible

MAX_TEXT = 20_000
"""Characters of one text; the rest is in the store."""


KEY_CHARS = 12
"""Of a prompt's key: enough to tell the prompts of a page apart, in links too."""


@dataclass(frozen=True, kw_only=True)
class ExampleSide:
    """One answer; `response` is None where only its judgment was imported. `met` says of each check whether it is
    met, `length` is that of the response in characters."""

    response: str | None
    thought: str
    raw: str
    problem: str | None
    finish: str
    score: float | None
    met: tuple[bool | None, ...]
    length: int


@dataclass(frozen=True, kw_only=True)
class Example:
    """One prompt, by its `key`, of the evaluation with this number, its `verdicts` (order, preference, the judge's
    text), and both sides."""

    evaluation: int
    key: str
    prompt: str
    category: str
    checks: tuple[str, ...]
    preference: float | None
    verdicts: tuple[tuple[str, float | None, str], ...]
    sides: tuple[ExampleSide, ExampleSide]

    @property
    def chars(self) -> int:
        """Of all its texts, as they are packed."""
        texts = [self.prompt, *(raw for _, _, raw in self.verdicts)]
        texts += [text for side in self.sides for text in (side.response or "", side.thought, side.raw)]
        return sum(min(len(text), MAX_TEXT) for text in texts)


def examples_of(store: Store, evaluations: Sequence[Evaluation], prompts: Sequence[str]) -> list[Example]:
    """Every judged one of these prompts, by evaluation and in its order."""
    numbers = {evaluation.key: number for number, evaluation in enumerate(evaluations)}
    judgments = example_judgments(store, list(numbers), prompts)
    keys = {key for one in judgments for key in (one.candidate_output, one.baseline_output) if key is not None}
    texts = _Texts(
        example_outputs(store, sorted(keys)),
        scores_of_responses(store, sorted({evaluation.judge for evaluation in evaluations}), prompts),
    )
    chars = {(e.key, judged.prompt): (judged.chars, judged.baseline_chars) for e in evaluations for judged in e.prompts}
    grouped: dict[tuple[str, str], list[ExampleJudgment]] = {}
    for judgment in judgments:
        grouped.setdefault((judgment.evaluation, judgment.prompt), []).append(judgment)
    examples = []
    for (key, prompt), group in grouped.items():
        number, first = numbers[key], group[0]
        examples.append(
            Example(
                evaluation=number,
                key=prompt,
                prompt=first.text,
                category=first.category,
                checks=tuple(map(_check_name, first.checks)),
                preference=evaluations[number].preferences.get(prompt),
                verdicts=tuple((one.order, one.preference, one.raw_text) for one in group),
                sides=(
                    texts.side(first, first.candidate_output, chars[key, prompt][0]),
                    texts.side(first, first.baseline_output, chars[key, prompt][1]),
                ),
            )
        )
    return examples


@dataclass(frozen=True)
class _Texts:
    """Outputs by key, and scores by judge, prompt and response."""

    outputs: Mapping[str, ExampleOutput]
    scores: Mapping[tuple[str, str, str], ScoreParts]

    def side(self, judgment: ExampleJudgment, key: str | None, chars: int) -> ExampleSide:
        """The answer; where only its judgment is there, with the length that the judgment keeps."""
        output = self.outputs.get(key or "")
        if output is None:
            met = (None,) * len(judgment.checks)
            return ExampleSide(
                response=None, thought="", raw="", problem=None, finish="", score=None, met=met, length=chars
            )
        score = self.scores.get((judgment.judge, judgment.prompt, output.response))
        components = {} if score is None else score.components
        return ExampleSide(
            response=output.response,
            thought=output.thought,
            raw=output.raw_text,
            problem=output.parse_error,
            finish=output.finish_reason,
            score=None if score is None else score.value,
            met=tuple(components.get(str(number)) for number in range(len(judgment.checks))),
            length=len(output.response),
        )


class Packer:
    """Texts and outputs by number, each of them once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.outputs: list[list[Any]] = []
        self._texts: dict[str, int] = {}
        self._outputs: dict[ExampleSide, int] = {}

    def row(self, example: Example) -> list[Any]:
        """The example, with numbers for its texts and outputs."""
        verdicts = [[order, preference, self._text(raw)] for order, preference, raw in example.verdicts]
        return [
            example.evaluation,
            self._text(example.prompt),
            self._text(example.category),
            example.preference,
            verdicts,
            *(self._output(side) for side in example.sides),
            [self._text(check) for check in example.checks],
            visible(example.key[:KEY_CHARS]),
        ]

    def _output(self, side: ExampleSide) -> int:
        if side not in self._outputs:
            self._outputs[side] = len(self.outputs)
            self.outputs.append(
                [
                    None if side.response is None else self._text(side.response),
                    self._text(side.thought),
                    self._text(side.raw),
                    side.problem,
                    side.finish,
                    side.score,
                    list(side.met),
                    side.length,
                    len(side.thought),
                ]
            )
        return self._outputs[side]

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = len(self.texts)
            rest = len(text) - MAX_TEXT
            cut = f"{text[:MAX_TEXT]}\n… {count(rest)} more characters are in the store" if rest > 0 else text
            self.texts.append(visible(cut))
        return self._texts[text]


def _check_name(check: Mapping[str, Any]) -> str:
    return ", ".join(f"{kind}: {json.dumps(value, ensure_ascii=False)}" for kind, value in check.items())
