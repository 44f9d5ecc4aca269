"""A gate with a real judge server: how much it asks, an outage in the middle, and the same decision without anybody."""

import json
import zlib
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.apis.verdicts import MODEL, verdict_server
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.run import run_evaluation
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.apply import Say
from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.run import decide
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store

PROMPTS = 240

CONTROL = 2 * 8
"""Judgments of the control: this judge goes by length, and prefers an answer to none."""


def connect(endpoint: Endpoint) -> Client:
    return Client(endpoint, Limits(concurrency=8, attempts=2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A benchmark, and the answers of three models: `new` is longer than `base` on four prompts of five, `old` on one
    of five; nobody answers two prompts alike."""
    prompts = [f"Question number {number}?" for number in range(PROMPTS)]
    (tmp_path / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": prompt}) for prompt in prompts))
    shares = {"base": None, "new": 4, "old": 1}
    for model, share in shares.items():
        rows = []
        for prompt in prompts:
            longer = share is not None and zlib.crc32(f"{model}{prompt}".encode()) % 5 < share
            words = {
                None: "a middling answer of the baseline",
                True: "a long, elaborate and complete answer to this",
                False: "short",
            }[None if share is None else longer]
            rows.append({"instruction": prompt, "output": f"{prompt} {words}", "generator": model})
        (tmp_path / f"{model}.json").write_text(json.dumps(rows))
    return tmp_path


def policy(folder: Path, url: str, **rules: object) -> Policy:
    on = {"benchmark": str(folder / "bench.jsonl"), "judge": "ste", "judge_model": f"{MODEL}@{url}", "orders": "both"}
    plain = {"evaluate": on, "head_to_head": {"margin": 0.03}, "sensitivity": {"control": "empty"}}
    return validate(plain | rules, Policy, "policy")


def gate(
    folder: Path, rules: Policy, candidate: str, offline: bool = False, say: Say | None = None, store: str = "s.duckdb"
) -> Decision:
    request = GateRequest(
        candidate=str(folder / f"{candidate}.json"), against=str(folder / "base.json"), offline=offline
    )
    progress = Progress(quiet=True)
    if say is not None:
        progress.say = say  # type: ignore[method-assign]
    with Store(folder / store) as opened:
        return decide(opened, rules, request, connect, progress).decision


def judged(folder: Path, store: str = "s.duckdb") -> int:
    with Store(folder / store) as opened:
        return opened.row_counts()["judgment"]


def test_a_clear_candidate_costs_a_fraction_and_the_same_again_costs_nothing(folder: Path) -> None:
    with verdict_server("longer") as url:
        rules = policy(folder, url)
        first = gate(folder, rules, "new")
        spent = judged(folder)
        assert first.outcome == "PASS"
        assert spent <= CONTROL + 2 * 100 < 2 * PROMPTS, "two orders, a hundred prompts at most"
        assert gate(folder, rules, "old").outcome == "FAIL"
        spent = judged(folder)
    assert gate(folder, rules, "new", offline=True).rules == first.rules, "nobody is there to be asked"
    assert judged(folder) == spent
    with Store(folder / "s.duckdb") as store:
        assert store.row_counts()["gate_decision"] == 2
    longer = policy(folder, url, head_to_head={"margin": 0.03, "method": "fixed"})
    incomplete = gate(folder, longer, "new", offline=True)
    assert incomplete.outcome == "INVALID"
    assert "leave out --offline" in incomplete.rules[0].sentence


def test_an_outage_in_the_middle_of_a_gate_changes_nothing_but_the_time(folder: Path) -> None:
    close = {"head_to_head": {"margin": 0.03, "method": "fixed"}, "block": 20}
    with verdict_server("longer") as url:
        undisturbed = gate(folder, policy(folder, url, **close), "new", store="undisturbed.duckdb")
    with ExitStack() as servers:
        url = servers.enter_context(verdict_server("longer"))
        blocks: list[str] = []

        def outage(line: str) -> None:
            blocks.append(line)
            if len(blocks) == 3:
                servers.close()

        with pytest.raises(UserError, match=r"has stopped answering.*all answers so far are stored"):
            gate(folder, policy(folder, url, **close), "new", say=outage)
    assert judged(folder) == CONTROL + 3 * 20 * 2
    with verdict_server("longer") as url:
        resumed = gate(folder, policy(folder, url, **close), "new")
    assert resumed == undisturbed
    assert judged(folder, "undisturbed.duckdb") == CONTROL + 2 * PROMPTS
    assert judged(folder) == CONTROL + 2 * PROMPTS + 5 + 5, "it is asked again what it said before, of the control too"


def test_the_anchor_is_compared_and_the_candidate_is_not_compared_with_itself(folder: Path) -> None:
    with verdict_server("longer") as url:
        anchored = policy(folder, url, anchor={"against": str(folder / "old.json"), "margin": 0.03})
        decision = gate(folder, anchored, "new")
        assert [rule.outcome for rule in decision.rules[:2]] == ["PASS", "PASS"]
        with pytest.raises(UserError, match="is also the baseline"):
            gate(folder, policy(folder, url), "base")


def test_a_judge_without_verdicts_decides_nothing(folder: Path) -> None:
    with verdict_server("silent") as url:
        decision = gate(folder, policy(folder, url), "new")
    assert decision.outcome == "INVALID"
    assert judged(folder) <= 2 * 25, "the first block tells"


@pytest.mark.parametrize(
    ("rule", "orders", "calls"), [("first", "both", 8), ("first", "one", 8), ("shorter", "both", 104)]
)
def test_a_judge_that_cannot_tell_bad_answers_from_good_ones_decides_nothing(
    folder: Path, rule: str, orders: str, calls: int
) -> None:
    with verdict_server(rule) as url:
        rules = policy(folder, url)
        assert rules.evaluate is not None
        rules = rules.model_copy(update={"evaluate": rules.evaluate.model_copy(update={"orders": orders})})
        decision = gate(folder, rules, "new")
    (sensitivity,) = [result for result in decision.rules if result.rule == "sensitivity"]
    assert (decision.outcome, sensitivity.outcome) == ("INVALID", "INVALID")
    assert judged(folder) <= calls
    assert "not asked" in decision.rules[0].sentence


def test_a_good_judge_takes_sixteen_calls_more(folder: Path) -> None:
    with verdict_server("apt") as url:
        spent = {}
        for control in ("either", "none"):
            store = f"{control}.duckdb"
            rules = policy(folder, url, sensitivity={"control": control})
            assert gate(folder, rules, "new", store=store).outcome == "PASS"
            spent[control] = judged(folder, store)
    assert spent["either"] - spent["none"] == 16


def test_a_judge_that_changed_under_its_name_is_noticed(folder: Path) -> None:
    with verdict_server("apt") as url:
        assert gate(folder, policy(folder, url), "new").outcome == "PASS"
        again = judged(folder)
        assert gate(folder, policy(folder, url), "new").outcome == "PASS"
        assert judged(folder) == again, "nothing new is asked, and nothing is asked again"
    with verdict_server("inept") as url:
        decision = gate(folder, policy(folder, url), "old")
        assert judged(folder) == again + 5
    assert decision.outcome == "INVALID"
    assert any("decides 5 of 5 pairs differently than on" in rule.sentence for rule in decision.rules)


def test_another_judge_than_the_pinned_one_is_named_before_it_is_asked(folder: Path) -> None:
    with verdict_server("longer") as url:
        decision = gate(folder, policy(folder, url, pins={"judge": "alpaca_eval@gpt-4"}), "new")
    assert decision.outcome == "INVALID"
    assert any("pins the judge alpaca_eval@gpt-4, this is" in rule.sentence for rule in decision.rules)
    assert judged(folder) == 0


def test_a_scorer_of_the_users_is_a_metric(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "my_scorer.py").write_text("def words(prompt, response):\n    return len(response.split())\n")
    with verdict_server("longer") as url:
        bounds = {"scorer": "my_scorer:words", "min": 5}
        decision = gate(folder, policy(folder, url, metrics={"words": bounds}), "new")
        (rule,) = [rule for rule in decision.rules if rule.rule == "metric words"]
        assert (decision.outcome, rule.outcome) == ("PASS", "PASS")
        assert rule.value is not None
        assert 5 < rule.value < 15
        assert gate(folder, policy(folder, url, metrics={"words": bounds | {"max": 6}}), "new").outcome == "FAIL"


def test_an_unrelated_model_in_the_store_changes_nothing(folder: Path) -> None:
    with verdict_server("longer") as url:
        alone = gate(folder, policy(folder, url), "new", store="alone.duckdb")
        gate(folder, policy(folder, url), "old")
        assert gate(folder, policy(folder, url), "new").rules == alone.rules


def test_outputs_that_are_not_there_are_not_sampled_offline(folder: Path, tiny_model: Path) -> None:
    rules, request = policy(folder, "http://127.0.0.1:9/v1"), GateRequest(candidate=str(tiny_model), offline=True)
    with Store(folder / "s.duckdb") as opened, pytest.raises(UserError, match="to sample them"):
        decide(opened, rules, request, connect, Progress(quiet=True))


def test_a_judge_that_scores_decides_without_asking_anybody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "scores.py").write_text("def long(prompt, response):\n    return len(response)\n")
    on = {"benchmark": str(folder / "bench.jsonl"), "judge": "scores:long", "orders": "both"}
    rules = validate({"evaluate": on, "head_to_head": {"margin": 0.03}}, Policy, "policy")
    decision = gate(folder, rules, "new")
    assert decision.outcome == "PASS"
    assert decision.judge.startswith("scores:long#")
    assert gate(folder, rules, "old").outcome == "FAIL"
    assert gate(folder, rules, "new", offline=True).rules == decision.rules


def controlled(folder: Path, url: str, **rules: object) -> Policy:
    return policy(folder, url, controlled={"min": 0.5, "figure": "win_rate"}, **rules)


def test_a_figure_is_that_of_the_gates_own_comparison_and_is_made_where_it_is_not_there(folder: Path) -> None:
    with verdict_server("longer") as url:
        rules = controlled(folder, url)
        decision = gate(folder, rules, "new")
        (figure,) = [rule for rule in decision.rules if rule.rule == "controlled"]
        assert (decision.outcome, figure.outcome, figure.prompts) == ("PASS", "PASS", PROMPTS)
        whole = judged(folder)
        assert 2 * PROMPTS <= whole <= 2 * PROMPTS + 80, "a figure is of all prompts, beside the control's"
        rejected = gate(folder, rules, "old")
        assert rejected.outcome == "FAIL"
        assert gate(folder, rules, "old", offline=True).rules == rejected.rules
        assert judged(folder) < whole + 2 * PROMPTS / 2, "a rejected candidate's figure is not paid for"
    assert gate(folder, rules, "new", offline=True).rules == decision.rules


def test_offline_a_figure_that_is_not_there_is_not_replaced(folder: Path) -> None:
    with verdict_server("longer") as url:
        gate(folder, policy(folder, url), "new")
        decision = gate(folder, controlled(folder, url), "new", offline=True)
    (figure,) = [rule for rule in decision.rules if rule.rule == "controlled"]
    assert figure.outcome == "INVALID"
    assert "leave out --offline to have the rest of the prompts judged" in figure.sentence


def test_a_figure_against_another_baseline_turns_no_fail_into_a_pass(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`old` loses to `base`; compared with answers that say nothing it looks good."""
    monkeypatch.chdir(folder)
    (folder / "scores.py").write_text("def long(prompt, response):\n    return len(response)\n")
    on = {"benchmark": str(folder / "bench.jsonl"), "judge": "scores:long"}
    figure = {"metrics": {"win_rate": {"min": 0.4}}, "controlled": {"min": 0.4, "figure": "win_rate"}}
    rules = validate({"evaluate": on, "head_to_head": {"margin": 0.45}} | figure, Policy, "policy")
    before = gate(folder, rules, "old")
    assert [rule.outcome for rule in before.rules[:3]] == ["PASS", "FAIL", "FAIL"]
    (folder / "bad.json").write_text((folder / "base.json").read_text().replace(" a middling answer", " -"))
    spec = EvaluationSpec(
        benchmark=benchmark_named(on["benchmark"]),
        candidate=str(folder / "old.json"),
        baseline=str(folder / "bad.json"),
        judge="scores:long",
    )
    with Store(folder / "s.duckdb") as store:
        run_evaluation(store, spec, connect, Progress(quiet=True))
    assert gate(folder, rules, "old") == before


def test_the_evaluation_that_eval_made_of_the_same_is_the_gates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "scores.py").write_text("def long(prompt, response):\n    return len(response)\n")
    on = {"benchmark": str(folder / "bench.jsonl"), "judge": "scores:long"}
    figure = {"controlled": {"min": 0.5, "figure": "win_rate"}}
    spec = EvaluationSpec(
        benchmark=benchmark_named(on["benchmark"]),
        candidate=str(folder / "new.json"),
        baseline="base.json",
        judge="scores:long",
    )
    with Store(folder / "s.duckdb") as store:
        run_evaluation(store, spec, connect, Progress(quiet=True))
    assert gate(folder, validate({"evaluate": on} | figure, Policy, "policy"), "new").outcome == "PASS"
    with Store(folder / "s.duckdb") as store:
        assert store.row_counts()["evaluation"] == 1


def test_metrics_alone_need_neither_judge_nor_baseline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "my_scorer.py").write_text("def words(prompt, response):\n    return len(response.split())\n")
    written = {
        "evaluate": {"benchmark": str(folder / "bench.jsonl")},
        "metrics": {"words": {"scorer": "my_scorer:words", "min": 5}},
    }
    rules = validate(written, Policy, "policy")
    request = GateRequest(candidate=str(folder / "new.json"))
    with Store(folder / "s.duckdb") as store:
        decision = decide(store, rules, request, connect, Progress(quiet=True)).decision
    assert (decision.outcome, decision.judge, decision.against) == ("PASS", "", "")
    assert judged(folder) == 0


def test_scores_of_the_users_are_paired_prompt_by_prompt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "my_scorer.py").write_text("def words(prompt, response):\n    return len(response.split())\n")
    rule = {"scorer": "my_scorer:words", "range": [0, 40]}
    written = {"evaluate": {"benchmark": str(folder / "bench.jsonl")}}

    def outcome(**more: object) -> str:
        rules = validate(written | {"paired": {"words": rule | more}}, Policy, "policy")
        return gate(folder, rules, "old").outcome

    assert outcome(max_drop=0.5) == "FAIL", "short answers, four times out of five"
    assert outcome(max_drop=0.5, better="lower") == "PASS"
    assert outcome(max_relative_drop=0.9) == "PASS"
