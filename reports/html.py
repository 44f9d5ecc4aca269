"""The HTML report of a run: one file that asks for nothing from outside and runs no script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.files import write_whole
from harness.judges.checklist import LABEL
from harness.stats.intervals import SMALL_SAMPLE
from harness.store import Store
from reports import figures, views
from reports.charts import key_mark
from reports.data import Gate, Run, read_run
from reports.examples import choose, read_examples
from reports.thoughts import before_and_after
from reports.training import training_rows, warm_starts

READINGS = {
    "PASS": "meets every rule of the gate, so it may be promoted",
    "FAIL": "is rejected by the gate",
    "INCONCLUSIVE": "can be neither promoted nor rejected: there is too little data to tell",
    "INVALID": "was not decided on: the data cannot carry a decision",
}
SYMBOLS = {"PASS": "✓", "FAIL": "✕", "INCONCLUSIVE": "?", "INVALID": "!"}


def write_report(store: Store, run_key: str, path: Path) -> None:
    """Write the report of one run to `path`; the same store gives the same bytes.

    The file appears complete or not at all. Raises UserError for a run that the store does not hold.
    """
    write_whole(path, render_report(store, run_key))


def render_report(store: Store, run_key: str) -> str:
    """The report of one run as HTML text."""
    run = read_run(store, run_key)
    duels = views.duels(run)
    categories = views.category_rows(run)
    examples = choose(read_examples(store, duels[-1][1].key)) if duels else {}
    return _environment().get_template("report.html.j2").render(
        run=run, reading=gate_reading(run.gate), judge=judge_label(run.judge), summary=views.summary_rows(run),
        duels=duels, win_rate_chart=views.win_rate_chart(run), duel_chart=views.duel_chart(run),
        categories=categories, category_charts=views.category_charts(categories[1]) if categories else (None, None),
        small_charts=[
            (title, chart) for name, title in (
                ("response_chars", "Response length, characters"), ("thought_chars", "Thought length, characters"),
                ("parse_error_rate", "Parse errors, share of first tries"),
            ) if (chart := views.plain_chart(run, name, f"{title}, by iteration")) is not None
        ],
        training=training_rows(run), warm_starts=warm_starts(run), examples=examples,
        examples_after=views.iteration_name(duels[-1][0]) if duels else "",
        thoughts=before_and_after(store, run), facts=_facts(run),
        names={c.fingerprint: c.name for c in run.checkpoints},
        versions=run.provenance.get("versions") or {},
        origin={k: v for k, v in run.provenance.items() if k not in ("versions", "same_judge")},
        same_judge=bool(run.provenance.get("same_judge")), settings=_yaml(run.config),
    ) + "\n"  # fmt: skip


def gate_reading(gate: Gate | None) -> str:
    """The decision in one sentence."""
    if gate is None:
        return "The run has not reached its gate yet: this report shows what is done so far."
    after = "" if gate.iteration is None else f" after {views.iteration_name(gate.iteration)}"
    reading = READINGS.get(gate.decision, f"was decided on as {gate.decision}")
    culprits = [figures.words(rule["rule"]) for rule in gate.rules if rule["outcome"] == gate.decision]
    because = f" ({', '.join(culprits)})" if gate.decision != "PASS" and culprits else ""
    return f"The thought arm{after} {reading}{because}."


def judge_label(judge: str | None) -> str:
    """What to call the judge; the checklist judge always says that it is a stand-in."""
    if judge is None:
        return "no judge yet"
    return LABEL if judge.partition("@")[0] == "checklist" else judge


def _facts(run: Run) -> list[tuple[str, str]]:
    """What stands under the title: benchmark, prompts, seed model, iterations, start."""
    facts = []
    if evaluation := next(iter(run.evaluations.values()), None):
        facts += [("Benchmark", evaluation.benchmark), ("Prompts", figures.count(evaluation.prompts))]
    if seed := run.details("seed"):
        facts.append(("Seed model", str(seed.get("name", seed.get("model", "")))))
    trained = max(run.iterations, default=0)
    return [*facts, ("DPO iterations", str(trained)), ("Started", run.started)]


def _yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), allow_unicode=True, sort_keys=True, width=100)


def _environment() -> Environment:
    """Templates with every value escaped, and unseen characters made visible first."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
        finalize=figures.visible, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    for written in (figures.percent, figures.decimal, figures.count, figures.percent_range, figures.decimal_range,
                    figures.duration, figures.words):  # fmt: skip
        environment.filters[written.__name__] = written
    environment.globals |= {
        "key_mark": key_mark, "iteration_name": views.iteration_name, "DECIDABLE": views.DECIDABLE,
        "SMALL_SAMPLE": SMALL_SAMPLE, "SYMBOLS": SYMBOLS, "yaml": _yaml,
    }  # fmt: skip
    return environment
