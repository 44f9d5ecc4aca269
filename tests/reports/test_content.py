"""Reports of what is not all there: each says so, and none is a trace or an empty chart."""

import pytest

from tests.reports.stores import RUN, THINK, finished_run, left_behind, section
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.sections.leaderboard import Leaderboards


def test_an_empty_store_is_a_sentence(store: Store) -> None:
    with pytest.raises(UserError, match=r"holds no judgments yet; tpobench eval or tpobench import"):
        of_models(store)


def test_a_run_that_has_just_begun(store: Store) -> None:
    store.add_run(RUN, "young", {"name": "young"}, {"versions": {}})
    text = render(of_run(store, RUN))
    assert "NO DECISION YET" in text
    assert "Nothing has been evaluated yet." in text
    assert "Nothing has been judged yet." in text
    assert "<figure>" not in text


def test_a_run_in_the_middle_shows_what_is_done(store: Store) -> None:
    finished_run(store)
    middle = "m" * 32
    store.add_run(middle, "middle", {"name": "middle", "iterations": 3}, {"versions": {}})
    done = left_behind(store, "evaluate/direct/1")
    store.finish_step(middle, "evaluate/direct/1", done, 1)
    text = render(of_run(store, middle))
    assert "The run has not reached its gate" in text
    assert "65.0%" in text
    assert "<figure><figcaption>Win rate against" not in text, "one point is no curve"
    assert "Head-to-head:" not in text


def test_the_thought_arm_is_found_with_its_mode(store: Store) -> None:
    finished_run(store)
    names = {evaluation: name for evaluation, name in section(of_models(store), Leaderboards).names.items()}
    assert any(THINK.name in name for name in names.values()) is False, "one mode needs no telling apart"
