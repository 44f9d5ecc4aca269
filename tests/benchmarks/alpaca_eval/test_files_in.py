"""AlpacaEval's official files in and out, and the leaderboard that they give."""

from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from tests.benchmarks.alpaca_eval.small import PROMPTS, SMALL, annotations, written
from tests.data import DATA, real_data
from tpobench.benchmarks.alpaca_eval.data import load
from tpobench.benchmarks.alpaca_eval.files_in import import_alpaca
from tpobench.benchmarks.alpaca_eval.files_out import export_annotations
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.evaluation.leaderboard import beside_published, leaderboard
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.base import Comparison
from tpobench.harness.store.models import model_named
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
        (lambda row: row.update(preference=7), "the preference 7 is neither between 1 and 2 nor null"),
        (lambda row: row.update(preference="1.5"), "the preference 1.5 is neither between 1 and 2 nor null"),
        (lambda row: row.update(instruction="strange"), "the instruction 'strange' is not in the benchmark"),
        (lambda row: row.update(instruction="instruction 4"), "the instruction 'instruction 4' is annotated twice"),
        (lambda row: row.pop("generator_2"), "has no text under 'generator_2'"),
        (lambda row: row.update(output_2=["a list"]), "has no text under 'output_2'"),
    ],
)
def test_an_odd_annotation_is_named_and_all_others_come_in(store: Store, tmp_path: Path, spoil: Any, told: str) -> None:
    rows = annotations()
    spoil(rows[5])
    written(tmp_path / "m", rows)
    odd, came = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(odd, LeftOut)
    assert (odd.file, odd.row) == (str(tmp_path / "m" / "annotations.json"), "entry 5")
    assert odd.problem.startswith(told)
    assert isinstance(came, ImportedModel)
    assert came.prompts == 39
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.metrics["win_rate"]["n"] == 39


def test_a_file_that_is_cut_is_named_and_the_others_come_in(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    cut = written(tmp_path / "cut", annotations("cut"))
    cut.write_text(cut.read_text()[:500])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "annotations.json").write_bytes(b"\x1f\x8b\x08 packed")
    came = list(import_alpaca(store, tmp_path, SMALL))
    assert [model.model for model in came if isinstance(model, ImportedModel)] == ["m"]
    problems = {Path(odd.file).parent.name: odd.problem for odd in came if isinstance(odd, LeftOut)}
    assert problems["cut"].startswith("is not valid JSON, it may be cut off")
    assert problems["other"] == "is compressed (gzip); unpack it and name the unpacked file"


def test_null_answers_are_empty_and_counted(store: Store, tmp_path: Path) -> None:
    rows = annotations()
    rows[2]["output_2"] = None
    rows[3]["output_2"] = ""
    written(tmp_path / "m", rows)
    written(tmp_path / "n", [{"instruction": p.text, "output": None} for p in PROMPTS], "model_outputs.json")
    judged, given = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(judged, ImportedModel)
    assert (judged.prompts, judged.empty) == (40, 2)
    assert given == ImportedModel(model="n", prompts=40, evaluation=None, empty=40, rows=805)


@pytest.mark.parametrize("place", [".", "weighted_alpaca_eval_gpt4_turbo"])
def test_annotations_of_other_outputs_than_those_beside_them_are_named(
    store: Store, tmp_path: Path, place: str
) -> None:
    written(tmp_path / "m" / place, annotations())
    outputs = [{"instruction": p.text, "output": "something else", "generator": "m"} for p in PROMPTS]
    written(tmp_path / "m", outputs, "model_outputs.json")
    odd, came = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(odd, LeftOut)
    assert odd.problem.startswith("judges 40 outputs that are not those of")
    assert came == ImportedModel(model="m", prompts=40, evaluation=None, rows=805)


