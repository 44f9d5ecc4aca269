"""The gate as CI uses it: real processes, exit codes, files, and the champion."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tpobench.harness.records import Model, NewEvaluation
from tpobench.harness.store.store import Store

PROMPTS = 120


def tpobench(
    *arguments: str | Path, cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *map(str, arguments)]
    env = os.environ | (environment or {})
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd, env=env)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A benchmark that asks for a number, and files of answers: `good` has it always, `even` and `odd` every other
    time, `bad` never."""
    prompts = [{"prompt": f"Say {n}.", "checks": [{"contains": f"number {n}."}]} for n in range(PROMPTS)]
    (tmp_path / "bench.jsonl").write_text("\n".join(map(json.dumps, prompts)))
    right = {"good": lambda n: True, "even": lambda n: n % 2 == 0, "odd": lambda n: n % 2 == 1, "bad": lambda n: False}
    for name, knows in right.items():
        rows = [
            {"instruction": p["prompt"], "output": f"It is number {n if knows(n) else -n - 1}."}
            for n, p in enumerate(prompts)
        ]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    return tmp_path


def write_policy(place: Path, **rules: Any) -> Path:
    on = {"benchmark": str(place / "bench.jsonl"), "judge": "checklist"}
    written = {"evaluate": on, "head_to_head": {"margin": 0.05}} | rules
    (place / "policy.yaml").write_text(yaml.safe_dump({key: value for key, value in written.items() if value != {}}))
    return place / "policy.yaml"


def gate(place: Path, candidate: str, against: str, *more: str | Path, code: int, **env: str) -> str:
    asked = ("--candidate", f"{candidate}.json", "--against", f"{against}.json", "--store", "s.duckdb")
    done = tpobench("gate", "policy.yaml", *asked, *more, cwd=place, environment=env)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_four_decisions_have_four_exit_codes(place: Path) -> None:
    write_policy(place)
    assert "PASS" in gate(place, "good", "bad", code=0)
    assert "FAIL" in gate(place, "bad", "good", code=1)
    assert "INCONCLUSIVE" in gate(place, "even", "odd", code=3)
    write_policy(place, pins={"judge": "another@1"})
    told = json.loads(gate(place, "good", "bad", "--json", code=4))
    assert any("pins the judge another@1, this is checklist@1" in rule["sentence"] for rule in told["rules"])


def test_ci_gets_its_files_and_machines_their_json(place: Path) -> None:
    write_policy(place, parse_errors={"max": 0.1})
    summary = place / "summary.md"
    files = ("--junit", "out/gate.xml", "--markdown", "out/gate.md")
    env = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}
    said = gate(place, "bad", "good", *files, code=1, **env)
    assert "::error" in said
    suite = ElementTree.parse(place / "out" / "gate.xml").getroot()
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert cases["head_to_head"].find("failure") is not None
    assert cases["parse_errors"].find("failure") is None
    assert "FAIL" in (place / "out" / "gate.md").read_text()
    assert summary.read_text().startswith((place / "out" / "gate.md").read_text()[:20])
    told = json.loads(gate(place, "bad", "good", "--json", code=1))
    assert told["decision"] == "FAIL"
    assert told["rules"][0]["rule"] == "head_to_head"
    assert len(told["lost"]) == 5


def test_the_same_gate_again_is_one_decision_and_one_attempt(place: Path) -> None:
    write_policy(place, line="assistant")
    first = json.loads(gate(place, "good", "bad", "--json", code=0))
    assert json.loads(gate(place, "good", "bad", "--json", "--offline", code=0)) == first
    second = json.loads(gate(place, "even", "bad", "--json", code=0))
    assert first["rules"][0]["alpha"] == pytest.approx(0.05 * 6 / 9.8696044)
    assert second["rules"][0]["alpha"] == pytest.approx(first["rules"][0]["alpha"] / 4)
    done = tpobench("gate", "ledger", "assistant", "--store", "s.duckdb", "--json", cwd=place)
    assert [row["number"] for row in json.loads(done.stdout)] == [1, 2]
    shown = tpobench("gate", "ledger", "assistant", "--store", "s.duckdb", cwd=place)
    assert "so far: 2, with 76.0% of the alphas" in shown.stdout.replace("\n", " ")
    on = ["--store", "s.duckdb"]
    for typed in (
        ["--ledger", "assistant", *on],
        [*on, "policy.yaml", "--ledger=assistant"],
        ["--ledger", "assistant", "policy.yaml", *on],
        [*on, "ledger", "assistant"],
    ):
        assert tpobench("gate", *typed, cwd=place).stdout == shown.stdout, typed


def test_the_gates_help_tells_of_the_decision_and_of_the_ledger(place: Path) -> None:
    shown = tpobench("gate", "--help", cwd=place).stdout
    assert "--candidate" in shown
    assert "ledger LINE" in shown
    assert "The line that its policies name" in tpobench("gate", "ledger", "--help", cwd=place).stdout


