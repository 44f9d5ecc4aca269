"""A run that has gone wrong stops before it burns hours."""

from dataclasses import asdict, replace

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.records import Output, Prompt, SamplingParams
from tpobench.harness.store.step_details import PairDetails
from tpobench.tpo.config import GuardsConfig
from tpobench.tpo.guards import health_of, pairs_words, require_healthy, require_short_pairs


def output(response: str, tokens: int, finish: str = "stop", thought: str = "") -> Output:
    error = None if response else "no_response_marker"
    raw = thought + response
    return Output(
        key="k",
        model="m",
        mode="think:generic",
        prompt=Prompt("p"),
        sample=0,
        params=SamplingParams(),
        raw_text=raw,
        thought=thought,
        response=response,
        parse_error=error,
        finish_reason=finish,
        prompt_ids=(1,),
        token_ids=(1,) * tokens,
    )


def test_health_counts_by_hand() -> None:
    found = health_of([output("abcd", 10, thought="t"), output("ab", 20, "length", "ttt"), output("", 30)])
    assert asdict(found) == {
        "outputs": 3,
        "parse_error_rate": pytest.approx(1 / 3),
        "truncated": pytest.approx(1 / 3),
        "tokens": 20,
        "thought_chars": 2,
        "response_chars": 3,
    }


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"parse_error_rate": 0.6}, "60% of the outputs do not parse"),
        ({"truncated": 0.7}, "70% of the outputs were cut"),
        ({"tokens": 70.0}, "3.5 times the first iteration's length"),
    ],
)
def test_each_guard_stops_the_run_with_its_figure(worse: dict[str, float], said: str) -> None:
    first = health_of([output("fine", 20)])
    require_healthy("thought/2", first, first, GuardsConfig())
    with pytest.raises(UserError, match=said):
        require_healthy("thought/2", replace(first, **worse), first, GuardsConfig())


def paired(pairs: int, too_long: int | None) -> PairDetails:
    return PairDetails(
        pairs=pairs,
        dropped={},
        rho=0.0,
        format_rejected=0,
        format_share=0.0,
        chosen_chars=None,
        rejected_chars=None,
        margin=None,
        too_long=too_long,
    )


def test_pairs_that_are_left_out_are_told_and_from_some_share_on_stop_the_run() -> None:
    assert pairs_words(paired(6, 0), 10) == "6 pairs from 10 prompts"
    assert pairs_words(paired(5, 1), 10) == "5 pairs from 10 prompts; 1 more are longer than training.max_length"
    require_short_pairs("thought/1", paired(5, 1), GuardsConfig(), 64)
    require_short_pairs("thought/1", paired(6, None), GuardsConfig(), 64)
    with pytest.raises(UserError, match=r"5 of 6 are longer than training\.max_length, 64 tokens"):
        require_short_pairs("thought/1", paired(1, 5), GuardsConfig(), 64)
    require_short_pairs("thought/1", paired(1, 5), GuardsConfig(too_long=0.9), 64)
