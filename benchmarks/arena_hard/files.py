"""Arena-Hard's answers and judgments in and out, in the forms of the official repository."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.arena_hard.data import ROWS, VERSIONS, Question, aligned, questions, read_answers, rows_of
from tpobench.benchmarks.arena_hard.figures import arena_hard, score
from tpobench.benchmarks.arena_hard.judge import arena_hard_protocol
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.files import write_whole
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.verdict import VerdictProtocol
from tpobench.harness.records import Judgment, Model, content_key, text_key
from tpobench.harness.stats.bradley_terry import vote
from tpobench.harness.store.evaluations import evaluation_of_model
from tpobench.harness.store.judgments import judged_entries
from tpobench.harness.store.store import Store

_ORDERS = ("BA", "AB")
"""Game 1 shows the baseline first, game 2 the candidate."""


def import_arena(store: Store, kind: str, path: Path, data: Path | None) -> Iterator[ImportedModel]:
    """Answers (``*_answers_*.jsonl``, ``model_answer/*.jsonl``) and judgments (``model_judgment/*/*.jsonl``,
    ``*_judgments.parquet``) of every model under the path, which holds the questions too unless `data` does."""
    version = kind.removeprefix("arena_hard_")
    folder = data or path
    asked = questions(version, folder)
    benchmark, judge = arena_hard(kind, folder), arena_hard_protocol(version, folder)
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    mark = VERSIONS[version]
    texts: dict[str, dict[str, str]] = {}
    for file in files:
        if f"{mark}_answers_" in file.name or file.parent.name == "model_answer":
            name = file.stem.removeprefix(f"{mark}_answers_")
            texts[name] = read_answers(file)
            given = aligned(texts[name], asked, str(file))
            add_answers(store, name, [question.prompt for question in asked], given)
            yield ImportedModel(name, len(given), None)
    (baseline,) = benchmark.baselines
    theirs = dict(zip([prompt.text for prompt in benchmark.prompts], baseline.answers, strict=True))
    for file in files:
        if file.name == f"{mark}_judgments.parquet":
            rows = _compact(file)
        elif file.parent.parent.name == "model_judgment" and file.suffix == ".jsonl":
            rows = _official(file)
        else:
            continue
        for model, games in rows.items():
            yield _keep(store, version, judge, model, games, asked, texts.get(model), theirs, baseline.name)


Games = dict[str, tuple[tuple[str | None, str], ...]]
"""By question uid: label and raw text of each game."""


def _compact(file: Path) -> dict[str, Games]:
    import pyarrow.parquet as parquet

    found: dict[str, Games] = {}
    for row in parquet.read_table(file).to_pylist():
        found.setdefault(row["model"], {})[row["uid"]] = ((row["score_game1"], ""), (row["score_game2"], ""))
    return found


def _official(file: Path) -> dict[str, Games]:
    found: dict[str, Games] = {}
    for number, row in rows_of(file):
        uid, games = row.get("uid") or row.get("question_id"), row.get("games")
        if not isinstance(uid, str) or not isinstance(games, list) or len(games) != 2:
            raise UserError(f"{file}:{number} has no question id or not two games")
        found.setdefault(str(row.get("model", file.stem)), {})[uid] = tuple(
            (None, "") if game is None else (game.get("score"), _raw(game.get("judgment"))) for game in games
        )
    return found


def _raw(judgment: object) -> str:
    if isinstance(judgment, dict):
        judgment = judgment.get("answer", "")
    return judgment if isinstance(judgment, str) else ""


def _keep(
    store: Store,
    version: str,
    judge: VerdictProtocol,
    model: str,
    games: Games,
    asked: Sequence[Question],
    answers: Mapping[str, str] | None,
    theirs: Mapping[str, str],
    baseline_name: str,
) -> ImportedModel:
    known = {question.uid for question in asked}
    if strange := [uid for uid in games if uid not in known]:
        raise UserError(f"judgments of {model}: {len(strange)} belong to no question, the first {strange[0]}")
    judged = [question for question in asked if question.uid in games and question.prompt.text in theirs]
    prompts = [question.prompt for question in judged]
    baseline = add_answers(store, baseline_name, prompts, [theirs[prompt.text] for prompt in prompts])
    if answers is not None:
        candidate = add_answers(store, model, [q.prompt for q in asked], [answers[q.uid] for q in asked]).model
    else:
        candidate = Model(model, "imported", content_key("imported", model, games))
        store.add_model(candidate, "imported")
    entries, judgments = [], []
    for question, told in zip(judged, baseline.outputs, strict=True):
        prompt, text = question.prompt, None if answers is None else answers[question.uid]
        output = content_key("imported", candidate.fingerprint, prompt.text)
        for order, (label, raw) in zip(_ORDERS, games[question.uid], strict=True):
            key = (
                content_key("imported judgment", judge.id, candidate.fingerprint, prompt.text, order)
                if text is None
                else Comparison(prompt=prompt, candidate=text, baseline=theirs[prompt.text], order=order).key(judge.id)
            )
            verdict = str(label or "none")
            found = vote(verdict, candidate_is_a=order == "AB")
            judgments.append(
                Judgment(
                    key=key,
                    judge=judge.id,
                    prompt_key=prompt.key,
                    response_a=output if text is None else text_key(text),
                    response_b=text_key(theirs[prompt.text]),
                    chars_a=len(text or ""),
                    chars_b=len(theirs[prompt.text]),
                    order=order,
                    verdict=verdict,
                    preference=None if found is None else found.outcome,
                    raw=raw,
                )
            )
            entries.append(JudgedPair(prompt, key, output, told.key))
    store.add_judgments(judgments)
    benchmark = Benchmark(
        name=f"arena_hard_{version}",
        prompts=prompts,
        orders="both",
        rows=ROWS[version],
        score=score(version),
        needs_texts=True,
    )
    reasons = [] if len(judged) == ROWS[version] else [f"{len(judged)} of {ROWS[version]} prompts"]
    about = {
        "judge_label": judge.label,
        "baseline": baseline.model.name,
        "rows": ROWS[version],
        "orders": "both",
        "not_comparable": reasons,
    }
    evaluation = store_evaluation(
        store,
        EvaluationRecord(
            benchmark=benchmark, judge=judge.id, candidate=candidate, baseline=baseline.model, about=about
        ),
        entries,
    )
    return ImportedModel(model, len(judged), evaluation)


def export_arena(store: Store, kind: str, model: str, folder: Path, data: Path | None) -> list[Path]:
    """``model_answer/MODEL.jsonl`` and ``model_judgment/JUDGE/MODEL.jsonl`` of the model's newest evaluation."""
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
        row["games"][_ORDERS.index(entry.order)] = {
            "score": None if entry.verdict == "none" else entry.verdict,
            "judgment": {"answer": entry.raw_text},
        }
    name, judge = name.replace("/", "_"), judge.replace("/", "_")
    written = []
    for place, lines in ((f"model_answer/{name}.jsonl", answers), (f"model_judgment/{judge}/{name}.jsonl", judgments)):
        if lines:
            path = folder / place
            write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines.values()))
            written.append(path)
    return written
