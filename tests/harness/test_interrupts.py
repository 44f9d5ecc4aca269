"""Ctrl-C comes after what was just paid for is stored."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tpobench.harness.api.calls import Call, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.responses import Answer, Choice
from tpobench.harness.interrupts import finishing
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import CallRecord, Generation, Model, Prompt, Request, SamplingParams, Usage
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.endpoint import EndpointSampler
from tpobench.harness.store.store import Store

PARAMS = SamplingParams()


@pytest.fixture(autouse=True)
def hears_ctrl_c() -> Iterator[None]:
    """A job of a shell may be deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_comes_after_what_is_inside() -> None:
    done = []

    def store_twice() -> None:
        with finishing():
            with finishing():
                ctrl_c()
                done.append(1)
            done.append(2)
        done.append(3)

    with pytest.raises(KeyboardInterrupt):
        store_twice()
    assert done == [1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def generation(request: Request) -> Generation:
    return Generation(
        request=request, prompt_ids=(), token_ids=(1,), text="x", finish_reason="stop", seconds=0.1, call=None
    )


class Scripted:
    """Answers everything at once."""

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        yield [generation(request) for request in requests]

    def close(self) -> None:
        pass


def test_ctrl_c_while_answers_are_stored_drops_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = Store._insert_values

    def interrupted(*given: object) -> int:
        ctrl_c()
        return insert(*given)  # type: ignore[arg-type]

    with OutputCache(store, Model("m", "/m", "f" * 32), lambda _: Scripted(), Progress(quiet=True)) as cache:
        store.add_prompts(prompts := [Prompt(f"p{number}") for number in range(256)])
        with monkeypatch.context() as patched:
            patched.setattr(Store, "missing", lambda *given: list(given[2]))
            patched.setattr(Store, "add_prompts", lambda *given: None)
            patched.setattr(Store, "_insert_values", interrupted)
            with pytest.raises(KeyboardInterrupt):
                cache.ensure(prompts, DIRECT, PARAMS, [0], "")
    assert store.row_counts()["output"] == 256


class InterruptedClient:
    """Ctrl-C comes while answers wait to be handed out."""

    given_up = 0

    def ask_all(self, calls: Iterator[Call], accept: object, heard: object = None) -> Iterator[int]:
        for call in calls:
            record = CallRecord(
                key=call.subject,
                subject=call.subject,
                kind="sample",
                model="m",
                served_model=None,
                usage=Usage(),
                latency_s=0.1,
                attempt=1,
            )
            choice = Choice(text="x", finish_reason="stop")
            answer = Answer(choices=(choice,), served_model=None, prompt_tokens=1, completion_tokens=1)
            accept(Reply(call=call, record=record, answer=answer))  # type: ignore[operator]
        raise KeyboardInterrupt
        yield 0


def test_answers_that_came_before_ctrl_c_are_handed_out() -> None:
    client: Client = InterruptedClient()  # type: ignore[assignment]
    requests = [Request(str(number), ({"role": "user", "content": str(number)},), "p") for number in range(9)]
    came: list[str] = []
    groups = EndpointSampler(client).sample(requests, PARAMS)
    with pytest.raises(KeyboardInterrupt):
        came.extend(each.request.key for group in groups for each in group)
    assert came == [request.key for request in requests]


def test_ctrl_c_inside_a_query_exits_with_130(tmp_path: Path) -> None:
    Store(tmp_path / "s.duckdb").close()
    query = "SELECT count(*) FROM range(10000000) a, range(100000) b WHERE hash(a.range + b.range) = 3"
    code = (
        "import os, signal, threading; from tpobench.cli import main\n"
        "from tpobench.harness.store.database import Database; run = Database.sql\n"
        "def sql(self, query, *rest):\n"
        "    if 'hash' in query: threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "    return run(self, query, *rest)\n"
        "Database.sql = sql; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "sql", query, "--store", "s.duckdb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (
        130,
        "tpobench: interrupted; run the same command to continue where it stopped\n",
    )
