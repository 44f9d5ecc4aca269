"""Pair rules and length control, by definition."""

import math

import pytest

from harness.records import Output, Pair, Prompt, SamplingParams
from tpo.pairs import Scored, pick_pair, pick_pairs
from tpo.scoring import length_controlled, z_scores

PROMPT = Prompt("Name a fruit.")


def scored(score: float | None, response: str = "apple", finish: str = "stop", ids: tuple[int, ...] = ()) -> Scored:
    error = "no_response_marker" if score is None else None
    tokens = ids or tuple(response.encode())
    output = Output(
        f"{response}{score}{finish}", "m", "direct", PROMPT, 0, SamplingParams(), response, "", response, error, finish,
        (1,), tokens,
    )  # fmt: skip
    return Scored(output, score)


def test_z_scores_are_those_of_the_paper_and_zero_without_spread() -> None:
    assert z_scores([1.0, 2.0, 3.0]) == pytest.approx([-math.sqrt(1.5), 0, math.sqrt(1.5)])
    assert z_scores([0.3, 0.3]) == [0.0, 0.0]


def test_length_control_prefers_the_shorter_of_two_equally_good_ones() -> None:
    values = length_controlled([1, 1, 0], [10, 90, 50], rho=0.5)
    assert values[0] > values[1] > values[2]
    assert length_controlled([1, 1, 0], [10, 90, 50], rho=0) == z_scores([1, 1, 0])


def test_best_against_worst() -> None:
    pair = pick_pair([scored(0.5, "b"), scored(1.0, "a"), scored(0.0, "c")], 0.0, reject_format=False)
    assert isinstance(pair, Pair)
    assert (pair.chosen.response, pair.rejected.response) == ("a", "c")
    assert pair.chosen_score > pair.rejected_score


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([scored(None), scored(None)], "nothing_parsed"),
        ([scored(0.5, "a"), scored(0.5, "b")], "tie"),
        ([scored(1.0, "a", finish="length"), scored(0.0, "b", finish="length")], "nothing_to_choose"),
        ([scored(1.0, "a", ids=(5,)), scored(0.0, "b", ids=(5,))], "identical"),
    ],
)
def test_prompts_that_teach_nothing_are_dropped_with_the_reason(samples: list[Scored], reason: str) -> None:
    assert pick_pair(samples, 0.1, reject_format=False) == reason


def test_a_cut_output_is_never_chosen_but_may_be_rejected() -> None:
    pair = pick_pair(
        [scored(1.0, "cut", finish="length"), scored(0.5, "whole"), scored(0.0, "x", "length")], 0.0, False
    )
    assert isinstance(pair, Pair)
    assert pair.chosen.response == "whole"
    assert pair.rejected.finish_reason == "length"


def test_length_alone_makes_no_preference() -> None:
    assert pick_pair([scored(0.5, "short"), scored(0.5, "much longer text")], 0.5, reject_format=False) == "tie"


def test_an_output_that_does_not_parse_is_rejected_never_chosen() -> None:
    pair = pick_pair([scored(0.2, "a"), scored(None, "junk")], 0.0, reject_format=True)
    assert isinstance(pair, Pair)
    assert (pair.chosen.response, pair.rejected.parse_error) == ("a", "no_response_marker")


def test_format_pairs_stay_a_small_share() -> None:
    prompts = [[scored(1.0, "a"), scored(0.0, "b")]] * 18 + [[scored(0.5, "c"), scored(None, "junk")]] * 10
    pairs, dropped = pick_pairs(prompts, 0.0)
    assert sum(pair.rejected.parse_error is not None for pair in pairs) == 2
    assert dropped == {"tie": 8}
