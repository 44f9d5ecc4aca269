"""Instructions that a model writes: what is asked for, what is kept, and that nobody is asked twice."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.data import DATA, real_data
from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Model, Output, Prompt, Request, SamplingParams
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.choose import local_sampler
from tpobench.harness.store.store import Store
from tpobench.tpo.config import SourceConfig
from tpobench.tpo.prompts.synthetic import (
    LEAST_ROUND,
    MOST_REQUESTS,
    SHOTS,
    WRITING,
    candidates,
    seed_prompts,
    synthetic_prompts,
)

SEEDS = [
    Prompt(f"Tell me about the {animal}.") for animal in ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "owl")
]
WRITER = Model("writer@http://127.0.0.1:1/v1", "", "w")


class Scripted:
    """Answers request n with `write(n)`, a text or a text that was cut."""

    def __init__(self, write: Callable[[int], str], most: int = 10**9) -> None:
        self.write, self.most = write, most
        self.asked: list[Request] = []

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        for request in requests:
            if len(self.asked) == self.most:
                raise KeyboardInterrupt
            text = self.write(len(self.asked))
            self.asked.append(request)
            yield [
                Generation(
                    request=request, prompt_ids=(), token_ids=(1, 2), text=text, finish_reason="stop", seconds=0.1
                )
            ]

    def close(self) -> None:
        pass


def write(store: Store, count: int, sampler: Scripted, seeds: Sequence[Prompt] = SEEDS, seed: int = 0) -> list[Prompt]:
    source = SourceConfig(source="synthetic:seeds.jsonl", model=WRITER.name, count=count)
    with OutputCache(store, WRITER, lambda _: sampler, Progress(quiet=True)) as generator:
        return synthetic_prompts(source, generator, seeds, 0.7, seed)


def question(number: int) -> str:
    return f"What is so special about w{number}, x{number} and y{number}?"


def output(text: str, finish_reason: str = "stop") -> Output:
    return Output(
        key="k",
        model="m",
        mode="synthetic",
        prompt=Prompt("p"),
        sample=0,
        params=None,
        raw_text=text,
        thought="",
        response=text.strip(),
        parse_error=None,
        finish_reason=finish_reason,
        prompt_ids=(),
        token_ids=(),
    )


def test_each_request_is_a_chat_of_eight_different_seeds(store: Store) -> None:
    sampler = Scripted(question)
    found = write(store, 3, sampler)
    assert [prompt.text for prompt in found] == [question(number) for number in range(3)]
    assert {prompt.source for prompt in found} == {"synthetic:writer"}
    assert len(sampler.asked) == LEAST_ROUND
    for request in sampler.asked:
        shown = [turn["content"] for turn in request.messages if turn["role"] == "assistant"]
        asks = [turn["content"] for turn in request.messages if turn["role"] == "user"]
        assert len(set(shown)) == SHOTS
        assert set(shown) <= {prompt.text for prompt in SEEDS}
        assert asks == [WRITING.user] * (SHOTS + 1)
        assert request.messages[-1]["role"] == "user"
    assert len({request.key for request in sampler.asked}) == LEAST_ROUND


def test_the_same_store_and_seed_ask_nobody_and_give_the_same_list(store: Store) -> None:
    first = write(store, 40, Scripted(question))
    silent = Scripted(question)
    assert write(store, 40, silent) == first
    assert silent.asked == []
    assert write(store, 20, silent) == first[:20]
    assert write(store, 60, Scripted(lambda n: question(n + 1000)))[:40] == first


def test_a_killed_run_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(store, 40, Scripted(question, most=25))
    rest = Scripted(lambda n: question(n + 25))
    found = write(store, 40, rest)
    with Store(tmp_path / "other.duckdb") as other:
        whole = Scripted(question)
        assert write(other, 40, whole) == found
    assert len(rest.asked) == len(whole.asked) - 25


def test_near_duplicates_of_seeds_and_of_one_another_are_left_out(store: Store) -> None:
    long = "Explain to a child of six why the sky is blue at noon and red in the evening"
    written = [SEEDS[0].text, f"{long}.", f"{long} please.", question(1), question(1).upper()]
    found = write(store, 2, Scripted(lambda n: written[n] if n < len(written) else "No"))
    assert [prompt.text for prompt in found] == [f"{long}.", question(1)]


def test_a_model_that_repeats_itself_is_given_up_with_the_reasons(store: Store) -> None:
    sampler = Scripted(lambda n: question(n) if n < 5 else SEEDS[0].text if n % 2 else "I'm sorry, I can't write that.")
    with pytest.raises(
        UserError, match=r"wrote 5 of 20 .* in 80 tries \(left out: 38 a seed, 37 no instruction\); lower"
    ):
        write(store, 20, sampler)
    assert len(sampler.asked) == 20 * MOST_REQUESTS


def test_later_rounds_ask_for_as_many_as_the_yield_calls_for(store: Store) -> None:
    sampler = Scripted(lambda n: question(n) if n % 2 else "")
    assert len(write(store, 100, sampler)) == 100
    assert len(sampler.asked) == 100 + 100  # half of the first hundred, then as many as that yield calls for


@pytest.mark.parametrize(
    ("text", "finish_reason", "expected"),
    [
        ("Name three red fruits.", "stop", [("Name three red fruits.", None)]),
        ("Name three red fruits.\nApple, cherry, plum.", "stop", [("Name three red fruits.", None)]),
        (
            "Sure:\n1. Name a red fruit.\n2) “Why is it red?”\nOK",
            "stop",
            [("Name a red fruit.", None), ("Why is it red?", None)],
        ),
        (
            "1. Name a red fruit.\n2. Name a green one.",
            "length",
            [("Name a red fruit.", None), ("Name a green one.", "cut at the token limit")],
        ),
        ("Name a red fruit.\nApple, cher", "length", [("Name a red fruit.", None)]),
        ("Name a red fr", "length", [("Name a red fr", "cut at the token limit")]),
        ("", "stop", [("", "empty")]),
        ("Why so?", "stop", [("Why so?", "too short")]),
        ("I'm sorry, but I cannot do it.", "stop", [("I'm sorry, but I cannot do it.", "no instruction")]),
        ("Here is a new instruction:", "stop", [("Here is a new instruction:", "no instruction")]),
        ("Answer: it is a red fruit.", "stop", [("Answer: it is a red fruit.", "no instruction")]),
        ("and so it was done.", "stop", [("and so it was done.", "no instruction")]),
        ("- red\n- green and blue", "stop", [("- red", "too short")]),
        ("Name a red fruit that", "stop", [("Name a red fruit that", "without an end")]),
        ("Name " + 200 * "red " + "fruits.", "stop", [("Name " + 200 * "red " + "fruits.", "too long")]),
    ],
)
def test_what_is_read_from_an_output(text: str, finish_reason: str, expected: list[tuple[str, str | None]]) -> None:
    assert list(candidates(output(text, finish_reason))) == expected


def test_too_few_seeds(store: Store) -> None:
    with pytest.raises(UserError, match="has 7 seed instructions"):
        write(store, 1, Scripted(question), [*SEEDS[:7], Prompt("Why? " * 200)])


def test_seeds_from_a_file(tmp_path: Path) -> None:
    def read(*rows: object) -> list[str]:
        (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
        source = SourceConfig(source=f"synthetic:{tmp_path / 's.jsonl'}", model="m", count=1)
        return [prompt.text for prompt in seed_prompts(source)]

    assert read({"prompt": "Name a fruit."}) == ["Name a fruit."]
    task = {"instruction": "Translate.", "instances": [{"input": "Hund\nHaus", "output": "dog house"}, {"input": "x"}]}
    assert read(task, {"instruction": "Say hi.", "instances": []}) == ["Translate. Hund Haus", "Say hi."]
    with pytest.raises(UserError, match=r"s.jsonl:2 has no text under the key 'prompt'"):
        read({"prompt": "Name a fruit."}, {"question": "Why?"})
    starter = seed_prompts(SourceConfig(source="synthetic:starter", model="m", count=1))
    assert starter == list(starter_prompts("training"))


@real_data
def test_self_instruct_seeds() -> None:
    file = DATA / "instructions" / "self_instruct_seed_tasks.jsonl"
    assert len(seed_prompts(SourceConfig(source=f"synthetic:{file}", model="m", count=1))) == 175


def test_a_real_sampler_is_asked(store: Store, tiny_model: Path) -> None:
    """Noise is no instruction: the miniature model is given up, with what it wrote in the store."""
    source = SourceConfig.model_validate(
        {"source": "synthetic:starter", "model": "tiny", "count": 1, "sampling": {"max_new_tokens": 8}}
    )
    short = [Prompt(f"Say {letter}.") for letter in "abcdefgh"]
    with (
        OutputCache(store, Model("tiny", str(tiny_model), "t"), local_sampler, Progress(quiet=True)) as generator,
        pytest.raises(UserError, match=f"wrote 0 of 1 new instructions in {LEAST_ROUND} tries"),
    ):
        synthetic_prompts(source, generator, short, 0.7, 0)
    assert store.row_counts()["output"] == LEAST_ROUND
