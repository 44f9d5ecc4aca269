"""Policy files: what they may say, and the key that stored decisions and attempts know them by."""

from pathlib import Path
from typing import Any

import pytest

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate.policy import Policy, with_share
from tpobench.harness.gate.policy_file import load_policy

SMALL = "head_to_head: {margin: 0.05}\n"
COMPARED = """{benchmark: starter, mode: "think:generic", max_new_tokens: 72, format_retries: 1}
head_to_head: {margin: 0.05}
parse_errors: {max: 0.1}
length_ratio: {max: 1.5}
line: assistant
"""


def read(folder: Path, text: str) -> Policy:
    (folder / "policy.yaml").write_text(text)
    return load_policy(folder / "policy.yaml")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (SMALL, "4b401aae3a4b627e655344ced6710bbb"),
        (f"evaluate: {COMPARED}", "af3b8169bc02992debe9e7a7f9ab2fb8"),
        (f"contest: {COMPARED}", "af3b8169bc02992debe9e7a7f9ab2fb8"),
    ],
)
def test_keys_are_those_of_decisions_that_are_stored_already(tmp_path: Path, text: str, key: str) -> None:
    assert read(tmp_path, text).key == key


def test_a_stored_policy_has_the_key_that_stores_know(tmp_path: Path) -> None:
    assert list(read(tmp_path, SMALL).model_dump(mode="json"))[:2] == ["contest", "pins"]
    assert read(tmp_path, f"evaluate: {COMPARED}").model_dump(exclude_unset=True)["contest"]["max_new_tokens"] == 72


def test_the_former_name_is_read_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    former = read(tmp_path, f"contest: {COMPARED}")
    said = capsys.readouterr().err
    assert said == f"{tmp_path / 'policy.yaml'}: 'contest' is now called 'evaluate'; it is still read\n"
    assert read(tmp_path, f"evaluate: {COMPARED}") == former
    assert capsys.readouterr().err == ""


