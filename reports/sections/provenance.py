"""Where the figures of a report come from, and how to make them again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from tpobench.harness.evaluation.registry import as_typed
from tpobench.harness.provenance import installed_versions
from tpobench.harness.store.store import Store
from tpobench.reports.data import StoredRun
from tpobench.reports.evaluations import Evaluation


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the figures come from. `facts` are short, `blocks` are mappings to unfold; `how` introduces the `command`
    that makes them again."""

    facts: Sequence[tuple[str, str]]
    blocks: Sequence[tuple[str, Any]]
    models: Sequence[Mapping[str, str]]
    versions: Mapping[str, str | None]
    how: str
    command: str


def of_run(run: StoredRun) -> Provenance:
    """Of a run: its settings, and every model that it made."""
    origin = {k: v for k, v in run.provenance.items() if k not in ("versions", "same_judge")}
    names = {c.fingerprint: c.name for c in run.checkpoints}
    facts = [("Run", run.key), ("Seed", str(run.config.get("seed", 0)))]
    facts += [(key, str(value)) for key, value in origin.items() if not isinstance(value, Mapping)]
    judges = dict.fromkeys(e.judge for e in run.evaluations.values())
    facts += [("Judge", judge) for judge in judges]
    sources = [entry.get("source") for entry in (run.config.get("instructions") or {}).get("sources") or ()]
    if sources:
        facts.append(("Training prompts", ", ".join(map(str, sources))))
    blocks: list[tuple[str, Any]] = [(key, value) for key, value in origin.items() if isinstance(value, Mapping)]
    models = [
        {
            "name": c.name,
            "made by": c.made_by,
            "from": names.get(c.parent or "", c.parent or "–"),
            "fingerprint": c.fingerprint,
            "folder": c.folder,
        }
        for c in run.checkpoints
    ]
    how, command = "To reproduce it:", "tpobench quickstart"
    if run.name != "quickstart":
        how = f"To reproduce it, with the settings below in {run.name}.yaml:"
        command = f"tpobench train {quote(f'{run.name}.yaml')}"
    versions = run.provenance.get("versions") or {}
    return Provenance(
        facts=facts,
        blocks=[*blocks, ("settings", run.config)],
        models=models,
        versions=versions,
        how=how,
        command=command,
    )


_ABOUT = """
SELECT evaluation_key, coalesce(c.folder, candidate), coalesce(c.made_by, ''), coalesce(b.folder, ''),
       coalesce(b.made_by, 'imported'),
       (SELECT params FROM output WHERE output_key = evaluation.candidate_outputs[1])
FROM evaluation LEFT JOIN model c ON c.model_key = candidate LEFT JOIN model b ON b.model_key = baseline
WHERE evaluation_key IN (SELECT unnest(?)) ORDER BY evaluation_key
"""

_SPENT = """
SELECT count(*), sum(cost_usd) FROM call
WHERE subject IN (SELECT judgment_key FROM evaluation_entry WHERE list_contains(?, evaluation_key))
"""


def of_evaluations(store: Store, evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> Provenance:
    """Of evaluations without a run; `names` is what to call each candidate, by evaluation."""
    keys = [e.key for e in evaluations]
    about = {row[0]: _Made(*row[1:]) for row in store.sql(_ABOUT, [keys])[1]}
    ((calls, dollars),) = store.sql(_SPENT, [keys])[1]
    facts = [("Judge", judge) for judge in dict.fromkeys(e.judge for e in evaluations)]
    facts += [("Judge calls", str(calls))] + ([("Cost of judging", f"${dollars:.2f}")] if dollars is not None else [])
    models = [
        {
            "name": names[e.key],
            "made by": about[e.key].by or "–",
            "benchmark": e.benchmark,
            "mode": e.mode,
            "fingerprint": e.fingerprint,
            "folder": about[e.key].folder,
        }
        for e in evaluations
    ]
    command = "\n".join(dict.fromkeys(_again(e, about[e.key]) for e in evaluations))
    return Provenance(
        facts=facts, blocks=[], models=models, versions=installed_versions(), how="To reproduce it:", command=command
    )


@dataclass(frozen=True)
class _Made:
    """How both sides of an evaluation came to be; `params` is the JSON of the candidate's sampling parameters."""

    folder: str
    by: str
    baseline_folder: str
    baseline_by: str
    params: str | None


def _again(evaluation: Evaluation, made: _Made) -> str:
    """The command that brings an evaluation's judgments into a store. An endpoint's address is not in the store."""
    if made.by == "imported":
        return f"tpobench import {quote(evaluation.benchmark)} FOLDER"
    benchmark, split = as_typed(evaluation.benchmark)
    judge, _, asked = evaluation.judge.partition("@")
    params = json.loads(made.params or "null") or {}
    options = {
        "--model": made.folder,
        "--benchmark": benchmark,
        "--split": split,
        "--mode": "" if evaluation.mode == "direct" else evaluation.mode,
        "--baseline": "" if made.baseline_by == "imported" else made.baseline_folder,
        "--judge": judge,
        "--judge-model": "" if evaluation.is_rule_based else asked.partition("#")[0],
        "--temperature": params.get("temperature"),
        "--max-new-tokens": params.get("max_new_tokens"),
        "--seed": params.get("seed"),
    }
    return "tpobench eval" + "".join(f" {key} {quote(str(v))}" for key, v in options.items() if v not in (None, ""))
