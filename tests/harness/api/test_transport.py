"""What a server may send instead of HTTP: each costs one try, and nothing else."""

import resource
from collections.abc import Iterator

import pytest

from tests.apis.raw import FAULTS, RawServer, raw_server
from tpobench.harness.api.calls import Call, Limits, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint


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


def test_endless_answers_and_bombs_take_little_memory(served: tuple[RawServer, dict[str, list[Reply]], int]) -> None:
    assert served[2] < 400
