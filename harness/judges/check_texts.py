"""How the checks read a text of any script: phrases, words, sentences and the items of lists.

Texts in plain English are read as they always were. Scripts without spaces between words (Chinese, Japanese, Thai) have
no word boundaries, full-width letters are those of ordinary width, and each language's own stops end a sentence.
"""

import unicodedata
from functools import lru_cache

import regex

_INVISIBLE = regex.compile(r"[\u00ad\u061c\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Soft hyphens, marks of direction, joiners, and the stroke that stretches Arabic words."""

_VOWEL_SIGNS = regex.compile(r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u06d6-\u06dc]")
"""What Hebrew and Arabic writers put on letters or leave out, as they like."""

_COMPATIBLE = regex.compile(r"[\u3000\uf900-\ufaff\ufb00-\ufdff\ufe70-\ufefc\uff00-\uffef\U0001d400-\U0001d7ff]+")
"""Full and half width, ligatures, letters in mathematical fonts. The rest of NFKC is left out: it makes words of signs,
such as TM of a trademark."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_IDEOGRAPHS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}ー"

_IS_UNSPACED = regex.compile(rf"[{_UNSPACED}]")
_IS_WORD = regex.compile(r"[\w\p{M}\p{No}]")
_IS_HIRAGANA = regex.compile(r"\p{Hiragana}")
_IS_HANGUL = regex.compile(r"\p{Hangul}")

_LETTERS = rf"[[\w\p{{M}}\p{{No}}]--[{_IDEOGRAPHS}]]"
_WORD = regex.compile(rf"(?V1)[{_IDEOGRAPHS}]|{_LETTERS}++(?:['’-]{_LETTERS}++)*+")
_CLITICS = regex.compile(r"(?:^|[^\w\p{M}])(?:[وف]?[بك]|[وف])$")
"""Arabic writes "and", "so", "in" and "like" as one word with what follows."""

_STOPS = regex.compile(r"[.!?。！？｡؟۔।॥።။។։‼⁇⁈⁉]++|(?<=\p{Greek});(?!\S)")
_CLOSING = "」』”’）】》〉"

_LIST_ITEM = regex.compile(
    r"^[^\S\n]*+(?:(?:[-*•+]|\d++[.)])\s++\S"
    rf"|\d++[.)](?=[{_UNSPACED}])|\d++[、．）]\s*+\S|(?![0-9])\d++[-–]\s++\S"
    r"|[（(](?:(?![0-9])\d++|[一二三四五六七八九十]++)[)）]\s*+\S|（\d++）\s*+\S"
    r"|[一二三四五六七八九十]++[、．]\s*+\S|[\u2460-\u2473・･●○■□◆◇]\s*+\S)",
    regex.MULTILINE,
)


def compatible(text: str) -> str:
    """The text with letters of ordinary width, composed accents, and without invisible characters.

    >>> compatible("Ｐａｒｉｓ\\u200e™")
    'Paris™'
    """
    if text.isascii():
        return text
    text = _COMPATIBLE.sub(lambda run: unicodedata.normalize("NFKC", run[0]), _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", str(text))


@lru_cache(maxsize=64)
def comparable(text: str) -> str:
    """What two spellings of the same words have in common: as `compatible`, without case and optional vowel signs."""
    if text.isascii():
        return text.lower()
    folded = _VOWEL_SIGNS.sub("", compatible(compatible(text).casefold()))
    return str(folded).replace("i\u0307", "i").replace("ı", "i")


def holds_phrase(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text, as whole words where its script divides words by spaces."""
    text, phrase = comparable(text), comparable(phrase)
    start = text.find(phrase)
    while start >= 0:
        if _begins_word(text, start, phrase) and _ends_word(text, start + len(phrase), phrase):
            return True
        start = text.find(phrase, start + 1)
    return False


def _begins_word(text: str, start: int, phrase: str) -> bool:
    if start == 0 or not phrase or not _IS_WORD.match(text[start - 1]):
        return True
    before, first = text[start - 1], phrase[0]
    if any(map(_IS_UNSPACED.match, (before, first))):
        return True
    if any(map(_IS_HANGUL.match, (before, first))):
        return not all(map(_IS_HANGUL.match, (before, first)))
    return phrase.startswith("ال") and _CLITICS.search(text[max(start - 3, 0) : start]) is not None


def _ends_word(text: str, end: int, phrase: str) -> bool:
    """Korean sets its particles behind a word without a space."""
    if end == len(text) or not phrase or not _IS_WORD.match(text[end]):
        return True
    return any(_IS_UNSPACED.match(char) or _IS_HANGUL.match(char) for char in (text[end], phrase[-1]))


def words(text: str) -> int:
    """How many words a text has; each Chinese or Japanese character counts as one, as word processors count."""
    return sum(1 for _ in _WORD.finditer(compatible(text)))


def sentences(text: str) -> int:
    """How many sentences a text has, by their ends; at least one where anything is said."""
    if not text.strip():
        return 0
    return max(1, sum(_ends_sentence(text, stops.start(), stops.end()) for stops in _STOPS.finditer(text)))


def _ends_sentence(text: str, start: int, end: int) -> bool:
    """Whether these stops end one. In Japanese a sentence goes on behind a quoted one."""
    following = text[end : end + 1]
    if not following or following.isspace():
        return True
    stops = text[start:end]
    if not stops.isascii():
        return not (following in _CLOSING and _IS_HIRAGANA.match(text[end + 1 : end + 2]))
    return _IS_UNSPACED.match(following) is not None and ("." not in stops or text[start - 1 : start].isalpha())


def list_items(text: str) -> int:
    """How many lines of a text begin as an item of a list: a bullet, or a number in any digits with its mark."""
    return sum(1 for _ in _LIST_ITEM.finditer(_INVISIBLE.sub("", text)))
