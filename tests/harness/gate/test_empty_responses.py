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
        "[ERROR]",
        "[FAILED]",
        "<TIMEOUT>",
        "API_ERROR",
        "$API_ERROR$",
        "#N/A",
        "content_filter",
        "None\nNone",
        "Null.",
        "NaN",
        "HTTP 500",
        "Error: 500",
        "Request failed with status code 429",
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        "HTTPSConnectionPool(host='api.example.org', port=443): Read timed out.",
        "Max retries exceeded with url: /v1/chat/completions",
        "The response was filtered due to the content management policy.",
        "You exceeded your current quota, please check your plan and billing details.",
        "Invalid API key provided",
        "An unexpected error occurred.",
        "Something went wrong. Please try again later.",
        "The server had an error while processing your request. Sorry about that!",
        '{"code": 500, "message": "Internal error"}',
        '{"detail": "Not Found"}',
        "Unable to generate a response",
        "Interner Serverfehler",
        "内部服务器错误",
        "エラー",
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
        ("What does HTTP 500 mean?", "Internal Server Error: the server met an unexpected condition.", None),
        ("Write JSON with an error key.", '{"error": "none"}', None),
        ("Give an empty JSON list.", "[]", None),
        ("Which Python value means nothing?", "None", None),
        ("Which exception is raised for a bad key?", "KeyError", None),
        ("Did the attempt succeed or fail?", "failed", "It failed."),
        (
            PROMPT,
            "Something went wrong with the light, and the sea turned black as ink: " + "wave after wave, " * 20,
            None,
        ),
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
