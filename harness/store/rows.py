"""What records look like as rows: values by column name, the key first."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from tpobench.harness.models.modes import Mode
from tpobench.harness.native_thoughts import with_native_thought
from tpobench.harness.records import (
    Assignment,
    CallRecord,
    ChampionMove,
    GateAttempt,
    GateLook,
    Generation,
    Judgment,
    Metric,
    Model,
    NewEvaluation,
    Output,
    Pair,
    Prompt,
    SamplingParams,
    Score,
    Split,
    content_key,
)

Row = Mapping[str, Any]
"""Values by column name, in the order of the columns; the first one is the row's key."""


def model_row(model: Model, made_by: str, parent: str | None) -> Row:
    return {
        "model_key": model.fingerprint,
        "name": model.name,
        "folder": model.folder,
        "made_by": made_by,
        "parent": parent,
    }


def prompt_row(prompt: Prompt) -> Row:
    return {
        "prompt_key": prompt.key,
        "text_key": prompt.text_key,
        "source": prompt.source,
        "category": prompt.category,
        "text": prompt.text,
        "checks": json.dumps(prompt.checks),
    }


def output_row(output: Output) -> Row:
    return {
        "output_key": output.key,
        "model": output.model,
        "mode": output.mode,
        "text_key": output.prompt.text_key,
        "sample": output.sample,
        "params": json.dumps(None if output.params is None else asdict(output.params)),
        "raw_text": output.raw_text,
        "thought": output.thought,
        "response": output.response,
        "parse_error": output.parse_error,
        "finish_reason": output.finish_reason,
        "prompt_ids": list(output.prompt_ids),
        "token_ids": list(output.token_ids),
        "seconds": output.seconds,
    }


def output_of(row: Row, prompt: Prompt, sample: int) -> Output:
    """The output that a row holds, without the row's `text_key`."""
    params = json.loads(row["params"])
    return Output(
        key=row["output_key"],
        model=row["model"],
        mode=row["mode"],
        prompt=prompt,
        sample=sample,
        params=SamplingParams(**params) if params else None,
        raw_text=row["raw_text"],
        thought=row["thought"],
        response=row["response"],
        parse_error=row["parse_error"],
        finish_reason=row["finish_reason"],
        prompt_ids=tuple(row["prompt_ids"]),
        token_ids=tuple(row["token_ids"]),
        seconds=row["seconds"],
    )


def generated_output(
    model: Model, mode: Mode, params: SamplingParams, row: tuple[Prompt, int, Generation, Split]
) -> Output:
    """The output that was sampled."""
    prompt, sample, generation, split = row
    return Output(
        key=generation.request.key,
        model=model.fingerprint,
        mode=mode.name,
        prompt=prompt,
        sample=sample,
        params=params,
        raw_text=with_native_thought(generation.thought, generation.text),
        thought=split.thought,
        response=split.response,
        parse_error=split.error,
        finish_reason=generation.finish_reason,
        prompt_ids=generation.prompt_ids,
        token_ids=generation.token_ids,
        seconds=generation.seconds,
    )


def score_row(score: Score) -> Row:
    return {
        "score_key": score.key,
        "judge": score.judge,
        "prompt_key": score.prompt.key,
        "response": score.response,
        "value": score.value,
        "components": json.dumps(score.components),
    }


def judgment_row(judgment: Judgment) -> Row:
    return {
        "judgment_key": judgment.key,
        "judge": judgment.judge,
        "prompt_key": judgment.prompt_key,
        "response_a": judgment.response_a,
        "response_b": judgment.response_b,
        "chars_a": judgment.chars_a,
        "chars_b": judgment.chars_b,
        "presented_order": judgment.order,
        "verdict": judgment.verdict,
        "preference": judgment.preference,
        "raw_text": judgment.raw,
    }


def call_row(call: CallRecord) -> Row:
    return {
        "call_key": call.key,
        "subject": call.subject,
        "kind": call.kind,
        "model": call.model,
        "served_model": call.served_model,
        "prompt_tokens": call.usage.prompt_tokens,
        "completion_tokens": call.usage.completion_tokens,
        "cost_usd": call.usage.cost_usd,
        "latency_s": call.latency_s,
        "attempt": call.attempt,
        "problem": call.problem,
    }


def assignment_row(assignment: Assignment) -> Row:
    return {
        "assignment_key": assignment.key,
        "assigner": assignment.assigner,
        "kind": assignment.kind,
        "text_key": assignment.text_key,
        "value": assignment.value,
        "raw_text": assignment.raw,
    }


def metric_row(evaluation: str, metric: Metric) -> Row:
    return {
        "metric_key": content_key(evaluation, metric.name, metric.category),
        "evaluation": evaluation,
        "name": metric.name,
        "category": metric.category,
        "value": metric.value,
        "low": metric.low,
        "high": metric.high,
        "n": metric.n,
    }


def item_rows(evaluation: str, metric: str, values: Mapping[str, float]) -> Iterator[Row]:
    """A row for each item, from the values by item."""
    for item, value in values.items():
        yield {
            "item_key": content_key(evaluation, metric, item),
            "evaluation": evaluation,
            "metric": metric,
            "item": item,
            "value": value,
        }


def pair_rows(job: str, run: str, arm: str, iteration: int, pairs: Iterable[Pair]) -> Iterator[Row]:
    """A row for each pair that a training job was given; the parameters are those of `Store.add_pairs`."""
    for pair in pairs:
        yield {
            "pair_key": pair.key(job),
            "run": run,
            "arm": arm,
            "iteration": iteration,
            "prompt_key": pair.prompt.key,
            "chosen": pair.chosen.key,
            "rejected": pair.rejected.key,
            "chosen_score": pair.chosen_score,
            "rejected_score": pair.rejected_score,
        }


def evaluation_row(key: str, evaluation: NewEvaluation) -> Row:
    lists = ("prompt_keys", "judgment_keys", "candidate_outputs", "baseline_outputs")
    listed = {name: list(getattr(evaluation, name)) for name in lists}
    return {"evaluation_key": key, **vars(evaluation), **listed}


def attempt_row(attempt: GateAttempt) -> Row:
    return {"gate_attempt_key": attempt.key, **vars(attempt)}


def look_row(look: GateLook) -> Row:
    return {
        "gate_look_key": look.key,
        **vars(look),
        "observations": list(look.observations),
        "prompts": list(look.prompts),
    }


def champion_row(move: ChampionMove) -> Row:
    return {"champion_key": move.key, **vars(move)}
