"""A report's facts, and a gate's decision, as Markdown: for a pull request, a job's page or a chat."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleResult
from tpobench.harness.records import Metric
from tpobench.reports.content import Content
from tpobench.reports.decision import (
    SYMBOLS,
    evidence,
    facts,
    further_warnings,
    headline,
    parts,
    shown_as,
    without_interval,
)
from tpobench.reports.formats.escaping import code, escaped
from tpobench.reports.formats.figures import (
    INTERVAL,
    INVALID,
    NONE,
    count,
    decimal,
    decimal_range,
    percent,
    points,
    points_range,
    rank_range,
    rate,
    signed,
)
from tpobench.reports.sections.categories import Categories
from tpobench.reports.sections.category_tables import CategoryTable
from tpobench.reports.sections.examples import Examples
from tpobench.reports.sections.iterations import Iterations
from tpobench.reports.sections.judges import Judges
from tpobench.reports.sections.leaderboard import Leaderboard, Leaderboards
from tpobench.reports.sections.own_metrics import OwnMetrics
from tpobench.reports.sections.provenance import Provenance
from tpobench.reports.sections.section import Section
from tpobench.reports.sections.thoughts import Thoughts
from tpobench.reports.sections.training import Training
from tpobench.reports.sections.verdict import Conclusion

Writers = Mapping[type[Section], Callable[[Any], list[str]]]
"""By the kind of a section, the function that writes it."""


def markdown(content: Content) -> str:
    """The same figures as the HTML report, without charts, examples and settings. It fetches nothing.

    Args:
        content: The report.

    Returns:
        GitHub's Markdown; names and sentences are escaped, so that nothing in them is markup or mentions anybody.
    """
    verdict = content.verdict
    writers: Writers = {**WRITERS, Provenance: partial(_facts, verdict)}
    lines = [f"# {escaped(content.title)}", "", *_conclusion(verdict)]
    for section in content.sections:
        lines += writers[type(section)](section)
    return "\n".join(lines) + "\n"


def decision_markdown(decision: Decision) -> str:
    """A gate's decision in GitHub's Markdown, for a job's page or a comment: it fetches nothing and mentions nobody."""
    lines = [
        f"## tpobench gate: {_marked(decision.outcome)}",
        "",
        f"**Decision:** {escaped(headline(decision))}.",
        *(f"\n> **Warning:** {escaped(warning)}" for warning in further_warnings(decision)),
        *(row for name, rules in parts(decision) for row in _rules(name, rules)),
        "",
        *(f"- {name}: {code(value)}" for name, value in facts(decision)),
        *(f"- note: {escaped(note)}" for note in decision.notes),
        *_clear_prompts("won", decision.won),
        *_clear_prompts("lost", decision.lost),
    ]
    return "\n".join(lines) + "\n"


def _conclusion(verdict: Conclusion) -> list[str]:
    lines = [f"**{verdict.badge}.** {escaped(verdict.sentence)}", ""]
    lines += [line for sentence in verdict.more for line in (escaped(sentence), "")]
    for one in verdict.headlines:
        unit = " points" if one.is_difference and not one.is_invalid else ""
        lines.append(f"- {escaped(one.label)}: **{one.figure}{unit} {one.reach}**")
    if verdict.warnings:
        lines += ["", *(f"> **Warning:** {escaped(warning)}  " for warning in verdict.warnings)]
    if verdict.rules:
        rules = [
            (rule["outcome"], rule["rule"], without_interval(rule["sentence"]), evidence(rule))
            for rule in verdict.rules
        ]
        lines += _table("The gate's rules", ("outcome", "rule", "what was found", "evidence"), rules)
    return lines


def _facts(verdict: Conclusion, provenance: Provenance) -> list[str]:
    versions = provenance.versions.items()
    return [
        "",
        "## Provenance",
        "",
        *(f"- {escaped(name)}: {escaped(value)}" for name, value in [*verdict.facts, *provenance.facts]),
        "- Versions: " + ", ".join(f"{escaped(name)} {escaped(version or 'none')}" for name, version in versions),
    ]


def _table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table under its title."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(escaped, cells)) + " |"

    return ["", f"## {escaped(title)}", "", line(header), "|" + "---|" * len(header), *map(line, rows)]


