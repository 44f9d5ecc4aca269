"""Examples from a comparison, chosen by rule so that nobody picks them by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.store import Store

EACH = 4
"""Examples of each outcome."""


@dataclass(frozen=True)
class Side:
    """One answer. `met` says for each check of the prompt whether it was met; None where that is not stored."""

    response: str
    thought: str
    raw_text: str
    parse_error: str | None
    finish_reason: str
    score: float | None
    met: tuple[bool | None, ...]


@dataclass(frozen=True)
class Example:
    """One judged prompt. `place` is its position in the benchmark; `preference` 1 means that thought won."""

    place: int
    prompt: str
    category: str
    checks: tuple[str, ...]
    preference: float
    judge_text: str
    thought: Side
    direct: Side

    @property
    def margin(self) -> float:
        """Score of the thought arm less that of the direct arm; 0 where a judge gives no scores."""
        if self.thought.score is None or self.direct.score is None:
            return 0.0
        return self.thought.score - self.direct.score


_QUERY = """
WITH pairing AS (
    SELECT judge, unnest(range(len(judgment_keys))) AS place, unnest(judgment_keys) AS judgment_key,
           unnest(candidate_outputs) AS candidate, unnest(baseline_outputs) AS baseline
    FROM evaluation WHERE evaluation_key = ?
)
SELECT place, prompt.text, prompt.category, prompt.checks, judgment.preference, judgment.raw_text,
       a.response, a.thought, a.raw_text, a.parse_error, a.finish_reason, sa.value, sa.components,
       b.response, b.thought, b.raw_text, b.parse_error, b.finish_reason, sb.value, sb.components
FROM pairing
JOIN judgment USING (judgment_key)
JOIN prompt ON prompt.prompt_key = judgment.prompt_key
JOIN output a ON a.output_key = pairing.candidate
JOIN output b ON b.output_key = pairing.baseline
LEFT JOIN score sa
    ON sa.judge = pairing.judge AND sa.prompt_key = judgment.prompt_key AND sa.response = a.response
LEFT JOIN score sb
    ON sb.judge = pairing.judge AND sb.prompt_key = judgment.prompt_key AND sb.response = b.response
WHERE judgment.preference IS NOT NULL
ORDER BY place
"""


def read_examples(store: Store, evaluation: str) -> list[Example]:
    """Every judged prompt of the comparison, in the benchmark's order."""
    examples = []
    for row in store.sql(_QUERY, [evaluation])[1]:
        place, prompt, category, written, preference, judge_text = row[:6]
        checks = json.loads(written)
        sides = (_side(row[6:13], len(checks)), _side(row[13:20], len(checks)))
        examples.append(
            Example(place, prompt, category, tuple(map(_named, checks)), preference, judge_text, *sides)
        )  # fmt: skip
    return examples


def choose(examples: Sequence[Example], each: int = EACH) -> dict[str, list[Example]]:
    """By outcome (``thought``, ``direct``, ``tie``): the widest wins of either arm, and ties from low to high score.

    Wins come from different categories as far as there are any; ties with identical responses come last.
    """
    won = [e for e in examples if e.preference > 0.5]
    lost = [e for e in examples if e.preference < 0.5]
    tied = [e for e in examples if e.preference == 0.5]
    differing = [e for e in tied if e.thought.response != e.direct.response] or tied
    return {
        "thought": _varied(sorted(won, key=lambda e: (-e.margin, e.place)), each),
        "direct": _varied(sorted(lost, key=lambda e: (e.margin, e.place)), each),
        "tie": _spread(sorted(differing, key=lambda e: (e.thought.score or 0.0, e.place)), each),
    }


def _varied(ranked: Sequence[Example], count: int) -> list[Example]:
    """The first ones, a category's second example only after every category's first."""
    seen: dict[str, int] = {}
    rounds = []
    for rank, example in enumerate(ranked):
        seen[example.category] = seen.get(example.category, 0) + 1
        rounds.append((seen[example.category], rank, example))
    return [example for _, _, example in sorted(rounds, key=lambda entry: entry[:2])[:count]]


def _spread(ranked: Sequence[Example], count: int) -> list[Example]:
    """Evenly spaced over the ranking, both ends included."""
    if len(ranked) <= count:
        return list(ranked)
    return [ranked[round(i * (len(ranked) - 1) / (count - 1))] for i in range(count)]


def _side(columns: Sequence[Any], checks: int) -> Side:
    response, thought, raw_text, parse_error, finish_reason, score, components = columns
    met: Mapping[str, bool] = json.loads(components) if components else {}
    return Side(
        response, thought, raw_text, parse_error, finish_reason, score, tuple(met.get(str(i)) for i in range(checks))
    )


def _named(check: Mapping[str, Any]) -> str:
    return ", ".join(f"{kind}: {json.dumps(value, ensure_ascii=False)}" for kind, value in check.items())
