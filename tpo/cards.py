"""The model card of a checkpoint: what it is, how it was made, how well it did, and how to hide its thoughts."""

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from tpobench.harness.escaping import markdown_escaped, markdown_fenced
from tpobench.harness.files import write_whole
from tpobench.harness.models.thoughts import template_named
from tpobench.harness.records import Metric, Model
from tpobench.harness.store.evaluations import evaluation_with_key
from tpobench.harness.store.step_details import GateDetails, HeadToHeadDetails, PairDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.steps import evaluation_step


def write_card(run: TrainingRun, judge_label: str, arm: Arm, iteration: int, model: Model) -> None:
    """Write ``README.md`` into the checkpoint's folder, from what the store holds of it by now.

    Args:
        run: The run that made it.
        judge_label: The training judge, for people.
        arm: The checkpoint's.
        iteration: The checkpoint's.
        model: The checkpoint.
    """
    config = run.config
    text = _template().render(
        model=model,
        arm=arm,
        iteration=iteration,
        config=config,
        seed=run.seed,
        judge=judge_label,
        run=run.key,
        benchmarks=_measured(run, arm, iteration),
        head_to_head=_head_to_head(run, iteration) if arm == "thought" else None,
        pairs=run.details(Step(PairDetails, arm, iteration)),
        decision=run.details(Step(GateDetails, iteration=iteration)),
        template=template_named(config.thought_mode.partition(":")[2]) if arm == "thought" else None,
    )
    write_whole(Path(model.folder) / "README.md", text)


def _measured(run: TrainingRun, arm: Arm, iteration: int) -> list[tuple[str, str, Metric]]:
    """Benchmark, judge and win rate of every evaluation of the checkpoint."""
    rows = []
    for number in range(len(run.config.evaluation.benchmarks)):
        details = run.details(evaluation_step(run.config, arm, iteration, number))
        if details is not None:
            rows.append(_figure(run, details.evaluation))
    return rows


def _head_to_head(run: TrainingRun, iteration: int) -> tuple[str, str, Metric] | None:
    details = run.details(Step(HeadToHeadDetails, iteration=iteration))
    return None if details is None else _figure(run, details.evaluation)


def _figure(run: TrainingRun, evaluation: str) -> tuple[str, str, Metric]:
    stored = evaluation_with_key(run.store, evaluation)
    wins = next(m for m in run.store.metrics(evaluation) if m.name == "win_rate" and m.category is None)
    return stored.benchmark, stored.judge, wins


def _template() -> Template:
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.filters["percent"] = lambda value: "–" if value is None else f"{100 * value:.1f}%"
    environment.filters |= {"markdown": markdown_escaped, "fenced": markdown_fenced}
    return environment.from_string(files("tpobench.tpo").joinpath("card.md.j2").read_text(encoding="utf-8"))
