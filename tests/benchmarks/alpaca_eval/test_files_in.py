"""AlpacaEval's official files in and out, and the leaderboard that they give."""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.alpaca_eval.small import PROMPTS, SMALL, annotations, written
from tests.data import DATA, real_data
from tpobench.benchmarks.alpaca_eval.data import load
from tpobench.benchmarks.alpaca_eval.files_in import import_alpaca
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import beside_published, leaderboard
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.base import Comparison
from tpobench.harness.store.store import Store


def test_imported_judgments_are_those_that_our_own_judge_would_ask_for(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    (found,) = import_alpaca(store, tmp_path, SMALL)
    assert (found.model, found.prompts) == ("m", 40)
    judge = AlpacaEvalProtocol()
    games = [
        Comparison(prompt=row.prompt, candidate=f"answer {n}", baseline=row.answer, order=judge.order(row.prompt))
        for n, row in enumerate(SMALL.rows)
    ]
    assert store.missing("judgment", [game.key(judge.id) for game in games]) == []
    before = store.row_counts()
    list(import_alpaca(store, tmp_path, SMALL))
    assert store.row_counts() == before


def test_a_missing_preference_is_no_loss(store: Store, tmp_path: Path) -> None:
    rows = annotations()
    for row in rows[:20]:
        row["preference"] = None
    rows[20]["preference"] = float("nan")
    written(tmp_path / "m", rows)
    list(import_alpaca(store, tmp_path, SMALL))
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.metrics["win_rate"]["n"] == 19
    assert row.value("missing") == pytest.approx(21 / 40)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda rows: rows[3].update(preference=7), "the preference 7 is neither between 1 and 2 nor null"),
        (lambda rows: rows[3].update(instruction="strange"), "1 of 40 instructions are not in the benchmark"),
        (lambda rows: rows[3].update(instruction="instruction 4"), "is annotated twice for one model"),
        (lambda rows: rows[3].pop("generator_2"), "entry 3 has no text under 'generator_2'"),
    ],
)
def test_annotations_that_do_not_fit(store: Store, tmp_path: Path, spoil: Any, told: str) -> None:
    rows = annotations()
    spoil(rows)
    written(tmp_path / "m", rows)
    with pytest.raises(UserError, match=told):
        list(import_alpaca(store, tmp_path, SMALL))


def test_outputs_judged_are_those_of_the_outputs_file(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    outputs = [{"instruction": p.text, "output": "something else", "generator": "m"} for p in PROMPTS]
    written(tmp_path / "m", outputs, "model_outputs.json")
    with pytest.raises(UserError, match="judges 40 outputs that are not those of"):
        list(import_alpaca(store, tmp_path, SMALL))


@real_data
def test_an_official_folder_gives_the_published_figures(store: Store) -> None:
    list(import_alpaca(store, DATA / "alpaca_eval" / "results", load(DATA)))
    board = {row.model: row for row in leaderboard(store, "alpaca_eval")}
    assert set(board) == {"alpaca-7b", "gpt-3.5-turbo-1106"}
    alpaca = beside_published([board["alpaca-7b"]], DATA / "alpaca_eval" / "leaderboard.csv")[0]
    assert alpaca.value("win_rate") == pytest.approx(0.02591450540, abs=1e-9)
    assert alpaca.value("official_standard_error") == pytest.approx(0.004870855382, abs=1e-9)
    assert alpaca.value("discrete_win_rate") == pytest.approx(0.02298136646, abs=1e-9)
    lc = alpaca.value("lc_win_rate_surrogate")
    assert lc == pytest.approx(alpaca.value("published_lc_win_rate"), abs=0.0016)
    assert "lc_win_rate" not in alpaca.metrics  # stand-in data never passes for the real thing
    assert len(alpaca.categories) == 5
    assert alpaca.notes == ()
