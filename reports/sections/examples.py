"""The examples of a report: every judged prompt with its texts, packed for the page's own search and filters.

The texts are JSON, compressed and in base64: nothing in them can be read as HTML. The page decompresses them when it is
opened and shows them as text.
"""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.records import content_key
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.figures import count, visible

MAX_EXAMPLES = 5000
"""More are sampled by prompt, the same prompts for every contest."""

MAX_CHARS = 20_000_000
"""Of all texts together; beyond it fewer prompts are kept."""

MAX_TEXT = 20_000
"""Of one text; the rest is in the store."""


@dataclass(frozen=True, kw_only=True)
class LabelledEvaluation:
    """An evaluation whose prompts are examples: what to call it and both sides."""

    evaluation: Evaluation
    label: str
    candidate: str
    baseline: str
    styles: tuple[str, str] = ("thought", "direct")


@dataclass(frozen=True)
class Examples:
    """`shown` of `total` judged prompts; `packed` is what the page unpacks."""

    shown: int
    total: int
    packed: str
    contests: tuple[LabelledEvaluation, ...]

    @property
    def sampled(self) -> str:
        """What to say where not all are there; empty otherwise."""
        if self.shown == self.total:
            return ""
        return (
            f"{count(self.shown)} of {count(self.total)} judged prompts, to keep the file small: whole prompts were "
            "chosen by their hash, the same ones for every model."
        )


def read_examples(store: Store, contests: Sequence[LabelledEvaluation]) -> Examples | None:
    """All judged prompts of the contests, or a sample of them; None where nothing was judged."""
    total = sum(contest.evaluation.prompts for contest in contests)
    if not total:
        return None
    rows = _within(_rows(store, contests, _sampled(contests)))
    packer = _Packer()
    packed = [packer.row(row) for row in rows]
    document = {
        "contests": [[*map(visible, (c.label, c.candidate, c.baseline)), *c.styles] for c in contests],
        "texts": packer.texts,
        "outputs": packer.outputs,
        "rows": packed,
    }
    written = json.dumps(document, separators=(",", ":")).encode()
    data = base64.b64encode(gzip.compress(written, 6, mtime=0)).decode()
    return Examples(len(packed), total, data, tuple(contests))


def _sampled(contests: Sequence[LabelledEvaluation]) -> list[str]:
    """Prompts by their hash, as many as `MAX_EXAMPLES` allows."""
    times: dict[str, int] = {}
    for contest in contests:
        for verdict in contest.evaluation.verdicts:
            times[verdict.prompt] = times.get(verdict.prompt, 0) + 1
    kept: list[str] = []
    room = MAX_EXAMPLES
    for prompt in sorted(times, key=lambda prompt: content_key("example", prompt)):
        if times[prompt] > room and kept:
            break
        kept.append(prompt)
        room -= times[prompt]
    return kept


_ROWS = """
SELECT evaluation_key, place, entry.prompt_key, text, category, checks, candidate_output, baseline_output, entry.judge,
       presented_order, preference, judgment.raw_text
FROM evaluation_entry AS entry
JOIN judgment USING (judgment_key) LEFT JOIN prompt ON prompt.prompt_key = entry.prompt_key
WHERE list_contains(?, evaluation_key) AND entry.prompt_key IN (SELECT unnest(?))
ORDER BY evaluation_key, place
"""

_OUTPUTS = """
SELECT output_key, response, thought, CASE WHEN parse_error IS NULL THEN '' ELSE raw_text END, parse_error,
       finish_reason
FROM output WHERE output_key IN (SELECT unnest(?))
"""

