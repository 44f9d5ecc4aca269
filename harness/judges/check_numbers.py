"""The numbers of a text, as people of all languages write them.

A figure is read as in English first. A comma before one, two or more than three digits is a decimal sign, and a dot or
a space between groups of three digits divides thousands, where the figure can mean nothing else. What a figure alone
leaves open (1.234 and 1,500) is read as in English, and as in German where the text is in a language that writes so.
"""

import unicodedata
from collections.abc import Callable, Iterator

import regex

from tpobench.harness.judges.check_texts import compatible
from tpobench.harness.judges.languages import sure_language

_CONTINENTAL = "bg ca cs da de el es et fi fr hr hu id it lt lv mk nl no pl pt ro ru sk sl sq sv tr uk vi"
"""Languages with a decimal comma, by langdetect's names."""

_SIGNS = str.maketrans({"\u2212": "-", "\ufe63": "-", "\u2013": "-", "٫": ".", "٬": ",", "،": ","})

_BEFORE = r"(?<![\p{Latin}\p{Greek}\p{Cyrillic}\p{N}_.])"
_FIGURE = regex.compile(rf"{_BEFORE}-?[0-9]++(?:[.,][0-9]++)*+")
_FIGURE_BEHIND = regex.compile(r"[0-9]++(?:[.,][0-9]++)*+")
_SPACED = regex.compile(
    rf"(?<!,){_BEFORE}-?(?:[1-9][0-9]{{0,2}}(?:[\u00a0\u2009\u202f'’][0-9]{{3}}){{1,6}}+(?![0-9])"
    r"|[1-9][0-9]{0,2}(?: [0-9]{3}){1,6}+(?=,[0-9]{1,2}(?![0-9,])))"
)
"""Thousands divided by a space or an apostrophe; by an ordinary space only where a decimal comma follows."""

_PLAINLY_SPACED = regex.compile(rf"(?<!,){_BEFORE}-?[1-9][0-9]{{0,2}}(?: [0-9]{{3}}){{1,6}}+(?![0-9])")
"""In English these are several numbers."""

_DIGIT = regex.compile(r"(?![0-9])\p{Nd}")
_DIVIDERS = regex.compile(r"[^-0-9]")

_UNITS = {"万": 1e4, "萬": 1e4, "만": 1e4, "億": 1e8, "亿": 1e8, "억": 1e8, "兆": 1e12, "千": 1e3}
_UNIT = regex.compile(rf"[{''.join(_UNITS)}](?![米克瓦卡赫])")
"""Not a unit of measurement: 千米 is a kilometre."""

_ENGLISH = regex.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?")
_LIST = regex.compile(r"(?<![0-9.])" + _ENGLISH.pattern)
_LONGEST = 400
"""Characters of a figure that is read as a whole; what is longer is a list without spaces."""
_ZERO_COMMA = regex.compile(r"-?0,[0-9]+")
_DOT_GROUPS = regex.compile(r"-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:(?<=\.[0-9]{3}\.[0-9]{3})|(?=,))(?:,[0-9]+)?")
_ADDRESS = regex.compile(r"(?:[12]?[0-9]{1,2}\.){3}[12]?[0-9]{1,2}")
_LAKHS = regex.compile(r"-?[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?")
_DECIMAL_COMMA = regex.compile(r"-?[0-9]+,[0-9]+")
_OPEN = regex.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_PART = regex.compile(r"[0-9]+")
_BRACKETS = ("()", "[]", "{}")


def has_number(text: str, value: float) -> bool:
    """Whether the text has a figure that means the value.

    Args:
        text: A response, in any language and any digits.
        value: What is looked for; differences below 1e-9 are none.
    """
    return any(abs(number - value) < 1e-9 and is_meant(text) for number, is_meant in _readings(text))


def _readings(text: str) -> Iterator[tuple[float, Callable[[str], bool]]]:
    """What the figures of a text may mean, and whether one does in this text."""
    text = _ordinary(text)
    position = 0
    while found := _FIGURE.search(text, position):
        position = found.end()
        if _UNIT.match(text, position):
            number, position = _with_units(text, found[0], position)
            yield number, _always
        else:
            yield from _meanings(found[0], text[found.start() - 1 : found.start()] + text[position : position + 1])

    for figure in _PLAINLY_SPACED.finditer(text):
        yield float(_DIVIDERS.sub("", figure[0])), _is_continental


def _with_units(text: str, figure: str, position: int) -> tuple[float, int]:
    """What a figure means with the units behind it (1億2000万, 1万2345), and where they end."""
    sign, number = (-1 if figure.startswith("-") else 1), 0.0
    while unit := _UNIT.match(text, position):
        number += abs(_read(figure)) * _UNITS[unit[0]]
        behind = _FIGURE_BEHIND.match(text, unit.end())
        figure, position = ("0", unit.end()) if behind is None else (behind[0], behind.end())
    return sign * (number + _read(figure)), position


def _ordinary(text: str) -> str:
    """The text with ASCII digits and signs, and without what divides thousands beside comma and dot."""
    if not text.isascii():
        text = compatible(text).translate(_SIGNS)
        text = _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    return str(_SPACED.sub(lambda figure: _DIVIDERS.sub("", figure[0]), text))


def _read(figure: str) -> float:
    return next(number for number, is_meant in _meanings(figure, "") if is_meant is _always)


def _meanings(figure: str, around: str) -> Iterator[tuple[float, Callable[[str], bool]]]:
    """What a figure may mean; `around` are the characters before and behind it."""
    if len(figure) > _LONGEST:
        yield from ((float(part), _always) for part in _PART.findall(figure))
    elif _ENGLISH.fullmatch(figure) and not _ZERO_COMMA.fullmatch(figure):
        yield float(figure.replace(",", "")), _always
        if _OPEN.fullmatch(figure):
            yield _with_decimal_comma(figure), _is_continental
    elif _DOT_GROUPS.fullmatch(figure) and not _ADDRESS.fullmatch(figure):
        yield _with_decimal_comma(figure), _always
    elif _LAKHS.fullmatch(figure):
        yield float(figure.replace(",", "")), _always
        yield from ((number, _always) for number in _listed(figure))
    elif _DECIMAL_COMMA.fullmatch(figure) and not _is_two_years(figure):
        yield _with_decimal_comma(figure), _always
        yield from ((number, _always if around in _BRACKETS else _is_english) for number in _listed(figure))
    else:
        yield from ((number, _always) for number in _listed(figure))


def _with_decimal_comma(figure: str) -> float:
    return float(figure.replace(".", "").replace(",", "."))


def _listed(figure: str) -> list[float]:
    """The figures of a list without spaces, 2,3,5."""
    return [float(number.replace(",", "")) for number in _LIST.findall(figure)]


def _is_two_years(figure: str) -> bool:
    """Nobody divides four digits from four by a decimal comma."""
    return [len(part) for part in figure.strip("-").split(",")] == [4, 4]


def _always(text: str) -> bool:
    return True


def _is_continental(text: str) -> bool:
    return sure_language(text) in _CONTINENTAL.split()


def _is_english(text: str) -> bool:
    return sure_language(text) == "en"
