"""What an evaluation asks of lm-eval's tasks: from the command line, and from a training run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.tpo.runs import least
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.self_scored_run import options_of, tasks_of
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import benchmark_named, self_scored_run_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import SamplingParams
from tpobench.tpo.evaluation_specs import tasks_spec
from tpobench.tpo.run import TrainingRun


def spec(**changes: Any) -> EvaluationSpec:
    return EvaluationSpec(benchmark=benchmark_named("lm_eval:gsm8k,ifeval"), candidate="m", **changes)


def test_the_tasks_stand_behind_the_colon() -> None:
    assert tasks_of(spec()) == ["gsm8k", "ifeval"]
    assert self_scored_run_of("lm_eval:gsm8k,ifeval") == self_scored_run_of("lm_eval/gsm8k") is not None


def test_a_token_limit_that_was_not_asked_for_is_the_tasks_own() -> None:
    params = SamplingParams(max_new_tokens=7, seed=3)
    assert options_of(spec(params=params)) == TaskOptions(seed=3)
    assert options_of(spec(params=params, limits_tokens=True, limit=5)) == TaskOptions(
        seed=3, max_new_tokens=7, limit=5
    )


@pytest.mark.parametrize("settings", [{"shots": 5}, {"num_fewshot": "five"}])
def test_a_setting_that_is_none_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UserError, match="lm-eval's tasks have one setting, num_fewshot"):
        options_of(spec(settings=settings))


def test_a_run_asks_for_what_its_configuration_says() -> None:
    tasks = {"tasks": ["gsm8k"], "data": "files", "limit": 9, "num_fewshot": 0, "max_new_tokens": 64}
    config = least(seed=5, evaluation={"format_retries": 1, "lm_eval": tasks})
    run = cast("TrainingRun", SimpleNamespace(config=config, mode=lambda arm: DIRECT))
    asked = tasks_spec(run, "direct", "checkpoint")
    assert tasks_of(asked) == ["gsm8k"]
    assert options_of(asked) == TaskOptions(
        limit=9, num_fewshot=0, max_new_tokens=64, seed=5, format_retries=1, data=Path("files")
    )
