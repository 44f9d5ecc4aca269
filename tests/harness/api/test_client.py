"""The API client against servers: one with a fixed delay, a proxy that spoils answers, llama.cpp on the real model."""

import json
import math
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apis.faults import FAULTS, fault_proxy
from tests.apis.llama import llama_server
from tests.apis.stub import preference, stub_server
from tpobench.harness.api.budget import Budget, BudgetSpent, Price, Prices
from tpobench.harness.api.calls import Call, Limits, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.responses import Malformed, read_answer, same_model
from tpobench.harness.errors import UserError
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, Request, SamplingParams
from tpobench.harness.samplers.endpoint import EndpointSampler
from tpobench.harness.store.store import Store

JUDGE = AlpacaEvalProtocol(model="stub")
QUICK = Limits(concurrency=32, timeout_s=3)


@pytest.fixture(scope="module")
def stub() -> Iterator[str]:
    with stub_server() as url:
        yield url


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    with llama_server(slots=4) as url:
        yield url


def comparisons(count: int) -> list[Comparison]:
    return [
        Comparison(prompt=Prompt(f"prompt {number}"), candidate=f"ours {number}", baseline="theirs", order="AB")
        for number in range(count)
    ]


def model_judge(
    url: str, limits: Limits = QUICK, budget: Budget | None = None, retry_missing: bool = False
) -> ModelJudge:
    client = Client(Endpoint("stub", url), limits, budget)
    return ModelJudge(protocol=JUDGE, client=client, progress=Progress(quiet=True), retry_missing=retry_missing)


