"""A name of the wrong kind is told how it is meant to be written."""

from pathlib import Path

import pytest

from tests.cli.command import refusal

HINTS = [
    (["--judge", "gpt-4.1"], "name it with --judge-model"),
    (["--judge", "checklst"], "did you mean 'checklist'?"),
    (["--judge-model", "gpt-4.1"], "would not be asked; name a judge that asks one (--judge ste or"),
    (["--benchmark", "gsm8k"], "did you mean lm_eval:gsm8k?"),
    (["--benchmark", "mmlu_pro"], "did you mean lm_eval:mmlu_pro?"),
    (["--benchmark", "alpaca"], "did you mean 'alpaca_eval'?"),
    (["--benchmark", "own.jsonl"], "--judge ste --judge-model NAME@http"),
    (["--benchmark", "own.json"], "a file of prompts is called *.jsonl"),
    (["--model", "http://127.0.0.1:8000/v1"], "write NAME@http://127.0.0.1:8000/v1"),
    (["--baseline", "https://host/v1", "--model", "smollm2-135m"], "write NAME@https://host/v1"),
    (["--model", "no-such-folder"], "neither a folder, a hub id (org/model) nor NAME@http://"),
    (["--baseline", ""], "--baseline is empty"),
    (["--judge", ""], "--judge is empty"),
    (["--judge-model", " "], "--judge-model is empty"),
    (["--mode", "think"], "a thinking mode is named with its prompt: think:generic"),
    (["--mode", "reasoning"], "a thinking mode is named with its prompt: think:generic"),
    (["--mode", "think:generc"], "did you mean 'think:generic'?"),
]


@pytest.mark.parametrize(("given", "hint"), HINTS, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_name_is_told_what_it_may_have_been(
    given: list[str], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("own.jsonl", "own.json"):
        Path(name).write_text('{"prompt": "Say hi."}\n')
    assert hint in refusal("plan", *given)
