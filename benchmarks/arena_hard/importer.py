"""Stores imported judgments of Arena-Hard: of each model, judge and baseline an evaluation of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.benchmarks.arena_hard.answers_in import AnswerFiles
from tpobench.benchmarks.arena_hard.data import Question
from tpobench.benchmarks.arena_hard.figures import score
from tpobench.benchmarks.arena_hard.judge import arena_hard_protocol
from tpobench.benchmarks.arena_hard.judgment_files import Games, Matchup, OfficialSides
from tpobench.benchmarks.arena_hard.labels import vote
from tpobench.benchmarks.arena_hard.versions import BASELINES, ROWS
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.import_batch import ImportBatch
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair
from tpobench.harness.json_files import LeaveOut
from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.verdict import VerdictProtocol
from tpobench.harness.records import Judgment, Model, Prompt, content_key, text_key

ORDERS = ("BA", "AB")
"""Game 1 shows the baseline first, game 2 the candidate."""


@dataclass(frozen=True, kw_only=True)
class _ImportedSide:
    """One side of imported judgments: a model, and by the question's uid its answers, as far as they are known."""

    model: Model
    answers: Mapping[str, str]

    def output_key(self, prompt: Prompt) -> str:
        """That of the answer, or of the output that it would be."""
        return content_key("imported", self.model.fingerprint, prompt.text)

    def response_key(self, question: Question) -> str:
        """An answer that came without its text is named by the key of the output that it would be."""
        answer = self.answers.get(question.uid)
        return self.output_key(question.prompt) if answer is None else text_key(answer)

    def chars(self, question: Question) -> int:
        return len(self.answers.get(question.uid, ""))


