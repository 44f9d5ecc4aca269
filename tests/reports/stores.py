"""Stores for the tests of reports: models, answers and judgments as they would have come, without a model."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.api.client import Client
from tpobench.harness.config import validate
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.run import decide
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Judgment, Model, Output, Prompt, content_key, judgment_key, text_key
from tpobench.harness.store.step_details import (
    EpochDetails,
    EpochFigure,
    EvaluateDetails,
    GateDetails,
    HeadToHeadDetails,
    PairDetails,
    SampleDetails,
    SeedDetails,
    SelectDetails,
    TrainDetails,
)
from tpobench.harness.store.steps import Arm, D, Step
from tpobench.harness.store.store import Store
from tpobench.reports.content import Content, S

JUDGE = "verdict:test@judge-model#1"
THINK = mode_named("think:generic")
RUN = "r" * 32
CATEGORIES = ("Art and Design", "Math and Calculations", "Travel and Leisure")

Say = Callable[[int, str], float | None]
"""The preference for the candidate on the prompt of this number, when shown in this order (``AB`` or ``BA``)."""


def prompts(number: int, categories: Sequence[str] = CATEGORIES) -> list[Prompt]:
    return [Prompt(f"Question number {n}?", categories[n % len(categories)], "test") for n in range(number)]


def answered(
    store: Store, name: str, mode: Mode, asked: Sequence[Prompt], answers: Sequence[str], thought: str = ""
) -> ModelOutputs:
    """A model that answered so; every answer was thought about in the same way."""
    model = Model(name, f"/models/{name}", content_key("test", name))
    outputs = [
        Output(
            key=content_key("test", name, mode.name, prompt.text),
            model=model.fingerprint,
            mode=mode.name,
            prompt=prompt,
            sample=0,
            params=None,
            raw_text=thought + answer,
            thought=thought,
            response=answer,
            parse_error=None if answer else "empty_response",
            finish_reason="stop",
            prompt_ids=(),
            token_ids=(),
            seconds=0.1,
        )
        for prompt, answer in zip(asked, answers, strict=True)
    ]
    store.add_model(model, "given")
    store.add_prompts(asked)
    store.add_outputs(outputs)
    return ModelOutputs(model, mode, outputs, outputs)


@dataclass(frozen=True, kw_only=True)
class Judging:
    """How a candidate is judged: by whom, in which orders, with what said."""

    say: Say
    judge: str = JUDGE
    orders: tuple[str, ...] = ("BA", "AB")
    raw: str = "My verdict is [[A]]"
    rows: int | None = None
    name: str = "test/questions"


def judged(store: Store, candidate: ModelOutputs, baseline: ModelOutputs, judging: Judging) -> str:
    """Store the judgments of every prompt and the evaluation; returns its key."""
    entries, judgments = [], []
    for number, (ours, theirs) in enumerate(zip(candidate.outputs, baseline.outputs, strict=True)):
        for order in judging.orders:
            key = judgment_key(judging.judge, ours.prompt.key, ours.response, theirs.response, order)
            preference = judging.say(number, order)
            verdict = "none" if preference is None else "a" if preference > 0.5 else "b"
            judgments.append(
                Judgment(
                    key=key,
                    judge=judging.judge,
                    prompt_key=ours.prompt.key,
                    response_a=text_key(ours.response),
                    response_b=text_key(theirs.response),
                    chars_a=len(ours.response),
                    chars_b=len(theirs.response),
                    order=order,
                    verdict=verdict,
                    preference=preference,
                    raw=judging.raw,
                )
            )
            entries.append(JudgedPair(ours.prompt, key, ours.key, theirs.key))
    store.add_judgments(judgments)
    asked = [output.prompt for output in candidate.outputs]
    orders = "both" if len(judging.orders) > 1 else "one"
    about = {"judge_label": f"label of {judging.judge}", "rows": judging.rows, "orders": orders}
    record = EvaluationRecord(
        benchmark=Benchmark(name=judging.name, prompts=asked, orders=orders, rows=judging.rows),
        judge=judging.judge,
        candidate=candidate.model,
        baseline=baseline.model,
        candidate_mode=candidate.mode.name,
        baseline_mode=baseline.mode.name,
        about=about,
    )
    return store_evaluation(store, record, entries)


def left_behind(store: Store, step: str) -> dict[str, Any]:
    """What a finished step of the run left behind."""
    details: dict[str, Any] = json.loads(
        store.rows("SELECT details FROM step WHERE step_key = ?", [f"{RUN}/{step}"])[0]["details"]
    )
    return details


def finished_run(store: Store, asked: int = 90) -> str:
    """A run of one iteration with both arms, evaluated by a judge that was asked in both orders, and its gate. Returns
    the run's key."""
    questions = prompts(asked)
    seed = answered(store, "seed", DIRECT, questions, [f"seed says {n}" for n in range(asked)])
    thought = answered(
        store, "run/thought-1", THINK, questions, [f"thinker says {n} " * 3 for n in range(asked)], "first I think. "
    )
    direct = answered(store, "run/direct-1", DIRECT, questions, [f"direct says {n} " * 2 for n in range(asked)])
    config = {"name": "run", "arms": ["thought", "direct"], "iterations": 1, "seed": 3}
    store.add_run(RUN, "run", config, {"versions": {"torch": "2"}, "same_judge": True})

    def done(step: Step[D], details: D) -> None:
        store.finish_step(RUN, step.name, details.as_stored(), 2.0)

    def strong(number: int, order: str) -> float | None:
        return None if number == 7 else (0.9 if number % 3 else 0.2)

    def flipping(number: int, order: str) -> float | None:
        return 0.8 if number % 2 else (0.7 if order == "AB" else 0.3)

    done(Step(SeedDetails), SeedDetails(model=seed.model.fingerprint, name="seed", folder="/models/seed"))
    arms: tuple[tuple[Arm, ModelOutputs], ...] = (("direct", direct), ("thought", thought))
    for arm, side in arms:
        trained(done, arm, side.model)
    keys = {
        "thought": judged(store, thought, seed, Judging(say=strong)),
        "direct": judged(store, direct, seed, Judging(say=flipping)),
        "both": judged(store, thought, direct, Judging(say=flipping)),
    }
    for arm in ("thought", "direct"):
        done(Step(EvaluateDetails, arm, 1), EvaluateDetails(evaluation=keys[arm], win_rate=0.6))
    done(Step(HeadToHeadDetails, iteration=1), HeadToHeadDetails(evaluation=keys["both"], win_rate=0.6))
    policy = validate({"head_to_head": {"margin": 0.05}, "categories": {"margin": 0.2}}, Policy, "policy")
    request = GateRequest(candidate="", evaluation=keys["both"], run_key=RUN)
    result = decide(store, policy, request, Client, Progress(quiet=True))
    done(Step(GateDetails, iteration=1), GateDetails(gate_decision=result.key, decision=result.decision.outcome))
    return RUN