def stats(url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(urllib.request.urlopen(f"{url}/stats").read())
    return found


def expected(comparison: Comparison) -> float:
    return preference(JUDGE.messages(comparison)[-1]["content"])


def test_every_judgment_is_asked_once_and_stored_with_its_usage(store: Store, stub: str) -> None:
    games = comparisons(200)
    before = stats(stub)["answered"]
    keys = model_judge(stub).judge(store, games, "judging")
    found = store.preferences(keys)
    assert found == {key: pytest.approx(expected(game)) for key, game in zip(keys, games, strict=True)}
    assert model_judge(stub).judge(store, games, "judging") == keys
    assert stats(stub)["answered"] - before == 200
    rows = store.sql("SELECT count(*), count(DISTINCT subject), min(completion_tokens), count(problem) FROM call")[1]
    assert rows == [(200, 200, 1, 0)]


def test_identical_answers_are_a_tie_without_a_call(store: Store, stub: str) -> None:
    before = stats(stub)["answered"]
    (key,) = model_judge(stub).judge(
        store, [Comparison(prompt=Prompt("p"), candidate="same", baseline="same", order="AB")], "judging"
    )
    assert store.preferences([key]) == {key: 0.5}
    assert stats(stub)["answered"] == before


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_costs_no_judgment(store: Store, stub: str, fault: str) -> None:
    games = comparisons(12)
    with fault_proxy(stub, rate=0.4, faults=[fault], stall=0.3) as proxy:
        asked = model_judge(proxy)
        keys = asked.judge(store, games, "judging")
        assert stats(proxy)["dealt"][fault] > 0
        assert asked.client.retries >= stats(proxy)["dealt"][fault]
    assert store.preferences(keys) == {k: pytest.approx(expected(g)) for k, g in zip(keys, games, strict=True)}


def test_all_faults_together_lose_nothing_and_double_nothing(store: Store, stub: str) -> None:
    games = comparisons(300)
    with fault_proxy(stub, rate=0.3, stall=0.3) as proxy:
        keys = model_judge(proxy).judge(store, games, "judging")
        seen = stats(proxy)
    assert len(seen["dealt"]) == len(FAULTS)
    assert set(seen["whole"].values()) == {1}
    assert store.preferences(keys) == {k: pytest.approx(expected(g)) for k, g in zip(keys, games, strict=True)}


def test_an_answer_that_stays_unusable_is_missing_keeps_its_text_and_is_asked_again_on_request(
    store: Store, stub: str
) -> None:
    games = comparisons(3)
    with fault_proxy(stub, rate=1.0, faults=["no_logprobs"]) as proxy:
        keys = model_judge(proxy, Limits(concurrency=4, malformed_attempts=2)).judge(store, games, "judging")
        assert set(store.preferences(keys).values()) == {None}
        assert store.sql("SELECT count(*) FROM call WHERE problem = 'the server sent no log-probabilities'")[1] == [
            (6,)
        ]
        assert {row[0] for row in store.sql("SELECT raw_text FROM judgment")[1]} <= {"m", "M"}
    before = stats(stub)["answered"]
    model_judge(stub).judge(store, games, "judging")
    assert stats(stub)["answered"] == before
    model_judge(stub, retry_missing=True).judge(store, games, "judging")
    assert None not in store.preferences(keys).values()
    assert store.row_counts()["judgment"] == 3


def test_a_judge_that_is_never_of_use_is_found_out_before_all_is_spent(store: Store, stub: str) -> None:
    with fault_proxy(stub, rate=1.0, faults=["no_logprobs"]) as proxy:
        with pytest.raises(UserError, match=r"the last 100 answers.*were unusable \(the server sent no log-prob"):
            model_judge(proxy).judge(store, comparisons(300), "judging")
        assert stats(proxy)["dealt"]["no_logprobs"] < 200
    model_judge(stub).judge(store, comparisons(300), "judging")
    assert store.row_counts()["judgment"] == 300


def test_a_model_that_is_not_served_is_refused_before_any_call(store: Store, stub: str) -> None:
    before = stats(stub)["answered"]
    client = Client(Endpoint("gpt-99", stub), QUICK)
    with pytest.raises(UserError, match=r"does not serve 'gpt-99'; it lists stub: no call was made"):
        ModelJudge(protocol=JUDGE, client=client, progress=Progress(quiet=True)).judge(store, comparisons(2), "judging")
    assert stats(stub)["answered"] == before


def test_a_key_that_is_refused_is_not_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPOBENCH_API_KEY_127_0_0_1", "wrong")
    with stub_server(key="right") as url:
        with pytest.raises(UserError, match=r"refuses the API key \(HTTP 401: wrong key\); nothing was retried"):
            model_judge(url).judge(store, comparisons(2), "judging")
        monkeypatch.setenv("TPOBENCH_API_KEY_127_0_0_1", "right")
        model_judge(url).judge(store, comparisons(2), "judging")
    assert store.row_counts()["judgment"] == 2
    assert b"right" not in store.path.read_bytes()


def test_a_server_that_is_not_there_is_one_sentence(store: Store) -> None:
    with pytest.raises(
        UserError, match=r"no answer from http://127\.0\.0\.1:9/v1: nothing listens at 127\.0\.0\.1:9; is the server up"
    ):
        model_judge("http://127.0.0.1:9/v1").judge(store, comparisons(2), "judging")


def test_a_server_that_dies_ends_the_run_and_the_same_command_goes_on(store: Store, stub: str) -> None:
    with fault_proxy(stub, rate=1.0, faults=["500"]) as proxy, pytest.raises(UserError, match="stopped answering"):
        model_judge(proxy, Limits(concurrency=32, attempts=1)).judge(store, comparisons(60), "judging")
    model_judge(stub).judge(store, comparisons(60), "judging")
    assert store.row_counts()["judgment"] == 60


def test_the_budget_in_calls_stops_before_one_more_and_the_run_goes_on_after(store: Store, stub: str) -> None:
    before = stats(stub)["answered"]
    with pytest.raises(BudgetSpent, match="the budget of 10 calls is spent"):
        model_judge(stub, budget=Budget(prices=Prices({}), max_calls=10)).judge(store, comparisons(30), "judging")
    assert stats(stub)["answered"] - before == 10
    assert store.row_counts()["judgment"] == 10
    model_judge(stub).judge(store, comparisons(30), "judging")
    assert stats(stub)["answered"] - before == 30


def test_the_budget_in_dollars_is_never_exceeded(store: Store, stub: str) -> None:
    budget = Budget(prices=Prices({"stub": Price(input=1.0, output=1.0)}), max_usd=0.01)
    with pytest.raises(BudgetSpent, match=r"the budget of \$0\.01"):
        model_judge(stub, budget=budget).judge(store, comparisons(60), "judging")
    ((spent, stored),) = store.sql("SELECT sum(cost_usd), count(*) FROM call")[1]
    assert spent == pytest.approx(budget.usd)
    assert 0.005 < spent <= 0.01
    assert stored == store.row_counts()["judgment"] < 60


def test_dollars_without_a_price_are_refused_at_once(stub: str) -> None:
    with pytest.raises(UserError, match="needs a price for 'stub'"):
        Client(Endpoint("stub", stub), budget=Budget(prices=Prices({}), max_usd=1.0))


def test_a_dated_name_has_the_price_of_its_model() -> None:
    prices = Prices({"gpt-4o": Price(input=2.5, output=10), "gpt-4o-mini": Price(input=0.15, output=0.6)})
    assert prices.cost("gpt-4o-mini-2024-07-18", 1_000_000, 0) == pytest.approx(0.15)
    assert prices.of("gpt-4o-audio") is None
    assert prices.cost("gpt-4o", None, 3) is None


def test_requests_are_spread_evenly_over_the_minute(store: Store, stub: str) -> None:
    started = time.monotonic()
    model_judge(stub, Limits(concurrency=16, requests_per_minute=600)).judge(store, comparisons(8), "judging")
    assert time.monotonic() - started > 0.6  # seven distances of 0.1 s


def test_a_kill_at_any_moment_repeats_no_stored_call(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.harness.api.test_client import comparisons, model_judge\n"
        "from tpobench.harness.store.store import Store\n"
        "with Store(Path(sys.argv[1])) as store: model_judge(sys.argv[2]).judge(store, comparisons(400), 'judging')"
    )
    path = tmp_path / "s.duckdb"
    with stub_server(delay=0.05) as url:
        finished: set[str] = set()
        for seconds in (1.6, 2.0, 2.3):
            before = stats(url)["answered"]
            process = subprocess.Popen(
                [sys.executable, "-c", script, str(path), url],
                cwd=Path(__file__).parents[3],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            )
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
            with Store(path) as store:
                now = {row[0] for row in store.sql("SELECT judgment_key FROM judgment")[1]}
                assert store.row_counts()["call"] == len(now)
            assert finished <= now
            # Only what was in flight at the kill can have been answered without being stored.
            assert stats(url)["answered"] - before - len(now - finished) <= QUICK.concurrency
            finished = now
        with Store(path) as store:
            before = stats(url)["answered"]
            model_judge(url).judge(store, comparisons(400), "judging")
            assert stats(url)["answered"] - before == 400 - len(finished)
            assert store.row_counts()["judgment"] == 400


def requests(samples: int) -> list[Request]:
    return [
        Request(f"{prompt}-{sample}", ({"role": "user", "content": f"prompt {prompt}"},), "p")
        for prompt in range(5)
        for sample in range(samples)
    ]


@pytest.mark.parametrize("choices", [-1, 0, 1, 2])
def test_samples_are_counted_whatever_the_server_makes_of_n(choices: int) -> None:
    with stub_server(choices=choices) as url:
        sampler = EndpointSampler(Client(Endpoint("stub", url), QUICK))
        found = [generation for group in sampler.sample(requests(4), SamplingParams()) for generation in group]
        assert sorted(g.request.key for g in found) == sorted(r.key for r in requests(4))
        calls = stats(url)["answered"]
    assert sum(g.call is not None for g in found) == calls
    assert calls == 5 if choices == 0 else calls > 5


def test_samples_that_were_paid_for_are_handed_over_when_the_budget_ends() -> None:
    with stub_server(choices=1) as url:
        client = Client(Endpoint("stub", url), QUICK, Budget(prices=Prices({}), max_calls=1))
        groups = EndpointSampler(client).sample(requests(4)[:4], SamplingParams())
        assert [generation.request.key for generation in next(groups)] == ["0-0"]
        with pytest.raises(BudgetSpent):
            next(groups)


def test_the_real_server_samples_and_judges(store: Store, llama: str) -> None:
    endpoint = Endpoint("smollm2-135m", llama)
    sampler = EndpointSampler(Client(endpoint, Limits(concurrency=4)))
    asked = [Request(f"{n}", ({"role": "user", "content": f"Say {n}."},), "p") for n in range(3)]
    params = SamplingParams(temperature=0, max_new_tokens=8)
    found = {g.request.key: g for group in sampler.sample(asked, params) for g in group}
    assert all(g.text and g.finish_reason in ("stop", "length") for g in found.values())
    assert all(g.call is not None and g.call.usage.completion_tokens for g in found.values())

    judge = AlpacaEvalProtocol(model="smollm2-135m")
    games = [
        Comparison(prompt=Prompt(f"Name a colour {n}."), candidate="Red is a colour.", baseline="No.", order=order)
        for n, order in enumerate(["AB", "BA"])
    ]
    keys = ModelJudge(
        protocol=judge, client=Client(endpoint, Limits(concurrency=4)), progress=Progress(quiet=True)
    ).judge(store, games, "judging")
    assert all(p is not None and 0 <= p <= 1 for p in store.preferences(keys).values())
    assert store.sql("SELECT DISTINCT served_model FROM call")[1] == [("smollm2-135m",)]


def test_the_real_server_refuses_a_prompt_over_its_context(store: Store, llama: str) -> None:
    judge = AlpacaEvalProtocol(model="smollm2-135m")
    client = Client(Endpoint("smollm2-135m", llama), Limits(concurrency=2))
    games = [
        Comparison(prompt=Prompt("long"), candidate="word " * 6000, baseline="short", order="AB"),
        Comparison(prompt=Prompt("short"), candidate="a", baseline="b", order="AB"),
    ]
    keys = ModelJudge(protocol=judge, client=client, progress=Progress(quiet=True)).judge(store, games, "judging")
    found = store.preferences(keys)
    assert found[keys[0]] is None
    assert found[keys[1]] is not None
    ((verdict, raw),) = store.sql("SELECT verdict, raw_text FROM judgment WHERE preference IS NULL")[1]
    assert verdict == "too_long"
    assert raw.startswith("HTTP 400")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"choices": [{"message": {"content": "m"}, "logprobs": {"content": [{"top_logprobs": [{"token": "m"}]}]}}]}',
    ],
)
def test_answers_that_cannot_be_used(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_answer(body)


def test_an_answer_with_a_lone_surrogate_can_be_stored() -> None:
    answer = read_answer(b'{"choices": [{"message": {"content": "a\\ud800b"}}]}')
    assert answer.choices[0].text == "a\ufffdb"
    assert answer.choices[0].top_logprobs is None


@pytest.mark.parametrize(
    ("asked", "served", "same"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06", True),
        ("gpt-4", "gpt-4-0613", True),
        ("org/m", "m", True),
        ("m", None, True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o", "gpt-4o-mini-2024-07-18", False),
        ("m", "another-model", False),
    ],
)
def test_who_answered(asked: str, served: str | None, same: bool) -> None:
    assert same_model(asked, served) is same


def test_a_thought_in_front_of_the_judge_is_an_assertion(store: Store, stub: str) -> None:
    leaking = Comparison(prompt=Prompt("p"), candidate="fine <R> hidden", baseline="b", order="AB", markers=("<R>",))
    with pytest.raises(AssertionError, match="a thought would reach the judge"):
        model_judge(stub).judge(store, [leaking], "judging")


def test_accept_sees_the_last_word_on_a_refusal(stub: str) -> None:
    replies: list[Reply] = []

    def accept(reply: Reply) -> str | None:
        replies.append(reply)
        return None if reply.answer else reply.problem

    with fault_proxy(stub, rate=1.0, faults=["empty_choices"]) as proxy:
        call = Call("s", "judge", ({"role": "user", "content": "p"},))
        list(Client(Endpoint("stub", proxy), Limits(malformed_attempts=3)).ask_all([call], accept))
    assert [reply.final for reply in replies] == [False, False, True]
    assert {reply.problem for reply in replies} == {"the answer holds no choices"}
    assert math.isfinite(replies[0].record.latency_s)
