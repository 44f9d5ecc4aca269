"""The store: idempotent, resumable, all or nothing."""

from pathlib import Path

import pytest

from harness.modes import DIRECT
from harness.records import Generation, Model, Prompt, Request, SamplingParams, Score, Split, content_key
from harness.schema import TABLES
from harness.store import Store

MODEL = Model("m", "/m", "f" * 32)
PROMPT = Prompt("Say 'hi' to 世界 😀", "c", "s", ({"contains": "hi"},))


def row(key: str) -> tuple[Prompt, int, Generation, Split]:
    request = Request(key, DIRECT.messages(PROMPT.text), "p")
    return PROMPT, 0, Generation(request, (1, 2), (3, 4), "hi\x07 'there'", "stop", 0.5), Split("", "hi 'there'")


def test_what_goes_in_comes_out(store: Store) -> None:
    store.add_prompts([PROMPT, PROMPT])
    store.add_generations(MODEL, DIRECT, SamplingParams(seed=3), [row("a")])
    (output,) = store.outputs({"a": (PROMPT, 0)})
    assert (output.raw_text, output.prompt_ids, output.token_ids) == ("hi\x07 'there'", (1, 2), (3, 4))
    assert output.params == SamplingParams(seed=3)
    assert store.row_counts()["prompt"] == 1


def test_an_output_that_is_sampled_twice_is_an_error(store: Store) -> None:
    store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a")])
    with pytest.raises(RuntimeError, match="1 of 2 outputs were sampled twice"):
        store.add_generations(MODEL, DIRECT, SamplingParams(), [row("a"), row("b")])


def test_inserting_again_changes_nothing_and_missing_tells_what_is_owed(tmp_path: Path) -> None:
    score = Score("j", PROMPT, "hi", 1.0, {"0": True})
    for _ in range(2):
        with Store(tmp_path / "s.duckdb") as store:
            store.add_scores([score])
            store.add_model(MODEL, "given")
            store.finish_step("r", "s", {"n": 1}, 0.1)
            assert store.missing("score", ["x", score.key, "y"]) == ["x", "y"]
            assert store.scores([score.key]) == {score.key: 1.0}
            assert store.step_details("r", "s") == {"n": 1}
            assert store.step_details("r", "t") is None
            assert sum(store.row_counts().values()) == 3


def test_every_table_answers_plain_sql(store: Store) -> None:
    assert set(store.row_counts()) == set(TABLES)
    for table in TABLES:
        columns, rows = store.sql(f"SELECT * FROM {table}")
        assert f"{table}_key" in columns
        assert rows == []


def test_the_key_depends_on_every_part() -> None:
    parts = ("output", "m", "t", 0.8, 1)
    keys = {content_key(*parts[:i], "changed", *parts[i + 1 :]) for i in range(len(parts))} | {content_key(*parts)}
    assert len(keys) == len(parts) + 1
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