SAMPLED = SampleDetails(
    outputs=40, parse_error_rate=0.05, truncated=0.0, tokens=9.0, thought_chars=15.0, response_chars=30.0
)


def trained(done: Callable[[Step[Any], Any], None], arm: Arm, model: Model) -> None:
    """Finish the steps of an arm's first iteration."""
    done(Step(SampleDetails, arm, 1), SAMPLED)
    done(
        Step(PairDetails, arm, 1),
        PairDetails(
            pairs=10,
            dropped={"tie": 2},
            rho=0.1,
            format_rejected=1,
            format_share=0.1,
            chosen_chars=20.0,
            rejected_chars=30.0,
            margin=2.5,
        ),
    )
    epochs = tuple(
        EpochDetails(epoch=number, folder=f"/models/{arm}-{number}", model=f"{arm} {number}", metrics={"loss": loss})
        for number, loss in ((1, 0.6), (2, 0.4))
    )
    done(
        Step(TrainDetails, arm, 1),
        TrainDetails(
            job=f"job {arm}",
            name=model.name,
            target=model.folder,
            parent="seed",
            method="dpo",
            epochs=epochs,
            metrics={"loss": 0.4},
            model=model.fingerprint,
        ),
    )
    done(
        Step(SelectDetails, arm, 1),
        SelectDetails(
            job=f"job {arm}",
            epoch=2,
            model=model.fingerprint,
            folder=model.folder,
            metrics={"loss": 0.4},
            held_out=8,
            figures=tuple(
                EpochFigure(epoch=number, win_rate=rate, low=None, high=None, parsed=1.0)
                for number, rate in ((1, 0.5), (2, 0.6))
            ),
        ),
    )