_SCORES = """
SELECT DISTINCT judge, prompt_key, response, value, components FROM score
WHERE judge IN (SELECT unnest(?)) AND prompt_key IN (SELECT unnest(?))
"""


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One answer; `response` is None where only its judgment was imported."""

    response: str | None
    thought: str
    raw: str
    problem: str | None
    finish: str
    score: float | None
    met: tuple[bool | None, ...]


@dataclass(frozen=True, kw_only=True)
class _Example:
    contest: int
    prompt: str
    category: str
    checks: tuple[str, ...]
    value: float | None
    games: tuple[tuple[str, float | None, str], ...]
    sides: tuple[_Side, _Side]

    @property
    def chars(self) -> int:
        texts = [self.prompt, *(raw for _, _, raw in self.games)]
        texts += [text for side in self.sides for text in (side.response or "", side.thought, side.raw)]
        return sum(min(len(text), MAX_TEXT) for text in texts)


def _rows(store: Store, contests: Sequence[LabelledEvaluation], prompts: Sequence[str]) -> list[_Example]:
    places = {contest.evaluation.key: place for place, contest in enumerate(contests)}
    judges = sorted({contest.evaluation.judge for contest in contests})
    rows = store.sql(_ROWS, [list(places), list(prompts)])[1]
    keys = sorted({key for row in rows for key in row[6:8] if key is not None})
    outputs = {key: tuple(told) for key, *told in store.sql(_OUTPUTS, [keys])[1]}
    scores = {
        (judge, prompt, response): (value, json.loads(components))
        for judge, prompt, response, value, components in store.sql(_SCORES, [judges, list(prompts)])[1]
    }
    values = {contest.evaluation.key: contest.evaluation.values for contest in contests}
    grouped: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row[0], row[2]), []).append(row)
    found = []
    for (evaluation, prompt), group in grouped.items():
        _, _, _, text, category, written, candidate, baseline, judge = group[0][:9]
        checks = json.loads(written or "[]")

        def side(key: str | None, judge: str = judge, prompt: str = prompt, checks: int = len(checks)) -> _Side:
            response, thought, raw, problem, finish = outputs.get(key, (None, "", "", None, ""))
            value, components = scores.get((judge, prompt, response), (None, {}))
            met = tuple(components.get(str(number)) for number in range(checks))
            return _Side(
                response=response, thought=thought, raw=raw, problem=problem, finish=finish, score=value, met=met
            )

        found.append(
            _Example(
                contest=places[evaluation],
                prompt=text or "",
                category=category or "",
                checks=tuple(map(_named, checks)),
                value=values[evaluation].get(prompt),
                games=tuple((order, p, raw) for *_, order, p, raw in group),
                sides=(side(candidate), side(baseline)),
            )
        )
    return found


def _within(rows: Sequence[_Example]) -> list[_Example]:
    """The rows whose texts together stay within `MAX_CHARS`, by whole prompts."""
    chars: dict[str, int] = {}
    for row in rows:
        chars[row.prompt] = chars.get(row.prompt, 0) + row.chars
    kept: set[str] = set()
    room = MAX_CHARS
    for prompt in sorted(chars, key=lambda prompt: content_key("example", prompt)):
        room -= chars[prompt]
        if room < 0 and kept:
            break
        kept.add(prompt)
    return [row for row in rows if row.prompt in kept]


class _Packer:
    """Texts and outputs by number, each of them once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.outputs: list[list[Any]] = []
        self._texts: dict[str, int] = {}
        self._outputs: dict[_Side, int] = {}

    def row(self, row: _Example) -> list[Any]:
        games = [[order, preference, self._text(raw)] for order, preference, raw in row.games]
        return [
            row.contest,
            self._text(row.prompt),
            self._text(row.category),
            row.value,
            games,
            *(self._output(side) for side in row.sides),
            [self._text(check) for check in row.checks],
        ]

    def _output(self, side: _Side) -> int:
        if side not in self._outputs:
            self._outputs[side] = len(self.outputs)
            response = None if side.response is None else self._text(side.response)
            chars = len(side.response or "")
            self.outputs.append(
                [
                    response,
                    self._text(side.thought),
                    self._text(side.raw),
                    side.problem,
                    side.finish,
                    side.score,
                    list(side.met),
                    chars,
                    len(side.thought),
                ]
            )
        return self._outputs[side]

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = len(self.texts)
            rest = len(text) - MAX_TEXT
            cut = f"{text[:MAX_TEXT]}\n… {count(rest)} more characters are in the store" if rest > 0 else text
            self.texts.append(visible(cut))
        return self._texts[text]


def _named(check: Mapping[str, Any]) -> str:
    return ", ".join(f"{kind}: {json.dumps(value, ensure_ascii=False)}" for kind, value in check.items())
