"""Prompt files that users bring: JSON lines, the same form as the starter benchmark's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.files import protect
from tpobench.harness.json_files import read_json_lines
from tpobench.harness.judges.prompt_checks import problem_with
from tpobench.harness.records import Prompt


def prompts_from_file(path: Path) -> tuple[Prompt, ...]:
    """Prompts from a JSONL file of the user's: ``{"prompt": ..., "category": ..., "checks": [...]}``, the last two
    optional. Raises UserError with the line that is wrong."""
    protect(path, "the prompt file")
    prompts = [_prompt(row, f"{path}:{number}") for number, row in read_json_lines(path)]
    if not prompts:
        raise UserError(f"the prompt file {path} holds no prompts; write one JSON object per line with a key 'prompt'")
    return tuple(prompts)


def _prompt(row: Mapping[str, Any], where: str) -> Prompt:
    if not isinstance(row.get("prompt"), str) or not row["prompt"].strip():
        raise UserError(f"{where} has no text under the key 'prompt'")
    checks = row.get("checks", [])
    if not isinstance(checks, list):
        raise UserError(f"{where}: 'checks' is a list, not {type(checks).__name__}")
    for check in checks:
        if problem := problem_with(check):
            raise UserError(f"{where}: {problem}")
    category = row.get("category", "uncategorised")
    if not isinstance(category, str):
        raise UserError(f"{where}: 'category' is a text, not {type(category).__name__}")
    return Prompt(row["prompt"], category, f"file:{where.rsplit(':', 1)[0]}", tuple(checks))