def test_a_pass_promotes_and_a_rollback_goes_back(place: Path, tiny_model: Path) -> None:
    # Whatever the miniature writes has a letter; the answers it is compared with have none.
    prompts = [{"prompt": f"Speak {n}.", "checks": [{"regex": "[a-z]"}]} for n in range(60)]
    (place / "bench.jsonl").write_text("\n".join(map(json.dumps, prompts)))
    rows = [{"instruction": p["prompt"], "output": f"{n}"} for n, p in enumerate(prompts)]
    (place / "mute.json").write_text(json.dumps(rows))
    on = {"benchmark": "bench.jsonl", "judge": "checklist", "max_new_tokens": 16}
    write_policy(place, evaluate=on, degenerate={"max": 0.5})
    asked = ("gate", "policy.yaml", "--against", "mute.json", "--store", "s.duckdb", "--promote")
    done = tpobench(*asked, "--candidate", tiny_model, "--why", "first", cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((place / "champion.json").read_text())
    assert (written["folder"], written["why"]) == (str(tiny_model), "first")
    again = tpobench(*asked, "--candidate", tiny_model, "--why", "first", cwd=place)
    assert again.returncode == 0, again.stdout + again.stderr
    history = tpobench("champion", "history", "--store", "s.duckdb", "--json", cwd=place)
    assert len(json.loads(history.stdout)) == 1
    back = tpobench("champion", "rollback", "--store", "s.duckdb", cwd=place)
    assert back.returncode == 2
    assert back.stderr.count("\n") == 1
    refused = gate(place, "mute", "mute", code=2)
    assert "is also the baseline" in refused


def test_two_models_are_compared_on_what_they_share(place: Path) -> None:
    for model in ("good", "even"):
        measured = ("--model", f"{model}.json", "--benchmark", "bench.jsonl", "--baseline", "odd.json")
        done = tpobench("eval", *measured, "--store", "s.duckdb", cwd=place)
        assert done.returncode == 0, done.stderr
    asked = ("compare", "good", "even", "--store", "s.duckdb")
    (overall,) = json.loads(tpobench(*asked, "--json", cwd=place).stdout)
    assert (overall["a"], overall["b"], overall["n"]) == (0.75, 0.5, PROMPTS)
    assert 0 < overall["low"] < 0.25 < overall["high"]
    shown = tpobench(*asked, cwd=place).stdout
    assert "+25.0" in shown
    assert "A = good, B = even" in shown
    refused = tpobench("compare", "good", "evn", "--store", "s.duckdb", cwd=place)
    assert refused.returncode == 2
    assert "did you mean 'even'?" in refused.stderr


def test_a_key_that_stands_twice_is_refused(place: Path) -> None:
    (place / "policy.yaml").write_text("head_to_head: {margin: 0.01}\nhead_to_head: {margin: 0.49}\n")
    assert "'head_to_head' occurs twice (line 2)" in gate(place, "good", "bad", code=2)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"head_to_heads": {"margin": 0.1}}, "did you mean 'head_to_head'?"),
        ({"categories": None}, "the key 'categories' is empty"),
        ({"head_to_head": {"margin": 0.7}}, "'head_to_head.margin' is 0.7"),
        ({"head_to_head": {"margin": 0.05, "alpha": 0.05}, "budget": 0.01}, "above the budget of 0.01"),
        ({"evaluate": {}, "champion": {"margin": 0.05}}, "the rule 'champion' needs 'evaluate'"),
        ({"evaluate": {}}, "holds no model 'bad.json'"),
    ],
)
def test_a_wrong_policy_is_one_sentence_and_exit_2(place: Path, rules: dict[str, Any], said: str) -> None:
    write_policy(place, **rules)
    with Store(place / "s.duckdb"):
        pass
    told = gate(place, "good", "bad", code=2)
    assert said in told
    assert told.count("\n") == 1


def test_a_gate_on_what_is_stored_makes_no_store(place: Path) -> None:
    for rules in ({"evaluate": {}}, {"evaluate": {"benchmark": "starter"}}):
        write_policy(place, **rules)
        done = tpobench("gate", "policy.yaml", "--candidate", "thought/1", "--store", "s.duckdb", cwd=place)
        assert (done.returncode, "no results store at s.duckdb" in done.stderr) == (2, True), done.stderr
    assert not (place / "s.duckdb").exists()


