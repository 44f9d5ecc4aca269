"""Responses that say nothing: nothing to see, markup alone, and what a failed request left in place of an answer."""

import re
import unicodedata

from tpobench.harness.folding import folded

_MARKUP = re.compile(r"```\w*|<\|[^|>]*\|>|</?[a-z][a-z0-9]*\s?/?>|\{\}|\[\]")
_ASKS_FOR_MARKUP = re.compile(r"\b(?:html|xml|tag|markup|markdown)")
_BRACKETS = re.compile(r"[`\s]*(?:\[\s*\]|\{\s*\}|\(\s*\))[`\s]*")
_ASKS_FOR_BRACKETS = re.compile(r"\b(?:empty|json|array|dict\w*)\b")
_TAG = re.compile(r"<[^>]*>")
_LONGEST_FAILURE = 300
"""A longer text says more than that something failed, in characters."""

_SENTINELS = re.compile(
    r"""\W*(?:
        \$\s?\w*error\w*\s?\$.* | [<\[]error[>\]].* | \[object\ object\] | promise\ \{\ <pending>\ \}
      | .*\[native\ code\].*
      | [\[(<](?:empty|blank|no\ (?:response|answer|output)|missing|null|none|deleted|removed|redacted|error|failed
         |failure|time-?out|timed\ out|blocked|filtered|refused|skipped|unavailable|exception|placeholder|n/a)[\])>]
      | \#(?:error!|n/a|ref!|value!|name\?|null!|div/0!)
      | (?:\w+_)?(?:error|failed|failure)_\w+ | \w+_(?:error|failed|failure) | content_filter(?:ed)?
    )\W*""",
    re.VERBOSE,
)
"""What programs write in the place of an answer, whatever was asked."""

_FAILURES = re.compile(
    r"""\W*(?:
        (?:the\ )?(?:service|server|model|engine|api)\ (?:is\ )?(?:temporarily\ |currently\ )?
        (?:unavailable|overloaded|down|busy|not\ available)\b.*
      | (?:an?\ )?(?:openai\ |anthropic\ |azure\ )?
        (?:api|server|internal\ server|http|request|connection|network|gateway|inference|generation|unknown|model)
        [\ _-]?(?:errors?|failure|timeout|failed)\s?(?:$|[:.!(\[{-].*|\d.*|occurred.*|please.*|with\ .*)
      | (?:http\ )?(?:error|status|code|error\ code|status\ code)\s?[:=]?\s?[45]\d\d\b.*
      | (?:http\ )?[45]\d\d\ (?:internal|bad|service|too\ many|gateway|server|client|unauthorized|forbidden)\b.*
      | http\ [45]\d\d
      | (?:rate\ limit|too\ many\ requests|quota\ exceeded|service\ unavailable|bad\ gateway|gateway\ time-?out
         |(?:the\ )?(?:request|read|connection|connect)\ timed\ out|connection\ (?:reset|refused|aborted|closed)
         |(?:maximum\ )?context\ length\ (?:exceeded|is)|content\ (?:filter|blocked|policy\ violation)|timed\ out$
         |max\ retries\ exceeded|(?:cuda\ )?out\ of\ memory|cuda\ error|authentication\ (?:failed|error)
         |(?:you\ )?exceeded\ your\ (?:current\ )?quota|(?:invalid|incorrect|missing)\ (?:api\ )?key)\b.*
      | \w*connectionpool\(.*
      | (?:failed|unable)\ to\ (?:generate|get|fetch|sample|parse|complete|process)\b.*
        (?:response|answer|output|completion|result|request).*
      | (?:the\ )?(?:response|prompt|request|output|content)\ (?:(?:was|is|has\ been)\ )?
        (?:filtered|blocked|flagged)\b.*
      | blocked\ by\ .*(?:filter|polic|safety).*
      | (?:sorry,\ )?(?:an?\ )?(?:unexpected\ |unknown\ |internal\ )?(?:error|problem)\ (?:has\ )?occurred\b.*
      | (?:the\ )?server\ had\ an\ error\b.* | (?:(?:sorry|oops)\W+)?something\ went\ wrong\b.*
      | \{\s?"?'?(?:error|detail)"?'?\s?:.*
      | \{\s?"?'?(?:status|code|message|type|status_?code)"?'?\s?:.*(?:error|fail|limit|overload|[:\ ][45]\d\d\b).*
      | no\ (?:response|output)(?:\ (?:received|generated|returned|available|provided))?
      | empty\ (?:response|output|string)
    )\W*""",
    re.VERBOSE,
)
"""What stands in the place of an answer when a request failed. Hardly an answer reads so, unless it is about that."""

