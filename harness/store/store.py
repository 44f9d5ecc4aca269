"""Everything that was done, in one DuckDB file.

Rows are keyed by the hash of what determined them, so inserting the same thing again changes nothing, and work that
was interrupted is found by asking which keys are missing. One process writes at a time.

The store writes records and finds them by their keys; what is asked across tables is in the modules beside this one.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tpobench.harness.finish_reasons import REFUSALS, REFUSED
from tpobench.harness.models.modes import Mode
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
)
from tpobench.harness.secrets import without_secrets
from tpobench.harness.store import rows
from tpobench.harness.store.database import Database


class Store(Database):
    """An open results store. Judgments and calls are journalled: a finished call is safe before anything else fails."""

    def add_model(self, model: Model, made_by: str, parent: str | None = None) -> None:
        """Store a model; `made_by` says how it came about, `parent` is what training started from."""
        self._insert("model", [rows.model_row(model, made_by, parent)])

    def add_models(self, models: Iterable[Model], made_by: str) -> None:
        """Store many models at once."""
        self._insert("model", [rows.model_row(model, made_by, None) for model in models])

    def add_prompts(self, prompts: Iterable[Prompt]) -> None:
        """Store prompts."""
        self._insert("prompt", [rows.prompt_row(prompt) for prompt in prompts])

    def add_generations(
        self,
        model: Model,
        mode: Mode,
        params: SamplingParams,
        generations: Sequence[tuple[Prompt, int, Generation, Split]],
    ) -> None:
        """Store finished outputs, each with its prompt, its sample number and its parts.

        Raises:
            RuntimeError: One of them was there already: work was done twice.
        """
        outputs = [rows.generated_output(model, mode, params, generation) for generation in generations]
        new = self._insert("output", [rows.output_row(output) for output in outputs])
        if new != len(outputs):
            raise RuntimeError(f"{len(outputs) - new} of {len(outputs)} outputs were sampled twice")

    def add_outputs(self, outputs: Sequence[Output]) -> None:
        """Store outputs that were made elsewhere; those that are there already stay as they are."""
        self._insert("output", [rows.output_row(output) for output in outputs])

    def outputs(self, prompts: Mapping[str, tuple[Prompt, int]]) -> list[Output]:
        """The outputs with these keys, in the order given. `prompts` maps each key to its prompt and sample number."""
        query = "SELECT * EXCLUDE (created_at) FROM output WHERE output_key IN (SELECT unnest(?))"
        stored = {row["output_key"]: row for row in self.rows(query, [list(prompts)])}
        return [rows.output_of(stored[key], prompt, sample) for key, (prompt, sample) in prompts.items()]

    def forget_refused_outputs(self, keys: Sequence[str]) -> None:
        """Delete those of the outputs that are no answer but a refusal."""
        query = "DELETE FROM output WHERE output_key IN (SELECT unnest(?)) AND list_contains(?, finish_reason)"
        self.sql(query, [list(keys), list(REFUSALS)])

    def responses(self, keys: Sequence[str]) -> dict[str, str]:
        """Responses by output key, for those outputs that the store holds."""
        return self._column("output", "response", dict.fromkeys(keys))

    def add_scores(self, scores: Iterable[Score]) -> None:
        """Store what pointwise judges said."""
        self._insert("score", [rows.score_row(score) for score in scores])

    def scores(self, keys: Sequence[str]) -> dict[str, float]:
        """Score values by key."""
        return self._column("score", "value", keys)

    def add_judgments(self, judgments: Iterable[Judgment], calls: Iterable[CallRecord] = ()) -> None:
        """Store judgments and the calls that they took, one after the other on disk before anything else can fail."""
        self._journalled(
            [
                *(("call", rows.call_row(call)) for call in calls),
                *(("judgment", rows.judgment_row(judgment)) for judgment in judgments),
            ]
        )

    def add_calls(self, calls: Iterable[CallRecord]) -> None:
        """Store calls."""
        self._journalled([("call", rows.call_row(call)) for call in calls])

    def add_assignments(self, assignments: Iterable[Assignment], calls: Iterable[CallRecord] = ()) -> None:
        """Store what a model assigned to prompts, and the calls that it took."""
        self._journalled(
            [
                *(("call", rows.call_row(call)) for call in calls),
                *(("assignment", rows.assignment_row(assignment)) for assignment in assignments),
            ]
        )

    def forget_refused_assignments(self, keys: Sequence[str]) -> None:
        """Delete those of the assignments that hold an error in the place of an answer, or an empty one: stores were
        written in which refused calls are answers that name nothing."""
        query = (
            "DELETE FROM assignment WHERE assignment_key IN (SELECT unnest(?)) AND value IS NULL "
            "AND (raw_text = '' OR raw_text IN (SELECT problem FROM call WHERE subject = assignment_key))"
        )
        self.sql(query, [list(keys)])

    def assigned(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Values by assignment key."""
        return self._column("assignment", "value", keys)

    def without_verdict(self, keys: Sequence[str], *, refused: bool = False) -> list[str]:
        """Those judgments that have no verdict; with `refused`, those alone of which the call was refused."""
        query = (
            "SELECT judgment_key AS key FROM judgment WHERE judgment_key IN (SELECT unnest(?)) "
            "AND preference IS NULL AND (verdict = ? OR NOT ?)"
        )
        missing = {row["key"] for row in self.rows(query, [list(keys), REFUSED, refused])}
        return [key for key in keys if key in missing]

    def preferences(self, keys: Sequence[str]) -> dict[str, float | None]:
        """Preferences by judgment key."""
        return self._column("judgment", "preference", keys)

    def add_metrics(self, evaluation: str, metrics: Iterable[Metric]) -> None:
        """Store the figures of one evaluation; `evaluation` is its key."""
        self._insert("metric", [rows.metric_row(evaluation, metric) for metric in metrics])

    def add_metrics_of(self, metrics: Mapping[str, Iterable[Metric]]) -> None:
        """Store the figures of many evaluations, by their keys."""
        self._insert("metric", [rows.metric_row(key, metric) for key, figures in metrics.items() for metric in figures])

    def metrics(self, evaluation: str) -> list[Metric]:
        """The figures of one evaluation, by name and category."""
        return self.metrics_of([evaluation])[evaluation]

    def metrics_of(self, evaluations: Collection[str]) -> dict[str, list[Metric]]:
        """The figures of each of these evaluations, by name and category."""
        query = (
            "SELECT evaluation, name, value, n, category, low, high FROM metric "
            "WHERE evaluation IN (SELECT unnest(?)) ORDER BY evaluation, name, category"
        )
        metrics: dict[str, list[Metric]] = {evaluation: [] for evaluation in evaluations}
        for row in self.rows(query, [list(evaluations)]):
            metrics[row.pop("evaluation")].append(Metric(**row))
        return metrics

    def add_evaluation(self, evaluation: NewEvaluation, key: str | None = None) -> None:
        """Store what one evaluation measured, under its own key unless another one is given."""
        self._insert("evaluation", [rows.evaluation_row(key or evaluation.key, evaluation)])

    def add_request(self, evaluation: str, command: str, options: Mapping[str, Any]) -> None:
        """Store how the evaluation with this key was asked for: a command with its options by parameter."""
        self.add_requests([evaluation], command, options)

    def add_requests(self, evaluations: Iterable[str], command: str, options: Mapping[str, Any]) -> None:
        """Store that the evaluations with these keys were asked for by one command."""
        asked = {"command": command, "options": json.dumps(without_secrets(options), sort_keys=True)}
        self._insert("request", [{"request_key": evaluation, **asked} for evaluation in evaluations])

    def add_evaluations(self, evaluations: Iterable[NewEvaluation]) -> None:
        """Store what many evaluations measured."""
        self._insert("evaluation", [rows.evaluation_row(evaluation.key, evaluation) for evaluation in evaluations])

    def add_items(self, evaluation: str, metric: str, values: Mapping[str, float]) -> None:
        """Store what each item of an evaluation scored."""
        self._insert("item", list(rows.item_rows(evaluation, metric, values)))

    def add_items_of(self, items: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
        """Store what each item of many evaluations scored, by evaluation and metric."""
        given = [(key, metric, values) for key, metrics in items.items() for metric, values in metrics.items()]
        self._insert("item", [row for one in given for row in rows.item_rows(*one)])

    def add_pairs(self, job: str, run: str, arm: str, iteration: int, pairs: Iterable[Pair]) -> None:
        """Store the pairs that a training job was given.

        Args:
            job: The key of the training job.
            run: The key of the run.
            arm: ``thought`` or ``direct``.
            iteration: Of the run.
            pairs: In any order.
        """
        self._insert("pair", list(rows.pair_rows(job, run, arm, iteration, pairs)))

    def add_run(self, key: str, name: str, config: Any, provenance: Any) -> None:
        """Store that a run was begun."""
        given = {"config": config, "provenance": provenance}
        documents = {name: json.dumps(without_secrets(value), sort_keys=True) for name, value in given.items()}
        self._insert("run", [{"run_key": key, "name": name, **documents}])

    def finished_steps(self, run: str) -> dict[str, float]:
        """Seconds by name of the run's finished steps."""
        query = "SELECT name, seconds FROM step WHERE run = ? ORDER BY rowid"
        return {row["name"]: row["seconds"] for row in self.rows(query, [run])}

    def finish_step(self, run: str, step: str, details: Mapping[str, Any], seconds: float) -> None:
        """Store that a step of a run is done, and what it left behind."""
        details_json = json.dumps(details, sort_keys=True)
        row = {"step_key": f"{run}/{step}", "run": run, "name": step, "details": details_json, "seconds": seconds}
        self._insert("step", [row])

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
        """Store what a gate decided.

        Args:
            key: Identifies the decision.
            run: The key of the run that it belongs to.
            policy: As data.
            candidate: The fingerprint of the candidate.
            against: The fingerprint of the baseline.
            decision: PASS, FAIL, INCONCLUSIVE or INVALID.
            rules: As data: the outcome and a sentence of each.
            attempt: The key of the attempt on a line's error budget, if it was one.
            policy_key: The key of the policy.
        """
        self._insert(
            "gate_decision",
            [
                {
                    "gate_decision_key": key,
                    "run": run,
                    "policy": json.dumps(policy, sort_keys=True),
                    "candidate": candidate,
                    "against": against,
                    "decision": decision,
                    "rules": json.dumps(rules),
                    "attempt": attempt,
                    "policy_key": policy_key,
                }
            ],
        )

    def add_attempt(self, attempt: GateAttempt) -> None:
        """Store that a gate was opened."""
        self._insert("gate_attempt", [rows.attempt_row(attempt)])

    def add_look(self, look: GateLook) -> None:
        """Store that a gate has looked at a comparison."""
        self._insert("gate_look", [rows.look_row(look)])

    def add_champion(self, move: ChampionMove) -> None:
        """Store that the champion was moved."""
        self._insert("champion", [rows.champion_row(move)])

    def _column(self, table: str, column: str, keys: Iterable[str]) -> dict[str, Any]:
        """The values of a column by the rows' keys, for those rows that the table holds."""
        query = f"SELECT {table}_key AS key, {column} AS value FROM {table} WHERE {table}_key IN (SELECT unnest(?))"
        return {row["key"]: row["value"] for row in self.rows(query, [list(keys)])}
