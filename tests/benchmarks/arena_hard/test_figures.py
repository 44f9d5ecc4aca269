"""Arena-Hard's official files: both layouts and every form, what is wrong with bad ones, and fetching."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.data import DATA as REAL_DATA
from tests.data import real_data
from tpobench.benchmarks.arena_hard import data as arena_hard
from tpobench.benchmarks.arena_hard.data import (
    BASELINES,
    LOCK,
    aligned,
    answers,
    fetch,
    judge_settings,
    questions,
    read_answers,
    rows_of,
)
from tpobench.benchmarks.arena_hard.files import import_arena
from tpobench.benchmarks.arena_hard.judge import arena_hard_protocol
from tpobench.harness.api.responses import Choice
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.judges.verdict import self_taught_evaluator
from tpobench.harness.stats.bradley_terry import LABELS, vote
from tpobench.harness.store.store import Store

DATA = REAL_DATA / "arena_hard"

TEMPLATE = "Q {QUESTION} A {ANSWER_A} B {ANSWER_B}"
CONFIG = (
    f"judge_model: j\ntemperature: 0.0\nmax_tokens: 9\nprompt_template: '{TEMPLATE}'\n"
    "regex_patterns:\n  - \\[\\[([AB<>=]+)\\]\\]\n  - \\[([AB<>=]+)\\]\n"
)
PYTHON = """SAID = "Judge.\\n[[A>B]]"

