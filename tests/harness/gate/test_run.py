"""A gate from the request to the stored decision."""

import json
from pathlib import Path

import pytest

from tests.harness.gate.evaluations import judged
from tests.harness.gate.inputs import policy
from tpobench.harness.api.client import Client
from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.gate.champion import Champion
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.run import GateResult, champion_for, decide, promote_candidate, require_possible
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store


def run_gate(store: Store, rules: Policy, request: GateRequest) -> GateResult:
    return decide(store, rules, request, Client, Progress(quiet=True))


def decisions(store: Store) -> list[dict[str, object]]:
    return store.rows("SELECT gate_decision_key AS key, run, decision, policy_key FROM gate_decision")


def test_the_same_gate_again_is_one_row(store: Store) -> None:
    judged(store, "good", 60)
    rules, request = policy(), GateRequest(candidate="good", against="base")
    first, second = run_gate(store, rules, request), run_gate(store, rules, request)
    assert first.key == second.key
    assert decisions(store) == [{"key": first.key, "run": "", "decision": "PASS", "policy_key": rules.key}]


def test_a_run_decides_on_an_evaluation_of_its_own(store: Store) -> None:
    evaluation = judged(store, "good", 60)
    judged(store, "good", 1, benchmark="another")
    request = GateRequest(candidate="thought/1", against="direct/1", evaluation=evaluation, run_key="run")
    result = run_gate(store, policy(), request)
    assert (result.decision.candidate, result.decision.against) == ("thought/1", "direct/1")
    assert (result.decision.outcome, decisions(store)[0]["run"]) == ("PASS", "run")


def test_the_gates_of_a_line_share_its_alpha(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "better", 70)
    rules = policy(line="assistant")
    results = [run_gate(store, rules, GateRequest(candidate=name, against="base")) for name in ("good", "better")]
    alphas = [result.decision.rules[0].alpha for result in results]
    assert alphas == [pytest.approx(0.05 * 0.6079, abs=1e-4), pytest.approx(0.05 * 0.1520, abs=1e-4)]
    assert results[1].decision.notes == ("gate 2 of the line 'assistant': each rule may spend 15.2% of its alpha",)


@pytest.mark.parametrize(
    ("rules", "request_", "said"),
    [
        (policy(champion={"margin": 0.1}), GateRequest(candidate="a", against="b"), "'champion' needs 'evaluate'"),
        (policy(), GateRequest(candidate="a"), "name the baseline with --against"),
        (policy(), GateRequest(candidate="a", against="b"), "no results store at"),
        (policy(evaluate={}), GateRequest(candidate="thought/1"), "no results store at"),
    ],
)
def test_what_no_gate_could_decide_is_refused(rules: Policy, request_: GateRequest, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        require_possible(rules, request_, tmp_path / "none.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_gate_that_samples_needs_no_store(tmp_path: Path) -> None:
    require_possible(policy(evaluate={}), GateRequest(candidate="a"), tmp_path / "none.duckdb")


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A prompt file, and answers that are right always, half of the time and never."""
    prompts = [{"prompt": f"Say {n}.", "checks": [{"contains": f"number {n}."}]} for n in range(60)]
    (tmp_path / "bench.jsonl").write_text("\n".join(map(json.dumps, prompts)))
    for name, every in (("right", 1), ("half", 2), ("wrong", 99)):
        rows = [
            {"instruction": p["prompt"], "output": f"It is number {n if (n + 1) % every == 0 else -1 - n}."}
            for n, p in enumerate(prompts)
        ]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    return tmp_path


def champion(bench: Path, name: str) -> Champion:
    return Champion(
        model="m",
        name=name,
        folder=str(bench / f"{name}.json"),
        mode="direct",
        decision="d",
        policy_key="p",
        why="",
        sequence=1,
        action="promote",
        who="somebody",
        moved_at="today",
    )


@pytest.mark.parametrize(("promoted", "outcome"), [("wrong", "PASS"), ("right", "FAIL"), ("half", "SHOWN")])
def test_the_candidate_is_compared_with_the_champion_unless_it_is_the_champion(
    store: Store, bench: Path, promoted: str, outcome: str
) -> None:
    rules = policy(evaluate={"benchmark": str(bench / "bench.jsonl"), "judge": "checklist"}, champion={"margin": 0.05})
    request = GateRequest(
        candidate=str(bench / "half.json"), against=str(bench / "wrong.json"), champion=champion(bench, promoted)
    )
    results = {result.rule: result.outcome for result in run_gate(store, rules, request).decision.rules}
    assert (results["head_to_head"], results["champion"]) == ("PASS", outcome)


def test_answers_without_weights_are_not_promoted(store: Store, tmp_path: Path) -> None:
    judged(store, "good", 60)
    result = run_gate(store, policy(), GateRequest(candidate="good", against="base"))
    with pytest.raises(UserError, match="a file of answers without weights"):
        promote_candidate(store, policy(), result, tmp_path / "champion.json", seen=None, why="")
    assert not (tmp_path / "champion.json").exists()


def test_a_champion_file_is_read_only_where_it_matters(tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_text("{")
    assert champion_for(policy(), tmp_path / "champion.json", promotes=False) is None
    with pytest.raises(UserError, match="is not a champion file"):
        champion_for(policy(), tmp_path / "champion.json", promotes=True)


def test_a_model_that_the_store_lacks_is_named(store: Store) -> None:
    judged(store, "good", 60)
    with pytest.raises(StoreLacks, match="holds no model 'goood'; did you mean 'good'"):
        run_gate(store, policy(), GateRequest(candidate="goood", against="base"))


@pytest.mark.parametrize(("candidate", "against"), [("good", "direct/1"), ("direct/1", "good")])
def test_a_model_and_a_checkpoint_are_told_apart_before_the_store_is_opened(
    candidate: str, against: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="good is a model and direct/1 a checkpoint of a run; without 'evaluate'"):
        require_possible(policy(), GateRequest(candidate=candidate, against=against), tmp_path / "s.duckdb")
