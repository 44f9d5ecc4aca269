"""Arena-Hard's official files: questions, answers, judge configuration, judgments; read from a folder of the user's.

Both layouts are known: that of the official repository (``data/arena-hard-v0.1/question.jsonl``,
``model_answer/*.jsonl``, ``model_judgment/JUDGE/*.jsonl``, ``config/*.yaml``) and a flat one with the version in front
of each name (``v01_question.jsonl``). Lines end at ``\\n`` only: the texts hold other line separators.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import UserError
from harness.records import Prompt

VERSIONS = {"v0.1": "v01", "v2.0": "v2"}
ROWS = {"v0.1": 500, "v2.0": 750}
BASELINES = {
    "v0.1": {"": "gpt-4-0314"},
    "v2.0": {"hard_prompt": "o3-mini-2025-01-31", "creative_writing": "gemini-2.0-flash-001"},
}
"""The baseline that answers the questions of each category ("" = all)."""


@dataclass(frozen=True)
class Question:
    uid: str
    prompt: Prompt


def questions(version: str, folder: Path) -> list[Question]:
    """The questions in their official order; the category is the cluster (v0.1), or category and subcategory (v2.0).

    Raises UserError for a missing, cut or repeating file.
    """
    path = _find(folder, version, "question.jsonl", f"{VERSIONS[version]}_question.jsonl")
    found, seen = [], set()
    for number, row in rows_of(path):
        uid, text = row.get("uid") or row.get("question_id"), _question_text(row)
        if not isinstance(uid, str) or not isinstance(text, str):
            raise UserError(f"{path}:{number} has no 'uid' or no 'prompt'")
        if uid in seen:
            raise UserError(f"{path}:{number} repeats the question {uid}")
        seen.add(uid)
        category = row.get("cluster") if version == "v0.1" else f"{row.get('category')}/{row.get('subcategory')}"
        found.append(Question(uid, Prompt(text, str(category), f"arena_hard_{version}")))
    return found


def answers(version: str, folder: Path, model: str) -> dict[str, str]:
    """A model's answers by question uid; UserError when there is no file of it."""
    path = _find(folder, version, f"model_answer/{model}.jsonl", f"{VERSIONS[version]}_answers_{model}.jsonl")
    return read_answers(path)


def read_answers(path: Path) -> dict[str, str]:
    """Answers by question uid from one official answer file, in either of its forms."""
    found: dict[str, str] = {}
    for number, row in rows_of(path):
        uid, text = row.get("uid") or row.get("question_id"), _answer_text(row)
        if not isinstance(uid, str) or text is None:
            raise UserError(f"{path}:{number} has no 'uid' or no answer")
        if uid in found:
            raise UserError(f"{path}:{number} answers the question {uid} a second time")
        found[uid] = text
    return found


def aligned(found: Mapping[str, str], asked: Sequence[Question], where: str) -> list[str]:
    """Answers in the order of the questions; UserError with the first three differences."""
    known = {question.uid for question in asked}
    differences = [f"not a question: {uid}" for uid in found if uid not in known]
    differences += [f"no answer to: {question.uid}" for question in asked if question.uid not in found]
    if differences:
        raise UserError(
            f"{where} holds {len(found)} answers, the benchmark {len(asked)} questions; {len(differences)} differ: "
            + "; ".join(differences[:3])
        )
    return [found[question.uid] for question in asked]


def judge_settings(version: str, folder: Path) -> dict[str, Any]:
    """The official judge configuration: model, temperature, max_tokens, template, patterns, system prompts by category
    (``""`` for all)."""
    if version == "v0.1":
        config = _yaml(_find(folder, version, "judge_config.yaml", "v01_judge_config.yaml"))
        (template,) = config["prompt_template"]
        systems = {"": config["system_prompt"]}
        patterns = [config["regex_pattern"]]
        places = {"{question_1}": "{prompt}", "{answer_1}": "{response_a}", "{answer_2}": "{response_b}"}
    else:
        config = _yaml(_find(folder, version, "arena-hard-v2.0.yaml", "v2_config.yaml"))
        settings = _yaml(_find(folder, version, "judge_settings.yaml", "v2_judge_settings.yaml"))
        template, patterns = config["prompt_template"], config["regex_patterns"]
        systems = {name: entry["system_prompt"] for name, entry in settings.items()}
        places = {"{QUESTION}": "{prompt}", "{ANSWER_A}": "{response_a}", "{ANSWER_B}": "{response_b}"}
    for theirs, ours in places.items():
        template = template.replace(theirs, ours)
    return {
        "model": config["judge_model"], "temperature": config["temperature"], "max_tokens": config["max_tokens"],
        "template": template, "patterns": patterns, "systems": systems,
    }  # fmt: skip


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line of a JSONL file. Raises UserError naming the line that is wrong."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}:{number} is not valid JSON, the file may be cut: {error}") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number} is not a JSON object")
        yield number, row


def _question_text(row: Mapping[str, Any]) -> object:
    turns = row.get("turns")
    return turns[0].get("content") if isinstance(turns, list) and turns else row.get("prompt")


def _answer_text(row: Mapping[str, Any]) -> str | None:
    """From ``messages`` (today's form) or ``choices[0].turns[0]`` (the older one)."""
    messages, choices = row.get("messages"), row.get("choices")
    content: object = None
    if isinstance(messages, list) and messages:
        content = messages[-1].get("content")
    elif isinstance(choices, list) and choices:
        content = choices[0]["turns"][0].get("content")
    if isinstance(content, dict):
        content = content.get("answer")
    return content if isinstance(content, str) else None


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    return found


def _find(folder: Path, version: str, official: str, flat: str) -> Path:
    official_folder = f"arena-hard-{version}"
    for base in (folder, folder / "arena_hard"):
        for place in (base / flat, base / "data" / official_folder / official, base / official_folder / official,
                      base / "config" / official, base / "utils" / official, base / official):  # fmt: skip
            if place.is_file():
                return place
    raise UserError(
        f"{folder} holds neither {flat} nor {official_folder}/{official}: clone github.com/lmarena/arena-hard-auto, or "
        "fetch its data set lmarena-ai/arena-hard-auto, and name the folder with --data"
    )
