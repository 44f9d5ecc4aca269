"""Arena-Hard's official files: questions, answers, judge configuration, judgments; read from a folder of the user's.

Both layouts are known: that of the official repository (``data/arena-hard-v0.1/question.jsonl``,
``model_answer/*.jsonl``, ``model_judgment/JUDGE/*.jsonl``, ``config/*.yaml``) and a flat one with the version in front
of each name (``v01_question.jsonl``). Lines end at ``\\n`` only: the texts hold other line separators.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.benchmarks.arena_hard.folder import find_file
from tpobench.benchmarks.arena_hard.versions import VERSIONS
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import aligned
from tpobench.harness.json_files import LeaveOut, read_json_lines
from tpobench.harness.records import Prompt


@dataclass(frozen=True)
class Question:
    """A prompt with the id that the official files know it by."""

    uid: str
    prompt: Prompt


def questions(version: str, folder: Path) -> list[Question]:
    """The questions in their official order; the category is the cluster (v0.1), or category and subcategory (v2.0).

    Raises UserError for a missing, cut or repeating file.
    """
    path = find_file(folder, version, "question.jsonl", flat=f"{VERSIONS[version]}_question.jsonl")
    in_order, seen = [], set()
    for number, row in read_json_lines(path):
        uid, text = row.get("uid") or row.get("question_id"), _question_text(row)
        if not isinstance(uid, str) or not isinstance(text, str):
            raise UserError(f"{path}:{number} has no 'uid' or no 'prompt'")
        if uid in seen:
            raise UserError(f"{path}:{number} repeats the question {uid}")
        seen.add(uid)
        parts = [row.get(name) for name in (("cluster",) if version == "v0.1" else ("category", "subcategory"))]
        if not all(isinstance(part, str) for part in parts):
            raise UserError(f"{path}:{number} has no 'cluster' (v0.1), or no 'category' and 'subcategory' (v2.0)")
        in_order.append(Question(uid, Prompt(text, "/".join(map(str, parts)), f"arena_hard_{version}")))
    if not in_order:
        raise UserError(f"{path} holds no questions; fetch it again")
    return in_order


def answers(version: str, folder: Path, model: str) -> dict[str, str]:
    """A model's answers by question uid; UserError when there is no file of it."""
    path = find_file(folder, version, f"model_answer/{model}.jsonl", flat=f"{VERSIONS[version]}_answers_{model}.jsonl")
    return read_answers(path)


def read_answers(path: Path, leave_out: LeaveOut | None = None) -> dict[str, str]:
    """Answers by question uid from one official answer file, in either of its forms. An answer that is null is empty.

    Args:
        path: The file.
        leave_out: Is told of the rows that cannot be used, and of a second answer to one question.

    Raises:
        UserError: The file cannot be read; without `leave_out` also for a row that cannot be used.
    """
    by_uid: dict[str, str] = {}
    for number, row in read_json_lines(path, leave_out):
        uid, text = row.get("uid") or row.get("question_id"), _answer_text(row)
        problem = ""
        if not isinstance(uid, str) or text is None:
            problem = "has no 'uid' or no answer"
        elif uid in by_uid:
            if by_uid[uid] == text and leave_out is not None:
                continue
            problem = f"answers the question {uid} a second time"
        else:
            by_uid[uid] = text
        if problem and leave_out is None:
            raise UserError(f"{path}:{number} {problem}")
        if problem and leave_out is not None:
            leave_out(f"line {number}", problem)
    return by_uid


def author_of_answers(path: Path) -> str:
    """The model that the first row of an answer file names; empty where it names none.

    Raises:
        UserError: The file cannot be read.
    """
    first = next((row for _, row in read_json_lines(path, lambda row, problem: None)), {})
    name = first.get("model") or first.get("model_id")
    return name if isinstance(name, str) else ""


def aligned_answers(by_uid: Mapping[str, str], all_questions: Sequence[Question], where: str) -> list[str]:
    """Answers in the order of the questions. Raises UserError with the first three differences."""
    return aligned(by_uid, [question.uid for question in all_questions], where)


def _question_text(row: Mapping[str, Any]) -> object:
    return _content(row["turns"], 0) if "turns" in row else row.get("prompt")


def _answer_text(row: Mapping[str, Any]) -> str | None:
    """From ``messages`` (today's form) or ``choices[0].turns[0]`` (the older one): empty where the answer is null, None
    where there is no place for one."""
    messages, choices = row.get("messages"), row.get("choices")
    content: object = 0
    if messages:
        content = _content(messages, -1)
    elif isinstance(choices, list) and choices and isinstance(choices[0], dict):
        content = _content(choices[0].get("turns"), 0)
    if isinstance(content, dict):
        content = content.get("answer", 0)
    return (content or "") if isinstance(content, str | None) else None


def _content(turns: object, index: int) -> object:
    """The content of one of the turns; 0 where they are not turns."""
    turn = turns[index] if isinstance(turns, list) and turns else None
    return turn.get("content", 0) if isinstance(turn, dict) else 0
