"""Finds and reads the files of answers under a folder: those of a model beside its judgments, those of nobody's too."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path

from tpobench.benchmarks.arena_hard.data import author_of_answers, read_answers
from tpobench.harness.errors import UserError
from tpobench.harness.json_files import LeaveOut, Noted

FOLDER = "model_answer"
OPEN = 4
"""So many files of answers are kept in memory: every model is judged against one of few baselines."""


def run_folder(file: Path) -> Path:
    """The folder that holds ``model_answer/`` and ``model_judgment/`` of one run of the benchmark, or all files."""
    if file.parent.name == FOLDER:
        return file.parent.parent
    if file.parent.parent.name == "model_judgment":
        return file.parent.parent.parent
    return file.parent


class AnswerFiles:
    """The files of answers under a folder, read when they are asked for. Several runs may hold files of one model.

    Args:
        files: By path, the name that the file's name says.
        uids: The questions that there are.
        mark: What the names of the version's files begin with where they all lie in one folder.
        leave_out: Gives, for a file, who is told of its rows that cannot be used.
    """

    def __init__(
        self, files: Mapping[Path, str], uids: Collection[str], mark: str, leave_out: Callable[[Path], LeaveOut]
    ) -> None:
        self._files = dict(files)
        self._uids = set(uids)
        self._mark = mark
        self._leave_out = leave_out
        self._told: set[Path] = set()
        self._read = lru_cache(OPEN)(self._read_file)

    def of(self, model: str, beside: Path) -> Mapping[str, str] | None:
        """By question, the answers of the model in the run that the judgments `beside` belong to, even where that is
        not under the folder; else in the only other one that has any. None where there are none."""
        names = {model, model.replace("/", "_")}
        for name in (name for name in names if "/" not in name):
            for place in (f"{FOLDER}/{name}.jsonl", f"{self._mark}_answers_{name}.jsonl"):
                if (file := run_folder(beside) / place).is_file():
                    self._files.setdefault(file, name)
        fitting = [file for file, name in self._files.items() if name in names]
        own = [file for file in fitting if run_folder(file) == run_folder(beside)] or fitting
        if len(own) != 1:
            return None
        return self._read(own[0]) or None

    def read(self, file: Path) -> tuple[str, Mapping[str, str]]:
        """Whose answers a file holds, and the answers by question. The name of the file counts: it may stand for a
        name with a slash, which the rows say."""
        answers, name = self._read(file), self._files[file]
        author = author_of_answers(file) if answers else ""
        return (author if author.replace("/", "_") == name else name), answers

    def _read_file(self, file: Path) -> Mapping[str, str]:
        leave_out = Noted(self._leave_out(file) if file not in self._told else _nothing)
        self._told.add(file)
        try:
            answers = read_answers(file, leave_out)
        except UserError as error:
            leave_out("", str(error).removeprefix(str(file)).lstrip(": "))
            return {}
        if not answers and not leave_out.is_odd:
            leave_out("", "holds no answers")
        strange = [uid for uid in answers if uid not in self._uids]
        if strange:
            of_all = f"{len(strange)} of its {len(answers)} answers are to questions that are not in the benchmark"
            leave_out("", f"{of_all}, the first to {strange[0]!r}")
        return {uid: answer for uid, answer in answers.items() if uid in self._uids}


def _nothing(row: str, problem: str) -> None:
    """A file's problems are told once."""
