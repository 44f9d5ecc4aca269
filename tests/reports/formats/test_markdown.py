"""Reports and decisions as Markdown, with hostile text in every place."""

import re
from html import unescape
from importlib import import_module
from pkgutil import iter_modules

import pytest
from markdown_it import MarkdownIt

from tests.reports.decisions import HOSTILE, hostile, of_two_benchmarks, with_evidence
from tests.reports.hostile_store import hostile_store
from tests.reports.stores import Judging, answered, finished_run, judged, prompts, section
from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleResult
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store
from tpobench.reports import sections
from tpobench.reports.content import of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import WRITERS, decision_markdown, markdown
from tpobench.reports.sections.categories import Categories
from tpobench.reports.sections.provenance import Provenance


def test_both_writings_give_the_same_figures(store: Store) -> None:
    content = of_run(store, finished_run(store))
    html, plain = render(content), markdown(content)
    for headline in content.verdict.headlines:
        assert f"{headline.value:.1%}" in html
        assert f"{headline.value:.1%}" in plain
    for warning in content.verdict.warnings:
        assert warning in plain
    for table in section(content, Categories).tables:
        for row in table.rows:
            assert f"{100 * row.detectable:.1f}" in plain if row.detectable else True


def test_every_section_has_its_place_in_markdown() -> None:
    modules = [import_module(f"{sections.__name__}.{module.name}") for module in iter_modules(sections.__path__)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    with_template = {kind for kind in kinds if isinstance(vars(kind).get("template"), str)}
    assert len(with_template) > 5
    assert with_template == {*WRITERS, Provenance}


def test_a_leaderboard_tells_the_modes_of_a_model_apart_and_what_is_missing(store: Store) -> None:
    run, asked = finished_run(store), prompts(90)
    seed = answered(store, "seed", DIRECT, asked, [f"seed says {n}" for n in range(90)])
    unthinking = answered(store, "run/thought-1", DIRECT, asked, [f"in short {n}" for n in range(90)])
    judged(store, unthinking, seed, Judging(say=lambda n, order: None if n < 9 else 1.0))
    text = unescape(markdown(of_run(store, run))).replace("<wbr>", "")
    rows = [line.split(" | ") for line in text.splitlines() if "% without verdict" in line]
    assert {(row[0], row[-1]) for row in rows} == {
        ("| run/thought-1", "10.0% without verdict: win rate 90.0 to 100.0 |"),
        ("| run/thought-1 (think:generic)", "1.1% without verdict: win rate 65.7 to 66.8 |"),
    }


def test_markdown_holds_no_markup_of_foreigners(store: Store) -> None:
    hostile_store(store)
    text = markdown(of_models(store))
    assert not re.search(r"<(?!wbr>|/?code>)", text)
    assert not re.search(r"!\[|\]\(", text)
    assert all(line.count("|") == header.count("|") for header, line in _table_lines(text))


def _table_lines(text: str) -> list[tuple[str, str]]:
    """Every row of every table with the header above it."""
    found, header = [], ""
    for line in text.splitlines():
        if not line.startswith("|"):
            header = ""
        elif not header:
            header = line
        else:
            found.append((header, line))
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_markdown_is_text_in_its_cell(text: str) -> None:
    written = decision_markdown(hostile(text))
    assert len(written) < 230_000
    assert not re.search("[\u0000-\u0008\u001b\u202e]", written)
    written.encode()
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(written)
    rows = [token for token in tokens if token.type == "tr_open"]
    cells = [token for token in tokens if token.type == "td_open"]
    assert (len(rows), len(cells)) == (6, 20)
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(re.fullmatch(r"<details><summary>What the [\w (),]+</summary>|</details>", block) for block in blocks)
    assert sum(token.type == "html_block" for token in tokens) == 4
    assert sum(token.type == "heading_open" for token in tokens) == 1
    inline = [child for token in tokens if token.type == "inline" for child in token.children or []]
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<code>", "</code>", "<wbr>"}
    assert {child.type for child in inline} <= {"text", "html_inline", "strong_open", "strong_close", "text_special"}
    assert written.count("<code>") == written.count("</code>") == (29 if text else 15)
    bare = re.sub(r"&#\d+;<wbr>", "", written)
    assert not re.search(r"@|://|www\.|#\d", bare), "nothing that a host looks for in shown text"


def test_markdown_says_what_was_decided_and_shows_the_telling_prompts() -> None:
    rules = (RuleResult(rule="head_to_head", outcome="FAIL", sentence="win rate 41.7% is below", prompts=60, of=400),)
    decision = Decision(
        rules=rules,
        candidate="new_1",
        against="old",
        judge="judge@1",
        benchmark="starter/test",
        lost=(ClearPrompt("Why | is\nit?", "c", 0.05),),
    )
    page = unescape(decision_markdown(decision).replace("<wbr>", ""))
    assert page.startswith("## tpobench gate: ✕ FAIL\n")
    assert "new_1 is rejected by the gate (head_to_head)." in page
    assert "| ✕ FAIL | <code>head_to_head</code> | win rate 41.7% is below | 60 of 400 |" in page
    assert "- judge: <code>judge@1</code>" in page
    assert "5.0% <code>c</code>: <code>Why | is it?</code>" in page
    assert "<summary>What the candidate lost most clearly" in page
    assert "won most clearly" not in page


def test_figures_warnings_and_benchmarks_are_in_a_decisions_markdown() -> None:
    page = unescape(decision_markdown(with_evidence()).replace("<wbr>", ""))
    assert "win rate 60%<br><sub>p 0.0031, e 41; sees 5.2 points; 1,200 more prompts (about $0.42) would decide" in page
    assert "| ⚠ FAIL | <code>length_ratio</code> | 2.1 times as long<br><sub>supporting</sub> |" in page
    assert page.count("> **Warning:** ") == 1
    assert "> **Warning:** the judge <b>trained</b> the candidate" in page
    parts = unescape(decision_markdown(of_two_benchmarks()).replace("<wbr>", ""))
    assert [line for line in parts.splitlines() if line.startswith("###")] == [
        "### <code>chat</code>",
        "### <code>code</code>",
    ]
    assert parts.count("| | rule | what was found | prompts |") == 2
