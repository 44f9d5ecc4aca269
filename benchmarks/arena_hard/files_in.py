"""Arena-Hard's answers and judgments into the store, from the forms of the official repository."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tpobench.benchmarks.arena_hard.answers_in import FOLDER, AnswerFiles
from tpobench.benchmarks.arena_hard.benchmark import arena_hard_benchmark
from tpobench.benchmarks.arena_hard.data import Question, questions
from tpobench.benchmarks.arena_hard.importer import JudgmentImporter, official_sides
from tpobench.benchmarks.arena_hard.judgment_files import read_judgments
from tpobench.benchmarks.arena_hard.versions import ROWS, VERSIONS
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.evaluation.found_files import files_under
from tpobench.harness.evaluation.import_batch import ImportBatch
from tpobench.harness.json_files import LeaveOut
from tpobench.harness.store.store import Store

_VERSION_FOLDER = re.compile(r"arena-hard-v.+")


def import_arena(store: Store, name: str, path: Path, data: Path | None) -> Iterator[ImportedModel | LeftOut]:
    """Answers (``*_answers_*.jsonl``, ``model_answer/*.jsonl``) and judgments (``model_judgment/*/*.jsonl``,
    ``*_judgments.parquet``) of every model under the path, which holds the questions too unless `data` does. Files of
    other versions of the benchmark are passed over.

    A row says who judged and against which baseline: the judgments of each judge, and against each baseline, are an
    evaluation of their own.

    Yields what came in, and what was left out: files that cannot be read, rows that cannot be used. Raises UserError
    where there is nothing to import.
    """
    version = name.removeprefix("arena_hard_")
    folder = data or path
    all_questions = questions(version, folder)
    answer_names, judgment_files, odd = _found(path, version)
    if not answer_names and not judgment_files and not odd:
        raise UserError(
            f"{path} holds no answers (model_answer/*.jsonl) and no judgments (model_judgment/JUDGE/*.jsonl) of "
            f"Arena-Hard {version} to import"
        )

    def leave_out(file: Path) -> LeaveOut:
        return lambda row, problem: odd.append(LeftOut(str(file), problem, row))

    batch = ImportBatch(store)
    answers = AnswerFiles(answer_names, [question.uid for question in all_questions], VERSIONS[version], leave_out)
    importer = JudgmentImporter(
        batch=batch,
        version=version,
        folder=folder,
        questions=all_questions,
        benchmark=arena_hard_benchmark(name, folder),
        answers=answers,
    )
    for file in answer_names:
        _add_answers(batch, version, all_questions, *answers.read(file))
        yield from _taken(odd)
        if batch.is_full:
            yield from batch.flush()
    sides = official_sides(importer)
    for file in judgment_files:
        try:
            for matchup, games in read_judgments(file, sides, leave_out(file)).items():
                importer.add(matchup, games, file, leave_out(file))
        except UserError as error:
            odd.append(LeftOut.because(file, error))
        yield from _taken(odd)
        if batch.is_full:
            yield from batch.flush()
    yield from batch.flush()


def _found(path: Path, version: str) -> tuple[dict[Path, str], list[Path], list[LeftOut]]:
    """The files of answers, each with the name that it says; the files of judgments; and what has no business there."""
    mark = VERSIONS[version]
    answer_names: dict[Path, str] = {}
    judgment_files: list[Path] = []
    odd: list[LeftOut] = []
    for file in files_under(path):
        parts = {part for part in file.parent.parts if _VERSION_FOLDER.fullmatch(part)}
        if parts and f"arena-hard-{version}" not in parts:
            continue
        is_answers = file.parent.name == FOLDER
        is_judgments = file.parent.parent.name == "model_judgment"
        if (is_answers or is_judgments) and file.suffix != ".jsonl":
            odd.append(LeftOut(str(file), "is not a file of JSON lines (*.jsonl)"))
        elif is_answers or f"{mark}_answers_" in file.name:
            answer_names[file] = file.stem.removeprefix(f"{mark}_answers_")
        elif is_judgments or file.name == f"{mark}_judgments.parquet":
            judgment_files.append(file)
    return answer_names, judgment_files, odd


def _taken(odd: list[LeftOut]) -> list[LeftOut]:
    """What was collected, which is then empty."""
    taken = list(odd)
    odd.clear()
    return taken


def _add_answers(
    batch: ImportBatch, version: str, all_questions: Sequence[Question], name: str, by_uid: Mapping[str, str]
) -> None:
    """The answers of a file, judged or not."""
    answered = [question for question in all_questions if question.uid in by_uid]
    if not answered:
        return
    texts = [by_uid[question.uid] for question in answered]
    batch.add_answers(name, [question.prompt for question in answered], texts)
    batch.add_outputs(
        ImportedModel(
            model=name,
            prompts=len(answered),
            evaluation=None,
            empty=sum(not text for text in texts),
            rows=ROWS[version],
        )
    )