_OTHER_LANGUAGES = "|".join(
    re.escape(folded(words))
    for words in (
        *(
            "error interno del servidor",
            "error del servidor",
            "erro interno do servidor",
            "erro",
            "errore",
            "errore del server",
        ),
        *(
            "erreur",
            "erreur interne du serveur",
            "erreur du serveur",
            "fehler",
            "interner serverfehler",
            "serverfehler",
        ),
        *("ошибка", "ошибка сервера", "внутренняя ошибка сервера", "错误", "出错了", "服务器错误", "内部服务器错误"),
        *("系统错误", "请求失败", "エラー", "サーバーエラー", "内部サーバーエラー", "오류", "서버 오류", "خطأ"),
    )
)
_WORDS_OF_FAILURE = re.compile(
    rf"""(?:\W*(?:none|null|nil|nan|n/?a|undefined))+\W* | (?:(?:{_OTHER_LANGUAGES})(?:\s?[:：(].*)?)\W*
      |(?:error|errors?:.*|exception|timeout|failed|failure|todo|tbd|placeholder|overloaded|unauthorized|forbidden
      |lorem\ ipsum.*|no\ answer(?:\ (?:provided|given|found))?|none\ provided
      |traceback\ \(most\ recent\ call\ last\).*|[\w.]*(?:error|exception)(?:\s?[:(].*)?)\W*""",
    re.VERBOSE,
)
"""Mostly a failure, but an answer where the question is about it."""

_ASKS_FOR_A_WORD = re.compile(
    r"\b(?:python|javascript|sql|nothing|ieee|divided|translat\w+"
    r"|(?:which|what|name the)\b.{0,40}\b(?:exception|value))\b"
)
_SUBJECTS = re.compile(
    r"\b(?:errors?|exceptions?|https?|status|time-?outs?|rate|quota|servers?|gateway|json|fail(?:s|ed|ure)?|connection"
    r"|filter|blocked|overloaded|memory|cuda)\b"
)
"""What a question is about whose answer may read like a failure."""


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
        asks = folded(prompt)
        is_asked = _ASKS_FOR_MARKUP.search(asks) or (_BRACKETS.fullmatch(text) and _ASKS_FOR_BRACKETS.search(asks))
        return not (text and (is_answer or is_asked))
    if len(text) > _LONGEST_FAILURE:
        return False
    if _SENTINELS.fullmatch(text):
        return True
    if _FAILURES.fullmatch(text) or _FAILURES.fullmatch(" ".join(_TAG.sub(" ", text).split())):
        return not _is_on(text, prompt, other)
    return bool(_WORDS_OF_FAILURE.fullmatch(text)) and not _is_about(text, prompt, other)


def _says_something(character: str) -> bool:
    """Letters, numbers and pictures do, and so do signs as ``+`` and ``€``; punctuation, marks and spaces do not, nor
    does what stands for bytes that are no text."""
    if character == "\ufffd":
        return False
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) in ("So", "Sm", "Sc")


def _is_about(text: str, prompt: str, other: str | None) -> bool:
    """Whether the prompt, or the other answer, speaks of the same thing."""
    if _ASKS_FOR_A_WORD.search(folded(prompt)):
        return True
    first = re.split(r"[^\w/]", text, maxsplit=1)[0]
    said = [folded(prompt), "" if other is None else folded(other)]
    return any(re.search(rf"(?<!\w){re.escape(first)}(?!\w)", known) for known in said)


def _is_on(text: str, prompt: str, other: str | None) -> bool:
    """Whether the answer is on failures as the prompt, or the other answer, is."""
    known = [folded(prompt), "" if other is None else folded(other)]
    return bool(_SUBJECTS.search(text)) and any(map(_SUBJECTS.search, known))
