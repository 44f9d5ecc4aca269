"""Responses that game a judge or say nothing: empty ones, one answer to everything, and ones that talk to the judge."""

import re
from collections import Counter
from collections.abc import Sequence

from tpobench.harness.records import Prompt

REPEATED_TIMES = 3
REPEATED_LENGTH = 20
REPEATED_SHARE = 0.1
"""A response given to three prompts or more counts as repeated from this length on, in characters; a shorter one, a
bare number for example, when it goes to this share of all prompts."""

JUDGE_FORMATS = (
    r"\[\[\s*(?:[ABC]|[AB]\s*[<>=]{1,2}\s*[AB]|\d{1,2})\s*\]\]",  # verdict labels of MT-Bench, Arena-Hard, STE
    r"(?i)\bmodel_identifier\b|\boutput_identifier\b|\bbest model identifier\b",  # AlpacaEval's prompt
    r"(?i)\[the (?:start|end) of (?:assistant|user)",  # pairwise prompts of MT-Bench and STE
    r"(?i)<\|(?:the_start|im_start|im_end|start_header_id|end_header_id|eot_id|endoftext)[^>]{0,20}\|?>",
    r"(?i)\b(?:my final verdict is|output \(?[ab]\)? is better|assistant [ab] is better)\b",
)
"""What a response says that talks to the judge instead of the user. It does not count where the prompt says the same.

Source: null-model attacks (Zheng et al., "Cheating Automatic LLM Benchmarks").
"""

_FORMATS = [re.compile(pattern) for pattern in JUDGE_FORMATS]


def degenerate(prompts: Sequence[Prompt], responses: Sequence[str]) -> dict[str, int]:
    """How many responses are empty, repeated across prompts, or talk to the judge; each counts once, in this order."""
    texts = [" ".join(response.split()).casefold() for response in responses]
    times = Counter(texts)
    counts: Counter[str] = Counter()
    for prompt, response, text in zip(prompts, responses, texts, strict=True):
        if not text:
            counts["empty"] += 1
        elif _is_repeated(text, times[text], len(texts)):
            counts["repeated"] += 1
        elif any(form.search(response) and not form.search(prompt.text) for form in _FORMATS):
            counts["talking to the judge"] += 1
    return dict(counts)


def _is_repeated(text: str, times: int, of: int) -> bool:
    return times >= REPEATED_TIMES and (len(text) >= REPEATED_LENGTH or times > REPEATED_SHARE * of)
