"""What a gate writes, with hostile text in every place that a model, a prompt or a name can reach."""

import io
import re
from html import unescape
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleOutcome, RuleResult
from tpobench.reports.decision import headline
from tpobench.reports.formats.annotations import annotations
from tpobench.reports.formats.junit import junit
from tpobench.reports.formats.markdown import decision_markdown
from tpobench.reports.formats.terminal.gate import clear_prompt_lines, decision_table

HOSTILE = [
    "a | b |\n| c | d",
    "`code` ``` *bold* _it_ ~~gone~~ $x^2$",
    "<script>alert(1)</script><img src=x onerror=y>",
    "</details><h1>big</h1>",
    "![x](https://evil.example/p.png) [y](javascript:z)",
    "https://evil.example www.evil.example",
    "<code>x</code><wbr>",
    "@everyone see #1, GH-1, !2 and a@b.example",
    "::error title=forged::owned",
    "  ::set-output name=a::b",
    "x\n::stop-commands::t",
    "x ##[error]y ##vso[task.complete]z",
    ":\u00ad:error::x",
    "#\u200b#[error]x",
    "]]> <!-- & &amp; &#64; \" '",
    "\x00\x1b[31mred\x1b]8;;http://evil.example\x07\x08\x7f\x85",
    "\ud800 lone \udfff",
    "\ufffe\uffff",
    "\u202egnp.exe\u2066 \u2028 \u2029 \u200b",
    "%0A::error::x%0D,:",
    "- x",
    "# x",
    "__x__ _y_ a_b",
    "1. x",
    "---",
    "",
    " ",
    "x" * 1_000_000,
    "\n" * 1_000_000,
    "<" * 1_000_000,
]

OUTCOMES: list[RuleOutcome] = ["PASS", "FAIL", "INCONCLUSIVE", "INVALID", "SHOWN"]


def hostile(text: str) -> Decision:
    rules = tuple(
        RuleResult(rule=f"{outcome} {text}", outcome=outcome, sentence=f"found {text}", prompts=1, of=2)
        for outcome in OUTCOMES
    )
    told = (ClearPrompt(text, text, 0.9),) * 5
    return Decision(
        rules=rules, candidate=text, against=text, judge=text, benchmark=text, won=told, lost=told, notes=(text,)
    )


def drawn(decision: Decision, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(decision_table(decision))
    console.print(clear_prompt_lines(decision), no_wrap=True, overflow="ellipsis")
    assert isinstance(console.file, io.StringIO)
    console.file.getvalue().encode()
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_xml_comes_back_with_its_counts(text: str) -> None:
    written = junit(hostile(text))
    assert len(written) < 100_000
    suite = ElementTree.fromstring(written.encode())[0]
    assert (suite.get("name"), suite.get("tests")) == ("tpobench gate", "5")
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "1", "1")
    cases = suite.findall("testcase")
    assert [[part.tag for part in case] for case in cases] == [
        ["system-out"],
        ["failure"],
        ["failure"],
        ["error"],
        ["skipped"],
    ]
    assert all((case[0].text or "").startswith("found") for case in cases)
    properties = {entry.get("name"): entry.get("value") for entry in suite.iter("property")}
    assert properties["decision"] == "INVALID"
    assert not re.search("[\u0000-\u0008\u202e\u2066]", written)


def test_the_texts_of_a_rule_are_in_the_xml_and_uncertainty_is_a_failure() -> None:
    rules = (
        RuleResult(rule="head_to_head", outcome="INCONCLUSIVE", sentence="52% < 60% & more"),
        RuleResult(rule="degenerate", outcome="PASS", sentence="0.0%"),
    )
    suite = ElementTree.fromstring(
        junit(Decision(rules=rules, candidate="new", against="old", judge="judge@1", benchmark="starter/test"))
    )[0]
    names = ("decision", "candidate", "against", "judge", "benchmark")
    values = ("INCONCLUSIVE", "new", "old", "judge@1", "starter/test")
    assert {p.get("name"): p.get("value") for p in suite.iter("property")} == dict(zip(names, values, strict=True))
    failure = suite.find("testcase[@name='head_to_head']/failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("INCONCLUSIVE", "52% < 60% & more")
    assert "must not be green" in (failure.text or "")
    assert suite.findtext("testcase[@name='degenerate']/system-out") == "0.0%"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_markdown_is_text_in_its_cell(text: str) -> None:
    written = decision_markdown(hostile(text))
    assert len(written) < 200_000
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
    assert written.count("<code>") == written.count("</code>") == 25 + 4 * bool(text)
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


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_line_of_the_log_is_a_forged_command(text: str) -> None:
    for line in drawn(hostile(text)):
        seen = re.sub("[^ -~]", "", line)  # a runner may overlook what has no width
        assert not seen.lstrip().startswith("::")
        assert "##" not in seen
        assert "\x1b" not in line
    told = annotations(hostile(text))
    assert len(told) == 4
    for command in told:
        assert re.match(r"::(error|warning) title=[^:,\r\n]*::[^\r\n]*$", command)
        assert not re.search("%(?!25|0D|0A|3A|2C)", command)


def test_annotations_escape_and_have_the_level_of_the_outcome() -> None:
    rules = (
        RuleResult(rule="metric a,b:c", outcome="FAIL", sentence="100% of 3%0A"),
        RuleResult(rule="degenerate", outcome="PASS", sentence="none"),
    )
    first, second = annotations(Decision(rules=rules, candidate="new"))
    assert first == "::error title=FAIL tpobench gate::new is rejected by the gate (metric a,b:c)"
    assert second == "::error title=FAIL metric a%2Cb%3Ac::100%25 of 3%250A"
    (passed,) = annotations(Decision(rules=rules[1:], candidate="new"))
    assert passed.startswith("::notice title=PASS tpobench gate::new meets every rule")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("outcome", OUTCOMES[:4])
def test_the_terminal_keeps_every_outcome_word(width: int, outcome: RuleOutcome) -> None:
    sentence = "win rate 41.7% against the baseline over 60 of 60 prompts is below the floor of 45.0% " * 3
    name = "category " + "a_very_long_name_without_a_blank_" * 3
    lines = drawn(
        Decision(
            rules=(
                RuleResult(rule=name, outcome=outcome, sentence=sentence),
                RuleResult(rule="b", outcome="SHOWN", sentence="x"),
            ),
            candidate="new",
            against="old",
        ),
        width,
    )
    assert all(len(line.rstrip()) <= width for line in lines)
    assert [word for word in " ".join(lines).split() if word in OUTCOMES] == [outcome, "SHOWN", outcome]
    *_, last = [line for line in lines if line.startswith(outcome)]
    assert "decision" in last


def test_a_pass_names_no_culprit() -> None:
    assert headline(Decision(rules=(RuleResult(rule="a", outcome="PASS", sentence=""),))) == (
        "the candidate meets every rule of the gate, so it may be promoted"
    )
