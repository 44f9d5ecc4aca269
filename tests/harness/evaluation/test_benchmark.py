"""A benchmark's own baselines, and the first prompts of it."""

from tpobench.harness.evaluation.benchmark import Baseline, Benchmark
from tpobench.harness.records import Prompt

PROMPTS = [Prompt("one"), Prompt("two"), Prompt("three")]
BENCHMARK = Benchmark(
    name="example",
    prompts=PROMPTS,
    baselines=(Baseline("short", ["1", "2", "3"]), Baseline("long", ["I", "II", "III"])),
)


def test_the_first_baseline_is_the_default() -> None:
    assert BENCHMARK.default_baseline == "short"
    assert BENCHMARK.baseline_named(None) == BENCHMARK.baselines[0]


def test_another_baseline_is_picked_by_its_name() -> None:
    assert BENCHMARK.baseline_named("long") == BENCHMARK.baselines[1]


def test_a_name_that_is_none_of_its_baselines_is_a_model_to_sample() -> None:
    assert BENCHMARK.baseline_named("smollm2-135m") is None
    assert Benchmark(name="example", prompts=PROMPTS).baseline_named(None) is None


def test_the_first_prompts_keep_every_baseline_and_say_how_many_there_are() -> None:
    part = BENCHMARK.first(2)
    assert (list(part.prompts), part.rows) == (PROMPTS[:2], 3)
    assert part.baselines == (Baseline("short", ["1", "2"]), Baseline("long", ["I", "II"]))


def test_all_prompts_are_the_benchmark_as_it_is() -> None:
    assert BENCHMARK.first(3) is BENCHMARK
    assert BENCHMARK.first(None) is BENCHMARK
