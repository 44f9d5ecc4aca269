"""Imports lm-eval's results files, with the samples files beside them, as evaluations.

A metric is called as lm-eval calls it, ``exact_match,strict-match``, without the filter where there is none (``acc``).
Keys are computed from what a file holds, never read from it, and no figure that the store has is changed.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from tpobench.benchmarks.lm_eval.files_out import export_model, export_results
from tpobench.benchmarks.lm_eval.known_figures import KnownFigures
from tpobench.benchmarks.lm_eval.results_file import read_results
from tpobench.benchmarks.lm_eval.samples_files import Samples, is_samples_file, without_results
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.evaluation.found_files import files_under
from tpobench.harness.evaluation.import_batch import ImportBatch
from tpobench.harness.json_files import LeaveOut, Noted
from tpobench.harness.records import Model, NewEvaluation
from tpobench.harness.store.store import Store

__all__ = ["export_model", "export_results", "import_folder", "import_results"]


def import_folder(store: Store, path: Path) -> Iterator[ImportedModel | LeftOut]:
    """Store every results file under the path, whatever it is called, or that one file; with the samples files beside
    it.

    Yields what came in, and what was left out: files that cannot be read, tasks that cannot be used. Raises UserError
    where there is no results file.
    """
    files = list(files_under(path))
    samples = [file for file in files if is_samples_file(file)]
    batch, known, found = ImportBatch(store), KnownFigures(store), bool(samples)
    results: list[Path] = []
    for file in files:
        if file in samples or not (file == path or file.name.removesuffix(".gz").endswith(".json")):
            continue
        odd: list[LeftOut] = []

        def leave_out(row: str, problem: str, file: Path = file, odd: list[LeftOut] = odd) -> None:
            odd.append(LeftOut(str(file), problem, row))

        try:
            keys = _import_file(batch, known, file, leave_out)
            results += [] if keys is None else [file]
            for key in keys or ():
                batch.add_outputs(ImportedModel(model=file.stem, prompts=0, evaluation=key))
        except UserError as error:
            odd.append(LeftOut.because(file, error))
        found = found or bool(odd)
        yield from odd
        if batch.is_full:
            yield from batch.flush()
    yield from batch.flush()
    for file in without_results(samples, results):
        yield LeftOut(str(file), "has no results file of the same date beside it, which says whose samples they are")
    if not found and not results:
        raise UserError(f"{path} holds no results file of lm-eval (results_*.json) to import")


def import_results(store: Store, path: Path, candidate: Model | None = None, mode: str = "direct") -> list[str]:
    """Store every task of a results file; returns the evaluations' keys. Importing it again changes nothing.

    `candidate` and `mode` say whose results they are, where the file is not one of ours; without a candidate it is
    the model that the file names. A metric whose items are known, or were all 0 or 1, as its standard error tells, gets
    the same interval as one measured here; for others the file does not hold what an interval needs.

    Raises:
        UserError: The file, or one of its tasks, cannot be used.
    """

    def refuse(row: str, problem: str) -> None:
        raise UserError(f"{path}, {row}: {problem}")

    batch = ImportBatch(store)
    keys = _import_file(batch, KnownFigures(store), path, refuse, (candidate, mode))
    if keys is None:
        raise UserError(f"{path} has no 'results' by task; name a results_*.json that lm-eval wrote")
    batch.flush()
    return keys


def _import_file(
    batch: ImportBatch,
    known: KnownFigures,
    path: Path,
    leave_out: LeaveOut,
    given: tuple[Model | None, str] = (None, "direct"),
) -> list[str] | None:
    """The keys of the file's evaluations; None where it is no results file."""
    file = read_results(path)
    if file is None:
        return None
    candidate, mode = given
    named, mode = candidate or file.author(), file.mode or mode
    noted = Noted(leave_out)
    tasks = list(file.tasks(Samples(path), noted))
    if not tasks and not noted.is_odd:
        raise UserError(f"{path} holds no figures under 'results'; name a results_*.json that lm-eval wrote")
    model = known.author(file, named, tasks, mode) if candidate is None else candidate
    keys = []
    for task in tasks:
        key = known.same(task, model, mode)
        if key is None:
            evaluation = NewEvaluation(
                benchmark=task.benchmark,
                judge=task.judge,
                params=json.dumps(task.params, sort_keys=True),
                candidate=model.fingerprint,
                candidate_mode=mode,
            )
            batch.add_model(model)
            key = batch.add_figures(evaluation, task.metrics, task.items)
            known.add(key, task, model, mode)
        keys.append(key)
    return keys
