"""Prompts by category, and the model that names categories."""

import json
from pathlib import Path

import pytest

from tests.apis.refusing import MODEL, asked, heal, refusing_server
from tpobench.benchmarks.categories.data import Assigned, assign, categories_benchmark, named_category, named_complexity
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.records import Assignment, CallRecord, Prompt, Usage
from tpobench.harness.store.store import Store


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


def assigned(store: Store, url: str, *texts: str) -> Assigned:
    client = Client(Endpoint(MODEL, url), Limits(concurrency=4))
    return assign(store, client, [Prompt(text) for text in texts], Progress(quiet=True))


def test_a_refused_call_is_no_answer_and_asked_again(store: Store) -> None:
    with refusing_server() as url:
        first = assigned(store, url, "Level 3, please.", "CASE azure 4")
        assert first.complexities == {"Level 3, please.": "3", "CASE azure 4": None}
        assert len(first.owed) == 2
        assert "The response was filtered" in first.owed[0]
        heal(url)
        again = assigned(store, url, "Level 3, please.", "CASE azure 4")
        assert (again.complexities["CASE azure 4"], again.owed) == ("3", ())
        assert asked(url) == {"": 2, "azure": 4}


def test_a_model_that_refuses_everything_is_an_error(store: Store) -> None:
    with refusing_server() as url, pytest.raises(UserError, match=r"answered none of 2 questions .*was filtered"):
        assigned(store, url, "CASE azure")
    assert store.row_counts()["assignment"] == 0


def test_a_model_that_thinks_first_is_asked_again_with_more_tokens(store: Store) -> None:
    with refusing_server() as url, pytest.raises(UserError, match="the answer was cut at 4096 tokens"):
        assigned(store, url, "CASE reasoning_cut")
    assert store.row_counts()["assignment"] == 0


def test_refused_calls_of_older_stores_are_told_by_their_words_and_asked_again(store: Store) -> None:
    with refusing_server() as url:
        assigned(store, url, "Level 3.")
        ((key, assigner, text_key),) = store.sql(
            "SELECT assignment_key, assigner, text_key FROM assignment WHERE kind = 'complexity'"
        )[1]
        store.sql("DELETE FROM assignment WHERE kind = 'complexity'")
        call = CallRecord(
            key="c",
            subject=key,
            kind="assign",
            model=MODEL,
            served_model=None,
            usage=Usage(),
            latency_s=0.1,
            attempt=1,
            problem="HTTP 400: no",
        )
        row = Assignment(
            key=key, assigner=assigner, kind="complexity", text_key=text_key, value=None, raw="HTTP 400: no"
        )
        store.add_assignments([row], [call])
        store.drain()
        assert assigned(store, url, "Level 3.").complexities == {"Level 3.": "3"}
        assert asked(url) == {"": 3}
