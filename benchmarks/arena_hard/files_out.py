"""Arena-Hard's answers and judgments out of the store, in the forms of the official repository."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.arena_hard.data import questions
from tpobench.benchmarks.arena_hard.importer import ORDERS
from tpobench.benchmarks.arena_hard.versions import BASELINES
from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.json_files import finite
from tpobench.harness.store.evaluations import current_evaluations
from tpobench.harness.store.judgments import JudgedEntry, judged_entries
from tpobench.harness.store.model_runs import evaluation_of_model
from tpobench.harness.store.store import Store


def export_arena(store: Store, kind: str, model: str, folder: Path, data: Path | None) -> list[Path]:
    """``model_answer/MODEL.jsonl``, and ``model_judgment/JUDGE/MODEL.jsonl`` of every judge; a row names its baseline
    where that is not the benchmark's own.

    Args:
        store: Holds the evaluation.
        kind: The benchmark's name in the store, such as ``arena_hard_v2.0``.
        model: Its name.
        folder: Where the files are written.
        data: The folder of the official files, for the questions' ids.

    Returns:
        The files.

    Raises:
        UserError: There is no such evaluation, or `data` is None.
    """
    chosen = evaluation_of_model(store, model, kind)
    if data is None:
        raise UserError("the questions' ids are in the official files: name their folder with --data")
    version = kind.removeprefix("arena_hard_")
    uids = {question.prompt.text: question.uid for question in questions(version, data)}
    own = set(BASELINES[version].values())
    answers: dict[str, Any] = {}
    judgments: dict[str, list[Any]] = {}
    same_model = current_evaluations(store, kind, [chosen.candidate], judged=True)
    for evaluation in (one for one in same_model if one.candidate_mode == chosen.candidate_mode):
        judge = evaluation.judge.split("@")[1].split("#")[0]
        about = {"model": chosen.candidate_name, "judge": judge}
        if not set(evaluation.baseline_name.split(" + ")) <= own:
            about["baseline"] = evaluation.baseline_name
        entries = judged_entries(store, evaluation.evaluation)
        answers |= {uids[e.text]: _answer(uids[e.text], about["model"], e) for e in entries if _has_text(e)}
        judgments.setdefault(judge, []).extend(_games(uids, about, entries))
    name = _file_name(chosen.candidate_name)
    lines = {f"model_answer/{name}.jsonl": list(answers.values())}
    lines |= {f"model_judgment/{_file_name(judge)}/{name}.jsonl": rows for judge, rows in judgments.items()}
    paths = []
    for name_in_folder, rows in lines.items():
        if rows:
            paths.append(folder / name_in_folder)
            write_whole(paths[-1], "".join(json.dumps(finite(row), ensure_ascii=False) + "\n" for row in rows))
    return paths


def _has_text(entry: JudgedEntry) -> bool:
    return entry.candidate_response is not None


def _answer(uid: str, model: str, entry: JudgedEntry) -> dict[str, Any]:
    answer = {"role": "assistant", "content": {"answer": entry.candidate_response}}
    return {"uid": uid, "model": model, "messages": [{"role": "user", "content": entry.text}, answer]}


def _games(uids: Mapping[str, str], about: Mapping[str, str], entries: Sequence[JudgedEntry]) -> list[dict[str, Any]]:
    """A row a question, with both games."""
    rows: dict[str, Any] = {}
    for entry in entries:
        uid = uids[entry.text]
        row = rows.setdefault(uid, {"uid": uid, **about, "games": [None, None]})
        row["games"][ORDERS.index(entry.order)] = {
            "score": None if entry.verdict == "none" else entry.verdict,
            "judgment": {"answer": entry.raw_text},
        }
    return list(rows.values())


def _file_name(name: str) -> str:
    """The name of a model as that of a file."""
    plain = name.replace("/", "_").replace("\0", "_")
    return plain if plain.strip(".") else "_"
