"""Every option of every command has an effect, or is refused where it has none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import application, refusal

API = {"concurrency", "rpm", "tpm", "timeout", "budget_calls", "budget_usd", "prices", "served_model"}
HERE = "{folder}"
OUTPUTS = ["--model", f"{HERE}/ours.json", "--baseline", f"{HERE}/theirs.json"]
LOCAL = ["--model", "smollm2-135m"]
STORE = ["--store", f"{HERE}/s.duckdb"]
GATE = ["gate", f"{HERE}/policy.yaml", "--candidate", "new", "--against", "old"]

VALUES = {
    "served_model": "m",
    "data": HERE,
    "prices": HERE,
    "split": "test",
    "judge": "ste",
    "baseline": "b",
    "metric": "m.py:f",
    "judge_model": "m",
    "orders": "both",
    "per_category": "3",
    "mode": "think:generic",
    "temperature": "0.5",
    "seed": "3",
    "max_new_tokens": "9",
    "format_retries": "1",
    "top_p": "0.5",
    "concurrency": "2",
    "rpm": "60",
    "tpm": "900",
    "timeout": "9",
    "budget_calls": "5",
    "budget_usd": "1",
    "run": "r",
    "why": "better",
    "alias": "c.json",
    "categories": "category",
    "published": "l.csv",
    "folder": HERE,
    "wait": "5",
    "store": f"{HERE}/s.duckdb",
    "clusters": "category",
    "base": HERE,
}
"""What is given to an option that takes a value."""

OF_BENCHMARK = {"split", "per_category", "data"}
OF_FREE_JUDGE = {"judge_model", "orders", "retry_missing", *API}
OF_SAMPLING = {"mode", "temperature", "seed", "max_new_tokens", "format_retries"}
EVAL_CASES: list[tuple[list[str], set[str]]] = [
    (["--benchmark", f"{HERE}/checked.jsonl"], OF_BENCHMARK),
    (LOCAL, OF_FREE_JUDGE | {"base"}),
    (OUTPUTS, OF_SAMPLING),
    ([*LOCAL, "--temperature", "0"], {"seed"}),
    (["--benchmark", "lm_eval:gsm8k"], {"judge", "baseline", "metric", *API}),
]

CASES: dict[str, list[tuple[list[str], set[str]]]] = {
    **{command: [([command, *given], names) for given, names in EVAL_CASES] for command in ("eval", "plan")},
    "judge check": [
        (["judge", "check", *given], names - {"judge", "baseline", "metric"} if "lm_eval:gsm8k" in given else names)
        for given, names in [*EVAL_CASES[:-1], ([*LOCAL, "--limit", "3"], {"metric"})]
    ],
    "sample": [
        (["sample", f"{HERE}/checked.jsonl", *LOCAL], API | {"base"}),
        (["sample", f"{HERE}/checked.jsonl", *LOCAL, "--temperature", "0"], {"seed", "top_p"}),
    ],
    "chat": [(["chat", "Why?", *LOCAL], API | {"base"}), (["chat", "Why?", *LOCAL, "--temperature", "0"], {"seed"})],
    "categorise": [(["categorise", "--model", "m", "--benchmark", "starter"], {"data"})],
    "compare": [(["compare", "a", "b"], {"run"})],
    "leaderboard": [(["leaderboard"], {"categories"}), (["leaderboard", "--by-category"], {"published"})],
    "report": [
        (["report", *STORE], {"folder"}),
        (["report", *STORE, "--compare", "a", "b"], {"published", "paper_curve"}),
        (["report", *STORE, "--models", "all"], {"paper_curve"}),
    ],
    "gate": [
        (GATE, {"base", "run", "why", "alias", "retry_missing", *API}),
        ([*GATE, "--offline"], {"retry_missing", *API}),
    ],
    "champion show": [(["champion", "show", "--file", "c.json"], {"store"})],
    "import": [(["import", "lm_eval", HERE], {"data"}), (["import", "lm_eval", HERE, "--json"], {"verbose"})],
    "export": [(["export", "lm_eval", "--model", "m"], {"data"})],
    "train": [(["train", f"{HERE}/run.yaml", "--dry-run"], {"folder", "wait"})],
    "quickstart": [(["quickstart", "--print-config"], {"folder", "wait", "as_json"})],
    "status": [(["status", HERE], {"folder"})],
}
"""By command, what is typed, and the options that change nothing beside it."""

ALWAYS = {"store", "wait", "as_json", "debug"}
"""Where a command reads and writes, and how it prints."""

EFFECTIVE: dict[str, set[str]] = {
    "eval": {"model", "benchmark", "limit"},
    "plan": {"model", "benchmark", "limit", "policy"},
    "judge check": {"model", "benchmark", "limit", "judge", "baseline", "repeats"},
    "sample": {"prompts", "model", "mode", "samples", "max_new_tokens", "temperature"},
    "chat": {"question", "model", "mode", "max_new_tokens", "temperature", "show_thoughts"},
    "categorise": {"model", "benchmark", "out", *API},
    "compare": {"a", "b", "mode_a", "mode_b", "data", "clusters"},
    "leaderboard": {"benchmark", "by_category", "sort"},
    "report": {"run", "models", "compare", "benchmark", "out", "markdown"},
    "gate": {"policy", "candidate", "against", "offline", "promote", "junit", "markdown"},
    "champion show": {"file"},
    "champion history": {"file"},
    "champion rollback": {"file", "why"},
    "import": {"kind", "path"},
    "export": {"kind", "model", "out"},
    "train": {"config", "dry_run"},
    "quickstart": {"print_config"},
    "status": {"run"},
    "sql": {"query"},
    "doctor": set(),
}
"""The others: what they say is looked up, written, promised or a bound, and a wrong value is an error of its own."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from commands(one, (*path, name)) if type(command).__name__ != "GateCommand" else ()
    if not below or type(command).__name__ == "GateCommand":
        yield " ".join(path), command


COMMANDS = dict(commands(application()))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_known_to_have_an_effect_or_is_refused_without(name: str) -> None:
    refused = {option for _, options in CASES.get(name, []) for option in options}
    own = {parameter.name for parameter in COMMANDS[name].params} - {"help"}
    assert own - refused - EFFECTIVE[name] - ALWAYS == set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checked = '{"prompt": "p", "category": "c", "checks": [{"contains": "a"}]}\n'
    (tmp_path / "checked.jsonl").write_text(checked)
    for name in ("ours", "theirs"):
        (tmp_path / f"{name}.json").write_text('[{"instruction": "p", "output": "a"}]')
    (tmp_path / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    return tmp_path


def told(arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    return refusal(*(word.replace(HERE, str(folder)) for word in arguments))


def spelled(name: str, command: str) -> list[str]:
    """The option as one types it, with a value."""
    parameter = next(parameter for parameter in COMMANDS[command].params if parameter.name == name)
    options = [option for option in parameter.opts if option.startswith("-")]
    value = [] if getattr(parameter, "is_flag", False) else [VALUES[name]]
    return [max(options, key=len), *value] if options else value


REFUSED = [
    pytest.param(command, typed, option, id=f"{' '.join(typed[:5])} {option}".replace(HERE, ""))
    for command, cases in CASES.items()
    for typed, options in cases
    for option in sorted(options)
]


@pytest.mark.parametrize(("command", "typed", "option"), REFUSED)
def test_an_option_without_effect_is_refused(
    command: str, typed: list[str], option: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = told([*typed, *spelled(option, command)], folder, monkeypatch)
    assert "no effect" in said or "asks no model" in said, said
