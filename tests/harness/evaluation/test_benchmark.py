"""A benchmark's own baselines, and samples of its prompts."""

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from tpobench.harness.evaluation.benchmark import Baseline, Benchmark
from tpobench.harness.records import Prompt

PROMPTS = [Prompt("one"), Prompt("two"), Prompt("three")]
BENCHMARK = Benchmark(
    name="example",
    prompts=PROMPTS,
    baselines=(Baseline("short", ["1", "2", "3"]), Baseline("long", ["I", "II", "III"])),
)
SORTED = Benchmark(
    name="sorted",
    prompts=[
        Prompt(f"prompt {number}", "coding" if number < 100 else "maths" if number < 160 else "writing")
        for number in range(200)
    ],
)


def test_the_first_baseline_is_the_default() -> None:
    assert BENCHMARK.default_baseline == "short"
    assert BENCHMARK.baseline_named(None) == BENCHMARK.baselines[0]


def test_another_baseline_is_picked_by_its_name() -> None:
    assert BENCHMARK.baseline_named("long") == BENCHMARK.baselines[1]


def test_a_name_that_is_none_of_its_baselines_is_a_model_to_sample() -> None:
    assert BENCHMARK.baseline_named("smollm2-135m") is None
    assert Benchmark(name="example", prompts=PROMPTS).baseline_named(None) is None


def sizes(benchmark: Benchmark) -> Counter[str]:
    return Counter(prompt.category for prompt in benchmark.prompts)


def test_a_sample_keeps_every_baseline_and_says_how_many_there_are() -> None:
    part = BENCHMARK.sample(2)
    assert (len(part.prompts), part.rows) == (2, 3)
    answers = {"one": ("1", "I"), "two": ("2", "II"), "three": ("3", "III")}
    short, long = part.baselines
    assert [answers[prompt.text] for prompt in part.prompts] == list(zip(short.answers, long.answers, strict=True))


def test_all_prompts_are_the_benchmark_as_it_is() -> None:
    assert BENCHMARK.sample(3) is BENCHMARK
    assert BENCHMARK.sample(None) is BENCHMARK


def test_every_category_has_its_share_of_a_sample_though_the_file_is_sorted_by_category() -> None:
    for limit in (10, 20, 60, 100):
        assert sizes(SORTED.sample(limit)) == {"coding": limit * 0.5, "maths": limit * 0.3, "writing": limit * 0.2}


def test_a_sample_is_in_the_benchmarks_order_and_not_its_beginning() -> None:
    chosen = [SORTED.prompts.index(prompt) for prompt in SORTED.sample(60).prompts]
    assert chosen == sorted(chosen)
    assert chosen[:30] != list(range(30))


def test_a_larger_sample_holds_the_smaller_one() -> None:
    samples = [{prompt.text for prompt in SORTED.sample(limit).prompts} for limit in range(1, 200)]
    assert all(small < large for small, large in pairwise(samples))


def test_a_sample_depends_on_no_order_in_a_file() -> None:
    shuffled = replace(SORTED, prompts=random.Random(0).sample(list(SORTED.prompts), 200))
    assert {p.text for p in shuffled.sample(60).prompts} == {p.text for p in SORTED.sample(60).prompts}


def test_categories_of_one_prompt_each_are_sampled_all_the_same() -> None:
    singles = Benchmark(name="singles", prompts=[Prompt(f"prompt {number}", f"c{number}") for number in range(50)])
    assert len(singles.sample(20).prompts) == 20
