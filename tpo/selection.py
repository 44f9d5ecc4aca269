"""Which epoch's checkpoint goes on: its fresh responses to held-out prompts are judged (paper, section 3)."""

from collections.abc import Sequence

from tpobench.harness.judges.named import judged_text
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Model, Prompt
from tpobench.harness.stats.intervals import mean_interval
from tpobench.tpo.preferences.judge import TrainingJudge
from tpobench.tpo.run import Details, TrainingRun


def best_epoch(
    run: TrainingRun,
    judge: TrainingJudge,
    mode: Mode,
    prompts: Sequence[Prompt],
    start: Model,
    epochs: Sequence[Details],
) -> Details:
    """The epoch with the highest win rate against the checkpoint that training started from, the earlier of equals.

    One first try a prompt, at the sampling settings of training; an output that does not parse loses.
    """
    before = _responses(run, mode, prompts, start)
    figures = []
    for entry in epochs:
        model = Model(f"epoch {entry['epoch']}", entry["folder"], entry["model"])
        answers = _responses(run, mode, prompts, model)
        with run.busy():
            found = judge.against(run.store, prompts, answers, before, f"judging epoch {entry['epoch']}")
            judge.close()
        wins = mean_interval([value for value in found if value is not None] or [0.5])
        parsed = sum(answer is not None for answer in answers) / len(answers)
        figures.append(
            {"epoch": entry["epoch"], "win_rate": wins.mean, "low": wins.low, "high": wins.high, "parsed": parsed}
        )
    best = max(range(len(figures)), key=lambda place: (figures[place]["win_rate"], -place))
    chosen = epochs[best]
    return {
        "epoch": chosen["epoch"],
        "model": chosen["model"],
        "folder": chosen["folder"].rpartition(".epochs")[0],
        "metrics": chosen["metrics"],
        "held_out": len(prompts),
        "figures": figures,
    }


def _responses(run: TrainingRun, mode: Mode, prompts: Sequence[Prompt], model: Model) -> list[str | None]:
    params = run.config.sampling.params(run.config.seed)
    generator = run.generator(model)
    generator.ensure(prompts, mode, params, [0], f"held-out prompts, {model.name}")
    outputs = generator.outputs(prompts, mode, params, [0])
    return [None if output.parse_error else judged_text(output, mode) for output in outputs]
