"""Phrases, words, sentences and lists in texts of any script."""

import random
import re
from collections.abc import Callable

import pytest

from tpobench.harness.judges.check_texts import holds_phrase, list_items, sentences, words


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("东京", "我住在东京都。"),
        ("Paris", "ＰＡＲＩＳ！"),
        ("Python", "我喜欢Python编程"),
        ("ガム", "これはｶﾞﾑです"),
        ("서울", "수도는 서울입니다."),
        ("القاهرة", "العاصمة هي القَاهِرَة."),
        ("القاهرة", "ولدت بالقاهرة"),
        ("istanbul", "İSTANBUL'da"),
        ("strasse", "Die Straße"),
        ("café", "cafe\u0301!"),
        ("กรุงเทพ", "เมืองหลวงคือกรุงเทพมหานคร"),
        ("Google", "Google™"),
        ("שלום", "שָׁלוֹם רב"),
    ],
)
def test_a_phrase_is_found_in_any_script(phrase: str, text: str) -> None:
    assert holds_phrase(text, phrase)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("iPhone", "iPhone15を買う"),
        ("남", "서남 지방"),
        ("مصر", "مصري"),
        ("दिल", "दिल्ली"),
        ("cafe", "cafe\u0301"),
        ("C++", "C++x"),
        ("京都", "首都は東の京です"),
    ],
)
def test_a_part_of_a_word_is_not_the_word(phrase: str, text: str) -> None:
    assert not holds_phrase(text, phrase)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("你好。再见！真的吗？", 3),
        ("你好!我是AI.很高兴。", 3),
        ("真的？！太好了！！！", 2),
        ("「行きます。」と言った。", 1),
        ("هل أنت بخير؟ نعم.", 2),
        ("नमस्ते। कैसे हैं?", 2),
        ("Τι; Ναι.", 2),
        ("Pi is 3.14, see a.b or so. Really?!", 2),
        ("圆周率是3.14。", 1),
        ("好", 1),
        (" ", 0),
    ],
)
def test_sentences_end_with_the_stops_of_their_language(text: str, count: int) -> None:
    assert sentences(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("我喜欢Python编程", 6),
        ("東京タワー", 5),
        ("مُحَمَّد هنا", 2),
        ("नमस्ते दुनिया", 2),
        ("it's a well-known one", 4),
        ("서울은 수도입니다", 2),
    ],
)
def test_words_are_counted_as_word_processors_do(text: str, count: int) -> None:
    assert words(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("１．りんご\n２．みかん", 2),
        ("・りんご\n･みかん", 2),
        ("● 苹果\n● 香蕉", 2),
        ("١. تفاح\n٢. موز\n٣- تمر", 3),
        ("1.苹果\n2.香蕉\n3、梨", 3),
        ("一、苹果\n二、香蕉", 2),
        ("①苹果\n②梨", 2),
        ("（１）苹果\n（二）梨", 2),
        ("1.5倍\n2.5倍", 0),
        ("(1) apple\n1- pear\n1.fig", 0),
        ("\n\n- a\n\n  2) b\n+c", 2),
    ],
)
def test_items_of_lists_have_any_digits_and_bullets(text: str, count: int) -> None:
    assert list_items(text) == count


_BEFORE: list[tuple[Callable[[str], int], str]] = [
    (words, r"\w+(?:['’-]\w+)*"),
    (sentences, r"[.!?]+(?=\s|$)"),
    (list_items, r"(?m)^\s*(?:[-*•+]|\d+[.)])\s+\S"),
    (lambda text: holds_phrase(text, "the"), r"(?i)(?<!\w)the(?!\w)"),
    (lambda text: holds_phrase(text, "a."), r"(?i)(?<!\w)a\.(?!\w)"),
]


@pytest.mark.parametrize(("count", "pattern"), _BEFORE)
def test_english_is_read_as_it_always_was(count: Callable[[str], int], pattern: str) -> None:
    """Scores of `checklist@1` that are stored stay right."""
    generator = random.Random(1)
    parts = ["a", "The", "1", "12", ".", "!", "?", " ", "\n", "\n\n", "-", "*", ")", "'", ",", "’", "–", "é", "™", "•"]
    for _ in range(2000):
        text = "".join(generator.choice(parts) for _ in range(generator.randrange(14)))
        before = len(re.findall(pattern, text))
        if count is sentences:
            before = max(1, before) if text.strip() else 0
        elif count not in (words, list_items):
            before = int(before > 0)
        assert count(text) == before, text
