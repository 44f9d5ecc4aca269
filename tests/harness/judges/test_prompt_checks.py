"""Each check, met and not met."""

import time

import pytest

from tpobench.harness.judges.prompt_checks import KINDS, is_met, problem_with

CASES: list[tuple[dict[str, object], str, str]] = [
    ({"contains": "Paris"}, "It is paris.", "A comparison."),
    ({"any_of": ["red", "blue"]}, "Blue!", "bluebell"),
    ({"excludes": "very"}, "every day", "very good"),
    ({"regex": r"^\d+ apples$"}, "so\n12 Apples", "12 applesauce"),
    ({"number": 1200}, "That is 1,200 dollars.", "It is 12000 or 1.200x"),
    ({"number": 0.5}, "about 0.5.", "about 10.5"),
    ({"min_words": 3}, "one two three", "one two"),
    ({"max_words": 3}, "it's a well-known", "one two three four"),
    ({"max_sentences": 1}, "Pi is 3.14 or so.", "One. Two."),
    ({"lines": 2}, "a\n\nb\n", "a b"),
    ({"list_items": 2}, "Here:\n- a\n- b", "a, b"),
    ({"starts_with": "Dear"}, "  dear Ann", "Oh dear"),
    ({"ends_with": "?"}, "Really? \n", "Really? Yes."),
    ({"language": "fr"}, "Le chat dort sur la chaise dans la cuisine.", "The cat sleeps on the chair in the kitchen."),
    ({"json_keys": ["a", "b"]}, 'Sure: {"b": {"c": 1}, "a": 2} done', '{"a": 1'),
    ({"python_defines": "add"}, "Use:\n```python\ndef add(a, b):\n    return a + b\n```", "def add(a b): pass"),
]


@pytest.mark.parametrize(("check", "good", "bad"), CASES)
def test_a_check_tells_good_from_bad(check: dict[str, object], good: str, bad: str) -> None:
    assert problem_with(check) is None
    assert is_met(check, good)
    assert not is_met(check, bad)
    assert not is_met(check, " \n")


def test_every_kind_is_tested() -> None:
    assert {kind for check, _, _ in CASES for kind in check} == set(KINDS)


@pytest.mark.parametrize("check", [{}, {"contain": "x"}, {"number": "3"}, {"max_words": True}, {"regex": "("}, "x"])
def test_a_malformed_check_is_named(check: object) -> None:
    assert problem_with(check)  # type: ignore[arg-type]


@pytest.mark.parametrize("response", ["", " ", "\n\t", "\u00a0\u2003"])
def test_saying_nothing_meets_no_check(response: str) -> None:
    assert [check for check, _, _ in CASES if is_met(check, response)] == []


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ({"contains": "Škoda"}, "Die ŠKODA fährt.", "Škodas"),
        ({"contains": "C++"}, "I like C++.", "I like C+."),
        ({"contains": "a.b"}, "see a.b", "see axb"),
        ({"contains": "東京"}, "首都は 東京 です", "京都"),
        ({"ends_with": "😀"}, "Done 😀\n", "😀 done"),
        ({"number": -3}, "It fell to -3 degrees.", "It took 2-3 days."),
        ({"list_items": 2}, "1) один\n2) два", "один, два"),
        ({"max_words": 2}, "Grüße, Müller", "viele Grüße, Müller"),
        ({"json_keys": ["ключ"]}, '{"ключ": "{"}', '{"key": 1}'),
    ],
)
def test_words_of_any_script_and_signs_that_mean_something_to_a_regex(
    check: dict[str, object], good: str, bad: str
) -> None:
    assert is_met(check, good)
    assert not is_met(check, bad)


def test_a_limit_includes_its_own_value() -> None:
    assert [is_met({"min_words": 2}, text) for text in ("a", "a b", "a b c")] == [False, True, True]
    assert [is_met({"max_words": 2}, text) for text in ("a", "a b", "a b c")] == [True, True, False]
    assert [is_met({"max_sentences": 2}, text) for text in ("A.", "A. B!", "A. B! C?")] == [True, True, False]


