"""A gate's decision as JUnit XML."""

import re
from datetime import datetime, timedelta, timezone
from functools import partial
from xml.etree import ElementTree

import pytest

from tests.reports.decisions import HOSTILE, hostile, of_two_benchmarks, with_evidence
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.formats import junit as junit_format

STARTED = datetime(2026, 11, 28, 23, 30, 59, 999_000, tzinfo=timezone(timedelta(hours=2)))
junit = partial(junit_format.junit, started=STARTED, seconds=12.3456)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_xml_comes_back_with_its_counts(text: str) -> None:
    written = junit(hostile(text))
    assert len(written) < 120_000
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
    assert "must not pass a CI" in (failure.text or "")
    assert suite.findtext("testcase[@name='degenerate']/system-out") == "0.0%"


def test_every_suite_and_case_has_its_time_and_the_suite_when_it_began() -> None:
    """As the schema of JUnit wants them: seconds, and a time of day in UTC without a zone."""
    rules = (RuleResult(rule="head_to_head", outcome="PASS", sentence="60%"),)
    root = ElementTree.fromstring(junit(Decision(rules=rules)))
    for element in (root, root[0]):
        assert (element.get("time"), element.get("timestamp")) == ("12.346", "2026-11-28T21:30:59")
    assert [case.get("time") for case in root.iter("testcase")] == ["0.000"]


def test_figures_are_properties_and_a_rule_that_only_warns_is_no_failure() -> None:
    suite = ElementTree.fromstring(junit(with_evidence()))[0]
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "2")
    first, second, third = suite.iter("testcase")
    figures = {one.get("name"): one.get("value") for one in first.iter("property")}
    values = ("41.2", "0.0031", "0.052", "1200", "0.4249")
    assert figures == dict(zip(("e_value", "p_value", "detectable", "needed", "dollars"), values, strict=True))
    assert [one.get("value") for one in second.iter("property")] == ["supporting"]
    skipped = [case.find("skipped") for case in (second, third)]
    assert [one.get("message") for one in skipped if one is not None] == [
        "FAIL, supporting: 2.1 times as long",
        "INCONCLUSIVE, advisory: unknown",
    ]
    assert suite.findtext("system-err") == "warning: the judge <b>trained</b> the candidate"


def test_rules_of_several_benchmarks_are_of_different_classes() -> None:
    cases = ElementTree.fromstring(junit(of_two_benchmarks())).iter("testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("tpobench.gate.chat", "head_to_head"),
        ("tpobench.gate.chat", "category a / b"),
        ("tpobench.gate.code", "head_to_head"),
    ]