def test_both_names_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has both 'evaluate' and its former name 'contest'; remove 'contest'"):
        read(tmp_path, f"contest: {{}}\nevaluate: {COMPARED}")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"head_to_head": {"margin": -0.5}}, "'head_to_head.margin' is -0.5"),
        ({"head_to_head": {"margin": 0.05}, "categorys": {}}, "did you mean 'categories'"),
        ({"head_to_head": {"margin": float("nan")}}, "'head_to_head.margin' is nan"),
        ({"head_to_head": {"margin": 0.05, "method": "peeking"}}, "'head_to_head.method' is 'peeking'"),
        (
            {"head_to_head": {"margin": 0.05}, "anchor": {"against": "x", "margin": 0.1}, "budget": 0.05},
            "the alphas sum to 0.1, above the budget of 0.05",
        ),
        ({"head_to_head": {"margin": 0.05}, "metrics": {"x": {}}}, "needs min or max"),
        ({}, "the policy has no critical rule that could decide"),
    ],
)
def test_a_wrong_policy_is_one_sentence(written: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        validate(written, Policy, "policy.yaml")


def test_a_share_of_the_ledger_shrinks_every_alpha() -> None:
    written = {
        "head_to_head": {"margin": 0.05},
        "anchor": {"against": "x", "margin": 0.1},
        "lm_eval": {"gsm8k": {"max_drop": 0.1, "alpha": 0.01}},
    }
    shared = with_share(validate(written, Policy, "policy"), 0.5)
    assert shared.alphas == {"head_to_head": 0.025, "anchor": 0.025, "lm_eval gsm8k": 0.005}


def test_each_of_several_benchmarks_may_spend_its_part_of_every_alpha() -> None:
    part = {"head_to_head": {"margin": 0.05}, "lm_eval": {"gsm8k": {"max_drop": 0.02, "alpha": 0.04}}}
    rules = validate({"benchmarks": {"chat": part, "code": part}}, Policy, "policy")
    assert list(rules.parts) == ["chat", "code"]
    assert rules.parts["chat"].alphas == {"head_to_head": 0.025, "lm_eval gsm8k": 0.02}
    with pytest.raises(UserError, match=r"the alphas sum to 0\.09, above the budget of 0\.05: 0\.025"):
        validate({"benchmarks": {"chat": part, "code": part}, "budget": 0.05}, Policy, "policy")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"head_to_head": {"margin": -0.1}, "equivalence": {"within": 0.05}},
            "head_to_head asks for a win rate above 60.0% and equivalence for one below 55.0%",
        ),
        (
            {"controlled": {"min": 0.5}, "metrics": {"lc_win_rate": {"max": 0.4}}},
            "controlled asks for lc_win_rate above 0.5 and metrics for at most 0.4",
        ),
        ({"benchmarks": {"a": {}}}, "a has no critical rule that could decide"),
        (
            {"benchmarks": {"a": {"head_to_head": {"margin": 0.1}}}, "thought_chars": {"max": 9}},
            "'thought_chars' belongs",
        ),
        ({"head_to_head": {"margin": 0.1, "tier": "advisory"}}, "the policy has no critical rule that could decide"),
        ({"lm_eval": {"gsm8k": {}}}, "give one of max_drop and max_relative_drop"),
        ({"head_to_head": {"margin": 0.1, "tier": "loud"}}, "head_to_head.tier"),
    ],
)
def test_rules_that_contradict_or_say_nothing_are_refused(written: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        validate(written, Policy, "policy")


def test_the_tier_of_a_result_is_that_of_the_rule_that_it_is_called_after() -> None:
    written = {
        "head_to_head": {"margin": 0.1},
        "categories": {"margin": 0.1, "tier": "supporting"},
        "lm_eval": {"gsm8k": {"max_drop": 0.1, "tier": "advisory"}},
    }
    rules = validate(written, Policy, "policy")
    names = ("head_to_head", "category Math and Calculations", "lm_eval gsm8k", "sensitivity", "pinned judge")
    assert [rules.tier_of(name) for name in names] == ["critical", "supporting", "advisory", "critical", "critical"]


def test_keys_that_are_newer_are_in_the_dump_only_where_they_say_something(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + "sensitivity: {}\nreveal: all\n").key == read(tmp_path, SMALL).key
    assert read(tmp_path, SMALL + "reveal: none\n").key != read(tmp_path, SMALL).key


def test_a_seed_has_no_effect_and_stderr_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = read(tmp_path, f"{SMALL}seed: 3\n")
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'policy.yaml'}: 'seed' has no effect")
    assert policy.seed == 3


def test_a_key_without_effect_is_told_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"evaluate\.split has no effect with the benchmark b\.jsonl in .*policy\.yaml"):
        read(tmp_path, f"{SMALL}evaluate: {{benchmark: b.jsonl, split: test}}\n")
    part = "{evaluate: {benchmark: b.jsonl, split: test}, head_to_head: {margin: 0.05}}"
    with pytest.raises(UserError, match=r"in .*policy\.yaml, benchmarks\.mine; leave it out"):
        read(tmp_path, f"benchmarks: {{mine: {part}}}\n")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"evaluate": {"nosuch": 1}}, "unknown key 'evaluate.nosuch'; known: benchmark, split, data, judge"),
        ({"evaluate": {"judgemodel": "m"}}, "did you mean 'judge_model'"),
        ({"lm_eval": {"gsm8k": {"maxdrop": 1}}}, "did you mean 'max_drop'"),
        ({"benchmarks": {"a": {"head_to_head": {"margn": 1}}}}, "did you mean 'margin'"),
        ({"degenerate": {"maxx": 1}}, "did you mean 'max'"),
    ],
)
def test_a_key_that_is_misspelt_deep_in_the_policy_has_its_neighbours_named(written: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        validate(written, Policy, "policy")