def test_a_few_annotations_of_other_outputs_are_named_and_the_rest_comes_in(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    outputs = [{"instruction": p.text, "output": f"answer {n}" if n != 7 else "new"} for n, p in enumerate(PROMPTS)]
    written(tmp_path / "m", outputs, "model_outputs.json")
    odd, came = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(odd, LeftOut)
    assert (odd.row, odd.problem.partition(" than")[0]) == ("'instruction 7'", "judges another output")
    assert isinstance(came, ImportedModel)
    assert came.prompts == 39


@pytest.mark.parametrize("place", [".", "weighted_alpaca_eval_gpt4_turbo"])
def test_a_generator_called_example_is_named_by_its_folder(store: Store, tmp_path: Path, place: str) -> None:
    written(tmp_path / "my-model" / place, annotations("example"))
    (came,) = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(came, ImportedModel)
    assert came.model == "my-model"


def test_what_systems_and_editors_leave_is_ignored(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    for name in ("._annotations.json", ".annotations.json.swp", "annotations.json~", "#annotations.json#"):
        (tmp_path / "m" / name).write_bytes(b"\0\5\x16\7")
    for folder in (".ipynb_checkpoints", "__pycache__", "__MACOSX", "empty"):
        (tmp_path / folder).mkdir()
        if folder != "empty":
            (tmp_path / folder / "annotations.json").write_text("{")
    (came,) = import_alpaca(store, tmp_path, SMALL)
    assert isinstance(came, ImportedModel)


def compact(folder: Path, *rows: tuple[Any, ...]) -> Path:
    columns = ("model", "index", "row", "preference", "output_length", "baseline_length")
    folder.mkdir(parents=True, exist_ok=True)
    table = arrow.table({name: list(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)})
    parquet.write_table(table, folder / "annotations.parquet")
    return folder


def test_rows_of_a_compact_file_that_cannot_be_used_are_named(store: Store, tmp_path: Path) -> None:
    good = [("m", n, n, 1.5, 9, 9) for n in range(10)]
    odd = [("m", 99, 0, 1.5, 9, 9), ("m", 11, 0, 7.0, 9, 9), (None, 12, 0, 1.5, 9, 9), ("m", 13, 0, 1.5, 2**40, 9)]
    compact(tmp_path / "x", *good, *odd, good[0])
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "annotations.parquet").write_bytes(b"PAR1 cut")
    came = list(import_alpaca(store, tmp_path, SMALL))
    (model,) = [one for one in came if isinstance(one, ImportedModel)]
    assert (model.model, model.prompts) == ("m", 10)
    problems = {one.row: one.problem for one in came if isinstance(one, LeftOut)}
    assert list(problems) == ["row 10", "row 11", "row 12", "row 13", "row 14", ""]
    assert problems["row 10"] == "has the index 99, and there are 40 instructions"
    assert problems["row 13"] == f"has the output_length {2**40}"
    assert problems[""] == "is not a Parquet file that can be read; it may be cut off"


@pytest.mark.parametrize("texts", [True, False])
def test_two_runs_of_one_model_are_told_apart_everywhere(store: Store, tmp_path: Path, texts: bool) -> None:
    for run, preference in (("one", 1.9), ("two", 1.1)):
        if texts:
            rows = annotations("m")
            for row in rows:
                row |= {"preference": preference, "output_2": f"{run} {row['output_2']}"}
            written(tmp_path / run, rows)
        else:
            compact(tmp_path / run, *[("m", n, n, preference, 9 + len(run), 9) for n in range(40)])
    written(tmp_path / "other", annotations("other"))
    list(import_alpaca(store, tmp_path, SMALL))
    board = {row.label: row for row in leaderboard(store, "alpaca_eval")}
    first, second = (row for label, row in board.items() if label != "other")
    assert first.label == f"m [{first.candidate[:8]}]"
    assert [first.value("win_rate"), second.value("win_rate")] == pytest.approx([0.9, 0.1])
    told = rf"holds 2 runs of m on alpaca_eval by .*{second.candidate[:8]}|{first.candidate[:8]}"
    for name in ("m", "m@direct"):
        with pytest.raises(UserError, match=told):
            compare_models(store, model_named(store, name), model_named(store, "other"))
        with pytest.raises(UserError, match=told):
            export_annotations(store, name, tmp_path)
    (named, *_) = compare_models(store, model_named(store, second.candidate[:8]), model_named(store, "other"))
    assert named.a == pytest.approx(0.1)


def test_one_run_in_two_forms_is_one_row(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations("m"))
    rows = [("m", n, n, 1 + n / 40, len(f"answer {n}"), len(row.answer)) for n, row in enumerate(SMALL.rows)]
    compact(tmp_path, *rows)
    assert len(list(import_alpaca(store, tmp_path, SMALL))) == 2
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.label == "m"
    written(tmp_path / "other", annotations("other"))
    list(import_alpaca(store, tmp_path / "other", SMALL))
    assert compare_models(store, model_named(store, "m"), model_named(store, "other"))


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
