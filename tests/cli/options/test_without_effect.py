"""Options without effect on the benchmark that is named are refused."""

from pathlib import Path

import pytest

from tests.cli.command import refused


@pytest.mark.parametrize("command", ["eval", "plan"])
@pytest.mark.parametrize(
    "option",
    [
        ["--split", "test"],
        ["--judge", "ste"],
        ["--judge-model", "m"],
        ["--baseline", "b"],
        ["--orders", "one"],
        ["--per-category", "500"],
        ["--temperature", "0.8"],
        ["--retry-missing"],
    ],
    ids=lambda option: option[0],
)
def test_an_option_without_effect_on_lm_evals_tasks_is_refused(command: str, option: list[str], tmp_path: Path) -> None:
    """Also where it is given with its default: the user means something by it."""
    told = refused(command, "--model", "m@http://127.0.0.1:9/v1", "--benchmark", "lm_eval:gsm8k", *option, cwd=tmp_path)
    assert f"{option[0]} has no effect with --benchmark lm_eval:gsm8k" in told


def test_several_options_without_effect_are_named_together(tmp_path: Path) -> None:
    told = refused("plan", "--benchmark", "lm_eval:gsm8k", "--orders", "both", "--judge", "ste", cwd=tmp_path)
    assert "--judge and --orders have no effect" in told


@pytest.mark.parametrize("command", [["eval"], ["plan"], ["judge", "check"]], ids=" ".join)
def test_the_benchmark_is_named_as_it_was_typed(command: list[str], tmp_path: Path) -> None:
    said = refused(*command, "--model", "m", "--benchmark", "starter", "--per-category", "9", cwd=tmp_path)
    assert "--per-category has no effect with --benchmark starter;" in said


def test_with_a_policy_the_options_of_an_evaluation_are_refused(tmp_path: Path) -> None:
    said = refused("plan", "--policy", "policy.yaml", "--model", "nonsense", "--limit", "3", cwd=tmp_path)
    assert "--limit and --model have no effect with --policy; leave them out" in said


def test_the_check_of_a_judge_refuses_orders(tmp_path: Path) -> None:
    said = refused("judge", "check", "--model", "m", "--benchmark", "starter", "--orders", "one", cwd=tmp_path)
    assert "--orders has no effect with judge check" in said
