"""Arena-Hard's official files: questions, answers, judge configuration, judgments; read from a folder of the user's.

Both layouts are known: that of the official repository (``data/arena-hard-v0.1/question.jsonl``,
``model_answer/*.jsonl``, ``model_judgment/JUDGE/*.jsonl``, ``config/*.yaml``) and a flat one with the version in front
of each name (``v01_question.jsonl``). Lines end at ``\\n`` only: the texts hold other line separators.
"""

import ast
import hashlib
import http.client
import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tpobench.harness.errors import UserError
from tpobench.harness.records import Prompt

VERSIONS = {"v0.1": "v01", "v2.0": "v2"}
ROWS = {"v0.1": 500, "v2.0": 750}
BASELINES = {
    "v0.1": {"": "gpt-4-0314"},
    "v2.0": {"hard_prompt": "o3-mini-2025-01-31", "creative_writing": "gemini-2.0-flash-001"},
}
"""The baseline that answers the questions of each category ("" = all)."""

HUB = "https://huggingface.co/datasets/lmarena-ai/arena-hard-auto/resolve/c75cc2581ae7ac4b66ce5c804c002fe5a7c6339e/"
REPOSITORY = "https://raw.githubusercontent.com/lmarena/arena-hard-auto/196f6b826783b3da7310e361a805fa36f0be83f3/"
LOCK = "arena_hard_checksums.json"


_FLAT_CONFIG = {"v0.1": "v01_judge_config.yaml", "v2.0": "v2_config.yaml"}
_FLAT_SETTINGS = "v2_judge_settings.yaml"
_PLACES = {
    "{question_1}": "{prompt}",
    "{answer_1}": "{response_a}",
    "{answer_2}": "{response_b}",
    "{QUESTION}": "{prompt}",
    "{ANSWER_A}": "{response_a}",
    "{ANSWER_B}": "{response_b}",
}


@dataclass(frozen=True)
class Question:
    uid: str
    prompt: Prompt


def questions(version: str, folder: Path) -> list[Question]:
    """The questions in their official order; the category is the cluster (v0.1), or category and subcategory (v2.0).

    Raises UserError for a missing, cut or repeating file.
    """
    path = _find(folder, version, "question.jsonl", flat=f"{VERSIONS[version]}_question.jsonl")
    found, seen = [], set()
    for number, row in rows_of(path):
        uid, text = row.get("uid") or row.get("question_id"), _question_text(row)
        if not isinstance(uid, str) or not isinstance(text, str):
            raise UserError(f"{path}:{number} has no 'uid' or no 'prompt'")
        if uid in seen:
            raise UserError(f"{path}:{number} repeats the question {uid}")
        seen.add(uid)
        parts = [row.get(name) for name in (("cluster",) if version == "v0.1" else ("category", "subcategory"))]
        if not all(isinstance(part, str) for part in parts):
            raise UserError(f"{path}:{number} has no 'cluster' (v0.1), or no 'category' and 'subcategory' (v2.0)")
        found.append(Question(uid, Prompt(text, "/".join(map(str, parts)), f"arena_hard_{version}")))
    if not found:
        raise UserError(f"{path} holds no questions; fetch it again")
    return found


