"""Taking outputs apart: nothing hidden leaks, every failure has its name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import judged_text
from tpobench.harness.models.modes import Mode
from tpobench.harness.models.thoughts import PARSE_ERRORS, TEMPLATES, compose, mode_named, split
from tpobench.harness.records import Output, Prompt, SamplingParams, Split

T, R = "Here is my thought process:", "Here is my response:"
plain = st.text(min_size=1).map(str.strip).filter(lambda s: bool(s) and not any(m in s for m in (T, R, "<R>")))


@given(template=st.sampled_from(sorted(TEMPLATES)), thought=plain, response=plain)
def test_what_was_put_together_is_taken_apart_again(template: str, thought: str, response: str) -> None:
    raw = compose(TEMPLATES[template], thought, response)
    assert split(TEMPLATES[template], raw) == Split(thought, response)


@given(raw=st.lists(st.sampled_from([T, R, "<R>", "a", "\n", " ", "b c"]), max_size=9).map("".join))
def test_any_text_gives_a_clean_response_or_a_known_reason(raw: str) -> None:
    for template in TEMPLATES.values():
        found = split(template, raw)
        if found.error is None:
            assert found.response
            assert found.thought
            assert not any(marker in found.response for marker in template.markers)
            assert raw.rstrip().endswith(found.response)
        else:
            assert found.error in PARSE_ERRORS
            assert found.response == ""


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ("", "empty_output"),
        ("  \n", "empty_output"),
        ("just an answer", "no_thought_marker"),
        (f"{R} answer", "no_thought_marker"),
        (f"{T} a {T} b {R} c", "repeated_thought_marker"),
        (f"{T} a", "no_response_marker"),
        (f"{T} a {R} b {R} c", "repeated_response_marker"),
        (f"{R} b {T} a", "response_before_thought"),
        (f"{T} {R} b", "empty_thought"),
        (f"{T} a {R} ", "empty_response"),
    ],
)
def test_every_failure_has_its_name(raw: str, error: str) -> None:
    assert split(TEMPLATES["generic"], raw).error == error


def test_every_named_failure_can_happen() -> None:
    marks = test_every_failure_has_its_name.pytestmark  # type: ignore[attr-defined]
    assert {error for _, error in marks[0].args[1]} == set(PARSE_ERRORS)


def test_the_published_markers_are_in_the_prompts() -> None:
    generic, specific, system = (mode_named(f"think:{name}") for name in ("generic", "specific", "system"))
    (user,) = generic.messages("Why?")
    assert T in user["content"]
    assert R in user["content"]
    assert user["content"].endswith("Why?")
    assert "<R>" in specific.messages("Why?")[0]["content"]
    assert [m["role"] for m in system.messages("Why?")] == ["system", "user"]
    assert system.messages("Why?")[1]["content"] == "Why?"


def test_braces_in_a_query_are_left_alone() -> None:
    assert mode_named("direct").messages("{prompt} {x}")[0]["content"] == "{prompt} {x}"


def test_a_template_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("user: 'Think, then ANSWER. {prompt}'\nresponse_marker: ANSWER\n")
    mode = mode_named(f"think:{file}")
    assert mode.split("hm ANSWER yes") == Split("hm", "yes")
    file.write_text("user: no place\nresponse_marker: ANSWER\n")
    with pytest.raises(UserError, match="where the query goes"):
        mode_named(f"think:{file}")


def test_a_judge_never_gets_a_marker_to_see() -> None:
    mode = mode_named("think:generic")

    def output(response: str, error: str | None = None) -> Output:
        params = SamplingParams()
        return Output(
            key="k",
            model="m",
            mode=mode.name,
            prompt=Prompt("p"),
            sample=0,
            params=params,
            raw_text="raw",
            thought="t",
            response=response,
            parse_error=error,
            finish_reason="stop",
            prompt_ids=(),
            token_ids=(),
        )

    assert judged_text(output("fine"), mode) == "fine"
    assert judged_text(output("", "no_response_marker"), mode) == ""
    with pytest.raises(AssertionError, match="marker"):
        judged_text(output(f"so {T}"), mode)
    assert isinstance(mode, Mode)


@given(template=st.sampled_from(sorted(TEMPLATES)), thought=plain, before=plain, after=plain)
def test_a_second_response_marker_shows_the_user_nothing(template: str, thought: str, before: str, after: str) -> None:
    asked = TEMPLATES[template]
    found = split(asked, compose(asked, thought, f"{before}\n{asked.response_marker}\n{after}"))
    assert (found.response, found.error) == ("", "repeated_response_marker")


@given(template=st.sampled_from(sorted(TEMPLATES)), thought=plain, response=plain)
def test_nothing_of_the_thought_is_shown_and_nothing_of_the_response_is_hidden(
    template: str, thought: str, response: str
) -> None:
    secret, answer = f"SECRET {thought} SECRET", f"ANSWER {response} ANSWER"
    found = split(TEMPLATES[template], compose(TEMPLATES[template], secret, answer))
    assert (found.thought, found.response) == (secret, answer)


@pytest.mark.parametrize(
    "near", ["here is my response:", "Here is my response :", "Here is my  response:", "<r>", "< R >"]
)
def test_a_marker_counts_letter_for_letter(near: str) -> None:
    assert split(TEMPLATES["generic"], f"{T} a {near} b").error == "no_response_marker"
    assert split(TEMPLATES["specific"], f"a {near} b").error == "no_response_marker"


def test_without_a_thought_marker_the_thought_starts_at_the_first_letter() -> None:
    assert split(TEMPLATES["specific"], "first <R> last") == Split("first", "last")
    assert split(TEMPLATES["specific"], "<R> last").error == "empty_thought"


@pytest.mark.parametrize("name", ["think:genric", "think:", "think", "direct:x", "", "thnk:generic"])
def test_an_unknown_mode_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(UserError, match=r"did you mean|known: direct"):
        mode_named(name)


def test_another_prompt_or_marker_is_another_mode() -> None:
    modes = [mode_named("direct"), *(mode_named(f"think:{name}") for name in TEMPLATES)]
    assert len({mode.key for mode in modes}) == len(modes)