def _iterations(section: Iterations) -> list[str]:
    lines: list[str] = []
    for curve in section.curves:
        rows = [
            (
                row.after,
                row.label,
                "the reference" if row.is_reference else rate(row.evaluation.overall("win_rate")),
                percent(row.evaluation.figure("parse_error_rate")),
                count(row.evaluation.figure("response_chars")),
                count(row.evaluation.figure("thought_chars")),
            )
            for row in curve.rows
        ]
        header = ("model", "answers", f"win rate v {curve.baseline}", "parse errors", "response chars", "thought chars")
        lines += _table(f"By iteration: {curve.benchmark}", header, rows)
    head_to_heads = [
        (after, rate(e.overall("win_rate")), str(e.wins), str(e.ties), str(e.losses), str(e.missing))
        for after, e in section.head_to_heads
    ]
    if head_to_heads:
        header = ("after", "thought v direct", "wins", "ties", "losses", "no verdict")
        lines += _table("Head-to-head", header, head_to_heads)
    tasks = [(row.name, row.arm, *(percent(f.value if f else None) for f in row.figures)) for row in section.tasks]
    return lines + (_table("Tasks", ("task", "arm", *section.ticks), tasks) if tasks else [])


def _categories(section: Categories) -> list[str]:
    lines = [line for table in section.tables for line in _category_table(table)]
    for matrix in section.matrices:
        rates = [(name, *map(rate, cells)) for name, cells in matrix.rows]
        lines += _table(f"Win rate by category: {matrix.title}", ("model", *matrix.groups), rates)
    if len(section.differences) > 1:
        differences = [_difference(one) for one in section.differences]
        header = ("benchmark", "measure", "A", "B", "A − B, points", "95% interval", "n")
        lines += _table("Everything that both were measured on", header, differences)
    return lines


def _difference(one: Difference) -> tuple[str, ...]:
    """A row of what both were measured on; of an INVALID difference what it lies between."""
    if one.is_invalid:
        limits = f"{points(one.missing.low)} to {points(one.missing.high)}"
        return (one.benchmark, one.measure, NONE, NONE, INVALID, limits, str(one.n))
    if one.on_own_scale:
        limits = f"{signed(one.low)} to {signed(one.high)}"
        sides = decimal(one.a), decimal(one.b), signed(one.difference)
        return (one.benchmark, one.measure, *sides, limits, str(one.n))
    limits = f"{points(one.low)} to {points(one.high)}"
    return (one.benchmark, one.measure, percent(one.a), percent(one.b), points(one.difference), limits, str(one.n))


def _category_table(table: CategoryTable) -> list[str]:
    header = ["group", *(column.label for column in table.columns)]
    header += ["difference, points"] if table.overall.difference else []
    header += ["head-to-head"] if table.has_head_to_head else []
    rows = []
    for row in (table.overall, *(table.rows or table.small)):
        cells = [row.group + (" (guarded)" if row.guarded else ""), *map(rate, row.rates)]
        if table.overall.difference:
            apart = row.difference
            cells.append(NONE if apart is None else f"{points(apart.mean)} ({points_range(apart)})")
        cells += [rate(row.head_to_head)] if table.has_head_to_head else []
        detectable = NONE if row.detectable is None else f"{100 * row.detectable:.1f}"
        rows.append([*cells, f"{row.n}{'' if row.decidable else '*'}", detectable])
    few = ""
    if table.few and (table.rows or table.small):
        few = f"\\* under {MIN_CATEGORY} prompts: shown, not decided."
    title = table.title or "By category"
    return [*_table(title, [*header, "n", "detectable, points"], rows), "", *filter(None, [few])]


def _own_metrics(section: OwnMetrics) -> list[str]:
    lines: list[str] = []
    for metric in section.metrics:
        rows = [(name, *map(_decimal, figures)) for name, figures in metric.rows]
        lines += _table(f"{metric.name} on {metric.benchmark}", ("model", "all", *metric.groups), rows)
        if (apart := metric.difference) is not None and not apart.is_invalid:
            reach = f"{INTERVAL} {signed(apart.low)} to {signed(apart.high)}, n = {apart.n}"
            lines += ["", f"A − B: **{signed(apart.difference)}** ({reach})"]
    return lines


