"""The figures of a report that are computed for it, on cases that can be checked by hand."""

from pathlib import Path

import pytest

from tests.reports.stores import JUDGE, JudgedContest, contender, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.stats.intervals import difference_interval, mean_interval
from tpobench.harness.stats.shrinkage import shrink
from tpobench.harness.store.judged_prompts import JudgedPrompt
from tpobench.harness.store.judgments import SecondOpinion
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import newest_evaluations, read_evaluations
from tpobench.reports.sections import examples
from tpobench.reports.sections.category_tables import Column, tabulate
from tpobench.reports.sections.example_texts import Packer
from tpobench.reports.sections.examples import LabelledEvaluation, read_examples
from tpobench.reports.sections.judges import (
    JudgeView,
    agreement,
    first_preferred,
    flip_rate,
    length_bins,
    of_evaluations,
)


def verdict(prompt: str, *verdicts: tuple[str, float | None], chars: int = 10, other: int = 10) -> JudgedPrompt:
    return JudgedPrompt(prompt=prompt, category="c", verdicts=tuple(verdicts), chars=chars, baseline_chars=other)


def test_shrinking_pulls_groups_towards_what_they_share() -> None:
    # variance of (0, 1) is 0.5, SE^2 is 0.25: tau^2 = 0.25 and every weight one half
    assert shrink([0.0, 1.0], [0.5, 0.5], 0.6) == pytest.approx([0.3, 0.8])
    assert shrink([0.4, 0.6], [0.5, 0.5], 0.5) == [0.5, 0.5], "differences that chance explains vanish"
    assert shrink([0.9], [0.1], 0.5) == [0.5]


def test_a_prompt_without_every_verdict_has_no_value() -> None:
    assert verdict("p", ("AB", 0.8), ("BA", 0.4)).preference == pytest.approx(0.6)
    assert verdict("p", ("AB", 0.8), ("BA", None)).preference is None


def test_categories_pair_the_prompts_that_both_answered() -> None:
    groups = {f"p{n}": "even" if n % 2 == 0 else "odd" for n in range(80)}
    first = {f"p{n}": 1.0 if n % 2 == 0 else 0.5 for n in range(80)}
    second = {f"p{n}": 0.5 for n in range(70)}
    table = tabulate("c", "", [Column("a", "thought", first), Column("b", "direct", second)], groups, None, ("odd",))
    assert table is not None
    even, odd = table.rows
    assert (even.group, even.n, even.decidable, even.guarded) == ("even", 40, True, False)
    assert odd.guarded
    assert even.rates[0] == mean_interval([1.0] * 40)
    assert even.difference == difference_interval([0.5] * 35)
    assert odd.difference is not None
    assert odd.difference.mean == 0
    assert table.overall.difference is not None
    assert table.overall.difference.mean == pytest.approx(0.25)
    # sd 0.254 over 70 prompts: (1.96 + 0.84) * 0.254 / sqrt(70)
    assert table.overall.detectable == pytest.approx(2.8016 * 0.25182 / 70**0.5, rel=1e-3)
    assert even.detectable == pytest.approx(2.8016 * 0.25182 / 35**0.5, rel=1e-3), "with the spread of all prompts"
    assert table.few == 0


def test_one_group_is_no_table_by_category() -> None:
    assert tabulate("c", "", [Column("a", "thought", {"p": 1.0})], {"p": "only"}) is None


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


def opinions(*preferences: tuple[float, float]) -> list[SecondOpinion]:
    return [
        SecondOpinion(other="other", prompt=str(number), preference=mine, other_preference=other)
        for number, (mine, other) in enumerate(preferences)
    ]


def test_kappa_by_hand() -> None:
    # agree on 3 of 4; by chance (2*1 + 2*3) / 16 = 0.5
    found = agreement("other", opinions((0.9, 0.9), (0.9, 0.1), (0.1, 0.1), (0.2, 0.3)))
    assert found.same.mean == 0.75
    assert found.kappa == pytest.approx((0.75 - 0.5) / 0.5)
    assert agreement("other", opinions((0.9, 0.8))).kappa is None


def judges_of(store: Store, key: str) -> tuple[JudgeView, ...]:
    section = of_evaluations(store, read_evaluations(store, [key]).values())
    assert section is not None
    return section.judges


def test_a_second_judge_of_the_same_pairs_is_found(store: Store) -> None:
    asked = prompts(30)
    new, old = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in ("new", "old"))
    key = judged(store, new, old, JudgedContest(say=lambda n, order: 0.9))
    judged(store, new, old, JudgedContest(say=lambda n, order: 0.9 if n < 15 else 0.1, judge="human labels"))
    (view,) = judges_of(store, key)
    assert view.id == JUDGE
    (found,) = view.agreements
    assert (found.other, found.pairs, found.same.mean) == ("human labels", 30, 0.5)
    judged(store, old, new, JudgedContest(say=lambda n, order: 0.1, judge="turned round"))
    (view,) = judges_of(store, key)
    assert [(a.other, a.same.mean) for a in view.agreements] == [("human labels", 0.5), ("turned round", 1.0)]


def test_the_newest_of_an_evaluation_is_shown(store: Store) -> None:
    asked = prompts(30)
    new, old = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in ("new", "old"))
    first = judged(store, new.at(range(10)), old.at(range(10)), JudgedContest(say=lambda n, order: 0.9))
    second = judged(store, new, old, JudgedContest(say=lambda n, order: 0.9))
    assert first != second
    assert newest_evaluations(store) == [second]


def test_examples_are_sampled_by_whole_prompts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = prompts(30)
    old, *new = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in "abc")
    keys = [judged(store, side, old, JudgedContest(say=lambda n, order: 0.9)) for side in new]
    found = read_evaluations(store, keys)
    shown = [LabelledEvaluation(evaluation=found[key], label=key, candidate="x", baseline="y") for key in keys]
    every = read_examples(store, shown)
    assert (every.shown, every.total, every.sampled) == (60, 60, "")
    monkeypatch.setattr(examples, "MAX_EXAMPLES", 21)
    some = read_examples(store, shown)
    assert some.shown == 20, "ten prompts, both evaluations"
    assert "20 of 60" in some.sampled.replace("\u202f", "")
    monkeypatch.setattr(examples, "MAX_CHARS", 500)
    fewer = read_examples(store, shown)
    assert 0 < fewer.shown < 20
    assert fewer.shown % 2 == 0


def test_a_long_text_is_cut_and_says_so(store: Store, tmp_path: Path) -> None:
    packer = Packer()
    packer._text("x" * 30_000)
    assert packer.texts[0].endswith("\n… 10\u202f000 more characters are in the store")
