"""Hostile text, defused for where it goes."""

import json

import pytest

from tpobench.harness.escaping import (
    json_without_commands,
    markdown_escaped,
    markdown_fenced,
    spelled_out,
    spreadsheet_cell,
    without_commands,
)

UNSEEN = ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\r", "\u202e", "\u2066", "\u200b", "\u2028", "\U000e0041", "\ud800"]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda character: f"U+{ord(character):04X}")
def test_what_a_terminal_obeys_or_hides_is_spelled_out(character: str) -> None:
    assert spelled_out(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"
    assert character not in json_without_commands(f'"{character}"')


def test_what_people_write_stays() -> None:
    text = "tab\tline\nnaïve 中文 عربى 👩‍👩‍👧 é 1 – 2"
    assert spelled_out(text) == text


@pytest.mark.parametrize(
    ("text", "defused"),
    [
        ("::error::x", ": :error::x"),
        ("one\n  ::stop-commands::x", "one\n  : :stop-commands::x"),
        ("std::vector", "std::vector"),
        ("x ##[error]y", "x # #[error]y"),
        ("##vso[task.setvariable]", "# #vso[task.setvariable]"),
        ("##teamcity[x]", "# #teamcity[x]"),
        ("## heading", "## heading"),
    ],
)
def test_a_runner_finds_no_command(text: str, defused: str) -> None:
    assert without_commands(text) == defused


def test_within_a_line_two_colons_are_no_command() -> None:
    assert without_commands("::x\n::y", begins_line=False) == "::x\n: :y"


def test_json_means_the_same() -> None:
    value = {"a": "##[group]\x9b\u202e\U000e0041 ::x"}
    written = json_without_commands(json.dumps(value, ensure_ascii=False))
    assert json.loads(written) == value
    assert "##[" not in written


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1"])
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    assert spreadsheet_cell(text)[0] == "'"


def test_a_plain_name_is_a_plain_cell() -> None:
    assert spreadsheet_cell("gpt-4.1 (2024)") == "gpt-4.1 (2024)"


def test_markdown_holds_no_markup_and_no_fence_is_closed() -> None:
    assert "<img" not in markdown_escaped("<img src=x> [a](b) | c\n# d")
    assert "[a]" not in markdown_escaped("[a](b)")
    assert markdown_fenced("```\nout").startswith("````\n")
