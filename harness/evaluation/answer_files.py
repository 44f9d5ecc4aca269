"""Files of finished answers: ``{"instruction": ..., "output": ..., "dataset": ...}``, the last optional, as a JSON list
or one a line.

It is the form of AlpacaEval's ``model_outputs.json``, which other tools write too; some call the two ``prompt`` and
``response``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.json_files import LeaveOut, read_json_rows
from tpobench.harness.records import Prompt

SUFFIXES = (".json", ".jsonl")
"""How the name of a file of finished answers ends."""

_OFFICIAL = "model_outputs"
"""A file of this name says nothing of its author: the folder does."""

_NAMELESS = ("", "example", "unknown")
"""What generators are called in examples that were copied."""


@dataclass(frozen=True)
class AnsweredPrompt:
    """A prompt with somebody's answer to it, which is empty where the file holds null; `generator` is who answered,
    where the file says it."""

    prompt: Prompt
    answer: str
    generator: str = ""


def answers_in(path: Path, source: str = "file", leave_out: LeaveOut | None = None) -> Iterator[AnsweredPrompt]:
    """The answers of an outputs file, in its order.

    Args:
        path: The file.
        source: That of the prompts.
        leave_out: Is told of the rows that cannot be used, and of a second answer to one instruction.

    Raises:
        UserError: The file cannot be read or is cut; without `leave_out` also for a row that cannot be used.
    """
    seen: dict[str, str] = {}
    for place, row in read_json_rows(path, leave_out):
        instruction, answer = row.get("instruction", row.get("prompt")), row.get("output", row.get("response", 0))
        problem = ""
        if not isinstance(instruction, str) or not isinstance(answer, str | None):
            problem = "has no text under 'instruction' and 'output'"
        elif instruction in seen:
            if seen[instruction] == (answer or "") and leave_out is not None:
                continue
            problem = f"repeats the instruction {instruction[:50]!r}"
        else:
            seen[instruction] = answer or ""
            dataset = row.get("dataset")
            category = dataset if isinstance(dataset, str) else "uncategorised"
            yield AnsweredPrompt(Prompt(instruction, category, source), answer or "", str(row.get("generator") or ""))
            continue
        if leave_out is None:
            raise UserError(f"{path}: {place} {problem}")
        leave_out(place, problem)


def named_generator(generator: str, path: Path) -> str:
    """The generator that a file names, or what the file's folder is called where it is a placeholder."""
    if generator.strip().lower() in _NAMELESS:
        return path.resolve().parent.name or path.stem
    return generator


def author_of(path: Path) -> str:
    """What to call the author of a file of finished answers: as the file is called, or its folder where that says
    nothing, or the generator that the file names."""
    if path.stem != _OFFICIAL:
        return path.stem
    if path.parent.name not in ("", ".."):
        return path.parent.name
    first = next(answers_in(path, leave_out=lambda row, problem: None), None)
    return named_generator(first.generator if first else "", path)


def aligned(answers: Mapping[str, str], names: Sequence[str], where: str) -> list[str]:
    """The answers in the order of the benchmark's prompts.

    Args:
        answers: By the prompts' texts, or by other names that the benchmark has for them.
        names: Those of the benchmark's prompts, in its order.
        where: What holds the answers, for the message.

    Raises:
        UserError: An answer is for no prompt of the benchmark, or a prompt has none; the first three are named.
    """
    known, total = set(names), len(names)
    differences = [f"not in the benchmark: {name[:50]!r}" for name in answers if name not in known]
    differences += [f"no answer to: {name[:50]!r}" for name in names if name not in answers]
    if differences:
        raise UserError(
            f"{where} holds {len(answers)} answers, the benchmark {total} prompts; {len(differences)} differ: "
            f"{'; '.join(differences[:3])}"
        )
    return [answers[name] for name in names]