@dataclass(frozen=True, kw_only=True)
class JudgmentImporter:
    """Puts the judgments of models into a batch. `folder` holds the judge's configuration; `benchmark` has the official
    baseline's answers."""

    batch: ImportBatch
    version: str
    folder: Path
    questions: Sequence[Question]
    benchmark: Benchmark
    answers: AnswerFiles

    def add(self, matchup: Matchup, games: Games, file: Path, leave_out: LeaveOut) -> None:
        """The games of one model by one judge against one baseline, from a file, with their figures. `leave_out` is
        told of games against a baseline whose answers are not in the folder."""
        judge = arena_hard_protocol(self.version, self.folder, matchup.judge or None)
        own_answers = self._own_baseline_answers() if not matchup.baseline else None
        judged = [q for q in self.questions if q.uid in games and (own_answers is None or q.uid in own_answers)]
        if without := len(games) - len(judged):
            leave_out("", f"{without} of its judgments are against a baseline whose answers are not in {self.folder}")
        if not judged:
            return
        baseline = self._baseline(matchup, judged, games, file, own_answers)
        candidate = self._candidate(matchup.model, games, file)
        entries: list[JudgedPair] = []
        judgments: list[Judgment] = []
        for question in judged:
            for order, (label, raw) in zip(ORDERS, games[question.uid], strict=True):
                judgment = _judgment(judge, question, (candidate, baseline), order, (str(label or "none"), raw))
                judgments.append(judgment)
                outputs = candidate.output_key(question.prompt), baseline.output_key(question.prompt)
                entries.append(JudgedPair(question.prompt, judgment.key, *outputs))
        empty = sum(candidate.answers.get(question.uid) == "" for question in judged)
        record = self._record(judge, candidate.model, baseline.model, [question.prompt for question in judged])
        self.batch.add_evaluation(record, entries, judgments, empty=empty)

    def _own_baseline_answers(self) -> Mapping[str, str]:
        """By uid, the answers of the benchmark's own baseline: of v2.0 those of some categories may be absent."""
        baseline = self.benchmark.baselines[0]
        by_text = dict(zip([prompt.text for prompt in self.benchmark.prompts], baseline.answers, strict=True))
        return {q.uid: by_text[q.prompt.text] for q in self.questions if q.prompt.text in by_text}

    def _baseline(
        self, matchup: Matchup, judged: Sequence[Question], games: Games, file: Path, own: Mapping[str, str] | None
    ) -> _ImportedSide:
        if own is None:
            return self._named_baseline(matchup, games, file)
        name = self.benchmark.baselines[0].name
        given = self.batch.add_answers(name, [q.prompt for q in judged], [own[q.uid] for q in judged])
        return _ImportedSide(model=given.model, answers=own)

    def _named_baseline(self, matchup: Matchup, games: Games, file: Path) -> _ImportedSide:
        """Another baseline than the benchmark's: its answers are known where there is a file of them."""
        answers = self.answers.of(matchup.baseline, file)
        if answers is None:
            model = Model(matchup.baseline, "imported", content_key("imported baseline", matchup.baseline))
            self.batch.add_model(model)
            return _ImportedSide(model=model, answers={})
        return self._answered(matchup.baseline, answers)

    def _candidate(self, model: str, games: Games, file: Path) -> _ImportedSide:
        answers = self.answers.of(model, file)
        if answers is not None:
            return self._answered(model, answers)
        candidate = Model(model, "imported", content_key("imported", model, games))
        self.batch.add_model(candidate)
        return _ImportedSide(model=candidate, answers={})

    def _answered(self, model: str, answers: Mapping[str, str]) -> _ImportedSide:
        answered = [question for question in self.questions if question.uid in answers]
        prompts, texts = [q.prompt for q in answered], [answers[q.uid] for q in answered]
        return _ImportedSide(model=self.batch.add_answers(model, prompts, texts).model, answers=answers)

    def _record(
        self, judge: VerdictProtocol, candidate: Model, baseline: Model, prompts: Sequence[Prompt]
    ) -> EvaluationRecord:
        rows = ROWS[self.version]
        benchmark = Benchmark(
            name=f"arena_hard_{self.version}",
            prompts=prompts,
            orders="both",
            rows=rows,
            score=score(self.version),
            needs_texts=True,
        )
        reasons = [] if len(prompts) == rows else [f"{len(prompts)} of {rows} prompts"]
        if not judge.official:
            reasons.append("another judge than the published one")
        if baseline.name != self.benchmark.baselines[0].name:
            reasons.append(f"another baseline than {self.benchmark.baselines[0].name}")
        about = {
            "judge_label": judge.label,
            "baseline": baseline.name,
            "rows": rows,
            "orders": "both",
            "not_comparable": reasons,
        }
        return EvaluationRecord(
            benchmark=benchmark, judge=judge.id, candidate=candidate, baseline=baseline, about=about
        )


def official_sides(importer: JudgmentImporter) -> OfficialSides:
    """The judge that the configuration names, and the baseline of every question."""
    by_category = BASELINES[importer.version]
    baselines = {
        question.uid: next(
            (model for name, model in by_category.items() if question.prompt.category.startswith(name)), ""
        )
        for question in importer.questions
    }
    return OfficialSides(judge=arena_hard_protocol(importer.version, importer.folder).model, baselines=baselines)


def _judgment(
    judge: VerdictProtocol,
    question: Question,
    sides: tuple[_ImportedSide, _ImportedSide],
    order: str,
    labelled: tuple[str, str],
) -> Judgment:
    """One game."""
    candidate, baseline = sides
    prompt = question.prompt
    ours, theirs = candidate.answers.get(question.uid), baseline.answers.get(question.uid)
    if ours is None or theirs is None:
        against = () if theirs is not None else (baseline.model.fingerprint,)
        key = content_key("imported judgment", judge.id, candidate.model.fingerprint, prompt.text, order, *against)
    else:
        key = Comparison(prompt=prompt, candidate=ours, baseline=theirs, order=order).key(judge.id)
    verdict, raw = labelled
    outcome = vote(verdict, candidate_is_a=order == "AB")
    return Judgment(
        key=key,
        judge=judge.id,
        prompt_key=prompt.key,
        response_a=candidate.response_key(question),
        response_b=baseline.response_key(question),
        chars_a=candidate.chars(question),
        chars_b=baseline.chars(question),
        order=order,
        verdict=verdict,
        preference=None if outcome is None else outcome.outcome,
        raw=raw,
    )
