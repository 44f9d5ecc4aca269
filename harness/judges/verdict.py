"""Judges that reason in words and end with a verdict label: Arena-Hard's, the Self-Taught Evaluator's, a user's."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import regex
from pydantic import Field

from tpobench.harness.api.responses import Choice
from tpobench.harness.config import FileModel, load_yaml
from tpobench.harness.errors import UserError
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.asking import ModelJudge, fill
from tpobench.harness.judges.base import Comparison, Reading
from tpobench.harness.judges.declaration import JudgeDeclaration
from tpobench.harness.judges.patterns import all_found
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.records import Message, Prompt, content_key


@dataclass(frozen=True, kw_only=True)
class VerdictProtocol:
    """`user` holds ``{prompt}``, ``{response_a}`` and ``{response_b}``; A is the response shown first.

    Of several labels in an answer, `take` = ``last`` counts the last and ``only`` none if they differ. The first of
    `patterns` that matches is read. `systems` are system prompts by category, `system` is that of all others.
    `insist` is said once to a judge that gave no label.
    """

    name: str
    model: str
    user: str
    patterns: tuple[str, ...]
    values: Mapping[str, float]
    system: str = ""
    systems: Mapping[str, str] = field(default_factory=dict)
    take: Literal["last", "only"] = "last"
    options: Mapping[str, Any] = field(default_factory=dict)
    insist: str = ""
    ties_identical: bool = True
    official: bool = False

    @property
    def id(self) -> str:
        determined = content_key(
            self.user, self.patterns, self.values, self.system, self.systems, self.take, self.options, self.insist
        )
        return f"{self.name}@{self.model}#{determined[:8]}"

    @property
    def label(self) -> str:
        return f"{self.name}, model {self.model}"

    def order(self, prompt: Prompt) -> str:
        return random.Random(f"order{prompt.text}").choice(["AB", "BA"])

    def messages(self, comparison: Comparison) -> tuple[Message, ...]:
        first, second = comparison.shown
        values = {"prompt": comparison.prompt.text, "response_a": first, "response_b": second}
        user = {"role": "user", "content": fill(self.user, values)}
        system = self.systems.get(comparison.prompt.category.split("/")[0], self.system)
        return ({"role": "system", "content": system}, user) if system else (user,)

    def read(self, choice: Choice) -> Reading:
        label = self._label(choice.text)
        return Reading(label or "none", None if label is None else self.values.get(label))

    def follow_up(self, messages: tuple[Message, ...], text: str) -> tuple[Message, ...] | None:
        if not self.insist or messages[-1]["content"] == self.insist or any(self._labels(text)):
            return None
        return (*messages, {"role": "assistant", "content": text}, {"role": "user", "content": self.insist})

    def _labels(self, text: str) -> Iterator[list[str]]:
        """What each pattern finds, patterns without a match left out. Where the last label counts, case does not."""
        for pattern in self.patterns:
            flags = regex.IGNORECASE if self.take == "last" else 0
            labels = all_found(pattern, text, flags, f"the judge {self.name}")
            if labels:
                yield [label.upper() for label in labels]

    def _label(self, text: str) -> str | None:
        labels = next(self._labels(text), [])
        if not labels or (self.take == "only" and len(set(labels)) > 1):
            return None
        return labels[-1]


def self_taught_evaluator(model: str | None = None) -> VerdictProtocol:
    """STE (Self-Taught Evaluators): greedy, up to 2,048 tokens, ``[[A]]`` or ``[[B]]``; both or neither is no verdict,
    ``[[C]]`` a tie. Its prompt is that of the installed alpaca-eval package."""
    packaged = AlpacaEvalProtocol("Self-taught-llama3.1-70B-dpo", model)
    system, user = packaged.template
    renamed = {"instruction": "{prompt}", "output_1": "{response_a}", "output_2": "{response_b}"}
    return VerdictProtocol(
        name="ste",
        model=packaged.model,
        user=fill(user["content"], renamed),
        patterns=(r"\[\[([ABC])\]\]",),
        values={"A": 1.0, "B": 0.0, "C": 0.5},
        system=system["content"],
        take="only",
        options={"temperature": 0, "max_tokens": 2048},
    )


def ste_judge(request: JudgeRequest) -> ModelJudge:
    request.require_no_argument()
    return request.asking(self_taught_evaluator(request.model_name))


class _Parameters(FileModel):
    temperature: Annotated[float, Field(ge=0, strict=False)] = 0.0
    max_tokens: Annotated[int, Field(ge=1)] = 2048
    top_p: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0


class VerdictFile(FileModel):
    """A judge of the user's: ``--judge verdict:FILE.yaml``."""

    name: str
    model: str
    user: str
    system: str = ""
    patterns: Annotated[list[str], Field(min_length=1)]
    verdicts: dict[str, Annotated[float, Field(ge=0, le=1, strict=False)]]
    take: Literal["last", "only"] = "last"
    parameters: _Parameters = _Parameters()


def verdict_protocol(file: Path, model: str | None = None) -> VerdictProtocol:
    """Raises UserError for a template without its three places, or a pattern that is not one."""
    verdict_file = load_yaml(file, VerdictFile)
    for placeholder in ("{prompt}", "{response_a}", "{response_b}"):
        if placeholder not in verdict_file.user:
            raise UserError(f"{file}: 'user' lacks {placeholder}")
    for pattern in verdict_file.patterns:
        try:
            groups = re.compile(pattern).groups
            regex.compile(pattern)
        except (re.error, regex.error) as error:
            raise UserError(f"{file}: the pattern {pattern!r} is not a regular expression: {error}") from error
        if groups != 1:
            raise UserError(f"{file}: the pattern {pattern!r} has {groups} groups; it needs one, around the label")
    values = {label.upper(): value for label, value in verdict_file.verdicts.items()}
    return VerdictProtocol(
        name=verdict_file.name,
        model=model or verdict_file.model,
        user=verdict_file.user,
        patterns=tuple(verdict_file.patterns),
        values=values,
        system=verdict_file.system,
        take=verdict_file.take,
        options=verdict_file.parameters.model_dump(),
    )


def _verdict(request: JudgeRequest) -> ModelJudge:
    return request.asking(verdict_protocol(Path(request.argument), request.model_name))


verdict_judge = JudgeDeclaration("FILE.yaml", _verdict)
