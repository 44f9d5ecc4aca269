"""Where the figures of a report come from, and how to make them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, ClassVar

from tpobench.harness.evaluation.provenance import installed_versions
from tpobench.harness.store.calls import judging_calls
from tpobench.harness.store.evaluations import sampling_of_candidates
from tpobench.harness.store.models import models_with_fingerprints
from tpobench.harness.store.requests import requests_of
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.home import settings_without_home, without_home
from tpobench.reports.reproduction import asked_again, reproduction
from tpobench.reports.runs import Run


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the figures come from.

    Attributes:
        facts: Short ones, by name.
        blocks: Mappings to unfold, by name.
        models: A mapping each, all with the same keys.
        versions: Of the packages that made the figures.
        of_writer: The versions are those of what wrote the report.
        how: Introduces the `command` that makes the figures again.
    """

    template: ClassVar[str] = "provenance.html.j2"
    anchor: ClassVar[str] = "provenance"
    title: ClassVar[str] = "Provenance"
    facts: Sequence[tuple[str, str]]
    blocks: Sequence[tuple[str, Any]]
    models: Sequence[Mapping[str, str]]
    versions: Mapping[str, str | None]
    of_writer: bool
    how: str
    command: str


def of_run(run: Run) -> Provenance:
    """Of a run: its settings, and every model that it made."""
    origin = {name: value for name, value in run.provenance.items() if name not in ("versions", "same_judge")}
    facts = [("Run", run.key), ("Seed", str(run.config.get("seed", 0)))]
    facts += [(name, str(value)) for name, value in origin.items() if not isinstance(value, Mapping)]
    facts += [("Judge", judge) for judge in dict.fromkeys(e.judge for e in run.evaluations.values())]
    sources = [entry.get("source") for entry in (run.config.get("instructions") or {}).get("sources") or ()]
    if sources:
        facts.append(("Training prompts", ", ".join(without_home(str(source)) for source in sources)))
    blocks: list[tuple[str, Any]] = [(name, value) for name, value in origin.items() if isinstance(value, Mapping)]
    how, command = "To reproduce it:", "tpobench quickstart"
    if run.name != "quickstart":
        home = ", with your home folder for ~" if "~/" in str(settings_without_home(run.config)) else ""
        how = f"To reproduce it, with the settings below in {run.name}.yaml{home}:"
        command = f"tpobench train {quote(f'{run.name}.yaml')}"
    return Provenance(
        facts=facts,
        blocks=[(name, settings_without_home(block)) for name, block in [*blocks, ("settings", run.config)]],
        models=_models_of_run(run),
        versions=run.provenance.get("versions") or {},
        of_writer=False,
        how=how,
        command=command,
    )


def of_evaluations(
    store: Store, evaluations: Sequence[Evaluation], names: Mapping[str, str], metrics: Sequence[str] = ()
) -> Provenance:
    """Of evaluations without a run; `names` is what to call each candidate, by evaluation. `metrics` are the keys of
    those by own metrics alone."""
    keys = [e.key for e in evaluations]
    fingerprints = [fingerprint for e in evaluations for fingerprint in (e.fingerprint, e.baseline_fingerprint)]
    models = models_with_fingerprints(store, list(dict.fromkeys(fingerprints)))
    sampling, spent = sampling_of_candidates(store, keys), judging_calls(store, keys)
    facts = [("Judge", judge) for judge in dict.fromkeys(e.judge for e in evaluations)]
    if evaluations:
        facts.append(("Judge calls", str(spent.calls)))
    if spent.dollars is not None:
        facts.append(("Cost of judging", f"${spent.dollars:.2f}"))
    rows = [
        {
            "name": names[e.key],
            "made by": model.made_by if model else "–",
            "benchmark": e.benchmark,
            "mode": e.mode,
            "fingerprint": e.fingerprint,
            "folder": without_home(model.folder) if model else e.fingerprint,
        }
        for e, model in ((e, models.get(e.fingerprint)) for e in evaluations)
    ]
    requests = requests_of(store, keys)
    commands = [reproduction(e, models, requests.get(e.key), sampling.get(e.key, {})) for e in evaluations]
    commands += [asked_again(request) for request in requests_of(store, metrics).values()]
    return Provenance(
        facts=facts,
        blocks=[],
        models=rows,
        versions=installed_versions(),
        of_writer=True,
        how="To reproduce it:",
        command="\n".join(dict.fromkeys(commands)),
    )


def _models_of_run(run: Run) -> list[Mapping[str, str]]:
    names = {model.fingerprint: model.name for model in run.models}
    return [
        {
            "name": model.name,
            "made by": model.made_by,
            "from": names.get(model.parent or "", model.parent or "–"),
            "fingerprint": model.fingerprint,
            "folder": without_home(model.folder),
        }
        for model in run.models
    ]
