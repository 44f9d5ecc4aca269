"""tpobench eval as a user types it: judged by a server, and by a judge that scores."""

import json
from pathlib import Path

import pytest

from tests.apis import refusing
from tests.apis.verdicts import MODEL, verdict_server
from tests.cli.command import refusal, refused, tpobench
from tests.miniature import build_reward_model

OPTIONS = ("--model", "ours.json", "--baseline", "theirs.json", "--benchmark", "bench.jsonl", "--store", "s.duckdb")


@pytest.fixture
def folder(tmp_path: Path, seed_folder: Path) -> Path:
    """A benchmark of eight prompts, two models' answers, and a reward model."""
    texts = [f"Question number {number}?" for number in range(8)]
    (tmp_path / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": text}) for text in texts))
    for name in ("ours", "theirs"):
        rows = [{"instruction": text, "output": f"{name} of {text}", "generator": name} for text in texts]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    build_reward_model(tmp_path / "rm", seed_folder)
    return tmp_path


def test_a_reward_model_is_a_judge_of_every_command(folder: Path) -> None:
    judge = ("--judge", f"reward:{folder / 'rm'}")
    done = tpobench("eval", *OPTIONS, *judge, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["judge"].startswith("reward@")
    assert {"win_rate", "mean_raw_score"} <= {metric["name"] for metric in told["metrics"]}
    assert told["spent"]["calls"] == 0
    plan = json.loads(tpobench("plan", *OPTIONS, *judge, "--json", cwd=folder).stdout)
    assert (plan["judge_calls"], plan["dollars"]) == (0, 0.0)
    assert "nothing to check" in refused("judge", "check", *OPTIONS, *judge, cwd=folder)
    assert "asks no model" in refused("eval", *OPTIONS, *judge, "--judge-model", "gpt-4", cwd=folder)


def test_a_metric_of_the_users_goes_from_eval_to_the_report(folder: Path) -> None:
    (folder / "my_metrics.py").write_text("def chars(prompt, response):\n    return len(response)\n")
    metric = ("--metric", "my_metrics.py:chars")
    told = json.loads(tpobench("eval", *OPTIONS, *metric, "--json", cwd=folder).stdout)
    (own,) = told["own_metrics"]
    assert own["differences"][0]["difference"] == len("ours") - len("theirs")
    assert "my_metrics:chars" in tpobench("eval", *OPTIONS, *metric, cwd=folder).stdout
    compared = tpobench("compare", "ours", "theirs", "--store", "s.duckdb", cwd=folder)
    assert "-2.000" in compared.stdout, compared.stderr
    for wanted in (("--models", "all"), ("--models", "ours"), ("--compare", "ours", "theirs")):
        report = tpobench("report", "--store", "s.duckdb", *wanted, "--markdown", cwd=folder)
        assert "chars on bench.jsonl" in report.stdout, report.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--metric", "absent:chars"), "No module named 'absent'"),
        (("--metric", "absent.py:chars"), "there is no file absent.py"),
        (("--metric", "timeit:timeit"), "a module of Python itself"),
        (("--metric", "checklist", "--orders", "both"), "--orders has no effect with --metric and without --judge"),
    ],
)
def test_a_metric_that_cannot_be_is_refused_by_eval_and_plan(
    folder: Path, options: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for command in ("eval", "plan"):
        assert told in refusal(command, *OPTIONS, *options)


def test_an_evaluation_is_planned_made_and_free_the_second_time(tmp_path: Path, api: str, compared: list[str]) -> None:
    planned = json.loads(tpobench("plan", *compared, "--json").stdout)
    assert (planned["prompts"], planned["sampling_calls"], planned["judge_calls"]) == (12, 12, 24)
    assert planned["dollars"] is None
    first = tpobench("eval", *compared, "--json")
    assert first.returncode == 0, first.stderr
    evaluation = json.loads(first.stdout)
    assert evaluation["spent"]["calls"] == 36
    assert {m["name"]: m["n"] for m in evaluation["metrics"] if m["category"] is None}["win_rate"] == 12
    again = json.loads(tpobench("eval", *compared, "--json").stdout)
    assert again["spent"]["calls"] == 0
    assert again["metrics"] == evaluation["metrics"]
    store = tmp_path / "s.duckdb"
    board = json.loads(tpobench("leaderboard", "--store", store, "--json").stdout)
    assert board[0]["model"] == api
    assert "x" in tpobench("leaderboard", "--by-category", "--store", store).stdout


def test_a_budget_ends_a_command_with_one_sentence_and_the_next_goes_on(tmp_path: Path, compared: list[str]) -> None:
    assert "the budget of 20 calls is spent" in refused("eval", *compared, "--budget-calls", "20", cwd=tmp_path)
    done = tpobench("eval", *compared, "--json")
    assert json.loads(done.stdout)["spent"]["calls"] == 16


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--judge", "alpaca_evl"], "unknown judge 'alpaca_evl'; did you mean 'alpaca_eval'?"),
        (["--orders", "three"], "--orders is one or both, not 'three'"),
        (["--benchmark", "arena_hard_v3"], "unknown benchmark 'arena_hard_v3'"),
        (["--benchmark", "alpaca_eval", "--data", "/nonexistent"], "holds neither alpaca_eval_gpt4_baseline.json"),
        (["--model", "m@http://user:pw@host/v1"], "keys come from the environment only"),
    ],
)
def test_options_that_are_wrong_are_one_sentence(tmp_path: Path, arguments: list[str], told: str) -> None:
    given = ["--model", "m@http://127.0.0.1:9/v1"] if "--model" not in arguments else []
    assert told in refused("eval", *given, *arguments, "--store", "s.duckdb", cwd=tmp_path)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_judge_without_any_verdict_is_no_success(folder: Path, as_json: list[str]) -> None:
    with verdict_server("silent") as url:
        done = tpobench("eval", *OPTIONS, "--judge", "ste", "--judge-model", f"{MODEL}@{url}", *as_json, cwd=folder)
    assert done.returncode == 2
    assert "gave no verdict on any of the 8 prompts of bench.jsonl" in done.stderr
    assert "holds no verdict (Both have their merits.)" in done.stderr
    assert "--retry-missing" in done.stderr
    if as_json:
        missing = json.loads(done.stdout)["missing"]
        assert (missing["missing"], missing["of"], missing["invalid"]) == (8, 8, True)


