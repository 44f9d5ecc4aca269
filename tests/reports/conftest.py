"""A run in a store without any model: outputs are made up, everything else goes through the harness."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from harness.evaluate import Benchmark, Contender, compare
from harness.gate import Policy, decide, evidence_of
from harness.judges.checklist import ChecklistJudge
from harness.modes import DIRECT, Mode
from harness.records import Generation, Model, Output, Prompt, Request, SamplingParams, Split, content_key
from harness.store import Store

Answer = Callable[[str, str, Prompt], tuple[str, str, str | None]]
"""(arm, ``seed`` or iteration, prompt) -> thought, response, parse error."""

PARAMS = SamplingParams()
THINK = Mode("think:generic", "{prompt}", lambda raw: Split("", raw))
MODES = {"thought": THINK, "direct": DIRECT}


def contender(store: Store, model: Model, arm: str, after: str, prompts: Sequence[Prompt], answer: Answer) -> Contender:
    outputs, rows = [], []
    for prompt in prompts:
        thought, response, error = answer(arm, after, prompt)
        key = content_key(model.fingerprint, arm, prompt.text)
        raw = f"{thought}{response}"
        rows.append((prompt, 0, Generation(Request(key, (), ""), (1,), (2,), raw, "stop", 0.1),
                     Split(thought, response, error)))  # fmt: skip
        outputs.append(Output(key, model.fingerprint, MODES[arm].name, prompt, 0, PARAMS, raw, thought, response, error,
                              "stop", (1,), (2,)))  # fmt: skip
    store.add_generations(model, MODES[arm], PARAMS, rows)
    return Contender(model, MODES[arm], outputs, outputs)


def build_run(
    store: Store, prompts: Sequence[Prompt], answer: Answer, iterations: int = 1,
    arms: Iterable[str] = ("thought", "direct"), gate: bool = True, name: str = "demo",
) -> str:  # fmt: skip
    """Store a run of these arms; returns its key."""
    run, judge, benchmark, arms = f"key-of-{name}", ChecklistJudge(), Benchmark("starter/test", prompts), tuple(arms)
    store.add_prompts(prompts)
    config = {"name": name, "judge": "checklist", "iterations": iterations, "training": {"beta": 0.1}}
    versions = {"tpobench": "0.1.0", "torch": "2.13.0", "transformers": "5.23.1", "trl": "1.16.0", "lm-eval": None}
    provenance = {"versions": versions, "python": "3.11.9", "platform": "Linux x86_64", "cpus": 2, "same_judge": True}
    store.add_run(run, name, config, provenance)
    seed = Model("smollm2-135m", "/models/smollm2-135m", content_key(name, "seed"))
    store.add_model(seed, "given")
    store.finish_step(run, "seed", {"model": seed.fingerprint, "name": seed.name, "folder": seed.folder}, 3.2)

    def evaluate(step: str, ours: Contender, theirs: Contender) -> str:
        evaluation = compare(store, judge, benchmark, ours, theirs)
        store.finish_step(run, step, {"evaluation": evaluation}, 41.7)
        return evaluation

    baseline = contender(store, seed, "direct", "seed", prompts, answer)
    evaluate("evaluate/seed/direct", baseline, baseline)
    if "thought" in arms:
        evaluate("evaluate/seed/thought", contender(store, seed, "thought", "seed", prompts, answer), baseline)
    parents = {arm: seed.fingerprint for arm in arms}
    for iteration in range(iterations + 1):
        sides = {}
        for arm in arms:
            model = Model(f"{name}/{arm}-{iteration}", f"/runs/{name}/checkpoints/{arm}-{iteration}",
                          content_key(name, arm, iteration))  # fmt: skip
            store.add_model(model, "dpo" if iteration else "sft", parents[arm])
            parents[arm] = model.fingerprint
            made = {"model": model.fingerprint, "folder": model.folder}
            if iteration == 0:
                store.finish_step(run, f"warm_start/{arm}", made | {"examples": 48, "metrics": {"loss": 1.83}}, 95.0)
            else:
                finish_training(store, run, arm, iteration, made)
            sides[arm] = contender(store, model, arm, str(iteration), prompts, answer)
            evaluate(f"evaluate/{arm}/{iteration}", sides[arm], baseline)
        if len(sides) == 2:
            duel = evaluate(f"head_to_head/{iteration}", sides["thought"], sides["direct"])
    if gate and len(arms) == 2:
        policy = Policy.model_validate({"head_to_head": {"margin": 0.05}, "parse_errors": {"max": 0.1},
                                        "length_ratio": {"max": 1.5}})  # fmt: skip
        decision = decide(policy, evidence_of(store, duel))
        rules = [vars(rule) for rule in decision.rules]
        store.add_decision(f"gate-{name}", run, policy.model_dump(), parents["thought"], parents["direct"],
                           decision.outcome, rules)  # fmt: skip
        store.finish_step(run, f"gate/{iterations}", {"gate_decision": f"gate-{name}"}, 0.1)
    return run


def finish_training(store: Store, run: str, arm: str, iteration: int, made: dict[str, str]) -> None:
    thinks = arm == "thought"
    sampled = {"outputs": 96, "parse_error_rate": 0.073 if thinks else 0.0, "mean_score": 0.412}
    store.finish_step(run, f"sample/{arm}/{iteration}", sampled, 310.4)
    pairs = {"pairs": 19, "dropped": {"tie": 4, "nothing_parsed": 1} if thinks else {"tie": 5}, "format_rejected": 1,
             "chosen_chars": 181.3, "rejected_chars": 204.9, "rho": 0.1}  # fmt: skip
    store.finish_step(run, f"pairs/{arm}/{iteration}", pairs, 0.4)
    metrics = {"loss": 0.6612, "rewards/accuracies": 0.71, "rewards/margins": 0.0824, "logps/chosen": -88.123}
    store.finish_step(run, f"train/{arm}/{iteration}", made | {"metrics": metrics}, 128.9)


@pytest.fixture
def store_a_run() -> Callable[..., str]:
    return build_run
