"""The results store: one DuckDB file that holds every prompt, output, judgment, pair and decision.

Rows are keyed by the hash of what determined them, so inserting the same thing again changes nothing, and work that
was interrupted is found by asking which keys are missing. One process writes at a time.
"""

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from harness.errors import UserError
from harness.modes import Mode
from harness.records import (
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
from harness.schema import SCHEMA, SCHEMA_VERSION, TABLES


class Store:
    """An open results store. Use it as a context manager; every insert is one transaction."""

    def __init__(self, path: str | Path, read_only: bool = False) -> None:
        self.path = Path(path)
        if read_only and not self.path.exists():
            raise UserError(f"there is no results store at {self.path}; name an existing one with --store")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _connect(self.path, read_only)
        try:
            self._migrate(read_only)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _migrate(self, read_only: bool) -> None:
        foreign = UserError(f"{self.path} is a DuckDB file but no tpobench store; name another one with --store")
        tables = {row[0] for row in self.sql("SELECT table_name FROM information_schema.tables")[1]}
        if "store_version" not in tables:
            if tables or read_only:
                raise foreign
            self._connection.execute("BEGIN TRANSACTION")
            self._connection.execute(SCHEMA)
            self._connection.execute("INSERT INTO store_version VALUES (?)", [SCHEMA_VERSION])
            self._connection.execute("COMMIT")
        try:
            ((version,),) = self.sql("SELECT max(version) FROM store_version")[1]
        except duckdb.BinderException as error:
            raise UserError(
                f"{self.path} is a DuckDB file but no tpobench store; name another one with --store"
            ) from error
        if version > SCHEMA_VERSION:
            raise UserError(
                f"{self.path} was written by a newer tpobench (schema {version}, this one knows {SCHEMA_VERSION}); "
                "upgrade tpobench or name another file with --store"
            )

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run any SQL; returns column names and rows."""
        cursor = self._connection.execute(query, list(parameters))
        if cursor.description is None:
            return [], []
        return [column[0] for column in cursor.description], cursor.fetchall()

    def row_counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: self.sql(f"SELECT count(*) FROM {table}")[1][0][0] for table in TABLES}

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """Insert the rows that are not there yet, all or none; returns how many were new."""
        if not rows:
            return 0
        marks = f"({', '.join('?' * len(columns))})"
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * len(rows))} ON CONFLICT DO NOTHING"
        )
        try:
            done = self._connection.execute(statement, [value for row in rows for value in row]).fetchall()
        except duckdb.Error as error:
            if "No space left" in str(error):
                raise UserError(
                    f"no space left for {self.path}: what was stored so far is safe; free some disk space and run "
                    "the same command again"
                ) from error
            raise
        return int(done[0][0])

    def missing(self, table: str, keys: Sequence[str]) -> list[str]:
        """Those of the keys that the table does not hold, in the order given."""
        present = {
            row[0] for row in self.sql(f"SELECT {table}_key FROM {table} WHERE {table}_key IN (SELECT unnest(?))",
                                       [list(keys)])[1]
        }  # fmt: skip
        return [key for key in keys if key not in present]

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
            (
                "output_key", "model", "mode", "text_key", "sample", "params", "raw_text", "thought", "response",
                "parse_error", "finish_reason", "prompt_ids", "token_ids", "seconds",
            ),
            [
                (
                    generation.request.key, model.fingerprint, mode.name, prompt.text_key, sample,
                    json.dumps(asdict(params)), generation.text, split.thought, split.response, split.error,
                    generation.finish_reason, list(generation.prompt_ids), list(generation.token_ids),
                    generation.seconds,
                )
                for prompt, sample, generation, split in rows
            ],
        )  # fmt: skip
        if new != len(rows):
            raise RuntimeError(f"{len(rows) - new} of {len(rows)} outputs were sampled twice")

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
            outputs.append(
                Output(key, model, mode, prompt, sample, SamplingParams(**json.loads(params)), raw, thought, response,
                       error, finish, tuple(prompt_ids), tuple(token_ids), seconds)
            )  # fmt: skip
        return outputs

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

    def add_judgments(self, judgments: Iterable[Judgment]) -> None:
        self._insert(
            "judgment",
            (
                "judgment_key", "judge", "prompt_key", "response_a", "response_b", "presented_order", "verdict",
                "preference", "raw_text",
            ),
            [
                (
                    j.key, j.judge, j.prompt.key, j.candidate_response, j.baseline_response, j.order, j.verdict,
                    j.preference, j.raw,
                )
                for j in judgments
            ],
        )  # fmt: skip

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
                "pair_key", "run", "arm", "iteration", "prompt_key", "chosen", "rejected", "chosen_score",
                "rejected_score",
            ),
            [
                (p.key(job), run, arm, iteration, p.prompt.key, p.chosen.key, p.rejected.key, p.chosen_score,
                 p.rejected_score)
                for p in pairs
            ],
        )  # fmt: skip

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

    def finish_step(self, run: str, step: str, details: dict[str, Any], seconds: float) -> None:
        self._insert(
            "step",
            ("step_key", "run", "name", "details", "seconds"),
            [(f"{run}/{step}", run, step, json.dumps(details, sort_keys=True), seconds)],
        )

    def add_decision(
        self, key: str, run: str, policy: Any, candidate: str, against: str, decision: str, rules: Any
    ) -> None:
        self._insert(
            "gate_decision",
            ("gate_decision_key", "run", "policy", "candidate", "against", "decision", "rules"),
            [(key, run, json.dumps(policy, sort_keys=True), candidate, against, decision, json.dumps(rules))],
        )


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting a moment for a holder that is just closing."""
    for attempt in range(3):
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.IOException as error:
            message = str(error)
            if "lock" in message.lower():
                if attempt < 2:
                    time.sleep(0.3)
                    continue
                holder = re.search(r"PID (\d+)", message)
                who = f"process {holder.group(1)}" if holder else "another process"
                raise UserError(
                    f"{path} is in use by {who}: wait for it to end, or name another file with --store"
                ) from error
            if "not a valid DuckDB database" in message:
                raise UserError(f"{path} is not a DuckDB file; name another one with --store") from error
            if "newer" in message or "storage version" in message:
                raise UserError(f"{path} was written by a newer DuckDB; upgrade duckdb to read it") from error
            raise UserError(f"{path} cannot be opened: {message.splitlines()[0]}") from error
    raise AssertionError("unreachable")
