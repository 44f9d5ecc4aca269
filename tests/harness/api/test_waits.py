"""The wait that a server asks for, and what is said of it."""

import time
from email.utils import formatdate

import pytest

from tpobench.harness.api.waits import Pause, backoff, retry_after, spoken
from tpobench.harness.errors import UserError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": " 120 "}, 120.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "-3"}, 0.0),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "25920"}, 25920.0),
        ({"retry-after": "1e400"}, float("inf")),
        ({"retry-after": "Fri, 99 Foo 99999 99:99:99 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 25, 30), (-30, 0, 0), (10**9, 10**9 - 5, 10**9)])
def test_retry_after_as_a_date(ahead: float, least: float, most: float) -> None:
    found = retry_after({"retry-after": formatdate(time.time() + ahead, usegmt=True)})
    assert found is not None
    assert least <= found <= most


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (42, "42 s"),
        (120, "2 min"),
        (25920, "7 h 12 min"),
        (90000, "1 d 1 h"),
        (1e300, "more than a year"),
    ],
)
def test_a_time_span_in_words(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_without_a_wish_the_wait_doubles_up_to_a_minute() -> None:
    assert [backoff(failed) for failed in (1, 2, 3, 9, 5000)] == [0.5, 1.0, 2.0, 60.0, 60.0]


def test_a_wait_says_for_whom_why_and_how_long() -> None:
    pause = Pause("llm.example")
    assert not pause.is_on
    pause.begin("HTTP 429: slow down", 42)
    assert pause.told == "waiting for llm.example: rate limit (HTTP 429: slow down), 42 s"


@pytest.mark.parametrize("seconds", [601, 25920, 1e12, float("inf")])
def test_a_wait_beyond_the_bound_ends_the_run_with_the_time_to_come_back(seconds: float) -> None:
    with pytest.raises(UserError, match=r"asks to wait .* no wait is longer than 10 min; all answers"):
        Pause("llm.example").begin("HTTP 429", seconds)


def test_waits_one_after_another_without_an_answer_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    pause = Pause("llm.example")
    for minutes in (0, 9, 18):
        monkeypatch.setattr(time, "monotonic", lambda minutes=minutes: now + minutes * 60)
        pause.begin("HTTP 429", 540)
    monkeypatch.setattr(time, "monotonic", lambda: now + 27 * 60)
    with pytest.raises(UserError, match=r"one wait after another .* without an answer for 27 min"):
        pause.begin("HTTP 429", 540)
    pause.answered()
    pause.begin("HTTP 429", 540)


def test_a_wait_is_told_once_as_it_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    pause = Pause("llm.example")
    pause.say_once()
    for second in (0, 1, 30, 60, 70, 80):
        monkeypatch.setattr(time, "monotonic", lambda second=second: now + second)
        if second in (1, 70):
            pause.begin("HTTP 429", 50)
        pause.say_once()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["tpobench: waiting for llm.example: rate limit (HTTP 429), 50 s"] * 2