def _decimal(figure: Metric | None) -> str:
    """A figure on a scale of its own, with its interval."""
    if figure is None or figure.value is None:
        return NONE
    return decimal(figure.value) + (f" ({decimal_range(figure)})" if decimal_range(figure) else "")


def _leaderboards(section: Leaderboards) -> list[str]:
    return [line for one in section.leaderboards for line in _leaderboard(one, section.names)]


def _leaderboard(leaderboard: Leaderboard, names: Mapping[str, str]) -> list[str]:
    rows = []
    for row in leaderboard.rows:
        figures = [_plain(row.metrics.get(name)) for name, _ in leaderboard.figures]
        n = str(row.prompts) if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}"
        name = names.get(row.evaluation) or row.label
        rows.append([name, rank_range(row.rank) or NONE, *figures, n, "; ".join(row.all_notes)])
    header = ["model", "rank", *(title for _, title in leaderboard.figures), "n", "notes"]
    against = f" against {leaderboard.baseline}" if leaderboard.baseline else ""
    return [*_table(f"Leaderboard: {leaderboard.benchmark}{against}", header, rows), "", code(leaderboard.judge)]


def _judges(section: Judges) -> list[str]:
    rows = [
        (
            judge.label,
            count(judge.judgments),
            count(judge.missing),
            rate(judge.flips),
            rate(judge.first),
            rate(judge.longer),
            "; ".join(f"{a.other}: {percent(a.same.mean)} of {a.pairs}" for a in judge.agreements),
        )
        for judge in section.judges
    ]
    flips, first, longer = "flips with the order", "prefers the first", "prefers the longer"
    header = ("judge", "judgments", "no verdict", flips, first, longer, "agrees with")
    return _table("Judge", header, rows)


def _plain(figure: Mapping[str, Any] | None) -> str:
    """A figure of a leaderboard, in percent without the sign; of an INVALID one what it lies between."""
    if figure is not None and figure.get("invalid"):
        limits = "" if figure["low"] is None else f" ({100 * figure['low']:.1f}–{100 * figure['high']:.1f})"
        return f"INVALID{limits}"
    if figure is None or figure["value"] is None:
        return NONE
    reach = "" if figure["low"] is None else f" ({100 * figure['low']:.1f}–{100 * figure['high']:.1f})"
    return f"{100 * figure['value']:.2f}{reach}"


def _rules(part: str, rules: Sequence[RuleResult]) -> list[str]:
    """The table of the rules of one benchmark, with its name above where there are several."""
    heading = ["", f"### {code(part)}"] if part else []
    rows = [
        f"| {_marked(rule.outcome, shown_as(rule.outcome, rule.tier))} | {code(rule.rule)} | {_found(rule)} "
        f"| {_consumed(rule)} |"
        for rule in rules
    ]
    return [*heading, "", "| | rule | what was found | prompts |", "|---|---|---|---|", *rows]


def _found(rule: RuleResult) -> str:
    beside = evidence(asdict(rule))
    return escaped(rule.sentence) + (f"<br><sub>{escaped(beside)}</sub>" if beside else "")


def _clear_prompts(how: str, prompts: Sequence[ClearPrompt]) -> list[str]:
    if not prompts:
        return []
    rows = [
        f"- {percent(one.preference)} {code(one.category)}" + (f": {code(one.prompt)}" if one.prompt else "")
        for one in prompts
    ]
    title = f"What the candidate {how} most clearly (its preference, category, prompt)"
    return ["", f"<details><summary>{title}</summary>", "", *rows, "", "</details>"]


def _marked(outcome: str, shown: str = "") -> str:
    return f"{SYMBOLS.get(shown or outcome, '·')} {outcome}"


def _consumed(rule: RuleResult) -> str:
    return NONE if rule.prompts is None or rule.of is None else f"{rule.prompts} of {rule.of}"


def _left_out(section: Section) -> list[str]:
    """Of a section of texts, charts or settings."""
    return []


WRITERS: Writers = {
    Iterations: _iterations,
    Categories: _categories,
    OwnMetrics: _own_metrics,
    Leaderboards: _leaderboards,
    Judges: _judges,
    Examples: _left_out,
    Training: _left_out,
    Thoughts: _left_out,
}
"""What is written of each section; beside these, provenance with the facts of the verdict."""