JUDGE_SETTINGS = {
    "hard_prompt": {"baseline": "o3-mini-2025-01-31", "system_prompt": SAID},
    "creative_writing": {"baseline": "gemini-2.0-flash-001", "system_prompt": "Be kind."},
    "arena-hard-v0.1": {"baseline": "gpt-4-0314", "system_prompt": SAID},
}
"""


def write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    path.write_bytes(text.encode())
    return path


def official(folder: Path, version: str) -> Path:
    """A small folder in the layout of the repository as it is today."""
    data = folder / "data" / f"arena-hard-{version}"
    place = {"cluster": "Puzzles"} if version == "v0.1" else {"category": "hard_prompt", "subcategory": "math"}
    write(data / "question.jsonl", *({"uid": uid, "prompt": f"Question {uid}"} | place for uid in "abc"))
    for model in BASELINES[version].values():
        said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": {"answer": "Yes."}}]
        write(data / "model_answer" / f"{model}.jsonl", *({"uid": uid, "messages": said} for uid in "abc"))
    write(folder / "config" / f"arena-hard-{version}.yaml", CONFIG)
    write(folder / "utils" / "judge_utils.py", PYTHON)
    return folder


@real_data
@pytest.mark.parametrize(
    ("version", "count", "categories"), [("v0.1", 500, 250), ("v2.0", 750, 3)], ids=["v0.1", "v2.0"]
)
def test_official_questions(version: str, count: int, categories: int) -> None:
    found = questions(version, DATA)
    assert len({question.uid for question in found}) == len(found) == count
    assert len({question.prompt.category for question in found}) == categories
    assert {question.prompt.source for question in found} == {f"arena_hard_{version}"}


@real_data
def test_official_answers_fit_the_questions() -> None:
    for version, model in (("v0.1", "gpt-4-0314"), ("v0.1", "gpt-3.5-turbo-0125"), ("v2.0", "o3-mini-2025-01-31")):
        asked = questions(version, DATA)
        assert len(aligned(answers(version, DATA, model), asked, model)) == len(asked)


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
    assert aligned(answers(version, folder, model), found, model) == ["Yes."] * 3
    settings = judge_settings(version, folder)
    assert settings["template"] == "Q {prompt} A {response_a} B {response_b}"
    assert settings["systems"]["" if version == "v0.1" else "hard_prompt"] == "Judge.\n[[A>B]]"


def test_settings_are_read_and_never_run(tmp_path: Path) -> None:
    folder = official(tmp_path, "v2.0")
    write(folder / "utils" / "judge_utils.py", f"JUDGE_SETTINGS = open({str(tmp_path / 'run')!r}, 'w')")
    with pytest.raises(UserError, match="no JUDGE_SETTINGS of plain texts"):
        judge_settings("v2.0", folder)
    assert not (tmp_path / "run").exists()


def test_other_line_separators_stay_in_the_text(tmp_path: Path) -> None:
    text = "one\u2028two\x85three\x0cfour\r"
    row = {"uid": "a", "prompt": text, "category": "hard_prompt", "subcategory": "math"}
    write(tmp_path / "v2_question.jsonl", row)
    assert [question.prompt.text for question in questions("v2.0", tmp_path)] == [text]


def test_older_forms(tmp_path: Path) -> None:
    turns = [{"content": "Old?"}]
    write(tmp_path / "v01_question.jsonl", {"question_id": "a", "cluster": "C", "turns": turns})
    assert questions("v0.1", tmp_path)[0].prompt.text == "Old?"
    path = write(tmp_path / "m.jsonl", {"question_id": "a", "choices": [{"turns": [{"content": "Old."}]}]})
    assert read_answers(path) == {"a": "Old."}
    path = write(tmp_path / "n.jsonl", {"uid": "a", "messages": [{"role": "assistant", "content": "Plain."}]})
    assert read_answers(path) == {"a": "Plain."}


GOOD = {"uid": "a", "prompt": "P", "cluster": "C"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([GOOD, '{"uid": "b", "pro'], ":2 is not valid JSON, the file may be cut"),
        ([GOOD, "[1]"], ":2 is not a JSON object"),
        ([GOOD, GOOD], ":2 repeats the question a"),
        ([{"uid": "a", "cluster": "C"}], ":1 has no 'uid' or no 'prompt'"),
        ([{"prompt": "P", "cluster": "C"}], ":1 has no 'uid' or no 'prompt'"),
        ([{"uid": "a", "cluster": "C", "turns": ["P"]}], ":1 has no 'uid' or no 'prompt'"),
        ([{"uid": "a", "prompt": "P"}], ":1 has no 'cluster'"),
        ([], "holds no questions"),
    ],
)
def test_bad_questions(tmp_path: Path, rows: list[object], message: str) -> None:
    write(tmp_path / "v01_question.jsonl", *rows)
    with pytest.raises(UserError) as caught:
        questions("v0.1", tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        {"uid": "a"},
        {"uid": "a", "messages": []},
        {"uid": "a", "messages": ["x"]},
        {"uid": "a", "choices": [1]},
        {"uid": "a", "choices": [{}]},
        {"messages": [{"content": "x"}]},
    ],
)
def test_answers_without_a_text(tmp_path: Path, row: object) -> None:
    with pytest.raises(UserError, match=":1 has no 'uid' or no answer"):
        read_answers(write(tmp_path / "m.jsonl", row))


def test_answers_that_do_not_fit(tmp_path: Path) -> None:
    asked = questions("v0.1", official(tmp_path, "v0.1"))
    with pytest.raises(UserError) as caught:
        aligned({"a": "", "x": "", "y": ""}, asked, "m.jsonl")
    assert str(caught.value) == (
        "m.jsonl holds 3 answers, the benchmark 3 questions; 4 differ: not a question: x; not a question: y; "
        "no answer to: b"
    )
    path = write(tmp_path / "m.jsonl", *[{"uid": "a", "messages": [{"content": "x"}]}] * 2)
    with pytest.raises(UserError, match="answers the question a a second time"):
        read_answers(path)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    for ask in (lambda: questions("v2.0", tmp_path), lambda: answers("v2.0", tmp_path, "m")):
        with pytest.raises(UserError, match="holds neither v2_"):
            ask()
    (tmp_path / "bytes.jsonl").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UserError, match="not UTF-8 at byte 7"):
        list(rows_of(tmp_path / "bytes.jsonl"))


@pytest.mark.parametrize("config", ["", "- a\n", "judge_model: j\n", "a: [\n", CONFIG.replace("max_tokens", "tokens")])
def test_bad_judge_settings(tmp_path: Path, config: str) -> None:
    folder = official(tmp_path, "v2.0")
    write(folder / "config" / "arena-hard-v2.0.yaml", config)
    with pytest.raises(UserError, match=r"arena-hard-v2\.0\.yaml"):
        judge_settings("v2.0", folder)


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served over HTTP in place of the hub and the repository."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = official(tmp_path / "remote", "v2.0")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("HUB", "REPOSITORY"):
        monkeypatch.setattr(arena_hard, name, f"http://127.0.0.1:{server.server_port}/")
    yield folder
    server.shutdown()
    server.server_close()


def test_fetched_files_are_read_and_verified(tmp_path: Path, remote: Path) -> None:
    folder = tmp_path / "mine"
    written = fetch("v2.0", folder)
    assert len(written) == len(json.loads((folder / LOCK).read_text())) == 5
    assert len(questions("v2.0", folder)) == 3
    assert judge_settings("v2.0", folder)["model"] == "j"
    before = {path: path.stat().st_mtime_ns for path in written}
    assert {path: path.stat().st_mtime_ns for path in fetch("v2.0", folder)} == before


def test_a_file_that_changed_is_an_error(tmp_path: Path, remote: Path) -> None:
    folder = tmp_path / "mine"
    question = fetch("v2.0", folder)[0]
    good = question.read_bytes()
    question.write_bytes(good + b"\n")
    with pytest.raises(UserError, match="is not the file that"):
        fetch("v2.0", folder)
    question.unlink()
    fetch("v2.0", folder)
    assert question.read_bytes() == good
    question.unlink()
    (remote / question.relative_to(folder)).write_bytes(b"other\n")
    with pytest.raises(UserError, match="is not the file that"):
        fetch("v2.0", folder)
    assert not question.exists()


def test_a_download_that_fails_leaves_no_half(tmp_path: Path, remote: Path) -> None:
    (remote / "config" / "arena-hard-v2.0.yaml").unlink()
    folder = tmp_path / "mine"
    with pytest.raises(UserError, match=r"arena-hard-v2\.0\.yaml cannot be fetched: .*404"):
        fetch("v2.0", folder)
    assert not list(folder.rglob("*.part"))
    assert not (folder / "config" / "arena-hard-v2.0.yaml").exists()
    write(remote / "config" / "arena-hard-v2.0.yaml", CONFIG)
    assert all(path.is_file() for path in fetch("v2.0", folder))


def test_files_of_others_are_not_touched(tmp_path: Path, remote: Path) -> None:
    folder = official(tmp_path / "clone", "v2.0")
    with pytest.raises(UserError, match="was not fetched by this command"):
        fetch("v2.0", folder)
    (folder / LOCK).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        fetch("v2.0", folder)


def judged(folder: Path, version: str, *games: tuple[str | None, str | None]) -> Path:
    """The folder with answers of the model m, and verdicts on them: of each question one pair of labels."""
    said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": {"answer": "No."}}]
    data = folder / "data" / f"arena-hard-{version}"
    write(data / "model_answer" / "m.jsonl", *({"uid": uid, "messages": said} for uid in "abc"))
    rows = [
        {"uid": uid, "model": "m", "games": [None if label is None else {"score": label} for label in pair]}
        for uid, pair in zip("abc", games, strict=True)
    ]
    write(data / "model_judgment" / "j" / "m.jsonl", *rows)
    return folder


@pytest.mark.parametrize("version", ["v0.1", "v2.0"])
def test_every_label_that_counts_in_the_official_score_counts_in_the_win_rate(
    version: str, tmp_path: Path, store: Store
) -> None:
    labels = (("A<B", "B<A"), ("A<<B", "B=A"), ("a<b", "B<<A"))  # the candidate is B in the first game, A in the second
    list(import_arena(store, f"arena_hard_{version}", judged(official(tmp_path, version), version, *labels), None))
    (row,) = leaderboard(store, f"arena_hard_{version}")
    assert row.value("missing") == 0
    assert row.metrics["win_rate"]["n"] == row.metrics["official_arena_score"]["n"] == 3
    assert row.value("win_rate") == pytest.approx(5.5 / 6)
    assert row.value("arena_score") == pytest.approx(9.5 / 10)


def test_a_label_that_is_none_counts_nowhere(tmp_path: Path, store: Store) -> None:
    labels = (("A>B", "B>A"), ("A>>>B", None), ("A==B", "none"))
    list(import_arena(store, "arena_hard_v0.1", judged(official(tmp_path, "v0.1"), "v0.1", *labels), None))
    (row,) = leaderboard(store, "arena_hard_v0.1")
    assert row.metrics["win_rate"]["n"] == row.metrics["official_arena_score"]["n"] == 1
    assert row.value("missing") == pytest.approx(2 / 3)


def test_the_judge_reads_the_labels_that_the_scores_read(tmp_path: Path) -> None:
    judge = arena_hard_protocol("v2.0", official(tmp_path, "v2.0"))
    for label in LABELS:
        found = vote(label, candidate_is_a=True)
        assert found is not None
        assert judge.read(Choice(f"[[{label}]]", "stop")).first == found.outcome


IDS = {"v0.1": "arena_hard_v0.1@j#63590e80", "v2.0": "arena_hard_v2.0@j#0d8ae009"}


@pytest.mark.parametrize("version", IDS)
def test_the_judges_ids_are_what_old_stores_hold(version: str, tmp_path: Path) -> None:
    assert arena_hard_protocol(version, official(tmp_path, version)).id == IDS[version]


@real_data
def test_the_official_judges_ids_are_what_old_stores_hold() -> None:
    assert arena_hard_protocol("v0.1", DATA).id == "arena_hard_v0.1@gpt-4-1106-preview#b5aca741"
    assert arena_hard_protocol("v2.0", DATA).id == "arena_hard_v2.0@gpt-4.1#bfc8bd96"


def test_the_self_taught_evaluators_id_is_what_old_stores_hold() -> None:
    assert self_taught_evaluator().id == "ste@Self-taught-llama3.1-70B-dpo#b4729a58"
