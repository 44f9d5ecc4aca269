"""Official files in and out, the leaderboard, and whole contests through the command line, against a real server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apis.stub import stub_server
from tests.data import DATA, real_data
from tpobench.benchmarks.alpaca_eval.data import AlpacaData, Answered, aligned, answers_in, digest, load, score
from tpobench.benchmarks.alpaca_eval.files import export_annotations, export_leaderboard, export_outputs, import_alpaca
from tpobench.benchmarks.categories.data import CATEGORIES, categories_benchmark, named_category, named_complexity
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import beside_published, leaderboard, recategorised
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.check import summarise
from tpobench.harness.records import Assignment, Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"instruction {n}", "ab"[n % 2], "alpaca_eval") for n in range(40)]
SMALL = AlpacaData(
    tuple(Answered(prompt, f"baseline {n}") for n, prompt in enumerate(PROMPTS)), "gpt4_1106_preview", None
)


def annotations(model: str = "m") -> list[dict[str, Any]]:
    return [
        {
            "instruction": row.prompt.text,
            "output_1": row.answer,
            "generator_1": "gpt4_1106_preview",
            "output_2": f"answer {n}",
            "generator_2": model,
            "dataset": "ab"[n % 2],
            "annotator": "weighted_alpaca_eval_gpt4_turbo",
            "preference": 1 + n / 40,
            "raw_completion": "m",
        }
        for n, row in enumerate(SMALL.rows)
    ]


def written(folder: Path, rows: object, name: str = "annotations.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(rows))
    return folder / name


def test_imported_judgments_are_those_that_our_own_judge_would_ask_for(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    (found,) = import_alpaca(store, tmp_path, SMALL)
    assert (found.model, found.prompts) == ("m", 40)
    judge = AlpacaEvalProtocol()
    games = [
        Comparison(prompt=row.prompt, candidate=f"answer {n}", baseline=row.answer, order=judge.order(row.prompt))
        for n, row in enumerate(SMALL.rows)
    ]
    assert store.missing("judgment", [game.key(judge.id) for game in games]) == []
    before = store.row_counts()
    list(import_alpaca(store, tmp_path, SMALL))
    assert store.row_counts() == before


def test_what_goes_out_is_what_came_in(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "in", annotations())
    list(import_alpaca(store, tmp_path / "in", SMALL))
    assert json.loads(export_annotations(store, "m", tmp_path / "out").read_text()) == annotations()
    rows = json.loads(export_outputs(store, "m", tmp_path / "out").read_text())
    assert [row["output"] for row in rows] == [f"answer {n}" for n in range(40)]
    board = export_leaderboard([vars(row) for row in leaderboard(store, "alpaca_eval")], tmp_path / "leaderboard.csv")
    header, line = board.read_text().splitlines()
    assert header.startswith(",win_rate,standard_error,n_total")
    assert line.startswith("m,48.75")
    with pytest.raises(UserError, match="holds no model 'nobody'; known: m"):
        export_annotations(store, "nobody", tmp_path)


def test_the_leaderboard_shows_every_note_and_assigned_categories(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    list(import_alpaca(store, tmp_path, SMALL))
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.notes == ("40 of 805 prompts",)
    assert row.value("win_rate") == pytest.approx(0.4875)
    assert set(row.categories) == {"a", "b"}
    store.add_assignments(
        Assignment(
            key=f"k{n}",
            assigner="x",
            kind="category",
            text_key=prompt.text_key,
            value=CATEGORIES[n % 3] if n else None,
            raw="",
        )
        for n, prompt in enumerate(PROMPTS)
    )
    (again,) = recategorised(store, [row], "category")
    assert {name: figure["n"] for name, figure in again.categories.items()} == {
        CATEGORIES[0]: 13,
        CATEGORIES[1]: 13,
        CATEGORIES[2]: 13,
    }
    (tmp_path / "l.csv").write_text(",win_rate,n_total,length_controlled_winrate\nm,48.8,805,50.5\n")
    assert beside_published([row], tmp_path / "l.csv")[0].value("published_lc_win_rate") == pytest.approx(0.505)


def test_a_missing_preference_is_no_loss(store: Store, tmp_path: Path) -> None:
    rows = annotations()
    for row in rows[:20]:
        row["preference"] = None
    rows[20]["preference"] = float("nan")
    written(tmp_path / "m", rows)
    list(import_alpaca(store, tmp_path, SMALL))
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.metrics["win_rate"]["n"] == 19
    assert row.value("missing") == pytest.approx(21 / 40)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda rows: rows[3].update(preference=7), "the preference 7 is neither between 1 and 2 nor null"),
        (lambda rows: rows[3].update(instruction="strange"), "1 of 40 instructions are not in the benchmark"),
        (lambda rows: rows[3].update(instruction="instruction 4"), "is annotated twice for one model"),
        (lambda rows: rows[3].pop("generator_2"), "entry 3 has no text under 'generator_2'"),
    ],
)
def test_annotations_that_do_not_fit(store: Store, tmp_path: Path, spoil: Any, told: str) -> None:
    rows = annotations()
    spoil(rows)
    written(tmp_path / "m", rows)
    with pytest.raises(UserError, match=told):
        list(import_alpaca(store, tmp_path, SMALL))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[{"instruction": "a", "out', "is not valid JSON, it may be cut"),
        (b"\xff\xfe[]", "is not UTF-8: byte 0"),
        (b'{"a": 1}', "is not a list of JSON objects"),
        (b'[{"instruction": "a"}]', "entry 0 has no text"),
        (b'[{"instruction": "a", "output": "b"}, {"instruction": "a", "output": "c"}]', "repeats the instruction 'a'"),
    ],
)
def test_output_files_that_are_broken(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "model_outputs.json").write_bytes(content)
    with pytest.raises(UserError, match=told):
        list(answers_in(tmp_path / "model_outputs.json"))


def test_outputs_judged_are_those_of_the_outputs_file(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    outputs = [{"instruction": p.text, "output": "something else", "generator": "m"} for p in PROMPTS]
    written(tmp_path / "m", outputs, "model_outputs.json")
    with pytest.raises(UserError, match="judges 40 outputs that are not those of"):
        list(import_alpaca(store, tmp_path, SMALL))


def test_answers_that_do_not_match_name_the_first_three() -> None:
    rows = [Answered(Prompt("instruction 0"), "x"), Answered(Prompt("other"), "y")]
    with pytest.raises(UserError, match=r"holds 2 answers, the benchmark 4 instructions; 4 differ: not in the.*other"):
        aligned(rows, PROMPTS[:4], "f.json")


@real_data
def test_the_official_instructions_are_recognised_wherever_they_come_from(tmp_path: Path) -> None:
    data = load(DATA)
    assert data.official
    assert len(data.rows) == 805
    assert digest(data.prompts[1:]) != digest(data.prompts)
    official = [
        {"instruction": row.prompt.text, "dataset": row.prompt.category, "output": row.answer, "generator": "g"}
        for row in data.rows
    ]
    written(tmp_path, official, "alpaca_eval_gpt4_baseline.json")
    again = load(tmp_path)
    assert again.official
    assert again.gamed is None


@real_data
def test_the_baseline_against_itself_is_fifty() -> None:
    gamed = load(DATA).gamed
    rows = [
        PromptJudgments(prompt=prompt, games=(Verdict("BA", "m", 0.5),), candidate_chars=100, baseline_chars=100)
        for prompt in PROMPTS
    ]
    found = {metric.name: metric for metric in score(gamed)(rows)}
    assert found["lc_win_rate_surrogate"].value == found["official_lc_win_rate_surrogate"].value == 0.5


@real_data
def test_an_official_folder_gives_the_published_figures(store: Store) -> None:
    list(import_alpaca(store, DATA / "alpaca_eval" / "results", load(DATA)))
    board = {row.model: row for row in leaderboard(store, "alpaca_eval")}
    assert set(board) == {"alpaca-7b", "gpt-3.5-turbo-1106"}
    alpaca = beside_published([board["alpaca-7b"]], DATA / "alpaca_eval" / "leaderboard.csv")[0]
    assert alpaca.value("win_rate") == pytest.approx(0.02591450540, abs=1e-9)
    assert alpaca.value("official_standard_error") == pytest.approx(0.004870855382, abs=1e-9)
    assert alpaca.value("discrete_win_rate") == pytest.approx(0.02298136646, abs=1e-9)
    lc = alpaca.value("lc_win_rate_surrogate")
    assert lc == pytest.approx(alpaca.value("published_lc_win_rate"), abs=0.0016)
    assert "lc_win_rate" not in alpaca.metrics  # stand-in data never passes for the real thing
    assert len(alpaca.categories) == 5
    assert alpaca.notes == ()


@real_data
def test_arena_hard_goes_in_scores_as_published_and_comes_out(store: Store, tmp_path: Path) -> None:
    from tpobench.benchmarks.arena_hard.files import export_arena, import_arena

    folder = DATA / "arena_hard"
    list(import_arena(store, "arena_hard_v0.1", folder, None))
    (row,) = leaderboard(store, "arena_hard_v0.1")
    assert 100 * (row.value("official_arena_score") or 0) == pytest.approx(23.34, abs=0.005)
    assert row.metrics["arena_score"]["low"] < row.metrics["official_arena_score"]["low"]  # whole prompts vary more
    answers, judgments = export_arena(store, "arena_hard_v0.1", "gpt-3.5-turbo-0125", tmp_path, folder)
    (tmp_path / "questions").mkdir()
    with Store(tmp_path / "again.duckdb") as again:
        list(import_arena(again, "arena_hard_v0.1", tmp_path, folder))
        (copy,) = leaderboard(again, "arena_hard_v0.1")
    assert copy.metrics == row.metrics
    assert len(answers.read_text().split("\n")) == len(judgments.read_text().split("\n")) == 501


def test_categories_and_complexities_are_read_from_answers() -> None:
    assert named_category("Math and Calculations.") == "Math and Calculations"
    assert named_category("**reasoning & problem solving**") == "Reasoning and Problem-Solving"
    assert named_category("Art and Design or Creative Writing") is None
    assert named_category("Gardening") is None
    assert [named_complexity(text) for text in ("3", "Complexity: 4.", "2 or 3", "10", "six")] == [
        "3",
        "4",
        None,
        None,
        None,
    ]


def test_a_categories_benchmark_takes_so_many_of_each(tmp_path: Path) -> None:
    rows = [{"prompt": f"p{n}", "category": "xyz"[n % 3]} for n in range(30)] + [{"prompt": "none"}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = categories_benchmark(tmp_path / "p.jsonl", per_category=4)
    assert sorted(prompt.category for prompt in chosen.prompts) == sorted("xyz" * 4)
    assert chosen.orders == "both"
    (tmp_path / "q.jsonl").write_text('{"prompt": "none"}\n')
    with pytest.raises(UserError, match="tpobench categorise"):
        categories_benchmark(tmp_path / "q.jsonl")


def test_what_a_judge_check_counts() -> None:
    found = summarise("j", [0.9, 0.8, 0.2, 0.4, 0.7, 0.7, None, 0.9], repeats=2)
    assert (found.prompts, found.calls, found.missing) == (2, 8, 1 / 8)
    assert found.flip_rate is not None
    assert found.flip_rate.mean == 0.5
    assert found.first_preferred is not None
    assert found.first_preferred.mean == pytest.approx(((0.85 + 0.7) / 2 + (0.7 + 0.1) / 2) / 2)
    assert found.repeat_variance == pytest.approx((0.005 + 0.02 + 0.0) / 3)
    assert found.repeat_flips == 0.0


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with stub_server() as url:
        yield f"stub@{url}"


def tpobench(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.apis.command", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[2])


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prompts") / "p.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"p{n}", "category": "xy"[n % 2]}) + "\n" for n in range(12)))
    return path


def test_a_contest_through_the_command_line_is_planned_held_and_free_the_second_time(
    tmp_path: Path, api: str, prompts: Path
) -> None:
    store = tmp_path / "s.duckdb"
    asked = [
        "--model",
        api,
        "--benchmark",
        f"categories:{prompts}",
        "--judge-model",
        api,
        "--baseline",
        "theirs.json",
        "--store",
        store,
        "--json",
    ]
    rows = [{"instruction": f"p{n}", "output": f"their answer {n}"} for n in range(12)]
    asked[asked.index("theirs.json")] = str(written(tmp_path, rows, "theirs.json"))
    planned = json.loads(tpobench("plan", *asked).stdout)
    assert (planned["prompts"], planned["sampling_calls"], planned["judge_calls"]) == (12, 12, 24)
    assert planned["dollars"] is None
    first = tpobench("eval", *asked)
    assert first.returncode == 0, first.stderr
    found = json.loads(first.stdout)
    assert found["spent"]["calls"] == 36
    assert {m["name"]: m["n"] for m in found["metrics"] if m["category"] is None}["win_rate"] == 12
    again = json.loads(tpobench("eval", *asked).stdout)
    assert again["spent"]["calls"] == 0
    assert again["metrics"] == found["metrics"]
    board = json.loads(tpobench("leaderboard", "--store", store, "--json").stdout)
    assert board[0]["model"] == api
    assert "x" in tpobench("leaderboard", "--by-category", "--store", store).stdout


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
    written(tmp_path, results, "results_1.json")
    store = tmp_path / "s.duckdb"
    came = tpobench("import", "lm_eval", tmp_path / "results_1.json", "--store", store)
    assert came.returncode == 0, came.stderr
    shown = tpobench("leaderboard", "--store", store).stdout
    assert "exact_match,strict-match" in shown
    assert "75.00" in shown
    assert "my-model" in shown


def test_judge_check_and_categorise_through_the_command_line(tmp_path: Path, api: str, prompts: Path) -> None:
    common = ["--store", tmp_path / "s.duckdb", "--json"]
    rows = [{"instruction": f"p{n}", "output": f"their answer {n}"} for n in range(12)]
    theirs = written(tmp_path, rows, "theirs.json")
    checked = tpobench(
        "judge",
        "check",
        "--model",
        api,
        "--benchmark",
        f"categories:{prompts}",
        "--judge-model",
        api,
        "--baseline",
        theirs,
        "--repeats",
        2,
        *common,
    )
    assert checked.returncode == 0, checked.stderr
    found = json.loads(checked.stdout)
    assert (found["calls"], found["missing"], found["repeat_variance"]) == (48, 0.0, 0.0)
    assert 0 < found["flip_rate"]["mean"] < 1
    sorted_out = json.loads(tpobench("categorise", "--model", api, "--benchmark", prompts, *common).stdout)
    assert sorted_out["unassigned"] == 1.0  # the stub says m or M to everything


def test_a_budget_ends_a_command_with_one_sentence_and_the_next_goes_on(
    tmp_path: Path, api: str, prompts: Path
) -> None:
    asked = [
        "--model",
        api,
        "--benchmark",
        f"categories:{prompts}",
        "--judge-model",
        api,
        "--baseline",
        "smollm",
        "--store",
        tmp_path / "s.duckdb",
    ]
    rows = [{"instruction": f"p{n}", "output": f"their answer {n}"} for n in range(12)]
    asked[asked.index("smollm")] = str(written(tmp_path, rows, "theirs.json"))
    stopped = tpobench("eval", *asked, "--budget-calls", 20)
    assert stopped.returncode == 2
    assert stopped.stderr.startswith("tpobench: the budget of 20 calls is spent")
    assert len(stopped.stderr.splitlines()) == 1
    done = tpobench("eval", *asked, "--json")
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
    ended = tpobench("eval", *given, *arguments, "--store", tmp_path / "s.duckdb")
    assert ended.returncode == 2
    assert told in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
