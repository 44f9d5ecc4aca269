"""Imports AlpacaEval's own files (model_outputs.json, annotations.json, annotations.parquet) as evaluations."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.benchmarks.alpaca_eval.data import BASELINE, NAME, ROWS, AlpacaData, digest
from tpobench.benchmarks.alpaca_eval.figures import score
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import answers_in
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.json_files import read_json_list
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.base import Comparison
from tpobench.harness.records import Judgment, Model, Prompt, content_key, text_key
from tpobench.harness.store.store import Store


def import_alpaca(store: Store, path: Path, data: AlpacaData) -> Iterator[ImportedModel]:
    """Everything that a folder of official files holds: ``MODEL/model_outputs.json`` and ``MODEL/annotations.json`` at
    any depth, and a compact ``annotations.parquet``; or one such file.

    Raises UserError for a file that is cut or does not fit the instructions, and where there is nothing to import.
    """
    files = importable(path)
    annotations = [file for file in files if file.name.endswith("annotations.json")]
    outputs = [file for file in files if file.name == "model_outputs.json"]
    compact = [file for file in files if file.name == "annotations.parquet"]
    for file in outputs:
        if not any(other.parent == file.parent for other in annotations):
            rows = list(answers_in(file, NAME))
            name = _author(file)
            add_answers(store, name, [row.prompt for row in rows], [row.answer for row in rows])
            yield ImportedModel(name, len(rows), None)
    for file in annotations:
        yield from _annotations(store, file, data)
    for file in compact:
        yield from _compact(store, file, data)


def importable(path: Path) -> list[Path]:
    """The official files at a path; UserError where there is none."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    official = [
        file
        for file in files
        if file.name in ("model_outputs.json", "annotations.parquet") or file.name.endswith("annotations.json")
    ]
    if not official:
        raise UserError(f"{path} holds no model_outputs.json, annotations.json or annotations.parquet to import")
    return official


def _annotations(store: Store, file: Path, data: AlpacaData) -> Iterator[ImportedModel]:
    rows = read_json_list(file)
    needed = ("instruction", "output_1", "output_2", "generator_1", "generator_2", "annotator")
    for number, row in enumerate(rows):
        if missing := [key for key in needed if not isinstance(row.get(key), str)]:
            raise UserError(f"{file}: entry {number} has no text under {missing[0]!r}")
    by_model: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        by_model.setdefault((row["generator_2"], row["generator_1"], row["annotator"]), []).append(row)
    own = file.with_name("model_outputs.json")
    if own.exists():
        _require_same_outputs(file, rows, own)
    for (model, baseline, annotator), group in by_model.items():
        prompts = _prompts(file, group, data)
        judge = _judge(annotator)
        sides = [
            add_answers(store, name, prompts, [row[key] for row in group])
            for name, key in ((model, "output_2"), (baseline, "output_1"))
        ]
        entries = []
        judgments = []
        for prompt, row, ours, theirs in zip(prompts, group, sides[0].outputs, sides[1].outputs, strict=True):
            order = judge.order(prompt)
            key = Comparison(prompt=prompt, candidate=row["output_2"], baseline=row["output_1"], order=order).key(
                judge.id
            )
            preference = _preference(row.get("preference"), f"{file}: {prompt.text[:40]!r}")
            raw = row.get("raw_completion")
            judgments.append(
                Judgment(
                    key=key,
                    judge=judge.id,
                    prompt_key=prompt.key,
                    response_a=text_key(row["output_2"]),
                    response_b=text_key(row["output_1"]),
                    chars_a=len(row["output_2"]),
                    chars_b=len(row["output_1"]),
                    order=order,
                    verdict="imported",
                    preference=preference,
                    raw="" if raw is None else raw if isinstance(raw, str) else json.dumps(raw),
                )
            )
            entries.append(JudgedPair(prompt, key, ours.key, theirs.key))
        store.add_judgments(judgments)
        yield _keep(store, data, judge, sides[0].model, sides[1].model, entries)