def longer_run(store: Store, accuracy: float = 0.52) -> str:
    """A run of two iterations of the thought arm, the seed evaluated too; training told pairs apart with this accuracy.
    Returns the run's key."""
    asked = 60
    questions = prompts(asked)
    base = answered(store, "base", DIRECT, questions, [f"base says {n}" for n in range(asked)])
    sides = [
        answered(store, name, THINK, questions, [f"{name} says {n} " * 2 for n in range(asked)], f"{name} thinks. ")
        for name in ("seed", "one", "two")
    ]
    store.add_run(RUN, "longer", {"name": "longer", "arms": ["thought"], "iterations": 2}, {"versions": {}})
    metrics = {"loss": 0.00042, "rewards/accuracies": accuracy}
    for iteration, side, wins in ((None, sides[0], 20), (1, sides[1], 30), (2, sides[2], 45)):
        key = judged(store, side, base, Judging(say=lambda n, order, wins=wins: float(n < wins)))  # type: ignore[misc]
        details: list[tuple[Step[Any], Any]] = [
            (Step(EvaluateDetails, "thought", iteration), EvaluateDetails(evaluation=key, win_rate=wins / asked))
        ]
        if iteration is not None:
            job = TrainDetails(
                job=f"job {iteration}",
                name=side.model.name,
                target=side.model.folder,
                parent="seed",
                method="dpo",
                epochs=(EpochDetails(epoch=1, folder="/f", model="m", metrics=metrics),),
                metrics=metrics,
                model=side.model.fingerprint,
            )
            details += [
                (Step(SampleDetails, "thought", iteration), SAMPLED),
                (Step(TrainDetails, "thought", iteration), job),
            ]
        for step, one in details:
            store.finish_step(RUN, step.name, one.as_stored(), 100.0)
    return RUN


def two_models(store: Store, asked: int = 40, **about: object) -> tuple[str, str]:
    """``new`` wins two of three against ``base``, ``old`` one of three; returns both evaluations' keys."""
    questions = prompts(asked)
    base = answered(store, "base", DIRECT, questions, [f"base {n}" for n in range(asked)])
    new = answered(store, "new", DIRECT, questions, [f"new {n}" for n in range(asked)])
    old = answered(store, "old", DIRECT, questions, [f"old {n}" for n in range(asked)])
    keys = [
        judged(store, side, base, Judging(say=lambda n, order, wins=wins: float(n % 3 < wins), **about))  # type: ignore
        for side, wins in ((new, 2), (old, 1))
    ]
    return keys[0], keys[1]


def two_baselines(store: Store) -> tuple[str, ...]:
    """``new`` wins every prompt against ``base`` and, later, loses every one to it where it thinks; ``old`` ties with
    both. Returns the evaluations' keys."""
    asked = prompts(40)
    sides = {name: answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old")}
    keys = []
    for mode, wins in ((DIRECT, 1.0), (THINK, 0.0)):
        base = answered(store, "base", mode, asked, [f"base {n}, {mode.name}" for n in range(40)])
        keys += [
            judged(store, side, base, Judging(say=lambda n, order, said=said: said))  # type: ignore[misc]
            for side, said in ((sides["new"], wins), (sides["old"], 0.5))
        ]
    return tuple(keys)


def section(content: Content, kind: type[S]) -> S:
    found = content.section(kind)
    assert found is not None
    return found
