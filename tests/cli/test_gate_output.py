"""What becomes of a gate's output changes nothing of its decision: real processes whose output is closed, full, of
another encoding, or cannot be written where it is asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from typer.testing import CliRunner

from tpobench.cli import gate as cli_gate
from tpobench.cli.commands import app
from tpobench.harness.gate import run as gate_run

PROMPTS = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts with a sign that few consoles show, answers that are right (`good`) and wrong (`bad`), and a policy."""
    top = tmp_path_factory.mktemp("output")
    prompts = [{"prompt": f"Say → {n}.", "checks": [{"contains": f"number {n}."}]} for n in range(PROMPTS)]
    (top / "bench.jsonl").write_text("\n".join(map(json.dumps, prompts)))
    for name, sign in (("good", ""), ("bad", "-")):
        rows = [{"instruction": p["prompt"], "output": f"It is number {sign}{n}."} for n, p in enumerate(prompts)]
        (top / f"{name}.json").write_text(json.dumps(rows))
    write_policy(top)
    return top


def write_policy(place: Path, **rules: Any) -> None:
    on = {"benchmark": "bench.jsonl", "judge": "checklist"}
    (place / "policy.yaml").write_text(yaml.safe_dump({"evaluate": on, "head_to_head": {"margin": 0.05}} | rules))


PASSES, FAILS = (("good", "bad"), 0), (("bad", "good"), 1)


def in_shell(place: Path, sides: tuple[str, str], how: str, **environment: str) -> tuple[int, str, str]:
    """A gate in a shell, with what stands behind it in its line; returns the gate's own exit code and what was said."""
    candidate, against = sides
    command = f'"{sys.executable}" -c "from tpobench.cli import main; main()"'
    asked = f"gate policy.yaml --candidate {candidate}.json --against {against}.json --store s.duckdb {how}"
    script = f"{command} {asked}\nexit ${{PIPESTATUS[0]}}"
    env = os.environ | environment
    done = subprocess.run(["bash", "-c", script], capture_output=True, cwd=place, env=env, timeout=120)
    said = done.stderr.decode()
    assert "Traceback" not in said
    return done.returncode, done.stdout.decode("latin-1"), said


@pytest.mark.parametrize(
    ("how", "decided"),
    [
        ("| true", FAILS),
        ("--json | true", PASSES),
        (">&- 2>&- <&-", FAILS),
        (">&-", PASSES),
        (">/dev/full 2>/dev/full", FAILS),
        ("2>/dev/full", PASSES),
    ],
)
def test_where_the_output_goes_changes_no_exit_code(place: Path, how: str, decided: tuple[Any, int]) -> None:
    if "/dev/full" in how and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    sides, code = decided
    assert in_shell(place, sides, how)[0] == code


def test_files_are_written_though_nobody_reads_the_output(place: Path) -> None:
    (place / "gate.xml").unlink(missing_ok=True)
    assert in_shell(place, PASSES[0], "--junit gate.xml --markdown gate.md | true")[0] == 0
    (decision,) = ElementTree.parse(place / "gate.xml").iterfind(".//property[@name='decision']")
    assert decision.get("value") == "PASS"
    assert "PASS" in (place / "gate.md").read_text()


def test_a_console_that_cannot_show_a_character_gets_its_escape(place: Path) -> None:
    code, shown, _ = in_shell(place, PASSES[0], "", PYTHONIOENCODING="ascii")
    assert (code, r"Say \u2192" in shown) == (0, True)
    code, written, _ = in_shell(place, PASSES[0], "--json", PYTHONIOENCODING="latin-1")
    assert (code, json.loads(written)["won"][0]["prompt"][:5]) == (0, "Say →")


def test_what_cannot_be_written_is_told_and_the_decision_stands(place: Path) -> None:
    nowhere = "bench.jsonl/x"  # a file where a folder is needed
    files = f"--junit {nowhere}.xml --markdown {nowhere}.md"
    code, shown, told = in_shell(place, FAILS[0], files, GITHUB_STEP_SUMMARY=f"{nowhere}.md")
    assert (code, "FAIL" in shown) == (1, True)
    assert [line.split(" could")[0] for line in told.splitlines()] == [
        f"tpobench: --junit {nowhere}.xml",
        f"tpobench: --markdown {nowhere}.md",
        f"tpobench: GITHUB_STEP_SUMMARY {nowhere}.md",
    ]
    assert told.count("; the decision is FAIL and is stored\n") == 3


def test_a_promotion_that_fails_after_a_pass_is_told_below_the_decision(place: Path) -> None:
    code, shown, told = in_shell(place, PASSES[0], "--promote --junit kept.xml")
    assert (code, "PASS" in shown, "cannot be promoted" in told) == (2, True, True)
    assert (place / "kept.xml").exists()
    assert in_shell(place, PASSES[0], "--promote >&-")[0] == 2


def test_a_reader_that_leaves_ends_other_commands_well_and_a_full_disk_does_not(place: Path) -> None:
    assert in_shell(place, PASSES[0], "")[0] == 0
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", "sql", "SHOW TABLES"]
    command += ["--store", "s.duckdb"]
    reading, writing = os.pipe()
    os.close(reading)
    closed = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=place)
    os.close(writing)
    assert (closed.returncode, closed.stderr) == (0, b"")
    if Path("/dev/full").exists():
        with open("/dev/full", "wb") as full:
            filled = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=place)
        assert (filled.returncode, b"the output could not be written: No space left" in filled.stderr) == (2, True)


def test_files_and_promotion_come_before_the_output(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    for module, name in ((cli_gate, "write_files"), (cli_gate, "print_result"), (gate_run, "promote_candidate")):
        monkeypatch.setattr(module, name, lambda *_, name=name, **__: order.append(name))
    monkeypatch.setattr(cli_gate, "_promoted", lambda *_: "promoted")
    monkeypatch.chdir(place)
    asked = ["gate", "policy.yaml", "--candidate", "good.json", "--against", "bad.json", "--store", "s.duckdb"]
    assert CliRunner().invoke(app, [*asked, "--promote"]).exit_code == 0
    assert order == ["write_files", "promote_candidate", "print_result"]


@pytest.mark.parametrize(
    ("reveal", "decided", "texts", "categories"),
    [
        ("all", FAILS, True, True),
        ("after_pass", FAILS, False, False),
        ("after_pass", PASSES, True, True),
        ("categories", FAILS, False, True),
        ("none", PASSES, False, False),
    ],
)
def test_no_output_shows_more_of_the_prompts_than_the_policy_says(
    place: Path, monkeypatch: pytest.MonkeyPatch, reveal: str, decided: tuple[Any, int], texts: bool, categories: bool
) -> None:
    (candidate, against), code = decided
    monkeypatch.chdir(place)
    write_policy(place, reveal=reveal)
    files = ["r.xml", "r.md", "summary.md"]
    for name in files:
        Path(name).unlink(missing_ok=True)
    asked = ["gate", "policy.yaml", "--candidate", f"{candidate}.json", "--against", f"{against}.json"]
    asked += ["--store", "s.duckdb", "--junit", "r.xml", "--markdown", "r.md"]
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    for more in ([], ["--json"]):
        ended = CliRunner().invoke(app, [*asked, *more], env=environment)
        assert ended.exit_code == code, ended.output
        for output in (ended.output, *map(Path.read_text, map(Path, files))):
            assert ("Say " in output) == texts
            assert ("uncategorised" in output) == categories
    write_policy(place)
