"""The official configuration of the judge, read without running any of it."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tpobench.benchmarks.arena_hard.folder import find_file
from tpobench.harness.config import read_yaml
from tpobench.harness.errors import UserError

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


def judge_settings(version: str, folder: Path) -> dict[str, Any]:
    """The official judge configuration: model, temperature, max_tokens, template, patterns, system prompts by category
    (``""`` for all).

    The repository keeps the system prompts in ``utils/judge_utils.py``, which is read without being run; the older
    ``judge_config.yaml`` of v0.1 has its own. Raises UserError naming the file that lacks something.
    """
    old = "judge_config.yaml" if version == "v0.1" else ""
    path = find_file(folder, version, old, f"arena-hard-{version}.yaml", flat=_FLAT_CONFIG[version])
    config = _yaml(path)
    try:
        if "system_prompt" in config:
            systems = {"": config["system_prompt"]}
        else:
            path_of_systems = find_file(folder, version, "judge_settings.yaml", "judge_utils.py", flat=_FLAT_SETTINGS)
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


def _from_python(path: Path) -> dict[str, Any]:
    """``JUDGE_SETTINGS`` of the repository's settings module: literals, and names given to literals above it."""
    known: dict[str, Any] = {}
    try:
        for line in ast.parse(path.read_text(encoding="utf-8-sig")).body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                known[line.targets[0].id] = ast.literal_eval(_Named(known).visit(line.value))
        settings: dict[str, Any] = known["JUDGE_SETTINGS"]
    except (OSError, SyntaxError, ValueError, KeyError) as error:
        raise UserError(f"{path} holds no JUDGE_SETTINGS of plain texts: {error}") from error
    return settings


class _Named(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.known[node.id])


def _yaml(path: Path) -> dict[str, Any]:
    settings: Any = read_yaml(path)
    if not isinstance(settings, dict):
        raise UserError(f"{path} holds no settings; fetch it again")
    return settings
