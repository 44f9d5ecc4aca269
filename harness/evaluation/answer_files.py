"""Files of finished answers: a JSON list of ``{"instruction": ..., "output": ..., "dataset": ...}``, the last optional.

It is the form of AlpacaEval's ``model_outputs.json``, which other tools write too.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.records import Prompt


@dataclass(frozen=True)
class AnsweredPrompt:
    """A prompt with somebody's answer to it."""

    prompt: Prompt
    answer: str


def answers_in(path: Path, source: str = "file") -> Iterator[AnsweredPrompt]:
    """The answers of an outputs file, in its order; `source` is that of their prompts.

    Raises UserError for a file that cannot be read, is cut, or repeats an instruction.
    """
    seen: set[str] = set()
    for number, row in enumerate(read_json_list(path)):
        instruction, answer = row.get("instruction"), row.get("output")
        if not isinstance(instruction, str) or not isinstance(answer, str):
            raise UserError(f"{path}: entry {number} has no text under 'instruction' and 'output'")
        if instruction in seen:
            raise UserError(f"{path}: entry {number} repeats the instruction {instruction[:50]!r}")
        seen.add(instruction)
        dataset = row.get("dataset")
        category = dataset if isinstance(dataset, str) else "uncategorised"
        yield AnsweredPrompt(Prompt(instruction, category, source), answer)


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """A JSON file that holds a list of objects; raises UserError with the place where it breaks off."""
    try:
        rows = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#x}") from error
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON, it may be cut: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise UserError(f"{path} is not a list of JSON objects")
    return rows


def aligned(answers: Sequence[AnsweredPrompt], prompts: Sequence[Prompt], where: str) -> list[str]:
    """The answers in the order of the prompts. Raises UserError with count and first three differences when an answer
    is for no prompt of the benchmark, or a prompt has none."""
    by_text = {row.prompt.text: row.answer for row in answers}
    texts = {prompt.text for prompt in prompts}
    differences = [f"not in the benchmark: {text[:50]!r}" for text in by_text if text not in texts]
    differences += [f"no answer to: {prompt.text[:50]!r}" for prompt in prompts if prompt.text not in by_text]
    if differences:
        shown = "; ".join(differences[:3])
        raise UserError(
            f"{where} holds {len(answers)} answers, the benchmark {len(prompts)} instructions; "
            f"{len(differences)} differ: {shown}"
        )
    return [by_text[prompt.text] for prompt in prompts]
