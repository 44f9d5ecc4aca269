"""Responses that say nothing."""

import pytest

from tpobench.harness.gate.empty_responses import is_empty

PROMPT = "Describe the sea at night."


@pytest.mark.parametrize(
    "response",
    [
        "",
        " \n\t\u00a0",
        "\u200b\u200d\u2060\ufeff",
        "\u3164\u2800",
        "...",
        "—",
        "```\n```",
        "<p></p><br/>",
        "&nbsp;&#8203;",
        "**  **",
        "<|im_end|>",
        "$ERROR$",
        "$ ERROR $",
        "＄ＥＲＲＯＲ＄",
        "$ERROR$: timeout",
        "The model is currently overloaded. Try again later.",
        "TimeoutError",
        "\ufffd\ufffd",
        "API error",
        "API Error: 500 Internal Server Error",
        "Error code: 429 - rate limited",
        "HTTP 503 Service Unavailable",
        "502 Bad Gateway",
        "Rate limit exceeded, please retry in 20s",
        "Request timed out.",
        "Connection refused",
        "Internal server error",
        '{"error": {"message": "overloaded"}}',
        "Failed to generate a response.",
        "[no response]",
        "<empty>",
        "None",
        "null",
        "nan",
        "N/A",
        "undefined",
        "error",
        "openai.RateLimitError: Error code 429",
        "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'x'",
    ],
)
def test_nothing_is_said(response: str) -> None:
    assert is_empty(PROMPT, response)


@pytest.mark.parametrize(
    ("prompt", "response", "other"),
    [
        (PROMPT, "Dark.", None),
        (PROMPT, "夜", None),
        (PROMPT, "👍", None),
        ("Which sign adds?", "+", None),
        ("2+2", "4", None),
        ("Write the HTML for a picture.", '<img src="sea.jpg">', None),
        ("Write the HTML for a new line.", "<br>", None),
        ("Which mark ends a question?", "?", "?"),
        ("Print the value of a missing key.", "None", "It prints None."),
        ("What does JSON call nothing, null or nil?", "null", None),
        ("What does 1/0 print?", "ZeroDivisionError: division by zero", "It raises ZeroDivisionError."),
        (PROMPT, "Errors of perception make the sea look endless.", None),
        (PROMPT, "API errors are handled by retrying, which is what the sea does, too: wave after wave.", None),
        (PROMPT, "No response came from the sea, but the light of the moon lay on it.", None),
    ],
)
def test_a_short_answer_is_an_answer(prompt: str, response: str, other: str | None) -> None:
    assert not is_empty(prompt, response, other)


def test_a_failure_is_no_answer_though_the_other_failed_too() -> None:
    assert is_empty(PROMPT, "$ERROR$", "$ERROR$")
    assert is_empty(PROMPT, "", "")
