"""What verdicts show of their judge: limits count once there is enough to tell."""

import random

import pytest

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.gate.verdict_shares import beyond_limits, verdict_shares, with_reasons


def both(ab: float | None, ba: float | None) -> tuple[Verdict, ...]:
    return Verdict("AB", "v", ab), Verdict("BA", "v", ba)


def names(judged: list[tuple[Verdict, ...]], **limits: float) -> set[str]:
    beyond = beyond_limits(Sensitivity.model_validate(limits), verdict_shares(judged))
    return {line.split()[0] for line in beyond}


FIRST, WON, LOST, TIED, MIXED = both(1, 0), both(1, 1), both(0, 0), both(0.5, 0.5), both(0.5, 1)


@pytest.mark.parametrize(
    ("judged", "beyond"),
    [
        ([FIRST] * 5, set()),
        ([FIRST] * 6, {"flips"}),
        ([FIRST] * 16, {"flips", "position"}),
        ([TIED] * 37, set()),
        ([TIED] * 38, {"ties"}),
        ([TIED] * 26 + [WON] * 4, set()),
        ([both(None, 1)] + [WON] * 3, set()),
        ([both(None, None)] * 2, {"missing"}),
        ([WON] * 49 + [both(None, 1)], set()),
        ([WON] * 20 + [FIRST] * 9, set()),
        ([WON] * 20 + [FIRST] * 20, set()),
        ([WON] * 20 + [FIRST] * 30, set()),
        ([WON] * 20 + [FIRST] * 40, {"flips"}),
        ([WON] * 20 + [LOST] * 20, set()),
    ],
)
def test_a_limit_counts_once_it_is_certain(judged: list[tuple[Verdict, ...]], beyond: set[str]) -> None:
    assert names(judged) == beyond


def test_a_judge_that_hides_its_flips_behind_ties_is_seen() -> None:
    assert names([TIED] * 40 + [MIXED] * 20 + [FIRST] * 10, position=1) == {"flips"}


def test_one_order_shows_a_judge_that_goes_by_it() -> None:
    rng = random.Random(0)
    first = [(Verdict(order, "v", float(order == "AB")),) for order in rng.choices(["AB", "BA"], k=40)]
    assert names(first) == {"position"}
    fair = [(Verdict(order, "v", float(rng.random() < 0.6)),) for order in rng.choices(["AB", "BA"], k=40)]
    assert names(fair) == set()
    assert names([(Verdict("AB", "v", 1.0),)] * 40) == set(), "one order alone shows nothing of the place"


def test_an_honest_judge_of_close_models_is_hardly_ever_taken_for_a_blind_one() -> None:
    rng = random.Random(1)

    def close() -> tuple[Verdict, ...]:
        return both(*rng.choices([0.0, 0.5, 1.0], weights=[45, 10, 45], k=2))  # equal answers, and no taste for a place

    wrong = sum(bool(names([close() for _ in range(n)])) for n in (5, 10, 25, 60) for _ in range(25))
    assert wrong <= 0.05 * 100


def test_without_a_control_a_judge_that_tosses_a_coin_is_seen() -> None:
    rng = random.Random(1)
    coins = [[both(*rng.choices([0.0, 1.0], k=2)) for _ in range(400)] for _ in range(20)]
    found = [beyond_limits(Sensitivity(), verdict_shares(judged), controlled=False) for judged in coins]
    assert sum(not problems for problems in found) <= 1


def test_limits_are_the_policys() -> None:
    judged = [WON] * 20 + [FIRST] * 40
    assert names(judged, flips=0.8, position=0.9) == set()
    assert names([WON] * 30 + [FIRST] * 12, flips=0.1) == {"flips"}
    assert names([WON] * 99 + [both(None, 1)], missing=0.0) == {"missing"}


def test_verdicts_that_are_missing_are_told_with_their_reasons() -> None:
    judged = [[Verdict("AB", "refused", None)], [Verdict("AB", "refused", None)], [Verdict("AB", "cut", None)]]
    told = with_reasons(["missing 100% of 3, allowed up to 2%", "ties 0% of 3"], judged)
    assert told == [
        "missing 100% of 3, allowed up to 2%: 2 refused by the judge's server, 1 cut before a verdict, "
        "raise the judge's max tokens",
        "ties 0% of 3",
    ]
    assert with_reasons(["missing 50% of 2"], [[Verdict("AB", "none", None)]]) == ["missing 50% of 2"]
