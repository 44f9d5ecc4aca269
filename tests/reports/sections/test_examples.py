"""Which examples a report shows."""

import pytest

from tests.reports.stores import Judging, answered, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import read_evaluations
from tpobench.reports.sections import examples
from tpobench.reports.sections.example_texts import examples_of
from tpobench.reports.sections.examples import LabelledEvaluation, read_examples


def test_an_answer_without_its_text_has_the_length_that_was_judged(store: Store) -> None:
    asked = prompts(2)
    new, old = (answered(store, name, DIRECT, asked, [name * 4, name]) for name in ("new", "base"))
    key = judged(store, new, old, Judging(say=lambda n, order: 0.9))
    store.sql("DELETE FROM output WHERE model = ?", [new.model.fingerprint])
    evaluation = read_evaluations(store, [key])[key]
    sides = [one.sides for one in examples_of(store, [evaluation], list(evaluation.preferences))]
    assert [(ours.response, ours.length, theirs.length) for ours, theirs in sides] == [(None, 12, 16), (None, 3, 4)]


def test_examples_are_sampled_by_whole_prompts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = prompts(30)
    old, *new = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in "abc")
    keys = [judged(store, side, old, Judging(say=lambda n, order: 0.9)) for side in new]
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
