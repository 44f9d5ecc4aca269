"""The results store: one DuckDB file that holds every prompt, output, judgment, pair and decision.

Rows are keyed by the hash of what determined them, so inserting the same thing again changes nothing, and work that
was interrupted is found by asking which keys are missing. One process writes at a time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import (
    Assignment,
    CallRecord,
    Generation,
    Judgment,
    Metric,
    Model,
    Output,
    Pair,
    Prompt,
    SamplingParams,
    Score,
    Split,
    content_key,
)
from tpobench.harness.store.database import Database
from tpobench.harness.store.journal import Row


class Store(Database):
    """An open results store. Judgments and calls are journalled: a finished call is safe before anything else fails."""

    def add_model(self, model: Model, made_by: str, parent: str | None = None) -> None:
        self._insert(
            "model",
            ("model_key", "name", "folder", "made_by", "parent"),
            [(model.fingerprint, model.name, model.folder, made_by, parent)],
        )

    def add_prompts(self, prompts: Iterable[Prompt]) -> None:
        self._insert(
            "prompt",
            ("prompt_key", "text_key", "source", "category", "text", "checks"),
            [(p.key, p.text_key, p.source, p.category, p.text, json.dumps(p.checks)) for p in prompts],
        )

    def add_generations(
        self, model: Model, mode: Mode, params: SamplingParams, rows: Sequence[tuple[Prompt, int, Generation, Split]]
    ) -> None:
        """Store finished outputs. Raises RuntimeError when one of them was there already: work was done twice."""
        new = self._insert(
            "output",
            _OUTPUT_COLUMNS,
            [
                (
                    generation.request.key,
                    model.fingerprint,
                    mode.name,
                    prompt.text_key,
                    sample,
                    json.dumps(asdict(params)),
                    generation.text,
                    split.thought,
                    split.response,
                    split.error,
                    generation.finish_reason,
                    list(generation.prompt_ids),
                    list(generation.token_ids),
                    generation.seconds,
                )
                for prompt, sample, generation, split in rows
            ],
        )
        if new != len(rows):
            raise RuntimeError(f"{len(rows) - new} of {len(rows)} outputs were sampled twice")

    def add_outputs(self, outputs: Sequence[Output]) -> None:
        """Store outputs that were made elsewhere; those that are there already stay as they are."""
        self._insert(
            "output",
            _OUTPUT_COLUMNS,
            [
                (
                    o.key,
                    o.model,
                    o.mode,
                    o.prompt.text_key,
                    o.sample,
                    json.dumps(None if o.params is None else asdict(o.params)),
                    o.raw_text,
                    o.thought,
                    o.response,
                    o.parse_error,
                    o.finish_reason,
                    list(o.prompt_ids),
                    list(o.token_ids),
                    o.seconds,
                )
                for o in outputs
            ],
        )

    def outputs(self, prompts: dict[str, tuple[Prompt, int]]) -> list[Output]:
        """The outputs with these keys, in the order given. `prompts` maps each key to its prompt and sample number."""
        _, rows = self.sql(
            "SELECT output_key, model, mode, params, raw_text, thought, response, parse_error, finish_reason, "
            "prompt_ids, token_ids, seconds FROM output WHERE output_key IN (SELECT unnest(?))",
            [list(prompts)],
        )
        found = {row[0]: row[1:] for row in rows}
        outputs = []
        for key, (prompt, sample) in prompts.items():
            model, mode, params, raw, thought, response, error, finish, prompt_ids, token_ids, seconds = found[key]
            written = json.loads(params)
            drawn = SamplingParams(**written) if written else None
            outputs.append(
                Output(
                    key=key,
                    model=model,
                    mode=mode,
                    prompt=prompt,
                    sample=sample,
                    params=drawn,
                    raw_text=raw,
                    thought=thought,
                    response=response,
                    parse_error=error,
                    finish_reason=finish,
                    prompt_ids=tuple(prompt_ids),
                    token_ids=tuple(token_ids),
                    seconds=seconds,
                )
            )
        return outputs

    def responses(self, keys: Sequence[str]) -> dict[str, str]:
        """Responses by output key, for those outputs that the store holds."""
        query = "SELECT output_key, response FROM output WHERE output_key IN (SELECT unnest(?))"
        return dict(self.sql(query, [list(dict.fromkeys(keys))])[1])

    def add_scores(self, scores: Iterable[Score]) -> None:
        self._insert(
            "score",
            ("score_key", "judge", "prompt_key", "response", "value", "components"),
            [(s.key, s.judge, s.prompt.key, s.response, s.value, json.dumps(s.components)) for s in scores],
        )

    def scores(self, keys: Sequence[str]) -> dict[str, float]:
        """Score values by key."""
        query = "SELECT score_key, value FROM score WHERE score_key IN (SELECT unnest(?))"
        return dict(self.sql(query, [list(keys)])[1])

    def add_judgments(self, judgments: Iterable[Judgment], calls: Iterable[CallRecord] = ()) -> None:
        """Store judgments and the calls that they took, one after the other on disk before anything else can fail."""
        rows: list[Row] = [("call", _CALL_COLUMNS, _call_row(call)) for call in calls]
        rows += [
            (
                "judgment",
                _JUDGMENT_COLUMNS,
                [
                    j.key,
                    j.judge,
                    j.prompt_key,
                    j.response_a,
                    j.response_b,
                    j.chars_a,
                    j.chars_b,
                    j.order,
                    j.verdict,
                    j.preference,
                    j.raw,
                ],
            )
            for j in judgments
        ]
        self._journalled(rows)

    def add_calls(self, calls: Iterable[CallRecord]) -> None:
        self._journalled([("call", _CALL_COLUMNS, _call_row(call)) for call in calls])

    def add_assignments(self, assignments: Iterable[Assignment], calls: Iterable[CallRecord] = ()) -> None:
        columns = ["assignment_key", "assigner", "kind", "text_key", "value", "raw_text"]
        rows: list[Row] = [("call", _CALL_COLUMNS, _call_row(call)) for call in calls]
        rows += [("assignment", columns, [a.key, a.assigner, a.kind, a.text_key, a.value, a.raw]) for a in assignments]
        self._journalled(rows)

    def assigned(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Values by assignment key."""
        query = "SELECT assignment_key, value FROM assignment WHERE assignment_key IN (SELECT unnest(?))"
        return dict(self.sql(query, [list(keys)])[1])

    def without_verdict(self, keys: Sequence[str]) -> list[str]:
        """Those judgments that were answered without a verdict."""
        query = "SELECT judgment_key FROM judgment WHERE preference IS NULL AND judgment_key IN (SELECT unnest(?))"
        return [row[0] for row in self.sql(query, [list(keys)])[1]]

    def judgments(self, keys: Sequence[str]) -> dict[str, tuple[Verdict, int, int]]:
        """Judgments by key, each with the lengths of the candidate's and the baseline's response in characters."""
        query = (
            "SELECT judgment_key, presented_order, verdict, preference, chars_a, chars_b FROM judgment "
            "WHERE judgment_key IN (SELECT unnest(?))"
        )
        return {
            key: (Verdict(order, verdict, p), a, b) for key, order, verdict, p, a, b in self.sql(query, [list(keys)])[1]
        }

    def preferences(self, keys: Sequence[str]) -> dict[str, float | None]:
        """Preferences by judgment key."""
        query = "SELECT judgment_key, preference FROM judgment WHERE judgment_key IN (SELECT unnest(?))"
        return dict(self.sql(query, [list(keys)])[1])

    def add_metrics(self, evaluation: str, metrics: Iterable[Metric]) -> None:
        """Store the figures of one evaluation; `evaluation` is its key."""
        columns = ("metric_key", "evaluation", "name", "category", "value", "low", "high", "n")
        rows = [(evaluation, m.name, m.category, m.value, m.low, m.high, m.n) for m in metrics]
        self._insert("metric", columns, [(content_key(*row[:3]), *row) for row in rows])

    def metrics(self, evaluation: str) -> list[Metric]:
        query = "SELECT name, value, n, category, low, high FROM metric WHERE evaluation = ? ORDER BY name, category"
        return [Metric(*row) for row in self.sql(query, [evaluation])[1]]

    def add_evaluation(self, key: str, **about: Any) -> None:
        """Store what one evaluation measured: see the columns of table `evaluation`."""
        self._insert("evaluation", ("evaluation_key", *about), [(key, *about.values())])

    def add_pairs(self, job: str, run: str, arm: str, iteration: int, pairs: Iterable[Pair]) -> None:
        self._insert(
            "pair",
            (
                "pair_key",
                "run",
                "arm",
                "iteration",
                "prompt_key",
                "chosen",
                "rejected",
                "chosen_score",
                "rejected_score",
            ),
            [
                (
                    p.key(job),
                    run,
                    arm,
                    iteration,
                    p.prompt.key,
                    p.chosen.key,
                    p.rejected.key,
                    p.chosen_score,
                    p.rejected_score,
                )
                for p in pairs
            ],
        )

    def add_run(self, key: str, name: str, config: Any, provenance: Any) -> None:
        self._insert(
            "run",
            ("run_key", "name", "config", "provenance"),
            [(key, name, json.dumps(config, sort_keys=True), json.dumps(provenance, sort_keys=True))],
        )

    def step_details(self, run: str, step: str) -> dict[str, Any] | None:
        """What a finished step left behind; None when it has not finished."""
        rows = self.sql("SELECT details FROM step WHERE step_key = ?", [f"{run}/{step}"])[1]
        return json.loads(rows[0][0]) if rows else None

    def finished_steps(self, run: str) -> dict[str, float]:
        """Seconds by name of the run's finished steps."""
        return dict(self.sql("SELECT name, seconds FROM step WHERE run = ? ORDER BY finished_at", [run])[1])

    def step_of_job(self, kind: str, job: str) -> dict[str, Any] | None:
        """What any run's step of this kind (``train``) left behind for a job; the newest where there are several."""
        query = (
            "SELECT details FROM step WHERE starts_with(name, ?) AND details->>'job' = ? "
            "ORDER BY finished_at DESC LIMIT 1"
        )
        rows = self.sql(query, [f"{kind}/", job])[1]
        return json.loads(rows[0][0]) if rows else None

    def finish_step(self, run: str, step: str, details: dict[str, Any], seconds: float) -> None:
        self._insert(
            "step",
            ("step_key", "run", "name", "details", "seconds"),
            [(f"{run}/{step}", run, step, json.dumps(details, sort_keys=True), seconds)],
        )

    def add_decision(
        self,
        key: str,
        run: str,
        policy: Any,
        candidate: str,
        against: str,
        decision: str,
        rules: Any,
        attempt: str | None = None,
        policy_key: str | None = None,
    ) -> None:
        written = json.dumps(policy, sort_keys=True), json.dumps(rules)
        self._insert(
            "gate_decision",
            (
                "gate_decision_key",
                "run",
                "policy",
                "candidate",
                "against",
                "decision",
                "rules",
                "attempt",
                "policy_key",
            ),
            [(key, run, written[0], candidate, against, decision, written[1], attempt, policy_key)],
        )

    def add_attempt(self, key: str, **about: Any) -> None:
        """Store that a gate was opened: see the columns of table `gate_attempt`."""
        self._insert("gate_attempt", ("gate_attempt_key", *about), [(key, *about.values())])

    def add_champion(self, key: str, **about: Any) -> None:
        """Store that the champion was moved: see the columns of table `champion`."""
        self._insert("champion", ("champion_key", *about), [(key, *about.values())])

    def add_items(self, evaluation: str, metric: str, values: Mapping[str, float]) -> None:
        """Store what each item of an evaluation scored."""
        columns = ("item_key", "evaluation", "metric", "item", "value")
        rows = [(evaluation, metric, item, value) for item, value in values.items()]
        self._insert("item", columns, [(content_key(*row[:3]), *row) for row in rows])

    def items(self, evaluation: str, metric: str) -> dict[str, float]:
        """Values by item."""
        query = "SELECT item, value FROM item WHERE evaluation = ? AND metric = ?"
        return dict(self.sql(query, [evaluation, metric])[1])


_OUTPUT_COLUMNS = [
    "output_key",
    "model",
    "mode",
    "text_key",
    "sample",
    "params",
    "raw_text",
    "thought",
    "response",
    "parse_error",
    "finish_reason",
    "prompt_ids",
    "token_ids",
    "seconds",
]
_JUDGMENT_COLUMNS = [
    "judgment_key",
    "judge",
    "prompt_key",
    "response_a",
    "response_b",
    "chars_a",
    "chars_b",
    "presented_order",
    "verdict",
    "preference",
    "raw_text",
]
_CALL_COLUMNS = [
    "call_key",
    "subject",
    "kind",
    "model",
    "served_model",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "latency_s",
    "attempt",
    "problem",
]


def _call_row(call: CallRecord) -> list[Any]:
    usage = call.usage
    return [
        call.key,
        call.subject,
        call.kind,
        call.model,
        call.served_model,
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.cost_usd,
        call.latency_s,
        call.attempt,
        call.problem,
    ]
