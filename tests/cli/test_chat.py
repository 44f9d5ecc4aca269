"""tpobench chat as a user types it."""

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.apis.scripted import Asked, Told, completion, models, scripted_server
from tests.apis.streaming import END, event, piece, streaming_server
from tests.apis.stub import stub_server
from tests.cli.command import refused, tpobench
from tests.cli.terminal import on_terminal


def test_a_server_is_asked_a_question(tmp_path: Path) -> None:
    with stub_server() as url:
        done = tpobench("chat", "Hi", "--model", f"stub@{url}", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["response"] in ("m", "M"), done.stderr


def test_a_model_folder_with_a_missing_file_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        if file.name != "tokenizer.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "has no tokenizer.json" in refused("chat", "Hi", "--model", tmp_path, cwd=tmp_path)


def test_no_response_is_not_the_exit_code_of_a_failed_gate(tmp_path: Path) -> None:
    with stub_server() as url:
        done = tpobench("chat", "Hi", "--model", f"stub@{url}", "--mode", "think:generic", cwd=tmp_path)
    assert "no response in" in done.stderr
    assert done.returncode == 2


def test_words_appear_as_they_come_and_an_escape_sequence_does_not(tmp_path: Path) -> None:
    seen = threading.Event()
    pieces = [
        piece("Once upon "),
        piece("\x1b"),
        piece("[31ma time, "),
        seen.wait,
        piece("the end."),
        piece(None, "stop"),
    ]
    with (
        streaming_server(lambda asked: [*pieces, END]) as server,
        on_terminal("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path) as terminal,
    ):
        terminal.wait_for("Once upon")
        seen.set()
        assert terminal.end() == 0
        assert server.asked[-1].body["stream"] is True
    assert terminal.seen.endswith("Once upon ⟨U+001B⟩[31ma time, the end.\n")
    assert "\x1b[31m" not in terminal.seen


def test_a_pipe_gets_the_whole_answer_from_one_that_is_not_streamed(tmp_path: Path) -> None:
    with scripted_server(lambda asked: models("m") if asked.method == "GET" else Told(completion("fine"))) as server:
        done = tpobench("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path)
    assert done.stdout == "fine\n", done.stderr
    assert "stream" not in server.calls[0].body


def unstreamed(asked: Asked) -> Told:
    """A server that refuses what it does not know: first the count of tokens, then streaming."""
    if asked.method == "GET":
        return models("m")
    for name in ("stream_options", "stream"):
        if name in asked.body:
            return Told({"error": {"message": f"unknown field {name}", "type": "invalid_request_error"}}, status=400)
    return Told(completion("It is fine."))


@pytest.mark.parametrize(
    "tell", [unstreamed, lambda asked: models("m") if asked.method == "GET" else Told(completion("It is fine."))]
)
def test_a_server_that_does_not_stream_answers_too(tmp_path: Path, tell: Callable[[Asked], Told]) -> None:
    with (
        scripted_server(tell) as server,
        on_terminal("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path) as terminal,
    ):
        assert terminal.end() == 0
    assert terminal.seen.endswith("It is fine.\n")


def test_an_error_in_the_stream_gets_its_sentence(tmp_path: Path) -> None:
    failure = event({"error": {"message": "no credit left", "code": 402}})
    with (
        streaming_server(lambda asked: [piece("Once upon a "), failure]) as server,
        on_terminal("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path) as terminal,
    ):
        assert terminal.end() == 2
    assert "says that the account's credit is used up (HTTP 402: no credit left)\n" in terminal.seen


def test_an_answer_that_broke_off_begins_again(tmp_path: Path) -> None:
    answers = [[piece("Once upon a time"), lambda: time.sleep(0.3)], [piece("A dog and "), piece("a cat", "stop"), END]]
    with (
        streaming_server(lambda asked: answers.pop(0)) as server,
        on_terminal("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path) as terminal,
    ):
        assert terminal.end() == 0
    assert "Once upon a\ntpobench: the text above is void; the answer begins again:\nA dog and a cat\n" in terminal.seen


def test_an_interrupted_stream_exits_130_on_a_new_line(tmp_path: Path) -> None:
    end = threading.Event()
    with (
        streaming_server(lambda asked: [piece("Once upon a time"), end.wait]) as server,
        on_terminal("chat", "Hi", "--model", f"m@{server.url}", cwd=tmp_path) as terminal,
    ):
        terminal.wait_for("Once upon a")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        end.set()
    assert "Once upon a\n" in terminal.seen


def test_the_thought_is_shown_apart_only_where_it_is_asked_for(tmp_path: Path) -> None:
    pieces = [
        piece(reasoning_content="a secret "),
        piece(reasoning_content="sum"),
        piece("It is "),
        piece("4", "stop"),
        END,
    ]
    with streaming_server(lambda asked: pieces) as server:
        for option, shown in ((), "It is 4\n"), (("--show-thoughts",), "(thought) a secret sum\n\nIt is 4\n"):
            with on_terminal("chat", "Hi", "--model", f"m@{server.url}", *option, cwd=tmp_path) as terminal:
                assert terminal.end() == 0
            assert terminal.seen.endswith(shown)
            assert ("secret" in terminal.seen) is bool(option)


def test_a_local_model_writes_on_a_terminal_what_a_pipe_gets(tiny_model: Path, tmp_path: Path) -> None:
    asked = ("chat", "Hi", "--model", tiny_model, "--max-new-tokens", "60", "--temperature", "100")
    with on_terminal(*asked, cwd=tmp_path) as terminal:
        code = terminal.end()
    done = tpobench(*asked, cwd=tmp_path)
    assert (code, done.returncode) == (0, 0), done.stderr
    assert terminal.seen.endswith(done.stdout)
    assert "void" not in terminal.seen
