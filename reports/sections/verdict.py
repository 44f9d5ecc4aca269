"""The first screen: the decision, the headline figures, and every reason not to trust them. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.evaluation.compare import Difference
from tpobench.harness.gate.decision import MAX_MISSING
from tpobench.harness.models.modes import in_mode
from tpobench.harness.stats.intervals import Interval
from tpobench.reports.data import Gate, StoredRun
from tpobench.reports.decision import READINGS, SYMBOLS
from tpobench.reports.evaluations import Evaluation, named_apart
from tpobench.reports.formats import figures
from tpobench.reports.formats.charts import Style
from tpobench.reports.sections.head_to_head import HeadToHead
from tpobench.reports.sections.iterations import iteration_name, last_sides


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A win rate (or a difference of two, in [-1, 1]) that the first screen shows."""

    label: str
    style: Style
    value: float
    low: float | None
    high: float | None
    n: int
    is_difference: bool = False

    @property
    def written(self) -> str:
        """The value as people read it: ``51.2%``, or ``+3.1`` points."""
        return figures.points(self.value) if self.is_difference else figures.percent(self.value)

    @property
    def reach(self) -> str:
        """Interval and number of prompts, in brackets."""
        if self.low is None or self.high is None:
            return f"(n = {self.n})"
        interval = Interval(self.value, self.low, self.high, self.n)
        limits = figures.points_range(interval) if self.is_difference else figures.percent_range(interval)
        return f"({limits}, n = {self.n})"


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """`badge` is one word or two, `tone` how it looks: pass, fail, inconclusive, invalid or pending."""

    badge: str
    tone: str
    sentence: str
    rules: Sequence[Mapping[str, Any]] = ()
    headlines: Sequence[Headline] = ()
    warnings: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = field(default=())

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.badge, "")


def of_run(run: StoredRun) -> Conclusion:
    """Of a run, however far it is."""
    gate, last = run.gate, last_sides(run)
    headlines = []
    if last is not None:
        labels = {"thought": "Thought", "direct": "Direct", "duel": "Thought v direct"}
        styles: dict[str, Style] = {"thought": "thought", "direct": "direct", "duel": "duel"}
        for side, evaluation in last[1].items():
            opponent = "" if side == "duel" else f" v {evaluation.against}"
            headlines += _headline(f"{labels[side]}{opponent}, {iteration_name(last[0])}", styles[side], evaluation)
    warnings = [] if run.first is None else shortcomings(run.evaluations.values())
    if run.provenance.get("same_judge"):
        warnings.insert(0, _SAME_JUDGE)
    if len(run.config.get("arms") or ("thought", "direct")) == 1:
        warnings.append(f"Only the {run.config['arms'][0]} arm was run: there is no baseline trained the same way.")
    return Conclusion(
        badge=gate.decision if gate else "NO DECISION YET",
        tone=gate.decision.lower() if gate else "pending",
        sentence=gate_reading(run),
        rules=gate.rules if gate else (),
        headlines=headlines,
        warnings=warnings,
        facts=_facts(run),
    )


_SAME_JUDGE = (
    "The same judge trained and evaluates. The prompts are disjoint, but a gain may be a gain at pleasing this judge "
    "and nothing more."
)


def gate_reading(run: StoredRun) -> str:
    """The decision in one sentence."""
    gate = run.gate
    if gate is None and len(run.config.get("arms") or ("thought", "direct")) == 1:
        return "One arm alone is not gated: the gate compares two."
    if gate is None:
        return "The run has not reached its gate: this report shows what is done so far."
    after = "" if gate.iteration is None else f" after {iteration_name(gate.iteration)}"
    reading = READINGS.get(gate.decision, f"was decided on as {gate.decision}")
    later = ""
    if gate.iteration is not None and run.iterations and gate.iteration < run.iterations[-1]:
        later = f" The run went on to {iteration_name(run.iterations[-1])}, which has not been decided on."
    return f"The thought arm{after} {reading}{_because(gate)}.{later}"


