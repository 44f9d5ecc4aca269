"""Files of finished answers: a JSON list of ``{"instruction": ..., "output": ..., "dataset": ...}``, the last optional.

It is the form of AlpacaEval's ``model_outputs.json``, which other tools write too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.json_files import read_json_list
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
