"""lm-eval's tasks over our samplers, with lm-eval itself: what it gets to see, and what is stored."""

from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import R, T, figure, local, number, run, scripted
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.evaluations import item_values
from tpobench.harness.store.store import Store


@pytest.mark.parametrize("mode", ["direct", "think:generic"])
def test_a_model_runs_lm_evals_own_gsm8k_and_nothing_is_done_twice(
    mode: str, tiny_model: Path, store: Store, data: Path
) -> None:
    options = TaskOptions(data=data, num_fewshot=1, max_new_tokens=24)
    with local(store, tiny_model) as generator:
        result = run("gsm8k", generator, mode, store, options)
    assert (result.version, result.num_fewshot) == (3.0, 1)
    assert {"exact_match,strict-match", "exact_match_stderr,flexible-extract"} <= {m.name for m in result.metrics}
    counts = store.row_counts()
    assert (counts["prompt"], counts["evaluation"]) == (8, 1)
    _, rows = store.sql("SELECT benchmark, judge, candidate_mode, baseline, len(candidate_outputs) FROM evaluation")
    assert rows == [("lm_eval/gsm8k", "lm-eval 0.4.13", mode, "", 8)]
    stored = item_values(store, [result.evaluation])
    items = [item.value for item in stored if item.metric == "exact_match,flexible-extract"]
    assert len(items) == 8
    assert sum(items) / 8 == figure(result, "exact_match,flexible-extract").value
    with OutputCache(store, generator.model, lambda _: pytest.fail("the model was loaded"), Progress(True)) as again:
        assert run("gsm8k", again, mode, store, options) == result
    assert store.row_counts() == counts


def test_the_prompts_are_lm_evals_own(store: Store, data: Path) -> None:
    generator, sampler = scripted(store, lambda text, _: f"So it is {number(text)}.\n#### {number(text):,}")
    result = run("gsm8k", generator, "direct", store, TaskOptions(data=data))
    assert result.num_fewshot == 5
    for text in sampler.asked:
        assert text.count("Question: ") == 6
        assert text.endswith("How many?\nAnswer:")
    assert {(params.temperature, params.max_new_tokens) for params in sampler.params} == {(0.0, 256)}
    for name in ("exact_match,strict-match", "exact_match,flexible-extract"):
        expected = mean_interval([1.0] * 8)
        assert figure(result, name) == Metric(
            name=name, value=1.0, n=8, category=None, low=expected.low, high=expected.high
        )


def test_the_thought_is_not_scored(store: Store, data: Path) -> None:
    def script(text: str, _: int) -> str:
        n = number(text)
        good, bad = (n, n + 1) if n != 12 else (n + 1, n)  # 12: right in the thought, wrong in the response
        return f"{T} I guess #### {bad}\n{R} #### {good}"

    generator, _ = scripted(store, script)
    result = run("gsm8k", generator, "think:generic", store, TaskOptions(data=data, num_fewshot=0))
    for name in ("exact_match,strict-match", "exact_match,flexible-extract"):
        assert figure(result, name).value == 7 / 8
    stderr = figure(result, "exact_match_stderr,strict-match").value
    assert stderr == pytest.approx((7 / 8 * 1 / 8 / 7) ** 0.5)
    assert figure(result, "thought_chars").value > 0  # type: ignore[operator]


def test_stop_strings_cut_the_response_and_not_the_thought(store: Store, data: Path) -> None:
    generator, _ = scripted(
        store, lambda text, _: f"{T} Question: what?\n{R} #### {number(text)}\nQuestion: another\n#### 99999"
    )
    result = run("gsm8k", generator, "think:generic", store, TaskOptions(data=data, num_fewshot=0))
    assert figure(result, "exact_match,flexible-extract").value == 1.0


def test_a_format_error_is_sampled_again_and_then_scored_as_no_answer(store: Store, data: Path) -> None:
    def script(text: str, tries: int) -> str:
        n = number(text)
        if n == 7 or (n == 12 and tries < 2):
            return f"#### {n}"  # right, but without the markers
        return f"{T} hm {R} #### {n}"

    generator, sampler = scripted(store, script)
    options = TaskOptions(data=data, num_fewshot=0)
    result = run("gsm8k", generator, "think:generic", store, options)
    assert figure(result, "exact_match,strict-match").value == 7 / 8
    assert figure(result, "parse_error_rate").value == 2 / 8
    assert figure(result, "unanswered").value == 1 / 8
    assert [params.temperature for params in sampler.params] == [0.0] * 8 + [0.8] * 4
    run("gsm8k", generator, "think:generic", store, options)
    assert len(sampler.asked) == 12


def test_a_marker_never_reaches_lm_eval(store: Store, data: Path) -> None:
    honest = mode_named("think:generic")
    leaking = Mode(name="leaking", user=honest.user, split=mode_named("direct").split, markers=honest.markers)
    generator, _ = scripted(store, lambda text, _: f"{T} a {R} b")
    with pytest.raises(AssertionError, match="marker"):
        run("gsm8k", generator, leaking, store, TaskOptions(data=data, num_fewshot=0))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("{n}", 1.0),
        ("$ {n:,}.00", 1.0),
        ("{n}.", 1.0),
        ("3 + 4 is {n}", 1.0),
        ("10-{n}", 1.0),
        ("{n}, not 3", 0.0),
        ("-{n}", 0.0),
        ("{n}.5", 0.0),
        ("none", 0.0),
    ],
)
def test_answer_only_counts_the_last_number_exactly(said: str, value: float, store: Store, data: Path) -> None:
    generator, sampler = scripted(store, lambda text, _: said.format(n=number(text)))
    result = run("gsm8k_answer_only", generator, "direct", store, TaskOptions(data=data, num_fewshot=5))
    assert figure(result, "exact_match,last-number").value == value
    assert result.num_fewshot == 0
    assert all("final number and nothing else" in text for text in sampler.asked)
