"""Hostile text, defused for where it goes: a terminal, the log of a CI, Markdown, a spreadsheet.

Names, prompts, servers' errors and whatever a model wrote are hostile. A terminal obeys control characters, a CI's
runner obeys lines such as ``::error::``, a spreadsheet computes a cell that begins with ``=``.
"""

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"  # controls, line and paragraph separators
    "\u061c\u200b\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f"  # of no width, or turning what is around them
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"  # surrogates, private use
)
_MARKUP = re.compile(r"[\\`*{}\[\]<>&|~!@#$]|:(?=\S)|(?<![^\W_])_|_(?![^\W_])|(?i:(?<=www)\.)")
_LINE_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_COMMAND = re.compile(r"#(?=#\w*\[)")


def spelled_out(text: str) -> str:
    """The text with each character that would be unseen, or would turn its surroundings, written as ``⟨U+2028⟩``. Line
    feeds and tabs stay.

    >>> spelled_out("red \\x1b[31m")
    'red ⟨U+001B⟩[31m'
    """
    return _UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


def without_commands(text: str, begins_line: bool = True) -> str:
    """The text with nothing that a CI's runner takes for a command: ``::error``, ``##[error]``, ``##vso[``,
    ``##teamcity[`` get a blank in them.

    Args:
        text: What is to be printed.
        begins_line: Whether it begins a line.

    >>> without_commands("::set-output name=a::b")
    ': :set-output name=a::b'
    """
    started, rest = ("", text) if begins_line else _first_line(text)
    return _COMMAND.sub("# ", started + _LINE_COMMAND.sub(r"\1: ", rest))


def json_without_commands(text: str) -> str:
    """JSON that means the same, in which a terminal and a CI's runner find nothing to obey.

    >>> json_without_commands('"##[group] \x9b"')
    '"\\\\u0023#[group] \\\\u009b"'
    """
    return _COMMAND.sub(_in_json, _UNSEEN.sub(_in_json, text))


def _in_json(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def markdown_escaped(text: str) -> str:
    """The text without Markdown and HTML, mentions and references: an invisible break follows each such character,
    because hosts look for those in the text as it is shown."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};<wbr>", spelled_out(" ".join(text.split())))


def markdown_fenced(text: str) -> str:
    """The text as a block of code, in a fence that is longer than any in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{spelled_out(text)}\n{fence}"


def spreadsheet_cell(text: str) -> str:
    """The text as a cell that no spreadsheet computes.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("gpt-4")
    ("'=1+1", 'gpt-4')
    """
    shown = spelled_out(text)
    return f"'{shown}" if shown.lstrip()[:1] in ("=", "+", "-", "@") or shown[:1] in ("\t", "\n") else shown


def _first_line(text: str) -> tuple[str, str]:
    first, separator, rest = text.partition("\n")
    return first + separator, rest
