"""What a server may send instead of HTTP: each costs one try, and nothing else."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.apis.raw import FAULTS, RawServer, raw_server
from tests.apis.scripted import Asked, Told, completion, models, scripted_server
from tpobench.harness.api.calls import Call, Limits, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RawServer, dict[str, list[Reply]], int]]:
    """All faults, one after the other and some at a time; the replies by prompt; and the memory that it took, in MB."""
    replies: dict[str, list[Reply]] = {}

    def accept(reply: Reply) -> str | None:
        replies.setdefault(reply.call.subject, []).append(reply)
        return None if reply.answer else reply.problem

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with raw_server() as server:
        client = Client(Endpoint("m", server.url), Limits(concurrency=8, timeout_s=1.5))
        calls = [Call(name, "sample", ({"role": "user", "content": name},)) for name in ["a good one", *FAULTS]]
        assert sum(client.ask_all(calls, accept)) == len(calls)
        assert client.given_up == 0
        yield server, replies, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_costs_one_try(served: tuple[RawServer, dict[str, list[Reply]], int], fault: str) -> None:
    server, replies, _ = served
    last = replies[fault][-1]
    assert last.answer is not None
    assert last.answer.choices[0].text == "fine"
    assert server.asked[fault] == 2
    assert all("\x1b" not in (reply.problem or "") for reply in replies[fault])


def test_each_server_gets_its_own_key_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidate and judge at two servers that want a key is the normal case."""
    for name in ("OPENAI_API_KEY", "TPOBENCH_API_KEY"):
        monkeypatch.setenv(name, "nobodys")
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                scripted_server(lambda asked: models("m") if asked.method == "GET" else Told(completion()))
            )
            for _ in range(3)
        ]
        for server, key in zip(servers, ["candidates", "judges"], strict=False):
            monkeypatch.setenv(f"TPOBENCH_API_KEY_127_0_0_1_{urlsplit(server.url).port}", key)
        for server in servers:
            call = Call("s", "judge", ({"role": "user", "content": "p"},))
            list(Client(Endpoint("m", server.url)).ask_all([call], lambda reply: None))
        sent = [{asked.headers.get("Authorization") for asked in server.asked} for server in servers]
    assert sent == [{"Bearer candidates"}, {"Bearer judges"}, {None}]


def test_a_key_that_a_server_repeats_is_in_no_answer_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    replies: list[Reply] = []

    def accept(reply: Reply) -> None:
        replies.append(reply)

    def repeat(asked: Asked) -> Told:
        key = asked.headers["Authorization"]
        if asked.method == "GET":
            return models("m")
        if asked.body["messages"][0]["content"] == "refuse":
            return Told({"error": {"message": f"not for {key}"}}, 401)
        return Told(completion(f"you are {key}"))

    call = Call("s", "judge", ({"role": "user", "content": "p"},))
    refused = Call("s", "judge", ({"role": "user", "content": "refuse"},))
    with scripted_server(repeat) as server:
        monkeypatch.setenv("TPOBENCH_API_KEY_127_0_0_1", "sk-secret-123")
        list(Client(Endpoint("m", server.url)).ask_all([call], accept))
        with pytest.raises(UserError, match=r"refuses the API key .*not for Bearer \[API key\]"):
            list(Client(Endpoint("m", server.url)).ask_all([refused], accept))
    assert replies[0].answer is not None
    assert replies[0].answer.choices[0].text == "you are Bearer [API key]"


def test_endless_answers_and_bombs_take_little_memory(served: tuple[RawServer, dict[str, list[Reply]], int]) -> None:
    assert served[2] < 400
