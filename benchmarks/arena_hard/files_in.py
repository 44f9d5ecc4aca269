"""Arena-Hard's answers and judgments into the store, from the forms of the official repository."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.benchmarks.arena_hard.benchmark import arena_hard_benchmark
from tpobench.benchmarks.arena_hard.data import Question, aligned_answers, questions, read_answers
from tpobench.benchmarks.arena_hard.figures import score
from tpobench.benchmarks.arena_hard.judge import arena_hard_protocol
from tpobench.benchmarks.arena_hard.labels import vote
from tpobench.benchmarks.arena_hard.versions import ROWS, VERSIONS
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Baseline, Benchmark
from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.json_files import read_json_lines
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.verdict import VerdictProtocol
from tpobench.harness.records import Judgment, Model, Prompt, content_key, text_key
from tpobench.harness.store.store import Store

ORDERS = ("BA", "AB")
"""Game 1 shows the baseline first, game 2 the candidate."""

Games = dict[str, tuple[tuple[str | None, str], ...]]
"""By question uid: label and raw text of each game."""


def import_arena(store: Store, name: str, path: Path, data: Path | None) -> Iterator[ImportedModel]:
    """Answers (``*_answers_*.jsonl``, ``model_answer/*.jsonl``) and judgments (``model_judgment/*/*.jsonl``,
    ``*_judgments.parquet``) of every model under the path, which holds the questions too unless `data` does."""
    version = name.removeprefix("arena_hard_")
    folder = data or path
    all_questions = questions(version, folder)
    benchmark = arena_hard_benchmark(name, folder)
    importer = _JudgmentImporter(
        store=store,
        version=version,
        judge=arena_hard_protocol(version, folder),
        questions=all_questions,
        baseline=benchmark.baselines[0].name,
        baseline_answers=_by_prompt(benchmark.prompts, benchmark.baselines[0]),
    )
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    mark = VERSIONS[version]
    answers: dict[str, dict[str, str]] = {}
    for file in files:
        if f"{mark}_answers_" in file.name or file.parent.name == "model_answer":
            model = file.stem.removeprefix(f"{mark}_answers_")
            answers[model] = read_answers(file)
            given = aligned_answers(answers[model], all_questions, str(file))
            add_answers(store, model, [question.prompt for question in all_questions], given)
            yield ImportedModel(model, len(given), None)
    for file in files:
        if file.name == f"{mark}_judgments.parquet":
            games_by_model = _compact(file)
        elif file.parent.parent.name == "model_judgment" and file.suffix == ".jsonl":
            games_by_model = _official(file)
        else:
            continue
        for model, games in games_by_model.items():
            yield importer.add(model, games, answers.get(model))


def _by_prompt(prompts: Sequence[Prompt], baseline: Baseline) -> dict[str, str]:
    return dict(zip([prompt.text for prompt in prompts], baseline.answers, strict=True))


def _compact(file: Path) -> dict[str, Games]:
    import pyarrow.parquet as parquet

    games: dict[str, Games] = {}
    for row in parquet.read_table(file).to_pylist():
        games.setdefault(row["model"], {})[row["uid"]] = ((row["score_game1"], ""), (row["score_game2"], ""))
    return games


def _official(file: Path) -> dict[str, Games]:
    by_model: dict[str, Games] = {}
    for number, row in read_json_lines(file):
        uid, games = row.get("uid") or row.get("question_id"), row.get("games")
        if not isinstance(uid, str) or not isinstance(games, list) or len(games) != 2:
            raise UserError(f"{file}:{number} has no question id or not two games")
        by_model.setdefault(str(row.get("model", file.stem)), {})[uid] = tuple(
            (None, "") if game is None else (game.get("score"), _raw(game.get("judgment"))) for game in games
        )
    return by_model


def _raw(judgment: object) -> str:
    if isinstance(judgment, dict):
        judgment = judgment.get("answer", "")
    return judgment if isinstance(judgment, str) else ""


@dataclass(frozen=True, kw_only=True)
class _JudgmentImporter:
    """Stores judgments of models against one baseline; `baseline_answers` are by the prompt's text."""

    store: Store
    version: str
    judge: VerdictProtocol
    questions: Sequence[Question]
    baseline: str
    baseline_answers: Mapping[str, str]

    def add(self, model: str, games: Games, answers: Mapping[str, str] | None) -> ImportedModel:
        """Store a model's games and its figures. `answers` are by uid; None where only judgments are known.

        Raises UserError for judgments of something that is not a question.
        """
        known = {question.uid for question in self.questions}
        if strange := [uid for uid in games if uid not in known]:
            raise UserError(f"judgments of {model}: {len(strange)} belong to no question, the first {strange[0]}")
        judged = [q for q in self.questions if q.uid in games and q.prompt.text in self.baseline_answers]
        prompts = [question.prompt for question in judged]
        baseline = add_answers(self.store, self.baseline, prompts, [self.baseline_answers[p.text] for p in prompts])
        candidate = self._candidate(model, games, answers)
        entries, judgments = [], []
        for question, output in zip(judged, baseline.outputs, strict=True):
            answer = None if answers is None else answers[question.uid]
            candidate_output = content_key("imported", candidate.fingerprint, question.prompt.text)
            for order, (label, raw) in zip(ORDERS, games[question.uid], strict=True):
                judgment = self._judgment(candidate, question.prompt, answer, order, str(label or "none"), raw)
                judgments.append(judgment)
                entries.append(JudgedPair(question.prompt, judgment.key, candidate_output, output.key))
        self.store.add_judgments(judgments)
        return ImportedModel(model, len(judged), self._evaluation(candidate, baseline.model, prompts, entries))

    def _candidate(self, model: str, games: Games, answers: Mapping[str, str] | None) -> Model:
        if answers is not None:
            prompts = [question.prompt for question in self.questions]
            return add_answers(self.store, model, prompts, [answers[q.uid] for q in self.questions]).model
        candidate = Model(model, "imported", content_key("imported", model, games))
        self.store.add_model(candidate, "imported")
        return candidate

    def _judgment(
        self, candidate: Model, prompt: Prompt, answer: str | None, order: str, verdict: str, raw: str
    ) -> Judgment:
        """One game. An answer that came without its text is named by the key of the output that it would be."""
        theirs = self.baseline_answers[prompt.text]
        if answer is None:
            key = content_key("imported judgment", self.judge.id, candidate.fingerprint, prompt.text, order)
            response = content_key("imported", candidate.fingerprint, prompt.text)
        else:
            key = Comparison(prompt=prompt, candidate=answer, baseline=theirs, order=order).key(self.judge.id)
            response = text_key(answer)
        outcome = vote(verdict, candidate_is_a=order == "AB")
        return Judgment(
            key=key,
            judge=self.judge.id,
            prompt_key=prompt.key,
            response_a=response,
            response_b=text_key(theirs),
            chars_a=len(answer or ""),
            chars_b=len(theirs),
            order=order,
            verdict=verdict,
            preference=None if outcome is None else outcome.outcome,
            raw=raw,
        )

    def _evaluation(
        self, candidate: Model, baseline: Model, prompts: Sequence[Prompt], entries: Sequence[JudgedPair]
    ) -> str:
        rows = ROWS[self.version]
        benchmark = Benchmark(
            name=f"arena_hard_{self.version}",
            prompts=prompts,
            orders="both",
            rows=rows,
            score=score(self.version),
            needs_texts=True,
        )
        about = {
            "judge_label": self.judge.label,
            "baseline": baseline.name,
            "rows": rows,
            "orders": "both",
            "not_comparable": [] if len(prompts) == rows else [f"{len(prompts)} of {rows} prompts"],
        }
        record = EvaluationRecord(
            benchmark=benchmark, judge=self.judge.id, candidate=candidate, baseline=baseline, about=about
        )
        return store_evaluation(self.store, record, entries)