def of_models(evaluations: Sequence[Evaluation], decisions: Sequence[tuple[str, str, str]]) -> Conclusion:
    """Of models without a run, best first by benchmark. `decisions`: candidate, against and the gate's decision."""
    names = named_apart(evaluations)
    contests = dict.fromkeys((e.benchmark, e.against, e.judge_label) for e in evaluations)
    sentences = []
    best = []
    for benchmark, baseline, judge in contests:
        ranked = [e for e in evaluations if (e.benchmark, e.against, e.judge_label) == (benchmark, baseline, judge)]
        rate = ranked[0].overall("win_rate")
        if rate is None:
            continue
        best += _headline(f"{names[ranked[0].key]} v {baseline}, {benchmark}", "duel", ranked[0])
        alone_there = sum((other[0], other[1]) == (benchmark, baseline) for other in contests) == 1
        who = "is the only model" if len(ranked) == 1 else f"leads {len(ranked)} models"
        sentences.append(
            f"{names[ranked[0].key]} {who} on {benchmark}: it wins {figures.percent(rate.value)} against {baseline} "
            f"({figures.percent_range(rate)}{'' if alone_there else f', judged by {judge}'})."
        )
    sentences += [
        f"The gate's decision on {candidate} against {against}: {decision}."
        for candidate, against, decision in decisions
    ]
    models = {(e.fingerprint, e.mode) for e in evaluations}
    alone = decisions[0][2] if decisions else "NOT GATED"
    badge = f"{len(models)} MODELS" if len(models) > 1 else alone
    tone = badge.lower() if badge in READINGS else "pending"
    return Conclusion(
        badge=badge,
        tone=tone,
        sentence=" ".join(sentences) or _NOTHING,
        rules=(),
        headlines=best[:4],
        warnings=shortcomings(evaluations),
        facts=_contest_facts(evaluations),
    )


def of_comparison(
    a: str,
    b: str,
    found: Sequence[Difference],
    meetings: Sequence[HeadToHead],
    evaluations: Sequence[Evaluation],
    decision: str | None,
) -> Conclusion:
    """Of two models: where they met, that counts; else the first of `found`, the paired differences, A minus B."""
    headlines = [
        Headline(
            label=f"{_sides(m, meetings)}, {m.benchmark}",
            style="duel",
            value=m.rate.mean,
            low=m.rate.low,
            high=m.rate.high,
            n=m.rate.n,
        )
        for m in meetings
    ]
    if meetings:
        rate = meetings[0].rate
        told = (
            f"the first wins {figures.percent(rate.mean)} of {figures.count(rate.n)} prompts against the second "
            f"({figures.percent_range(rate)}, {meetings[0].benchmark})"
        )
        low, high = rate.low - 0.5, rate.high - 0.5
    else:
        apart = found[0]
        measure = f"{apart.benchmark}, {apart.measure.rpartition(', ')[0]}"  # without the judge, who is named below
        reach = f"{figures.points(apart.low)} to {figures.points(apart.high)}"
        told = (
            f"{figures.points(apart.difference)} points on {figures.count(apart.n)} shared prompts ({reach}, {measure})"
        )
        low, high = apart.low, apart.high
        headlines.append(
            Headline(
                label=f"A minus B: {measure}",
                style="duel",
                value=apart.difference,
                low=apart.low,
                high=apart.high,
                n=apart.n,
                is_difference=True,
            )
        )
    if not meetings and not found[0].measure.startswith("win rate"):
        badge, tone, sentence = "MEASURED", "pending", f"{a} minus {b}: {told}."  # more may be better or worse
    elif low > 0:
        badge, tone, sentence = "A IS BETTER", "pass", f"{a} is better than {b}: {told}."
    elif high < 0:
        badge, tone, sentence = "B IS BETTER", "fail", f"{a} is worse than {b}: {told}."
    else:
        badge, tone, sentence = "NO CLEAR DIFFERENCE", "inconclusive", f"{a} and {b} do not clearly differ: {told}."
    if decision is not None:
        sentence += f" The gate's decision on {a} against {b}: {decision}."
    for label, style, evaluation in _first_shared(evaluations):
        headlines += _headline(f"{label} v {evaluation.against}, {evaluation.benchmark}", style, evaluation)
    judged = [*evaluations, *(meeting.evaluation for meeting in meetings)]
    return Conclusion(
        badge=badge,
        tone=tone,
        sentence=sentence,
        rules=(),
        headlines=headlines,
        warnings=shortcomings(judged),
        facts=[("A", a), ("B", b), *_contest_facts(judged)],
    )


_NOTHING = "No judge has given a verdict; the leaderboard shows what else was measured."


def _sides(meeting: HeadToHead, meetings: Sequence[HeadToHead]) -> str:
    """``A v B``, with the mode of a side that was compared in several."""
    named = zip("AB", meeting.modes, zip(*(m.modes for m in meetings), strict=True), strict=True)
    return " v ".join(in_mode(side, mode) if len(set(modes)) > 1 else side for side, mode, modes in named)


