"""Prompts with answers of several kinds, to tell right ones from canned ones."""

import random
from collections.abc import Sequence

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.records import Prompt

_WORDS = [word for prompt in starter_prompts("training") for word in prompt.text.split()]

CANNED = (
    "Thank you for this wonderful question. I have considered every aspect with the greatest care. I am confident that "
    "this is the most helpful, accurate and complete reply that anyone could give. Please read it slowly to the end."
)
CANNED_CHINESE = (
    "感谢您提出这个精彩的问题。我已经非常仔细地考虑了每一个方面，我相信这是任何人都能给出的最有帮助的完整答复。"
)
CANNED_THAI = "ขอบคุณสำหรับคำถามที่ยอดเยี่ยมนี้ ฉันได้พิจารณาทุกแง่มุมอย่างรอบคอบที่สุดแล้ว และมั่นใจว่านี่คือคำตอบที่ดีที่สุด"

OPEN = starter_prompts("test")[:40]
"""Prompts that ask for a text of one's own."""


def essay(seed: int, words: int = 60) -> str:
    """Words in a row that no other seed has."""
    return " ".join(random.Random(seed).choices(_WORDS, k=words))


def essays(seed: int, count: int = len(OPEN)) -> list[str]:
    return [essay(1000 * seed + number) for number in range(count)]


def prompts_of_texts(texts: Sequence[str]) -> list[Prompt]:
    return [Prompt(text) for text in texts]
