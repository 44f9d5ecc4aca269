"""The language of a text, as langdetect finds it."""

from functools import lru_cache

import regex

_LETTERS = regex.compile(r"\p{L}{2,}")
_HANGUL = regex.compile(r"\p{Hangul}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")

_SURE = 0.95


@lru_cache(maxsize=64)
def language_of(text: str) -> str:
    """The most likely language of a text, as langdetect calls it (``de``, ``zh-cn``); empty where it finds none.

    langdetect's sampling is seeded, so it gives the same answer every time.
    """
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0
    try:
        found = str(detect(text))
    except LangDetectException:
        return ""
    if found == "ko" and _HANGUL.search(text) is None:  # its guess at a few characters that three languages share
        return "ja" if _KANA.search(text) else "zh-cn"
    return found


def is_language(text: str, code: str) -> bool:
    """Whether the text is most likely in the language with this ISO 639-1 code; ``zh`` is Chinese in either script."""
    found, wanted = language_of(text), code.lower()
    return bool(found) and wanted in (found, found.partition("-")[0])


@lru_cache(maxsize=64)
def sure_language(text: str) -> str:
    """The language of a text of three words or more where there is hardly a doubt about it; empty otherwise."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    if len(_LETTERS.findall(text[:1000])) < 3:
        return ""
    DetectorFactory.seed = 0
    try:
        first = detect_langs(text)[0]
    except LangDetectException:
        return ""
    return str(first.lang) if first.prob >= _SURE else ""
