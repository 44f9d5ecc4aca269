"""Arena-Hard's answers and judgments out of the store, in the forms of the official repository."""

import json
from pathlib import Path
from typing import Any

from tpobench.benchmarks.arena_hard.data import questions
from tpobench.benchmarks.arena_hard.importer import ORDERS
from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.store.judgments import judged_entries
from tpobench.harness.store.model_runs import evaluation_of_model
from tpobench.harness.store.store import Store


def export_arena(store: Store, kind: str, model: str, folder: Path, data: Path | None) -> list[Path]:
    """``model_answer/MODEL.jsonl`` and ``model_judgment/JUDGE/MODEL.jsonl`` of the model's newest evaluation.

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
    evaluation = evaluation_of_model(store, model, kind)
    name, judge = evaluation.candidate_name, evaluation.judge.split("@")[1].split("#")[0]
    if data is None:
        raise UserError("the questions' ids are in the official files: name their folder with --data")
    uids = {question.prompt.text: question.uid for question in questions(kind.removeprefix("arena_hard_"), data)}
    answers: dict[str, Any] = {}
    judgments: dict[str, Any] = {}
    for entry in judged_entries(store, evaluation.evaluation):
        uid = uids[entry.text]
        if entry.candidate_response is not None:
            answer = {"role": "assistant", "content": {"answer": entry.candidate_response}}
            messages = [{"role": "user", "content": entry.text}, answer]
            answers[uid] = {"uid": uid, "model": name, "messages": messages}
        row = judgments.setdefault(uid, {"uid": uid, "model": name, "judge": judge, "games": [None, None]})
        row["games"][ORDERS.index(entry.order)] = {
            "score": None if entry.verdict == "none" else entry.verdict,
            "judgment": {"answer": entry.raw_text},
        }
    name, judge = name.replace("/", "_"), judge.replace("/", "_")
    paths = []
    for name_in_folder, lines in (
        (f"model_answer/{name}.jsonl", answers),
        (f"model_judgment/{judge}/{name}.jsonl", judgments),
    ):
        if lines:
            path = folder / name_in_folder
            write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines.values()))
            paths.append(path)
    return paths
