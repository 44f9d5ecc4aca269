"""Which outputs become pairs, rule by rule."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tpobench.harness.records import Output, Pair, Prompt, Request, SamplingParams
from tpobench.harness.samplers.local import LocalSampler
from tpobench.tpo.preferences.pairs import RHO_GRID, PairRules, Picked, Scored, auto_rho, lengths, pick_pairs
from tpobench.tpo.preferences.scoring import length_controlled

PROMPT = Prompt("Name a fruit.")


def output(raw: str, response: str, finish: str, ids: Sequence[int], error: str | None, sample: int) -> Output:
    params = SamplingParams()
    key = f"{sample}/{raw}/{finish}"
    return Output(
        key=key,
        model="m",
        mode="direct",
        prompt=PROMPT,
        sample=sample,
        params=params,
        raw_text=raw,
        thought="",
        response=response,
        parse_error=error,
        finish_reason=finish,
        prompt_ids=(1,),
        token_ids=tuple(ids),
    )


def scored(score: float | None, response: str, finish: str = "stop", thought: str = "", sample: int = 0) -> Scored:
    raw = thought + response
    return Scored(output(raw, response, finish, raw.encode(), None, sample), score)


def unparsed(raw: str = "junk", finish: str = "stop") -> Scored:
    return Scored(output(raw, "", finish, raw.encode(), "no_response_marker", 0), None)


def texts(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(pair.chosen.raw_text, pair.rejected.raw_text) for pair in pairs]


def pick(*samples: Scored, rho: float = 0.0, min_margin: float = 0.0, per_prompt: int = 1) -> Picked:
    return pick_pairs([samples], PairRules(rho, min_margin, per_prompt))


def test_chosen_is_the_argmax_and_rejected_the_argmin_of_the_length_controlled_score() -> None:
    # z of the scores (-r, 0, r), of the lengths (-r, r, 0) with r = sqrt(1.5): s = (-r/2, -r/2, r) at rho 0.5
    samples = [scored(1, "a"), scored(2, "bbb"), scored(3, "cc")]
    r = math.sqrt(1.5)
    (pair,) = pick(*samples, rho=0.4).pairs
    assert texts([pair]) == [("cc", "a")]
    assert (pair.chosen_score, pair.rejected_score) == pytest.approx((r, -0.6 * r))
    (pair,) = pick(*samples, rho=0.0).pairs
    assert (pair.chosen_score, pair.rejected_score) == pytest.approx((r, -r))
    # At rho 0.45, s = (0.45r - r, -0.45r, r): still the first; with lengths 1, 30, 2 the second is the worst.
    (pair,) = pick(scored(1, "a"), scored(1.5, "b" * 30), scored(3, "cc"), rho=0.5).pairs
    assert pair.rejected.response == "b" * 30


def test_length_decides_between_equally_good_ones() -> None:
    samples = [scored(1, "long long"), scored(1, "short"), scored(0, "middle")]
    assert texts(pick(*samples, rho=0.1).pairs) == [("short", "middle")]


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([unparsed("x"), unparsed("y")], "nothing_parsed"),
        ([scored(None, "a"), scored(None, "b")], "not_judged"),
        ([scored(None, "a"), unparsed()], "not_judged"),
        ([scored(0.5, "a"), scored(None, "b")], "one_response"),
        ([scored(0.5, "a"), scored(0.5, "b"), scored(0.5, "cc")], "tie"),
        ([scored(0.5, "a", thought="hm "), scored(0.5, "a", thought="so ")], "identical"),
        ([scored(0.5, "a", sample=0), scored(0.5, "a", sample=1)], "identical"),
        ([scored(1.0, "a", "length"), scored(0.0, "b", "length")], "nothing_to_choose"),
        ([scored(1.0, "a", "length"), scored(0.0, "b")], "nothing_to_choose"),
        ([scored(10, "a" * 50, "length"), scored(0.51, "b" * 90), scored(0.5, "c" * 9)], "length_only"),
    ],
)
def test_prompts_that_teach_nothing_are_dropped_with_the_reason(samples: list[Scored], reason: str) -> None:
    picked = pick(*samples, rho=0.5 if reason == "length_only" else 0.0)
    assert (picked.pairs, picked.dropped) == ([], {reason: 1})
    assert picked.format_share == 0.0


def test_length_control_alone_makes_no_preference() -> None:
    short, long = scored(0.5, "short"), scored(0.5, "much longer text")
    assert pick(short, long, rho=0.5).dropped == {"tie": 1}


def test_a_cut_output_is_never_chosen_but_may_be_rejected() -> None:
    (pair,) = pick(scored(1.0, "cut", "length"), scored(0.5, "whole"), scored(0.0, "x", "length")).pairs
    assert texts([pair]) == [("whole", "x")]
    assert pair.rejected.finish_reason == "length"


def test_a_cut_output_that_is_rejected_has_no_end_token(tiny_model: Path) -> None:
    sampler = LocalSampler(str(tiny_model))
    messages = ({"role": "user", "content": PROMPT.text},)
    requests = [Request(str(number), messages, "p") for number in range(16)]
    params = SamplingParams(temperature=1.0, top_p=1.0, max_new_tokens=6)
    found = [generation for group in sampler.sample(requests, params) for generation in group]
    sampled = {g.request.key: g.token_ids for g in found}
    assert {g.finish_reason for g in found} == {"stop", "length"}
    # The judge likes what ended best, so that every rejected output is one that was cut.
    samples = [
        Scored(output(g.request.key, g.text, g.finish_reason, g.token_ids, None, n), float(g.finish_reason == "stop"))
        for n, g in enumerate(found)
    ]
    pairs = pick_pairs([samples], PairRules(per_prompt=4)).pairs
    assert pairs
    for pair in pairs:
        assert pair.rejected.token_ids == sampled[pair.rejected.raw_text]
        assert pair.rejected.finish_reason == "length"
        assert not set(sampler._end_ids).intersection(pair.rejected.token_ids)
        assert pair.chosen.token_ids[-1] in sampler._end_ids


def test_the_margin_is_one_of_length_controlled_scores() -> None:
    samples = [scored(0.9, "a"), scored(0.1, "b")]  # z: 1 and -1
    assert len(pick(*samples, min_margin=2.0).pairs) == 1
    assert pick(*samples, min_margin=2.1).dropped == {"below_margin": 1}


def test_several_pairs_go_inwards_and_use_no_output_twice() -> None:
    samples = [scored(s, t) for s, t in ((0.9, "a"), (0.1, "b"), (0.8, "c"), (0.3, "d"), (0.5, "e"))]
    assert texts(pick(*samples, per_prompt=1).pairs) == [("a", "b")]
    assert texts(pick(*samples, per_prompt=2).pairs) == [("a", "b"), ("c", "d")]
    assert texts(pick(*samples, per_prompt=9).pairs) == [("a", "b"), ("c", "d")]
    assert texts(pick(*samples, per_prompt=9, min_margin=2.0).pairs) == [("a", "b")]
    tied = [scored(s, t) for s, t in ((1, "a"), (0, "b"), (0.5, "c"), (0.5, "d"))]
    assert texts(pick(*tied, per_prompt=2).pairs) == [("a", "b")]


def test_repeated_outputs_count_once() -> None:
    samples = [scored(1, "a", sample=0), scored(1, "a", sample=1), scored(0, "b", sample=2), scored(0, "b", sample=3)]
    (pair,) = pick(*samples, per_prompt=2).pairs
    assert (pair.chosen.sample, pair.rejected.sample) == (0, 2)
    other_thought = [scored(1, "a", thought="hm "), scored(1, "a", thought="so "), scored(0, "b"), scored(0, "c")]
    assert texts(pick(*other_thought, per_prompt=2).pairs) == [("hm a", "b"), ("so a", "c")]


def test_among_equals_the_first_sample_counts() -> None:
    samples = [scored(0.5, "m"), scored(1, "a"), scored(1, "b"), scored(0, "c"), scored(0, "d")]
    assert texts(pick(*samples).pairs) == [("a", "c")]
    assert texts(pick(*reversed(samples)).pairs) == [("b", "d")]


def test_a_response_without_a_verdict_is_neither_chosen_nor_rejected() -> None:
    samples = [scored(None, "missing"), scored(0.2, "a"), scored(0.1, "b"), unparsed()]
    assert texts(pick(*samples).pairs) == [("a", "b")]
    # ... and has no part in the scores of the others.
    values = length_controlled([0.2, 0.1], [1, 1], 0.0)
    (pair,) = pick(*samples).pairs
    assert [pair.chosen_score, pair.rejected_score] == values


def pairs_of(judged: int, spare: int, share: float) -> Picked:
    prompts = [[scored(1.0, "a"), scored(0.0, "b")]] * judged + [[scored(0.5, "c"), unparsed()]] * spare
    return pick_pairs(prompts, PairRules(max_format_share=share))


def test_an_output_that_does_not_parse_is_rejected_where_there_is_no_other_pair() -> None:
    picked = pairs_of(9, 1, 0.1)
    assert texts(picked.pairs) == [("a", "b")] * 9 + [("c", "junk")]
    assert picked.pairs[-1].rejected_score == -math.inf
    assert pairs_of(1, 0, 0.9).format_share == 0.0
    both = pick_pairs([[scored(1.0, "a"), scored(0.0, "b"), unparsed()]], PairRules(max_format_share=0.9))
    assert texts(both.pairs) == [("a", "b")], "a judged pair comes first"


@pytest.mark.parametrize(
    ("judged", "spare", "share", "kept"),
    [
        (18, 10, 0.1, 2),
        (17, 10, 0.1, 1),
        (9, 1, 0.1, 1),
        (8, 3, 0.1, 0),
        (10, 99, 0.5, 10),
        (10, 99, 0.0, 0),
        (0, 5, 0.9, 0),
    ],
)
def test_format_pairs_stay_a_small_share_of_all(judged: int, spare: int, share: float, kept: int) -> None:
    picked = pairs_of(judged, spare, share)
    assert sum(pair.rejected.parse_error is not None for pair in picked.pairs) == kept
    assert picked.format_share == (kept / (judged + kept) if judged else 0.0)
    assert picked.format_share <= share
    assert picked.dropped == ({"one_response": spare - kept} if spare > kept else {})


def test_a_cut_output_is_not_chosen_against_one_that_does_not_parse() -> None:
    prompts = [[scored(1.0, "a"), scored(0.0, "b")], [scored(1.0, "cut", "length"), unparsed()]]
    assert texts(pick_pairs(prompts, PairRules(max_format_share=0.9)).pairs) == [("a", "b")]


def test_mean_lengths_leave_format_pairs_out() -> None:
    prompts = [
        [scored(1.0, "aaaa"), scored(0.0, "b")],
        [scored(1.0, "aa"), scored(0.0, "bbb")],
        [scored(1, "c" * 99), unparsed()],
    ]
    picked = pick_pairs(prompts, PairRules(max_format_share=0.5))
    assert len(picked.pairs) == 3
    assert lengths(picked.pairs) == (3.0, 2.0)
    assert lengths(picked.pairs[2:]) is None


def test_auto_rho_is_the_smallest_with_which_chosen_responses_are_no_longer() -> None:
    # z of the scores (0.82, 0.59, -1.41), of the lengths (1.27, -1.18, -0.09): the second overtakes at rho 0.091.
    prompts = [[scored(1.0, "a" * 100), scored(0.9, "b" * 10), scored(0.0, "c" * 50)]] * 3
    found = auto_rho(prompts, PairRules(rho=0.5))
    assert (found.rho, found.held) == (0.1, True)
    assert set(found.table) == set(RHO_GRID)
    assert found.table[0.0] == (100, 50)
    assert found.table[0.1] == (10, 50)
    assert auto_rho(prompts, PairRules(), grid=(0.3, 0.05, 0.2)).rho == 0.2
    short = [[scored(1.0, "a"), scored(0.0, "bb")]]
    assert auto_rho(short, PairRules()).rho == 0.0


@pytest.mark.parametrize("prompts", [[[scored(1.0, "a" * 100), scored(0.0, "b")]], [[scored(1.0, "a"), unparsed()]]])
def test_auto_rho_says_when_none_suffices(prompts: list[list[Scored]]) -> None:
    found = auto_rho(prompts, PairRules())
    assert (found.rho, found.held) == (0.5, False)


SAMPLES = st.lists(
    st.builds(
        lambda kind, score, response, thought, finish: (
            unparsed("?" + response, finish)
            if kind == 0
            else scored(None if kind == 1 else score, response, finish, thought)
        ),
        st.integers(0, 4),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
        st.text("ab", min_size=1, max_size=4),
        st.sampled_from(["", "hm "]),
        st.sampled_from(["stop", "stop", "length"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(SAMPLES, max_size=8),
    st.builds(
        PairRules,
        st.sampled_from(RHO_GRID),
        st.sampled_from([0.0, 0.5, 2.0]),
        st.integers(1, 4),
        st.sampled_from([0.0, 0.1, 0.5]),
    ),
)
def test_whatever_the_samples_are_the_rules_hold(groups: list[list[Scored]], rules: PairRules) -> None:
    picked = pick_pairs(groups, rules)
    scores = {id(s.output): s.score for group in groups for s in group}
    homes = {id(s.output): number for number, group in enumerate(groups) for s in group}
    used = [id(side) for pair in picked.pairs for side in (pair.chosen, pair.rejected)]
    assert len(set(used)) == len(used)
    for pair in picked.pairs:
        chosen, rejected = scores[id(pair.chosen)], scores[id(pair.rejected)]
        assert chosen is not None
        assert pair.chosen.finish_reason == "stop"
        assert homes[id(pair.chosen)] == homes[id(pair.rejected)]
        assert pair.chosen.token_ids != pair.rejected.token_ids
        assert pair.chosen.response != pair.rejected.response
        assert pair.chosen_score - pair.rejected_score >= rules.min_margin
        assert pair.rejected.parse_error or (rejected is not None and rejected < chosen)
    counted = [homes[id(pair.chosen)] for pair in picked.pairs]
    assert max((counted.count(home) for home in counted), default=0) <= rules.per_prompt
    assert len(set(counted)) + sum(picked.dropped.values()) == len(groups)
    assert picked.format_share <= rules.max_format_share
