"""Arena-Hard's own judge: its ids, and the labels that it reads."""

from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import DATA, official
from tests.data import real_data
from tpobench.benchmarks.arena_hard.judge import arena_hard_protocol
from tpobench.benchmarks.arena_hard.labels import LABELS, vote
from tpobench.harness.api.responses import Choice


def test_the_judge_reads_the_labels_that_the_scores_read(tmp_path: Path) -> None:
    judge = arena_hard_protocol("v2.0", official(tmp_path, "v2.0"))
    for label in LABELS:
        found = vote(label, candidate_is_a=True)
        assert found is not None
        assert judge.read(Choice(text=f"[[{label}]]", finish_reason="stop")).first == found.outcome


IDS = {"v0.1": "arena_hard_v0.1@j#63590e80", "v2.0": "arena_hard_v2.0@j#0d8ae009"}


@pytest.mark.parametrize("version", IDS)
def test_the_judges_ids_are_what_old_stores_hold(version: str, tmp_path: Path) -> None:
    assert arena_hard_protocol(version, official(tmp_path, version)).id == IDS[version]


@real_data
def test_the_official_judges_ids_are_what_old_stores_hold() -> None:
    assert arena_hard_protocol("v0.1", DATA).id == "arena_hard_v0.1@gpt-4-1106-preview#b5aca741"
    assert arena_hard_protocol("v2.0", DATA).id == "arena_hard_v2.0@gpt-4.1#bfc8bd96"
