"""Arena-Hard as a benchmark: two judgments a prompt, one in each order."""

from pathlib import Path

from tpobench.benchmarks.arena_hard.data import aligned_answers, answers, questions
from tpobench.benchmarks.arena_hard.figures import difference, score
from tpobench.benchmarks.arena_hard.folder import data_folder
from tpobench.benchmarks.arena_hard.versions import BASELINES, ROWS
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Baseline, Benchmark


def arena_hard_benchmark(name: str, data: Path | None) -> Benchmark:
    """``arena_hard_v0.1`` or ``arena_hard_v2.0`` from a folder of official files.

    Of v2.0, questions whose category's baseline answers are not in the folder are left out, and the result says so.
    """
    version = name.removeprefix("arena_hard_")
    folder = data_folder(version, data)
    all_questions = questions(version, folder)
    baseline_answers: dict[str, str] = {}
    baselines, absent = [], []
    for category, model in BASELINES[version].items():
        try:
            theirs = answers(version, folder, model)
        except UserError:
            if len(BASELINES[version]) == 1:
                raise
            absent.append(f"{model}'s to {category}")
            continue
        baselines.append(model)
        of_category = [question for question in all_questions if question.prompt.category.startswith(category)]
        uids = [question.uid for question in of_category]
        of_uids = {uid: text for uid, text in theirs.items() if uid in uids}
        texts = aligned_answers(of_uids, of_category, f"{model}'s answers")
        baseline_answers |= dict(zip(uids, texts, strict=True))
    if not baseline_answers:
        raise UserError(f"{folder} holds no baseline answers of {version}: {', '.join(BASELINES[version].values())}")
    answered = [question for question in all_questions if question.uid in baseline_answers]
    return Benchmark(
        name=f"arena_hard_{version}",
        prompts=[question.prompt for question in answered],
        orders="both",
        rows=ROWS[version],
        score=score(version),
        difference=difference,
        judge="arena_hard",
        baselines=(Baseline(" + ".join(baselines), [baseline_answers[question.uid] for question in answered]),),
        official=True,
        max_new_tokens=4096,
        needs_texts=True,
        left_out=f"{folder} lacks the baseline's answers, {' and '.join(absent)}" if absent else "",
    )
