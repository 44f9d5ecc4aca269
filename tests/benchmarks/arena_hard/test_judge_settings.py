"""The official configuration of the judge, in both layouts and every form."""

from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import CONFIG, DATA, official, write
from tests.data import real_data
from tpobench.benchmarks.arena_hard.data import aligned_answers, answers, questions
from tpobench.benchmarks.arena_hard.judge_settings import judge_settings
from tpobench.benchmarks.arena_hard.versions import BASELINES
from tpobench.harness.errors import UserError


@real_data
def test_official_judge_settings() -> None:
    old, new = judge_settings("v0.1", DATA), judge_settings("v2.0", DATA)
    assert (old["model"], old["temperature"], old["max_tokens"]) == ("gpt-4-1106-preview", 0, 4096)
    assert (new["model"], new["temperature"], new["max_tokens"]) == ("gpt-4.1", 0, 16000)
    assert old["patterns"] == new["patterns"][:1] == [r"\[\[([AB<>=]+)\]\]"]
    assert new["patterns"][1] == r"\[([AB<>=]+)\]"
    assert old["template"] == new["template"]
    assert set(BASELINES["v2.0"]) < set(new["systems"])
    assert old["systems"][""] == new["systems"]["arena-hard-v0.1"]


@pytest.mark.parametrize("version", ["v0.1", "v2.0"])
def test_the_repository_as_it_is_today(tmp_path: Path, version: str) -> None:
    folder = official(tmp_path, version)
    found = questions(version, folder)
    assert found[0].prompt.category == ("Puzzles" if version == "v0.1" else "hard_prompt/math")
    model = next(iter(BASELINES[version].values()))
    assert aligned_answers(answers(version, folder, model), found, model) == ["Yes."] * 3
    settings = judge_settings(version, folder)
    assert settings["template"] == "Q {prompt} A {response_a} B {response_b}"
    assert settings["systems"]["" if version == "v0.1" else "hard_prompt"] == "Judge.\n[[A>B]]"


def test_settings_are_read_and_never_run(tmp_path: Path) -> None:
    folder = official(tmp_path, "v2.0")
    write(folder / "utils" / "judge_utils.py", f"JUDGE_SETTINGS = open({str(tmp_path / 'run')!r}, 'w')")
    with pytest.raises(UserError, match="no JUDGE_SETTINGS of plain texts"):
        judge_settings("v2.0", folder)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("config", ["", "- a\n", "judge_model: j\n", "a: [\n", CONFIG.replace("max_tokens", "tokens")])
def test_bad_judge_settings(tmp_path: Path, config: str) -> None:
    folder = official(tmp_path, "v2.0")
    write(folder / "config" / "arena-hard-v2.0.yaml", config)
    with pytest.raises(UserError, match=r"arena-hard-v2\.0\.yaml"):
        judge_settings("v2.0", folder)