def _compact(store: Store, file: Path, data: AlpacaData) -> Iterator[ImportedModel]:
    """Preferences and lengths without texts: one row a model and instruction, in the order of the annotations file."""
    import pyarrow.parquet as parquet

    by_model: dict[str, list[Mapping[str, Any]]] = {}
    for row in parquet.read_table(file).to_pylist():
        by_model.setdefault(row["model"], []).append(row)
    judge = AlpacaEvalProtocol()
    store.add_prompts(data.prompts)
    baseline = add_answers(store, data.baseline, data.prompts, [row.answer for row in data.rows])
    for name, rows in by_model.items():
        model = Model(name, "imported", content_key("imported", name, rows))
        store.add_model(model, "imported")
        entries, judgments = [], []
        for row in sorted(rows, key=lambda row: row["row"]):
            index = row["index"]
            prompt = data.rows[index].prompt
            response_key = content_key("untold", name, prompt.text)
            key = content_key("imported judgment", judge.id, response_key)
            preference = _preference(row["preference"], f"{file}: {name}, row {row['row']}")
            judgments.append(
                Judgment(
                    key=key,
                    judge=judge.id,
                    prompt_key=prompt.key,
                    response_a=response_key,
                    response_b=text_key(data.rows[index].answer),
                    chars_a=row["output_length"],
                    chars_b=row["baseline_length"],
                    order=judge.order(prompt),
                    verdict="imported",
                    preference=preference,
                )
            )
            entries.append(JudgedPair(prompt, key, response_key, baseline.outputs[index].key))
        store.add_judgments(judgments)
        yield _keep(store, data, judge, model, baseline.model, entries)


@dataclass(frozen=True)
class _Unknown:
    """An annotator that is none of the installed package's."""

    id: str
    label: str
    official: bool = False

    def order(self, prompt: Prompt) -> str:
        """Not known; the baseline first."""
        return "BA"


def _judge(annotator: str) -> AlpacaEvalProtocol | _Unknown:
    try:
        return AlpacaEvalProtocol(annotator)
    except UserError:
        return _Unknown(f"alpaca_eval:{annotator}", f"{annotator}, as imported")


def _keep(
    store: Store,
    data: AlpacaData,
    judge: AlpacaEvalProtocol | _Unknown,
    model: Model,
    baseline: Model,
    entries: Sequence[JudgedPair],
) -> ImportedModel:
    prompts = [entry.prompt for entry in entries]
    benchmark = Benchmark(name=NAME, prompts=prompts, rows=ROWS, score=score(data))
    reasons = [] if len(prompts) == ROWS else [f"{len(prompts)} of {ROWS} prompts"]
    if digest(data.prompts) != digest(prompts) and len(prompts) == ROWS:
        reasons.append("prompts in another order than the published ones")
    if not judge.official:
        reasons.append("another judge than the published one")
    if baseline.name != BASELINE:
        reasons.append(f"another baseline than {BASELINE}")
    about = {
        "judge_label": judge.label,
        "baseline": baseline.name,
        "rows": ROWS,
        "orders": "one",
        "not_comparable": reasons,
    }
    record = EvaluationRecord(benchmark=benchmark, judge=judge.id, candidate=model, baseline=baseline, about=about)
    return ImportedModel(model.name, len(prompts), store_evaluation(store, record, entries))


def _prompts(file: Path, rows: Sequence[Mapping[str, Any]], data: AlpacaData) -> list[Prompt]:
    """The benchmark's prompts in the order of the file; UserError with the first three that are not of it."""
    known = {prompt.text: prompt for prompt in data.prompts}
    strange = [row["instruction"] for row in rows if row["instruction"] not in known]
    if strange:
        shown = "; ".join(repr(text[:50]) for text in strange[:3])
        raise UserError(f"{file}: {len(strange)} of {len(rows)} instructions are not in the benchmark: {shown}")
    texts = [row["instruction"] for row in rows]
    if len(set(texts)) != len(texts):
        twice = next(text for index, text in enumerate(texts) if text in texts[:index])
        raise UserError(f"{file}: the instruction {twice[:50]!r} is annotated twice for one model")
    return [known[text] for text in texts]


def _require_same_outputs(file: Path, rows: Sequence[Mapping[str, Any]], own: Path) -> None:
    answers = {row.prompt.text: row.answer for row in answers_in(own, NAME)}
    different = [r["instruction"] for r in rows if answers.get(r["instruction"], r["output_2"]) != r["output_2"]]
    if different:
        shown = "; ".join(repr(text[:50]) for text in different[:3])
        raise UserError(f"{file} judges {len(different)} outputs that are not those of {own}: {shown}")


def _preference(preference: object, where: str) -> float | None:
    """1..2 as AlpacaEval writes it, to 0..1; 0 is its older form of a tie, null and NaN are missing."""
    if preference is None or (isinstance(preference, float) and math.isnan(preference)):
        return None
    if isinstance(preference, int | float) and (preference == 0 or 1 <= preference <= 2):
        return 0.5 if preference == 0 else float(preference) - 1.0
    raise UserError(f"{where}: the preference {preference!r} is neither between 1 and 2 nor null")


def _author(file: Path) -> str:
    rows = read_json_list(file)
    named = rows[0].get("generator") if rows else None
    return named if isinstance(named, str) else file.parent.name
