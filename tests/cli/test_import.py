"""tpobench import as a user types it."""

import json
from pathlib import Path

from tests.benchmarks.arena_hard.folders import judged, official, write
from tests.cli.command import tpobench


def test_lm_eval_results_are_on_the_leaderboard(tmp_path: Path) -> None:
    results = {
        "results": {"gsm8k": {"exact_match,strict-match": 0.75, "exact_match_stderr,strict-match": 0.1}},
        "configs": {"gsm8k": {"task": "gsm8k"}},
        "versions": {"gsm8k": 3},
        "n-shot": {"gsm8k": 5},
        "n-samples": {"gsm8k": {"original": 20, "effective": 20}},
        "model_name": "my-model",
        "config": {"model": "hf", "model_args": "pretrained=my-model"},
    }
    (tmp_path / "results_1.json").write_text(json.dumps(results))
    store = tmp_path / "s.duckdb"
    came = tpobench("import", "lm_eval", tmp_path / "results_1.json", "--store", store)
    assert came.returncode == 0, came.stderr
    shown = tpobench("leaderboard", "--store", store).stdout
    assert "exact_match,strict-match" in shown
    assert "75.00" in shown
    assert "my-model" in shown


def test_what_cannot_be_used_is_named_at_the_end_and_the_rest_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "arena-hard-auto"
    for version in ("v0.1", "v2.0"):
        judged(official(folder, version), version, *[("A>B", "B>A")] * 3)
    store = tmp_path / "s.duckdb"
    judgments = folder / "data" / "arena-hard-v0.1" / "model_judgment" / "j"
    (judgments / ".DS_Store").write_bytes(b"\0")
    clean = tpobench("import", "arena_hard_v0.1", folder, "--store", store)
    assert clean.returncode == 0, clean.stderr
    assert "could not be used" not in clean.stderr
    assert "2 models, 1 of them with figures" in clean.stdout

    write(judgments / "n.jsonl", {"uid": "a", "model": "n", "games": [{"score": "B>A"}]}, '{"uid": "b"')
    write(judgments / "cut.jsonl", *['{"uid": "b"'] * 30)
    odd = tpobench("import", "arena_hard_v0.1", folder, "--store", store)
    assert odd.returncode == 2
    sentence = odd.stderr.splitlines()[-1]
    assert sentence.startswith("tpobench: 32 files or rows in 2 files could not be used, the first:")
    assert sentence.endswith("everything else was imported")
    assert f"{judgments / 'cut.jsonl'}, line 1: is not valid JSON, it may be cut off" in odd.stdout
    assert "(31 of this kind)" in odd.stdout
    assert f"{judgments / 'n.jsonl'}, line 1: lacks its second game" in odd.stdout
    machine = json.loads(tpobench("import", "arena_hard_v0.1", folder, "--store", store, "--json").stdout)
    assert sum("problem" in entry for entry in machine) == 32
    assert {entry["model"] for entry in machine if "model" in entry} == {"gpt-4-0314", "m", "n"}


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("[" * 100_000)
    came = tpobench("import", "lm_eval", tmp_path / "results.json", "--store", tmp_path / "s.duckdb")
    assert came.returncode == 2
    assert came.stderr.splitlines()[-1] == (
        f"tpobench: {tmp_path / 'results.json'} nests brackets too deeply for JSON to be read; nothing was imported"
    )
