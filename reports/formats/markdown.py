"""A report's facts, and a gate's decision, as Markdown: for a pull request, a job's page or a chat."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleResult
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import Interval
from tpobench.reports.content import Content
from tpobench.reports.decision import SYMBOLS, facts, headline
from tpobench.reports.formats.escaping import code, escaped
from tpobench.reports.formats.figures import NONE, count, percent, percent_range, points, points_range
from tpobench.reports.sections.categories import Table
from tpobench.reports.sections.leaderboard import Leaderboard


def markdown(content: Content) -> str:
    """The same figures as the HTML report, without charts, examples and settings. It fetches nothing."""
    verdict = content.verdict
    lines = [f"# {escaped(content.title)}", "", f"**{verdict.badge}.** {escaped(verdict.sentence)}", ""]
    lines += [
        f"- {escaped(one.label)}: **{one.written}{' points' * one.is_difference} {one.reach}**"
        for one in verdict.headlines
    ]
    if verdict.warnings:
        lines += ["", *(f"> **Warning:** {escaped(warning)}  " for warning in verdict.warnings)]
    if verdict.rules:
        rules = [(rule["outcome"], rule["rule"], rule["sentence"]) for rule in verdict.rules]
        lines += _section("The gate's rules", ("outcome", "rule", "what was found"), rules)
    if content.by_iteration:
        lines += _by_iteration(content)
    for table in content.categories:
        lines += _categories(table)
    for matrix in content.matrices:
        rows = [(name, *map(_rate, cells)) for name, cells in matrix.rows]
        lines += _section(f"Win rate by category: {matrix.title}", ("model", *matrix.groups), rows)
    if len(content.differences) > 1:
        told = [
            (
                d.benchmark,
                d.measure,
                percent(d.a),
                percent(d.b),
                points(d.difference),
                f"{points(d.low)} to {points(d.high)}",
                str(d.n),
            )
            for d in content.differences
        ]
        header = ("benchmark", "measure", "A", "B", "A − B, points", "95% interval", "n")
        lines += _section("Everything that both were measured on", header, told)
    for board in content.boards:
        lines += _board(board, content)
    if content.judges:
        lines += _judges(content)
    lines += ["", "## Provenance", "", *(f"- {escaped(name)}: {escaped(value)}" for name, value in verdict.facts)]
    lines += [f"- {escaped(name)}: {escaped(value)}" for name, value in content.provenance.facts]
    versions = content.provenance.versions.items()
    lines += ["- Versions: " + ", ".join(f"{escaped(name)} {escaped(version or 'none')}" for name, version in versions)]
    return "\n".join(lines) + "\n"


def decision_markdown(decision: Decision) -> str:
    """A gate's decision in GitHub's Markdown, for a job's page or a comment: it fetches nothing and mentions nobody."""
    lines = [
        f"## tpobench gate: {_marked(decision.outcome)}",
        "",
        f"**Decision:** {escaped(headline(decision))}.",
        "",
        "| | rule | what was found | prompts |",
        "|---|---|---|---|",
        *(
            f"| {_marked(rule.outcome)} | {code(rule.rule)} | {escaped(rule.sentence)} | {_consumed(rule)} |"
            for rule in decision.rules
        ),
        "",
        *(f"- {name}: {code(value)}" for name, value in facts(decision)),
        *(f"- note: {escaped(note)}" for note in decision.notes),
        *_clear_prompts("won", decision.won),
        *_clear_prompts("lost", decision.lost),
    ]
    return "\n".join(lines) + "\n"


def _section(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(escaped, cells)) + " |"

    return ["", f"## {escaped(title)}", "", line(header), "|" + "---|" * len(header), *map(line, rows)]


