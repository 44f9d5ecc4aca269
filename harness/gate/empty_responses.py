"""Responses that say nothing: nothing to see, markup alone, and what a failed request left in place of an answer."""

import re
import unicodedata

from tpobench.harness.folding import folded

_MARKUP = re.compile(r"```\w*|<\|[^|>]*\|>|</?[a-z][a-z0-9]*\s?/?>|\{\}|\[\]")
_ASKS_FOR_MARKUP = re.compile(r"\b(?:html|xml|tag|markup|markdown)")
_LONGEST_FAILURE = 300
"""A longer text says more than that something failed, in characters."""

_FAILURES = re.compile(
    r"""\W*(?:
        \$\s?error\s?\$.* | [<\[]error[>\]].* | \[object\ object\]
      | (?:the\ )?(?:service|server|model|engine|api)\ (?:is\ )?(?:temporarily\ |currently\ )?
        (?:unavailable|overloaded|down|busy|not\ available)\b.*
      | (?:an?\ )?(?:openai\ |anthropic\ |azure\ )?
        (?:api|server|internal\ server|http|request|connection|network|gateway|inference|generation|unknown|model)
        [\ _-]?(?:errors?|failure|timeout|failed)\s?(?:$|[:.!(\[{-].*|\d.*|occurred.*|please.*)
      | (?:http\ )?(?:error|status|code|error\ code|status\ code)\s?[:=]?\s?[45]\d\d\b.*
      | (?:http\ )?[45]\d\d\ (?:internal|bad|service|too\ many|gateway|server|client|unauthorized|forbidden)\b.*
      | (?:rate\ limit|too\ many\ requests|quota\ exceeded|service\ unavailable|bad\ gateway|gateway\ time-?out
         |request\ timed\ out|the\ request\ timed\ out|connection\ (?:reset|refused|timed\ out|aborted|closed)
         |(?:maximum\ )?context\ length\ (?:exceeded|is)|content\ (?:filter|blocked|policy\ violation)|timed\ out$)\b.*
      | failed\ to\ (?:generate|get|fetch|sample|parse)\b.*(?:response|answer|output|completion|result).*
      | \{\s?"?'?(?:error|detail)"?'?\s?:.*
      | [\[(<](?:empty|blank|no\ (?:response|answer|output)|missing|null|none|deleted|removed|redacted)[\])>]
      | no\ (?:response|output)(?:\ (?:received|generated|returned|available))? | empty\ (?:response|output|string)
    )\W*""",
    re.VERBOSE,
)
"""What stands in the place of an answer when a request failed. No answer to any question reads so."""

_WORDS_OF_FAILURE = re.compile(
    r"""(?:none|null|nil|nan|n/?a|undefined|error|errors?:.*|exception|timeout|failed|failure|todo|tbd|lorem\ ipsum.*
      |traceback\ \(most\ recent\ call\ last\).*|[\w.]*(?:error|exception)(?:\s?[:(].*)?)""",
    re.VERBOSE,
)
"""Mostly a failure, but an answer where the question is about it."""


def is_empty(prompt: str, response: str, other: str | None = None) -> bool:
    """Whether a response says nothing, in any language.

    Args:
        prompt: What was asked.
        response: The answer.
        other: Another model's answer to the same prompt, where there is one: a right answer may be the word "None",
            or a single full stop.
    """
    text = folded(response)
    words = _MARKUP.sub(" ", text)
    if not any(map(_says_something, words)):
        is_answer = other is not None and text == folded(other)
        return not (text and (is_answer or _ASKS_FOR_MARKUP.search(folded(prompt))))
    if len(text) > _LONGEST_FAILURE:
        return False
    if _FAILURES.fullmatch(text):
        return True
    return bool(_WORDS_OF_FAILURE.fullmatch(text)) and not _is_about(text, prompt, other)


def _says_something(character: str) -> bool:
    """Letters, numbers and pictures do, and so do signs as ``+`` and ``€``; punctuation, marks and spaces do not, nor
    does what stands for bytes that are no text."""
    if character == "\ufffd":
        return False
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) in ("So", "Sm", "Sc")


def _is_about(text: str, prompt: str, other: str | None) -> bool:
    """Whether the prompt, or the other answer, speaks of the same thing."""
    first = re.split(r"[^\w/]", text, maxsplit=1)[0]
    said = [folded(prompt), "" if other is None else folded(other)]
    return any(re.search(rf"(?<!\w){re.escape(first)}(?!\w)", known) for known in said)