def test_a_plan_says_what_a_gate_would_take(place: Path) -> None:
    write_policy(place)
    done = tpobench("plan", "--policy", "policy.yaml", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    better, _, equal, worse = plan["scenarios"]
    assert better["passed"] > 0.5 > better["failed"]
    assert worse["failed"] > worse["passed"]
    assert better["prompts"] < plan["prompts"] == PROMPTS
    assert equal["undecided"] > better["undecided"]
    # one test on all prompts in one order would need 619; the hybrid pays for looking before
    assert 680 < plan["needed"] < 850
    assert plan["pins"]["judge"] == "checklist@1"
    assert "if it is" in tpobench("plan", "--policy", "policy.yaml", cwd=place).stdout


def test_what_the_user_calls_like_a_package_of_ours_is_in_nobodys_way(place: Path) -> None:
    """A scorer takes its neighbour from the user's `reports`; the gate and the report still take theirs from ours."""
    for name in ("harness", "tpo", "benchmarks"):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text("raise ImportError('a decoy')")
    (place / "reports").mkdir()
    (place / "reports" / "__init__.py").write_text("LONGEST = 20")
    (place / "scorer.py").write_text(
        "from reports import LONGEST\ndef brief(prompt, response): return float(len(response) <= LONGEST)"
    )
    write_policy(place, metrics={"brief": {"min": 0.9, "scorer": "scorer:brief"}})

    def run(*arguments: str) -> str:
        # The command's script has no folder of the user's on its path, which -c would put there.
        command = [sys.executable, "-P", "-c", "from tpobench.cli import main; main()", *arguments]
        env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=place, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    asked = ("--candidate", "good.json", "--against", "bad.json", "--store", "s.duckdb")
    assert "PASS  metric brief" in run("gate", "policy.yaml", *asked, "--markdown", "gate.md")
    assert "brief" in (place / "gate.md").read_text()
    run("eval", "--model", "good.json", "--benchmark", "bench.jsonl", "--baseline", "bad.json", "--store", "s.duckdb")
    assert "report.html" in run("report", "--store", "s.duckdb", "--models", "all")


def test_a_policy_of_lm_evals_tasks_alone_asks_no_judge(place: Path) -> None:
    """The baseline is evaluated once more with a few tokens only; that makes nobody look better."""
    items, settings = 400, {"max_new_tokens": 512}
    few = {"max_new_tokens": 8}
    answered = (("new", 0.7, settings), ("worse", 0.4, settings), ("old", 0.7, settings), ("old", 0.2, few))
    with Store(place / "s.duckdb") as store:
        for name, share, sampling in answered:
            evaluation = NewEvaluation(
                benchmark="lm_eval/gsm8k",
                judge="lm-eval 0.4.9",
                params=json.dumps({"num_fewshot": 5, "sampling": sampling}),
                candidate=name * 8,
                candidate_mode="direct",
                candidate_outputs=[f"{name} {n} {sampling}" for n in range(items)],
            )
            store.add_model(Model(name, name, name * 8), "given")
            store.add_evaluation(evaluation)
            store.add_items(
                evaluation.key,
                "exact_match,strict-match",
                {f"item {n}": float(n < share * items) for n in range(items)},
            )
    (place / "policy.yaml").write_text("lm_eval: {gsm8k: {max_drop: 0.02}}")

    def decide(candidate: str, *more: str) -> subprocess.CompletedProcess[str]:
        return tpobench("gate", "policy.yaml", "--candidate", candidate, *more, "--store", "s.duckdb", cwd=place)

    passed = decide("new", "--against", "old")
    assert passed.returncode == 0, passed.stderr
    assert "exact_match 70.0% against 70.0%" in " ".join(passed.stdout.split())
    assert decide("worse", "--against", "old").returncode == 1
    unnamed = decide("new")
    assert unnamed.returncode == 2
    assert "name the baseline with --against" in unnamed.stderr


def test_figures_against_a_third_model_are_paired(place: Path) -> None:
    for candidate in ("good", "even"):
        asked = ("--model", f"{candidate}.json", "--benchmark", "bench.jsonl", "--baseline", "bad.json")
        assert tpobench("eval", *asked, "--store", "s.duckdb", cwd=place).returncode == 0
    (place / "policy.yaml").write_text("paired: {win_rate: {max_drop: 0.05}}")

    def decide(candidate: str, against: str) -> tuple[int, str]:
        asked = ("--candidate", candidate, "--against", against, "--store", "s.duckdb")
        done = tpobench("gate", "policy.yaml", *asked, cwd=place)
        return done.returncode, " ".join(done.stdout.split())

    code, said = decide("good", "even")
    assert code == 0
    assert "win_rate 100.0% against 75.0%: +25.0 points" in said
    assert decide("even", "good")[0] == 1


@pytest.mark.parametrize("option", ["--junit", "--markdown", "--file"])
@pytest.mark.parametrize("target", ["policy.yaml", "s.duckdb", "s.duckdb.journal"])
def test_no_output_of_a_gate_takes_the_place_of_what_it_reads(place: Path, option: str, target: str) -> None:
    (place / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    given = [option, str(place / target), *(["--promote"] if option == "--file" else [])]
    said = gate(place, "good", "bad", *given, code=2)
    assert "which would be lost); name another file" in said