def _first_shared(evaluations: Sequence[Evaluation]) -> list[tuple[str, Style, Evaluation]]:
    """Both sides' evaluations on the first contest that they share."""
    styles: tuple[tuple[str, Style], ...] = (("A", "thought"), ("B", "direct"))
    return [(label, style, e) for (label, style), e in zip(styles, evaluations[:2], strict=False)]


def shortcomings(evaluations: Iterable[Evaluation]) -> list[str]:
    """Why the figures may mislead: a sentence each, with how many evaluations it concerns where it is not all."""
    found: dict[str, int] = {}
    judged = [evaluation for evaluation in evaluations if not evaluation.is_itself]
    for evaluation in judged:
        for reason in _reasons(evaluation):
            found[reason] = found.get(reason, 0) + 1
    judges: dict[str, set[str]] = {}
    for evaluation in judged:
        judges.setdefault(evaluation.benchmark, set()).add(evaluation.judge)
    mixed = [
        f"Several judges were asked on {benchmark}: compare figures of one judge only."
        for benchmark, ids in judges.items()
        if len(ids) > 1
    ]
    return mixed + [
        reason if times == len(judged) else f"{reason[:-1]} ({times} of {len(judged)} evaluations)."
        for reason, times in found.items()
    ]


def _reasons(evaluation: Evaluation) -> list[str]:
    reasons = []
    if evaluation.is_rule_based:
        reasons.append("The judge is a rule-based stand-in: it checks lengths, formats and facts, not style or depth.")
    if evaluation.rows is not None and evaluation.prompts < evaluation.rows:
        share = f"{figures.count(evaluation.prompts)} of the {figures.count(evaluation.rows)} prompts"
        reasons.append(f"Only {share} of {evaluation.benchmark} were judged.")
    if evaluation.missing:
        invalid = ": a gate would be INVALID" if evaluation.missing > MAX_MISSING * evaluation.prompts else ""
        share = figures.percent(evaluation.missing / evaluation.prompts)
        what = "1 prompt" if evaluation.missing == 1 else f"{figures.count(evaluation.missing)} prompts"
        reasons.append(f"{what} ({share}) without a verdict{invalid}.")
    told = "prompts"  # a note about the number of prompts says what is said above
    reasons += [
        f"Not comparable with published figures: {note}." for note in evaluation.notes if not note.endswith(told)
    ]
    return reasons


def _headline(label: str, style: Style, evaluation: Evaluation) -> list[Headline]:
    rate = evaluation.overall("win_rate")
    if rate is None or rate.value is None:
        return []
    return [Headline(label=label, style=style, value=rate.value, low=rate.low, high=rate.high, n=rate.n)]


def _because(gate: Gate) -> str:
    culprits = [figures.words(rule["rule"]) for rule in gate.rules if rule["outcome"] == gate.decision]
    return f" ({', '.join(culprits)})" if gate.decision != "PASS" and culprits else ""


def _facts(run: StoredRun) -> list[tuple[str, str]]:
    """What is shown under the title: benchmark, prompts, judge, seed model, iterations, start."""
    facts = [] if run.first is None else _contest_facts([run.first])
    if (last := last_sides(run)) is not None:
        told = {"thought": "Candidate", "direct": "Direct baseline"}
        facts = [(told[side], e.candidate) for side, e in last[1].items() if side in told] + facts
    if seed := run.details("seed"):
        facts.append(("Seed model", str(seed.get("name", seed.get("model", "")))))
    return [*facts, ("DPO iterations", str(max(run.iterations, default=0))), ("Started", run.started)]


def _contest_facts(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    if not evaluations:
        return []

    def told(values: Iterable[str]) -> str:
        shown = list(dict.fromkeys(values))
        return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")

    sizes = sorted({evaluation.prompts for evaluation in evaluations})
    prompts = figures.count(sizes[0]) if len(sizes) == 1 else f"{figures.count(sizes[0])}–{figures.count(sizes[-1])}"
    return [
        ("Benchmark", told(evaluation.benchmark for evaluation in evaluations)),
        ("Prompts", prompts),
        ("Baseline", told(evaluation.against for evaluation in evaluations)),
        ("Judge", told(evaluation.judge_label for evaluation in evaluations)),
    ]