def test_missing_verdicts_are_bounded_and_make_the_figure_invalid(folder: Path) -> None:
    with verdict_server("junk") as url:
        judge = ("--judge", "ste", "--judge-model", f"{MODEL}@{url}", "--orders", "both")
        done = tpobench("eval", *OPTIONS, *judge, cwd=folder)
        told = json.loads(tpobench("eval", *OPTIONS, *judge, "--json", cwd=folder).stdout)
    assert done.returncode == 0, done.stderr
    assert "prompts have no verdict: the win rate over all lies between" in done.stdout
    assert "it is INVALID, because more than 2% are missing" in done.stdout
    (rate,) = (m for m in told["metrics"] if m["name"] == "win_rate" and m["category"] is None)
    assert (rate["value"], rate["invalid"]) == (None, True)
    assert (rate["low"], rate["high"]) == (told["missing"]["low"], told["missing"]["high"])


def test_prompts_that_are_refused_are_answers_with_their_reasons(tmp_path: Path) -> None:
    texts = ["Say one.", "Say two.", "CASE azure", "CASE context", "CASE refusal"]
    (tmp_path / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": text}) for text in texts))
    rows = [{"instruction": text, "output": f"Theirs of {n}.", "generator": "theirs"} for n, text in enumerate(texts)]
    (tmp_path / "theirs.json").write_text(json.dumps(rows))
    with refusing.refusing_server() as url, verdict_server("longer") as judge:
        options = ["--model", f"{refusing.MODEL}@{url}", *OPTIONS[2:], "--judge", "ste"]
        options += ["--judge-model", f"{MODEL}@{judge}"]
        told = json.loads(tpobench("eval", *options, "--json", cwd=tmp_path).stdout)
        again = tpobench("eval", *options, cwd=tmp_path)
        assert refusing.asked(url) == {"": 2, "azure": 1, "context": 1, "refusal": 1}
        refusing.heal(url)
        retried = json.loads(tpobench("eval", *options, "--retry-missing", "--json", cwd=tmp_path).stdout)
        last = json.loads(tpobench("eval", *options, "--json", cwd=tmp_path).stdout)
    figures = {metric["name"]: metric["value"] for metric in told["metrics"] if metric["category"] is None}
    assert (figures["refused"], figures["parse_error_rate"], figures["missing"]) == (0.6, 0.0, 0.0)
    assert figures["win_rate"] == 0.4
    assert {(entry["reason"], entry["side"], entry["prompts"]) for entry in told["refused"]} == {
        ("filtered", "candidate", 1),
        ("too_long", "candidate", 1),
        ("refused", "candidate", 1),
    }
    line = (
        "1 prompt of the candidate stopped by the provider's filter, counted as empty answers (HTTP 400: The response"
    )
    assert line in again.stdout
    assert "I cannot help with that." in again.stdout
    assert retried["refused"] == last["refused"] == []
    assert last["spent"]["calls"] == 0
    assert {m["name"]: m["value"] for m in last["metrics"] if m["category"] is None}["win_rate"] == 1.0


def test_a_judge_that_refuses_everything_is_named_and_asked_again_by_the_next_run(folder: Path) -> None:
    texts = [f"CASE azure {number}" for number in range(4)]
    (folder / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": text}) for text in texts))
    for name in ("ours", "theirs"):
        rows = [{"instruction": text, "output": f"{name} of {text}", "generator": name} for text in texts]
        rows[0]["output"] = "the same of both"
        (folder / f"{name}.json").write_text(json.dumps(rows))
    with refusing.refusing_server() as url:
        options = (*OPTIONS, "--judge", "ste", "--judge-model", f"{refusing.MODEL}@{url}")
        done = tpobench("eval", *options, cwd=folder)
        assert done.returncode == 2
        assert "refused the request (HTTP 400: The response was filtered" in done.stderr
        assert done.stderr.strip().endswith("once that is fixed, run the command again")
        refusing.heal(url)
        after = json.loads(tpobench("eval", *options, "--json", cwd=folder).stdout)
    assert after["missing"]["missing"] == 0
    assert after["spent"]["calls"] == 3, "equal answers are a tie without a call"
