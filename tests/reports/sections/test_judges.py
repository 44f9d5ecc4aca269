"""How far a judge can be trusted, on cases that can be checked by hand."""

import pytest

from tests.reports.stores import JUDGE, Judging, answered, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.stats.preferences import mean_preference
from tpobench.harness.store.judged_prompts import JudgedPrompt
from tpobench.harness.store.judgments import SecondOpinion
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import read_evaluations
from tpobench.reports.sections.judges import (
    JudgeView,
    agreement,
    first_preferred,
    flip_rate,
    length_bins,
    of_evaluations,
)


def verdict(prompt: str, *verdicts: tuple[str, float | None], chars: int = 10, other: int = 10) -> JudgedPrompt:
    return JudgedPrompt(
        prompt=prompt,
        category="c",
        verdicts=tuple(verdicts),
        preference=mean_preference([preference for _, preference in verdicts]),
        chars=chars,
        baseline_chars=other,
    )


def opinions(*preferences: tuple[float, float]) -> list[SecondOpinion]:
    return [
        SecondOpinion(other="other", prompt=str(number), preference=mine, other_preference=other)
        for number, (mine, other) in enumerate(preferences)
    ]


def judges_of(store: Store, key: str) -> tuple[JudgeView, ...]:
    section = of_evaluations(store, read_evaluations(store, [key]).values())
    assert section is not None
    return section.judges


def test_flips_and_the_first_place_by_hand() -> None:
    seen = [
        verdict("1", ("AB", 0.9), ("BA", 0.8)),  # for the candidate in both orders
        verdict("2", ("AB", 0.9), ("BA", 0.2)),  # for whatever stands first
        verdict("3", ("AB", 0.5), ("BA", 0.2)),  # a tie does not flip
        verdict("4", ("AB", 0.9), ("BA", None)),  # half judged: no pair
    ]
    flips, first = flip_rate(seen), first_preferred([seen[:3]])
    assert flips is not None
    assert (flips.mean, flips.n) == (pytest.approx(1 / 3), 3)
    assert first is not None
    assert first.mean == pytest.approx(((0.9 + 0.2) / 2 + (0.9 + 0.8) / 2 + (0.5 + 0.8) / 2) / 3)
    assert flip_rate([verdict("1", ("AB", 0.9))]) is None
    strong = [[verdict("1", ("AB", 0.9))], [verdict("1", ("BA", 0.1))]]
    assert first_preferred(strong) is None, "one order alone shows strength, not bias, in each evaluation"


def test_length_bins_hold_every_verdict_once() -> None:
    seen = [verdict(str(n), ("AB", float(n >= 20)), chars=n, other=20) for n in range(40)]
    bins = length_bins(seen)
    assert len(bins) == 8
    assert [b.preference.n for b in bins] == [5] * 8
    assert [b.preference.mean for b in bins] == [0.0] * 4 + [1.0] * 4
    assert (bins[0].low, bins[0].median, bins[0].high) == (-20, -18, -16)
    assert len(length_bins([verdict(str(n), ("AB", 1.0)) for n in range(40)])) == 1, "one length, one bin"


def test_kappa_by_hand() -> None:
    # agree on 3 of 4; by chance (2*1 + 2*3) / 16 = 0.5
    found = agreement("other", opinions((0.9, 0.9), (0.9, 0.1), (0.1, 0.1), (0.2, 0.3)))
    assert found.same.mean == 0.75
    assert found.kappa == pytest.approx((0.75 - 0.5) / 0.5)
    assert agreement("other", opinions((0.9, 0.8))).kappa is None


def test_a_second_judge_of_the_same_pairs_is_found(store: Store) -> None:
    asked = prompts(30)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in ("new", "old"))
    key = judged(store, new, old, Judging(say=lambda n, order: 0.9))
    judged(store, new, old, Judging(say=lambda n, order: 0.9 if n < 15 else 0.1, judge="human labels"))
    (view,) = judges_of(store, key)
    assert view.id == JUDGE
    (found,) = view.agreements
    assert (found.other, found.pairs, found.same.mean) == ("human labels", 30, 0.5)
    judged(store, old, new, Judging(say=lambda n, order: 0.1, judge="turned round"))
    (view,) = judges_of(store, key)
    assert [(a.other, a.same.mean) for a in view.agreements] == [("human labels", 0.5), ("turned round", 1.0)]
