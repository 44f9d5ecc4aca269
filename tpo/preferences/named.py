"""The training judge that a configuration names."""

from collections.abc import Callable
from pathlib import Path

from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint, endpoint_named
from tpobench.harness.errors import UserError
from tpobench.harness.judges.alpaca_eval import DEFAULT, AlpacaEvalJudge
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import PairwiseJudge
from tpobench.harness.judges.named import pointwise_judge, weighted
from tpobench.harness.judges.verdict import self_taught_evaluator, verdict_judge
from tpobench.harness.progress import Progress
from tpobench.tpo.config import JudgeConfig
from tpobench.tpo.preferences.judge import PairwiseTrainingJudge, PointwiseTrainingJudge, TrainingJudge

PAIRWISE = ("ste", "verdict", "alpaca_eval")


def training_judge(config: JudgeConfig, connect: Callable[[Endpoint], Client], reporter: Progress) -> TrainingJudge:
    """Raises UserError for an unknown one, and for a pairwise judge without a model to ask."""
    if config.parts:
        return PointwiseTrainingJudge(weighted([(part.judge, part.weight) for part in config.parts]), reporter)
    kind, _, name = config.name.partition(":")
    if kind not in PAIRWISE:
        if config.model is not None:
            raise UserError(f"judge.model belongs to a pairwise judge ({', '.join(PAIRWISE)}), not to {config.name}")
        return PointwiseTrainingJudge(pointwise_judge(config.name), reporter)
    if config.model is None:
        raise UserError(f"the judge {kind} needs judge.model: NAME@http://HOST:PORT/v1")
    endpoint = endpoint_named(config.model)
    return PairwiseTrainingJudge(ModelJudge(_pairwise(kind, name, endpoint.model), connect(endpoint), reporter))


def _pairwise(kind: str, name: str, model: str) -> PairwiseJudge:
    if kind == "ste":
        return self_taught_evaluator(model)
    if kind == "verdict":
        return verdict_judge(Path(name), model)
    return AlpacaEvalJudge(name or DEFAULT, model)
