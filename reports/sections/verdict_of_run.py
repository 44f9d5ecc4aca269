"""What a run comes to: its gate's decision, or how far it is."""

from tpobench.harness.store.step_details import SeedDetails
from tpobench.harness.store.steps import Step
from tpobench.reports.decision import culprits, reading_of
from tpobench.reports.formats import figures
from tpobench.reports.runs import Run, RunGate, iteration_name
from tpobench.reports.sections.training import training_warnings
from tpobench.reports.sections.verdict import Conclusion, Headline, facts_of, win_rate_headline
from tpobench.reports.sections.warnings import warnings_of, with_trust

_SAME_JUDGE = (
    "The same judge trained and evaluates. The prompts are disjoint, but a gain may be a gain at pleasing this judge "
    "and nothing more."
)


_LATER = "The run went on to {}, which has not been decided on."


def of_run(run: Run) -> Conclusion:
    """The conclusion of a run, however far it is."""
    gate = run.gate
    warnings = warnings_of(run.evaluations.values()) if run.first else []
    if run.has_same_judge:
        warnings.insert(0, _SAME_JUDGE)
    warnings += training_warnings(run)
    if len(run.arms) == 1:
        warnings.append(f"Only the {run.arms[0]} arm was run: there is no baseline trained the same way.")
    return Conclusion(
        badge=gate.decision if gate else "NO DECISION YET",
        tone=gate.decision.lower() if gate else "pending",
        sentence=with_trust(_claim(run), warnings) if run.first else gate_sentence(run),
        more=[_LATER.format(iteration_name(run.iterations[-1]))] if _went_on(run) else [],
        rules=gate.rules if gate else (),
        headlines=_headlines(run),
        warnings=warnings,
        facts=_facts(run),
    )


def gate_sentence(run: Run) -> str:
    """The decision in one sentence."""
    gate = run.gate
    if gate is None and len(run.arms) == 1:
        return "One arm alone is not gated: the gate compares two."
    if gate is None:
        return "The run has not reached its gate: this report shows what is done so far."
    later = f" {_LATER.format(iteration_name(run.iterations[-1]))}" if _went_on(run) else ""
    return f"{_decision(gate)}.{later}"


def _decision(gate: RunGate) -> str:
    after = "" if gate.iteration is None else f" after {iteration_name(gate.iteration)}"
    return f"The thought arm{after} {reading_of(gate.decision, gate.rules)}{culprits(gate.decision, gate.rules)}"


def _claim(run: Run) -> str:
    """The decision with the win rate that it was about, or what was measured last, without a full stop."""
    if run.gate is None:
        return _measured_last(run)
    decided = run.last_evaluated if run.gate.iteration is None else run.gate.iteration
    met = None if decided is None else run.head_to_head(decided)
    rate = None if met is None else met.overall("win_rate")
    if met is None or rate is None or rate.value is None:
        return _decision(run.gate)
    reach = f"{figures.INTERVAL} {figures.percent_range(rate)}"
    return f"{_decision(run.gate)}: it wins {figures.percent(rate.value)} against the direct arm ({reach})"


def _measured_last(run: Run) -> str:
    """Why there is no decision, and the last win rate: thought against direct, else an arm against the baseline."""
    why = "One arm alone is not gated" if len(run.arms) == 1 else "The run has not reached its gate"
    last = run.last_evaluated
    if last is None:
        return why
    met, arms = run.head_to_head(last), run.arms_after(last)
    candidates = [("thought", met, "the direct arm")] if met is not None else []
    candidates += [(arm, evaluation, evaluation.against) for arm, evaluation in arms.items()]
    for arm, evaluation, against in candidates:
        rate = evaluation.overall("win_rate")
        if rate is not None and rate.value is not None and not evaluation.is_itself:
            reach = f"{figures.INTERVAL} {figures.percent_range(rate)}"
            wins = f"the {arm} arm wins {figures.percent(rate.value)} against {against} ({reach})"
            return f"{why}; after {iteration_name(last)} {wins}"
    return why


def _went_on(run: Run) -> bool:
    """Whether there are iterations after the one that was decided on."""
    gate = run.gate
    return (
        gate is not None and gate.iteration is not None and bool(run.iterations) and gate.iteration < run.iterations[-1]
    )


def _headlines(run: Run) -> list[Headline]:
    """Of the last evaluated iteration: both arms against the baseline, and one against the other."""
    last = run.last_evaluated
    if last is None:
        return []
    headlines = []
    for arm, evaluation in run.arms_after(last).items():
        label = f"{arm.capitalize()} v {evaluation.against}, {iteration_name(last)}"
        headlines += win_rate_headline(label, arm, evaluation)
    if (head_to_head := run.head_to_head(last)) is not None:
        headlines += win_rate_headline(f"Thought v direct, {iteration_name(last)}", "head-to-head", head_to_head)
    return headlines


def _facts(run: Run) -> list[tuple[str, str]]:
    """Both models, benchmark, prompts, judge, seed model, iterations, start."""
    facts = facts_of([run.first]) if run.first else []
    if run.last_evaluated is not None:
        names = {"thought": "Candidate", "direct": "Direct baseline"}
        facts = [(names[arm], e.candidate) for arm, e in run.arms_after(run.last_evaluated).items()] + facts
    if seed := run.details(Step(SeedDetails)):
        facts.append(("Seed model", seed.name))
    return [*facts, ("DPO iterations", str(max(run.iterations, default=0))), ("Started", run.started)]
