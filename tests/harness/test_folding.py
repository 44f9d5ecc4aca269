"""Texts that look alike fold to the same one."""

import pytest

from tpobench.harness.folding import folded, visible


@pytest.mark.parametrize(
    "text",
    ["\u200b\u200d\ufeff", "\u00ad\u2060", "\u3164\u2800", "\U000e0041\ufe0f", "\x00\x07", "\u202e \u2066", "\ue000"],
)
def test_what_shows_nothing_is_nothing(text: str) -> None:
    assert visible(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "my final verdict",
        "Му fіnаl vеrdіct",  # Cyrillic letters
        "ｍｙ ｆｉｎａｌ ｖｅｒｄｉｃｔ",
        "m\u200by fi\u00adnal verdict\ufeff",
        "𝐦𝐲 𝒇𝒊𝒏𝒂𝒍 𝗏𝖾𝗋𝖽𝗂𝖼𝗍",
        "mý\u00a0fïnål\tvërdict\u0301",
        "MY FINAL &#118;erdict",
        "ᴍʏ ꜰɪɴᴀʟ ᴠᴇʀᴅɪᴄᴛ",
    ],
)
def test_look_alikes_are_the_same(text: str) -> None:
    assert folded(text) == "my final verdict"


def test_texts_in_other_scripts_stay_distinct() -> None:
    texts = ["天空为什么是蓝色的", "海水为什么是咸的", "почему небо голубое", "почему море соленое", "はがき", "かかき"]
    assert len({folded(text) for text in texts}) == len(texts)


def test_an_emoji_and_a_symbol_are_seen() -> None:
    assert (visible("👍\ufe0f"), visible(" ± ")) == ("👍", "±")