@pytest.mark.parametrize("response", ["It is 1.5x faster.", "It is 1,000km away."])
def test_part_of_a_figure_is_not_the_figure(response: str) -> None:
    assert not is_met({"number": 1}, response)


def test_runaway_nesting_is_merely_not_met() -> None:
    assert not is_met({"json_keys": ["a"]}, '{"a":' * 10_000)


@pytest.mark.parametrize("check", [{"any_of": [1]}, {"json_keys": [["a"]]}])
def test_a_list_of_anything_but_text_is_malformed(check: dict[str, object]) -> None:
    assert problem_with(check)


_NASTY = [
    ".",
    "!?",
    ".x",
    "\n",
    "\n ",
    "- ",
    "-\n",
    "1",
    "1,",
    "1.",
    ",111",
    ".111",
    " 111",
    "1 ",
    "1'",
    "1\u00a0111",
    "a-",
    "a'",
    "{",
    '{"',
    '{"a":',
    '{"\\',
    '{"":"',
    "[",
    '{"a":[',
    "```\n",
    "```a\n",
    "```",
    "`\n",
    "def f(",
    "-",
    "(",
    "好",
    "好.",
    "。」",
    "１",
    "ａ",
    "٣",
    "1万",
    "لا",
    "و",
    "a\u0301",
    "；",
    "・",
    "ｶﾞ",
    "\u200f",
    "一",
    "（",
]
_TIMED = [
    {"contains": "aab"},
    {"contains": "好人"},
    {"contains": "الا"},
    {"number": 5},
    {"number": 1234},
    {"max_words": 1},
    {"max_sentences": 1},
    {"lines": 7},
    {"list_items": 7},
    {"starts_with": "zz"},
    {"ends_with": "zz"},
    {"json_keys": ["zz"]},
    {"python_defines": "zz"},
]


def _seconds(check: dict[str, object], response: str) -> float:
    began = time.process_time()
    is_met(check, response)
    return time.process_time() - began


@pytest.mark.parametrize("check", _TIMED, ids=str)
def test_eight_times_the_response_takes_about_eight_times_as_long(check: dict[str, object]) -> None:
    for part in _NASTY:
        long = "def zz " + part * (24_000 // len(part)) + "x"
        needed = _seconds(check, long)
        if needed > 0.02:  # then a short one can be measured too; quadratic work takes 64 times as long
            assert needed < 30 * max(_seconds(check, long[:3_000]), 0.001), part


def test_what_is_wrong_with_a_large_check_is_a_short_phrase() -> None:
    for check in ({"x" * 90_000: 1}, {"number": "9" * 90_000}, {"any_of": [1] * 90_000}, ["x"] * 90_000):
        assert len(problem_with(check) or "") < 400  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ({"starts_with": "Hi"}, "Ｈｉ there", "Oh hi"),
        ({"ends_with": "?"}, "真的吗？", "真的。"),
        ({"ends_with": "؟"}, "هل أنت بخير؟\u200f", "نعم."),
        ({"language": "zh"}, "今天天气很好，我们去公园吧。", "今日は天気がいいですね。"),
        ({"language": "ja"}, "今日は天気がいいですね。", "今天天气很好，我们去公园吧。"),
        ({"excludes": "东京"}, "我住在北京。", "我住在东京都。"),
        ({"any_of": ["红", "蓝"]}, "天空是蓝色的", "天空是灰色的"),
        ({"max_words": 10}, "今天天气很好。", "今天天气很好，我们去公园走走吧。"),
        ({"min_words": 8}, "今天天气很好，我们去公园。", "今天很好。"),
    ],
)
def test_beginnings_ends_and_lengths_in_other_scripts(check: dict[str, object], good: str, bad: str) -> None:
    assert is_met(check, good)
    assert not is_met(check, bad)