def answers(version: str, folder: Path, model: str) -> dict[str, str]:
    """A model's answers by question uid; UserError when there is no file of it."""
    path = _find(folder, version, f"model_answer/{model}.jsonl", flat=f"{VERSIONS[version]}_answers_{model}.jsonl")
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
    (``""`` for all).

    The repository keeps the system prompts in ``utils/judge_utils.py``, which is read without being run; the older
    ``judge_config.yaml`` of v0.1 has its own. Raises UserError naming the file that lacks something.
    """
    old = "judge_config.yaml" if version == "v0.1" else ""
    path = _find(folder, version, old, f"arena-hard-{version}.yaml", flat=_FLAT_CONFIG[version])
    config = _yaml(path)
    try:
        if "system_prompt" in config:
            systems = {"": config["system_prompt"]}
        else:
            path_of_systems = _find(folder, version, "judge_settings.yaml", "judge_utils.py", flat=_FLAT_SETTINGS)
            settings = _yaml(path_of_systems) if path_of_systems.suffix == ".yaml" else _from_python(path_of_systems)
            systems = {name: entry["system_prompt"] for name, entry in settings.items()}
            if version == "v0.1":
                systems = {"": systems["arena-hard-v0.1"]}
        patterns = config["regex_patterns"] if "regex_patterns" in config else [config["regex_pattern"]]
        template = config["prompt_template"]
        template = template if isinstance(template, str) else template[0]
        for theirs, ours in _PLACES.items():
            template = template.replace(theirs, ours)
        return {
            "model": config["judge_model"],
            "temperature": config["temperature"],
            "max_tokens": config["max_tokens"],
            "template": template,
            "patterns": patterns,
            "systems": systems,
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} and its system prompts are not Arena-Hard's configuration: lacks {error}") from error


def fetch(version: str, folder: Path) -> list[Path]:
    """Downloads questions, baseline answers and judge settings of a version in the repository's layout; the paths.

    Addresses are pinned to commits. No checksum of them was known when this was written (they were out of reach), so
    the SHA-256 of the first download is kept in `LOCK` beside the files, and every later call verifies against it: a
    file that changed is an error, one that was lost is fetched again and must be the same. Raises UserError.
    """
    data = f"data/arena-hard-{version}"
    wanted = {f"{data}/question.jsonl": HUB}
    wanted |= {f"{data}/model_answer/{model}.jsonl": HUB for model in BASELINES[version].values()}
    wanted |= {f"config/arena-hard-{version}.yaml": REPOSITORY, "utils/judge_utils.py": REPOSITORY}
    lock = folder / LOCK
    try:
        known: dict[str, str] = json.loads(lock.read_bytes()) if lock.exists() else {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"{lock} cannot be read: {error}; delete it and the files beside it, and fetch again"
        ) from error
    for name, base in wanted.items():
        path = folder / name
        if path.exists() and base + name not in known:
            raise UserError(f"{path} was not fetched by this command; name a new folder, or use this one with --data")
        content = path.read_bytes() if path.exists() else _download(base + name)
        checksum = hashlib.sha256(content).hexdigest()
        if known.get(base + name, checksum) != checksum:
            raise UserError(f"{path} is not the file that {lock} recorded (SHA-256 {checksum}); delete it, fetch again")
        if not path.exists():
            _replace(path, content)
            known[base + name] = checksum
            _replace(lock, json.dumps(known, indent=1, sort_keys=True).encode())
    return [folder / name for name in wanted]


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content: bytes = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"{address} cannot be fetched: {error}; try again, or download it by hand") from error
    return content


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


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
    return _content(row["turns"], 0) if "turns" in row else row.get("prompt")


def _answer_text(row: Mapping[str, Any]) -> str | None:
    """From ``messages`` (today's form) or ``choices[0].turns[0]`` (the older one)."""
    messages, choices = row.get("messages"), row.get("choices")
    content: object = None
    if messages:
        content = _content(messages, -1)
    elif isinstance(choices, list) and choices and isinstance(choices[0], dict):
        content = _content(choices[0].get("turns"), 0)
    if isinstance(content, dict):
        content = content.get("answer")
    return content if isinstance(content, str) else None


def _content(turns: object, place: int) -> object:
    """The content of one of the turns; None where they are not turns."""
    turn = turns[place] if isinstance(turns, list) and turns else None
    return turn.get("content") if isinstance(turn, dict) else None


def _from_python(path: Path) -> dict[str, Any]:
    """``JUDGE_SETTINGS`` of the repository's settings module: literals, and names given to literals above it."""
    known: dict[str, Any] = {}
    try:
        for line in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                known[line.targets[0].id] = ast.literal_eval(_Named(known).visit(line.value))
        found: dict[str, Any] = known["JUDGE_SETTINGS"]
    except (OSError, SyntaxError, ValueError, KeyError) as error:
        raise UserError(f"{path} holds no JUDGE_SETTINGS of plain texts: {error}") from error
    return found


class _Named(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.known[node.id])


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise UserError(f"{path} holds no settings; fetch it again")
    return found


def _find(folder: Path, version: str, *official: str, flat: str) -> Path:
    official_folder = f"arena-hard-{version}"
    names = [name for name in official if name]
    for base in (folder, folder / "arena_hard"):
        places = [base / flat]
        for name in names:
            places += [
                base / "data" / official_folder / name,
                base / official_folder / name,
                base / "config" / name,
                base / "utils" / name,
                base / name,
            ]
        for place in places:
            if place.is_file():
                return place
    raise UserError(
        f"{folder} holds neither {flat} nor {official_folder}/{names[-1]}: clone github.com/lmarena/arena-hard-auto, "
        "or fetch its data set lmarena-ai/arena-hard-auto, and name the folder with --data"
    )
