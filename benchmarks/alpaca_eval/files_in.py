"""Imports AlpacaEval's own files (model_outputs.json, annotations.json, annotations.parquet) as evaluations."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.alpaca_eval.compact import import_compact
from tpobench.benchmarks.alpaca_eval.data import NAME, ROWS, AlpacaData
from tpobench.benchmarks.alpaca_eval.imported import AnnotatorJudge, annotator_judge, imported_record, preference_of
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import AnsweredPrompt, answers_in, named_generator
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.evaluation.found_files import files_under
from tpobench.harness.evaluation.import_batch import ImportBatch
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import JudgedPair
from tpobench.harness.json_files import LeaveOut, Noted, read_json_rows
from tpobench.harness.judges.base import Comparison
from tpobench.harness.records import Judgment, Prompt, text_key
from tpobench.harness.store.store import Store

OUTPUTS = "model_outputs.json"
COMPACT = "annotations.parquet"
FEW = 0.1
"""Where more than this share of the outputs are others than those beside the annotations, none of these count."""

_TEXTS = ("instruction", "generator_1", "generator_2", "annotator")
_ANSWERS = ("output_1", "output_2")

Row = Mapping[str, Any]


def import_alpaca(store: Store, path: Path, data: AlpacaData) -> Iterator[ImportedModel | LeftOut]:
    """Everything that a folder of official files holds: ``MODEL/model_outputs.json``, ``MODEL/annotations.json`` and
    ``MODEL/ANNOTATOR/annotations.json`` at any depth, and a compact ``annotations.parquet``; or one such file.

    Yields what came in, and what was left out: files that are cut, rows that do not fit the instructions, annotations
    of other outputs than those beside them. Raises UserError where there is nothing to import.
    """
    batch = ImportBatch(store)
    judged_outputs: set[Path] = set()
    files = importable(path)
    for file in sorted(files, key=lambda file: file.name == OUTPUTS):  # outputs last: those that nobody judged count
        odd: list[LeftOut] = []
        if file.name == COMPACT:
            yield from batch.flush()  # it is compared with what the store has

        def leave_out(row: str, problem: str, file: Path = file, odd: list[LeftOut] = odd) -> None:
            odd.append(LeftOut(str(file), problem, row))

        try:
            if file.name == COMPACT:
                import_compact(batch, file, data, leave_out)
            elif file.name != OUTPUTS:
                judged_outputs |= _import_annotations(batch, file, data, leave_out)
            elif file not in judged_outputs:
                _import_outputs(batch, file, leave_out)
        except UserError as error:
            odd.append(LeftOut.because(file, error))
        yield from odd
        if batch.is_full:
            yield from batch.flush()
    yield from batch.flush()


def importable(path: Path) -> list[Path]:
    """The official files at a path; UserError where there is none."""
    official = [file for file in files_under(path) if _is_official(file.name.removesuffix(".gz"))]
    if not official:
        raise UserError(f"{path} holds no model_outputs.json, annotations.json or annotations.parquet to import")
    return official


def _is_official(name: str) -> bool:
    return name in (OUTPUTS, COMPACT) or name.endswith("annotations.json")


def _import_outputs(batch: ImportBatch, file: Path, leave_out: LeaveOut) -> None:
    noted = Noted(leave_out)
    rows = list(answers_in(file, NAME, noted))
    if not rows and not noted.is_odd:
        raise UserError(f"{file} holds no answers")
    if not rows:
        return
    name = named_generator(rows[0].generator, file)
    batch.add_answers(name, [row.prompt for row in rows], [row.answer for row in rows])
    empty = sum(not row.answer for row in rows)
    batch.add_outputs(ImportedModel(model=name, prompts=len(rows), evaluation=None, empty=empty, rows=ROWS))


def _import_annotations(batch: ImportBatch, file: Path, data: AlpacaData, leave_out: LeaveOut) -> set[Path]:
    """The annotations of a file, for every model in it; the outputs file that they belong to, if any."""
    known = {prompt.text: prompt for prompt in data.prompts}
    groups = _by_sides(file, known, leave_out)
    own, outputs = _outputs_beside(file)
    answers = {output.prompt.text: output.answer for output in outputs}
    author = named_generator(outputs[0].generator, own) if outputs else None
    covered = set()
    for (model, baseline, annotator), rows in groups.items():
        if len(groups) == 1 or model == author:
            stale = [r["instruction"] for r in rows if answers.get(r["instruction"], _answer(r, 2)) != _answer(r, 2)]
            if len(stale) > FEW * len(rows):
                shown = "; ".join(repr(text[:50]) for text in stale[:3])
                leave_out("", f"judges {len(stale)} outputs that are not those of {own}: {shown}")
                continue
            for instruction in stale:
                leave_out(f"{instruction[:50]!r}", f"judges another output than that of {own}")
            rows = [row for row in rows if row["instruction"] not in stale]
            covered |= {own} if outputs else set()
        name = named_generator(model, file.parent if file.parent.name == annotator else file)
        prompts = [known[row["instruction"]] for row in rows]
        sides = (
            batch.add_answers(name, prompts, [_answer(row, 2) for row in rows]),
            batch.add_answers(baseline or "unnamed", prompts, [_answer(row, 1) for row in rows]),
        )
        _add_evaluation(batch, data, annotator_judge(annotator), sides, rows)
    return covered


def _by_sides(
    file: Path, known: Mapping[str, Prompt], leave_out: LeaveOut
) -> Mapping[tuple[str, str, str], Sequence[Row]]:
    """The rows of a file that can be used, by model, baseline and annotator."""
    groups: dict[tuple[str, str, str], dict[str, Row]] = {}
    strange: list[tuple[str, str]] = []
    leave_out = noted = Noted(leave_out)
    for place, row in read_json_rows(file, leave_out):
        if problem := _problem(row):
            leave_out(place, problem)
        elif row["instruction"] not in known:
            strange.append((place, row["instruction"][:50]))
        else:
            group = groups.setdefault((row["generator_2"], row["generator_1"], row["annotator"]), {})
            if row["instruction"] not in group:
                group[row["instruction"]] = row
            elif group[row["instruction"]] != row:
                leave_out(place, f"the instruction {row['instruction'][:50]!r} is annotated twice for one model")
    if strange and not groups:
        raise UserError(f"{file}: none of its instructions is in the benchmark, the first: {strange[0][1]!r}")
    for place, instruction in strange:
        leave_out(place, f"the instruction {instruction!r} is not in the benchmark")
    if not groups and not noted.is_odd:
        raise UserError(f"{file} holds no annotations")
    return {sides: list(group.values()) for sides, group in groups.items()}


def _outputs_beside(file: Path) -> tuple[Path, list[AnsweredPrompt]]:
    """The outputs that an annotations file judges, with their file: beside it, or in the folder of its annotator's
    folder. None where there is no such file, or none that can be read."""
    for own in (file.with_name(OUTPUTS), file.parent.parent / OUTPUTS):
        if own.is_file():
            try:
                return own, list(answers_in(own, NAME, lambda row, problem: None))
            except UserError:  # it is named when it is imported itself
                break
    return file, []


def _problem(row: Row) -> str:
    """Why a row cannot be used; empty where it can."""
    missing = [key for key in _TEXTS if not isinstance(row.get(key), str)]
    missing += [key for key in _ANSWERS if not isinstance(row.get(key, 0), str | None)]
    if missing:
        return f"has no text under {missing[0]!r}"
    try:
        preference_of(row.get("preference"))
    except ValueError as error:
        return str(error)
    return ""


def _answer(row: Row, side: int) -> str:
    """What the model (2) or the baseline (1) answered; null is an empty answer."""
    return row[f"output_{side}"] or ""


def _add_evaluation(
    batch: ImportBatch,
    data: AlpacaData,
    judge: AnnotatorJudge,
    sides: tuple[ModelOutputs, ModelOutputs],
    rows: Sequence[Row],
) -> None:
    entries: list[JudgedPair] = []
    judgments: list[Judgment] = []
    for ours, theirs, row in zip(sides[0].outputs, sides[1].outputs, rows, strict=True):
        prompt = ours.prompt
        order = judge.order(prompt)
        key = Comparison(prompt=prompt, candidate=ours.raw_text, baseline=theirs.raw_text, order=order).key(judge.id)
        judgments.append(
            Judgment(
                key=key,
                judge=judge.id,
                prompt_key=prompt.key,
                response_a=text_key(ours.raw_text),
                response_b=text_key(theirs.raw_text),
                chars_a=len(ours.raw_text),
                chars_b=len(theirs.raw_text),
                order=order,
                verdict="imported",
                preference=preference_of(row.get("preference")),
                raw=_raw(row.get("raw_completion")),
            )
        )
        entries.append(JudgedPair(prompt, key, ours.key, theirs.key))
    record = imported_record(data, judge, sides[0].model, sides[1].model, [entry.prompt for entry in entries])
    batch.add_evaluation(record, entries, judgments, empty=sum(not output.raw_text for output in sides[0].outputs))


def _raw(completion: object) -> str:
    return "" if completion is None else completion if isinstance(completion, str) else json.dumps(completion)