def _by_iteration(content: Content) -> list[str]:
    assert content.by_iteration is not None
    lines: list[str] = []
    for curve in content.by_iteration.curves:
        rows = [
            (
                row.after,
                row.label,
                "the reference" if row.is_reference else _rate(row.evaluation.overall("win_rate")),
                percent(row.evaluation.figure("parse_error_rate")),
                count(row.evaluation.figure("response_chars")),
                count(row.evaluation.figure("thought_chars")),
            )
            for row in curve.rows
        ]
        header = ("model", "answers", f"win rate v {curve.baseline}", "parse errors", "response chars", "thought chars")
        lines += _section(f"By iteration: {curve.benchmark}", header, rows)
    duels = [
        (after, _rate(duel.overall("win_rate")), str(duel.wins), str(duel.ties), str(duel.losses), str(duel.missing))
        for after, duel in content.by_iteration.duels
    ]
    if duels:
        header = ("after", "thought v direct", "wins", "ties", "losses", "no verdict")
        lines += _section("Head-to-head", header, duels)
    tasks = [
        (row.name, row.arm, *(percent(f.value if f else None) for f in row.figures))
        for row in content.by_iteration.tasks
    ]
    return lines + (_section("lm-eval tasks", ("task", "arm", *content.by_iteration.places), tasks) if tasks else [])


def _categories(table: Table) -> list[str]:
    header = ["group", *(column.label for column in table.columns)]
    header += ["difference, points"] if table.overall.difference else []
    header += ["head-to-head"] if table.has_duel else []
    rows = []
    for row in (table.overall, *table.rows):
        cells = [row.group + (" (guarded)" if row.guarded else ""), *map(_rate, row.rates)]
        if table.overall.difference:
            cells.append(f"{points(row.difference.mean)} ({points_range(row.difference)})" if row.difference else "–")
        cells += [_rate(row.duel)] if table.has_duel else []
        detectable = "–" if row.detectable is None else f"{100 * row.detectable:.1f}"
        rows.append([*cells, f"{row.n}{'' if row.decidable else '*'}", detectable])
    few = [f"\\* under 30 prompts: shown, not decided. {table.few} of {len(table.rows)} groups."] if table.few else []
    return [*_section(table.title or "By category", [*header, "n", "detectable, points"], rows), "", *few]


def _board(board: Leaderboard, content: Content) -> list[str]:
    rows = []
    for row in board.rows:
        figures = [row.metrics.get(name) for name, _ in board.figures]
        told = [_plain(found) for found in figures]
        n = str(row.prompts) if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}"
        rows.append([content.names.get(row.evaluation) or row.model, *told, n, "; ".join(row.notes)])
    header = ["model", *(title for _, title in board.figures), "n", "notes"]
    against = f" against {board.baseline}" if board.baseline else ""
    return _section(f"Leaderboard: {board.benchmark}{against}", header, rows)


def _plain(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None:
        return "–"
    reach = "" if found["low"] is None else f" ({100 * found['low']:.1f}–{100 * found['high']:.1f})"
    return f"{100 * found['value']:.2f}{reach}"


def _judges(content: Content) -> list[str]:
    rows = [
        (
            judge.label,
            count(judge.judgments),
            count(judge.missing),
            _rate(judge.flips),
            _rate(judge.first),
            _rate(judge.longer),
            "; ".join(f"{a.other}: {percent(a.same.mean)} of {a.pairs}" for a in judge.agreements),
        )
        for judge in content.judges
    ]
    header = (
        "judge",
        "judgments",
        "no verdict",
        "flips with the order",
        "prefers the first",
        "prefers the longer",
        "agrees with",
    )
    return _section("Judge", header, rows)


def _rate(found: Metric | Interval | None) -> str:
    if found is None or found.low is None:
        return "–"
    value = found.mean if isinstance(found, Interval) else found.value
    return f"{percent(value)} ({percent_range(found)})"


def _clear_prompts(how: str, prompts: Sequence[ClearPrompt]) -> list[str]:
    if not prompts:
        return []
    rows = [f"- {percent(one.preference)} {code(one.category)}: {code(one.prompt)}" for one in prompts]
    title = f"What the candidate {how} most clearly (its preference, category, prompt)"
    return ["", f"<details><summary>{title}</summary>", "", *rows, "", "</details>"]


def _marked(outcome: str) -> str:
    return f"{SYMBOLS.get(outcome, '·')} {outcome}"


def _consumed(rule: RuleResult) -> str:
    return NONE if rule.prompts is None or rule.of is None else f"{rule.prompts} of {rule.of}"
