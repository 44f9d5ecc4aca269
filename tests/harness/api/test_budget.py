"""A budget in dollars against servers that count as they like, and the price file of the user's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.apis.scripted import Told, completion, models, scripted_server
from tpobench.harness.api.budget import Budget, BudgetSpent, CallSize, Price, Prices, estimated_tokens, load_prices
from tpobench.harness.api.calls import Call, Limits, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError

PRICES = Prices({"m": Price(input=1000, output=1000)})
"""A dollar for a thousand tokens."""


def spend(usd: float, usage: Callable[[int], Any], prompt: str = "Say it.", **options: Any) -> tuple[Budget, int]:
    """Ask 60 times, 16 at a time; the n-th answer has this usage. The budget, and how many calls were sent."""
    budget = Budget(prices=PRICES, max_usd=usd)
    told = iter(range(1000))

    def accept(reply: Reply) -> str | None:
        return None if reply.answer else reply.problem

    with scripted_server(
        lambda asked: models("m") if asked.method == "GET" else Told(completion(usage=usage(next(told))))
    ) as server:
        calls = (Call(str(n), "sample", ({"role": "user", "content": prompt},), options) for n in range(60))
        client = Client(Endpoint("m", server.url), Limits(concurrency=16, timeout_s=5), budget)
        with pytest.raises(BudgetSpent, match="might go over the budget"):
            list(client.ask_all(calls, accept))
        return budget, len(server.calls)


def tokens(prompt: Any, completion_tokens: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion_tokens, **more}


@pytest.mark.parametrize("script", ["说" * 1000, "ก" * 1000, "😀" * 1000, "\ud800" * 1000, "word " * 600])
def test_no_script_spends_more_than_the_budget(script: str) -> None:
    """A tokenizer may make a token of every byte."""
    size = len(script.encode("utf-8", "surrogatepass"))
    budget, sent = spend(10.0, lambda n: tokens(size, 10), script, max_tokens=10)
    assert budget.usd <= 10.0
    assert sent == round(budget.usd * 1000 / (size + 10)) >= 2


@pytest.mark.parametrize("samples", [1, 8])
def test_each_sample_may_be_as_long_as_the_limit(samples: int) -> None:
    budget, _ = spend(5.0, lambda n: tokens(10, 100 * samples), max_tokens=100, n=samples)
    assert 3.0 < budget.usd <= 5.0


@pytest.mark.parametrize(
    "usage",
    [
        tokens(10, 5000),
        tokens(10, 20, total_tokens=5010),
        tokens(10, 5000, completion_tokens_details={"reasoning_tokens": 4990}),
    ],
)
def test_hidden_reasoning_is_overspent_by_one_call_at_most(usage: dict[str, Any]) -> None:
    """Each call is told to cost at most 0.2 dollars, and costs five."""
    budget, sent = spend(6.0, lambda n: usage, max_tokens=20)
    assert sent == 1
    assert budget.usd == pytest.approx(5.01)
    budget, sent = spend(2.0, lambda n: usage, max_tokens=20)
    assert sent == 1


def test_hidden_reasoning_that_begins_later_is_found_while_few_calls_are_in_flight() -> None:
    budget, sent = spend(30.0, lambda n: tokens(10, 5000 if n >= 3 else 20), max_tokens=20)
    assert sent <= 8
    assert budget.usd <= 30.0


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "none",
        {},
        tokens(-10_000, -10_000),
        tokens(-5, 100),
        tokens(None, None),
        tokens("12", "30"),
        tokens(0, 0),
        tokens(1e300, 1e300),
        tokens(2**40, 2**40),
        tokens(float("nan"), float("nan")),
        tokens(True, True),
        tokens([1], {"a": 1}),
        tokens(0.5, 0.5),
    ],
)
def test_what_cannot_be_a_usage_counts_as_what_was_set_aside(usage: Any) -> None:
    """A thousand bytes and a hundred tokens: 1.244 dollars each."""
    budget, sent = spend(10.0, lambda n: usage, "w" * 1000, max_tokens=100)
    assert sent == 8
    assert budget.usd == pytest.approx(8 * 1.244)
    assert (budget.prompt_tokens, budget.completion_tokens) >= (0, 0)


def test_what_a_call_costs_less_than_set_aside_is_there_for_the_next() -> None:
    budget, sent = spend(2.0, lambda n: tokens(40, 10), "w" * 100, max_tokens=500)
    assert sent == 26
    assert budget.usd == pytest.approx(26 * 0.05)


@pytest.mark.parametrize(("text", "tokens_of_it"), [("", 0), ("a" * 35, 10), ("说" * 10, 10), ("a" * 7 + "é", 3)])
def test_a_plan_counts_letters_of_other_scripts_as_tokens(text: str, tokens_of_it: float) -> None:
    assert estimated_tokens(text) == pytest.approx(tokens_of_it)


def test_an_answer_without_a_limit_is_set_aside_as_a_long_one() -> None:
    size = CallSize.of([{"role": "user", "content": "ab"}], {})
    assert (size.prompt, size.completion) == (128 + 16 + 2, 32_768)


@pytest.mark.parametrize("usage", [tokens(2**40, 3), tokens(-1, 3), tokens(3, True)])
def test_only_counts_that_can_be_are_kept(usage: dict[str, Any]) -> None:
    records: list[Reply] = []

    def accept(reply: Reply) -> None:
        records.append(reply)

    with scripted_server(
        lambda asked: models("m") if asked.method == "GET" else Told(completion(usage=usage))
    ) as server:
        call = Call("s", "judge", ({"role": "user", "content": "p"},))
        list(Client(Endpoint("m", server.url)).ask_all([call], accept))
    used = records[0].record.usage
    assert None in (used.prompt_tokens, used.completion_tokens)
    assert all(count is None or 0 <= count < 2**31 for count in (used.prompt_tokens, used.completion_tokens))


def test_a_model_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    """The second price would silently count."""
    file = tmp_path / "prices.yaml"
    file.write_text("m: {input: 1, output: 2}\nm: {input: 100, output: 200}\n")
    with pytest.raises(UserError, match="the key 'm' occurs twice"):
        load_prices(file)


def test_a_price_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        load_prices(tmp_path / "prices.yaml")
