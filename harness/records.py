"""The vocabulary: frozen records for what is stored, and the content keys that identify them.

A record's key is the hash of everything that determined it, so that the same work done twice is the same row.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tpobench.harness.finish_reasons import REFUSALS

Message = Mapping[str, str]
"""One chat message: ``{"role": "user", "content": "..."}``."""


def content_key(*parts: Any) -> str:
    """The first 32 hex digits of the SHA-256 of the parts as canonical JSON."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def text_key(text: str) -> str:
    """The first 32 hex digits of the SHA-256 of a text: how a judgment names the responses that it compares."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Model:
    """A set of weights on disk, an endpoint, or the author of imported outputs.

    `fingerprint` is the hash of its files, whatever it is called; for an endpoint, of its base URL and name.
    `folder` is where the weights are, or the endpoint's base URL.
    """

    name: str
    folder: str
    fingerprint: str


@dataclass(frozen=True)
class Prompt:
    """An instruction with its category. `source` names where it came from, for example ``starter/test``."""

    text: str
    category: str = "uncategorised"
    source: str = "file"
    checks: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def text_key(self) -> str:
        """Identifies the text, whatever the category and the source: outputs depend on the text alone."""
        return content_key("prompt", self.text)

    @cached_property
    def key(self) -> str:
        return content_key("prompt", self.text, self.category, self.source, self.checks)


@dataclass(frozen=True)
class SamplingParams:
    """How outputs are drawn. `temperature` 0 is greedy. Lengths are in tokens."""

    temperature: float = 0.8
    top_p: float = 0.95
    max_new_tokens: int = 512
    seed: int = 0


@dataclass(frozen=True)
class Request:
    """One output that is wanted: the rendered chat messages, and the key that the output will have."""

    key: str
    messages: tuple[Message, ...]
    label: str
    """What error messages call it, for example ``prompt 3 ("Name three ...")``."""
    is_padding: bool = False
    """It is stored already, and only makes the batch of others what it was before an interruption: not handed out."""


@dataclass(frozen=True)
class Usage:
    """What one API call used. Tokens and dollars are None where the server, or the price file, does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """One answered API call: what it was for, who answered, what it used. `problem` says why it was of no use."""

    key: str
    subject: str
    kind: str
    model: str
    served_model: str | None
    usage: Usage
    latency_s: float
    attempt: int
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What a sampler returns for a request, exactly as the model produced it.

    `finish_reason` is ``stop`` when the model ended by itself (the end token is the last of `token_ids`) and
    ``length`` when it was cut at the token limit; one of `REFUSALS` when there is no answer. `seconds` is the time from
    the start of its batch. An endpoint of somebody else's tells no token ids; it may tell how many tokens a call used
    (`call`). `thought` is what a reasoning model wrote before its answer, where that is known; `text` is then without
    it.
    """

    request: Request
    prompt_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    text: str
    finish_reason: str
    seconds: float
    call: CallRecord | None = None
    thought: str = ""


@dataclass(frozen=True)
class Split:
    """Raw text taken apart. `error` is None, or the reason why there is no response to show."""

    thought: str
    response: str
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Output:
    """A stored output: raw text = thought + response. `response` is empty when `parse_error` is set."""

    key: str
    model: str
    mode: str
    prompt: Prompt
    sample: int
    params: SamplingParams | None
    """None for an imported output."""
    raw_text: str
    thought: str
    response: str
    parse_error: str | None
    finish_reason: str
    prompt_ids: tuple[int, ...] = field(repr=False)
    token_ids: tuple[int, ...] = field(repr=False)
    seconds: float = 0.0

    @property
    def refusal(self) -> str:
        """Why there is no answer (one of `REFUSALS`), or why it breaks off; empty where there is one."""
        return self.finish_reason if self.finish_reason in REFUSALS else ""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a pointwise judge says of one response: `value` in [0, 1] for the checklist, with its components."""

    judge: str
    prompt: Prompt
    response: str
    value: float
    components: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        return score_key(self.judge, self.prompt, self.response)


def score_key(judge: str, prompt: Prompt, response: str) -> str:
    """The key of what a judge says of one response."""
    return content_key("score", judge, prompt.key, response)


@dataclass(frozen=True, kw_only=True)
class Judgment:
    """One comparison. `preference` is the probability that the candidate's response (side A) is the better one; None
    when there is no verdict. Responses are given by their text keys, with their lengths in characters.

    `order` is ``AB`` when the candidate's response was shown first, ``BA`` when the baseline's was.
    """

    key: str
    judge: str
    prompt_key: str
    response_a: str
    response_b: str
    chars_a: int
    chars_b: int
    order: str
    verdict: str
    preference: float | None
    raw: str = ""


def judgment_key(judge: str, question: str, candidate: str, baseline: str, order: str = "AB") -> str:
    """The key of one judge call.

    Args:
        judge: The judge's id.
        question: What the judge sees of the prompt: its key, or its text's key for a judge that sees the text alone.
        candidate: The text key of the candidate's response.
        baseline: The text key of the baseline's response.
        order: ``AB`` or ``BA``.
    """
    return content_key("judgment", judge, question, candidate, baseline, order)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a model made of a prompt: its category, or its complexity (`kind`); `value` is None when it named none."""

    key: str
    assigner: str
    kind: str
    text_key: str
    value: str | None
    raw: str


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A figure with its interval. `category` is None for all prompts; `low` and `high` are None for plain means."""

    name: str
    value: float | None
    n: int
    category: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two outputs of one prompt: train towards `chosen`, away from `rejected` (paper, section 2.2)."""

    prompt: Prompt
    chosen: Output
    rejected: Output
    chosen_score: float
    rejected_score: float
    """Length-controlled scores; the rejected one of an output that did not parse is minus infinity."""

    def key(self, job: str) -> str:
        return content_key("pair", job, self.chosen.key, self.rejected.key)


@dataclass(frozen=True, kw_only=True)
class NewEvaluation:
    """What an evaluation measured, as it goes into the store.

    `prompt_keys` and `judgment_keys` belong together, and so do the outputs where they are known.
    Without a baseline (tasks that score by themselves) there are no judgments. `params` is JSON that says how it was
    made.
    """

    benchmark: str
    judge: str
    params: str
    candidate: str
    candidate_mode: str
    baseline: str = ""
    baseline_mode: str = ""
    prompt_keys: Sequence[str] = ()
    judgment_keys: Sequence[str] = ()
    candidate_outputs: Sequence[str] = ()
    baseline_outputs: Sequence[str] = ()

    @property
    def key(self) -> str:
        return content_key("evaluation", vars(self))


@dataclass(frozen=True, kw_only=True)
class GateAttempt:
    """A gate that was opened: the `number`-th of its line, which may spend `share` of every alpha of the policy. `test`
    is the key of everything that is tested beside the two models."""

    line: str
    number: int
    candidate: str
    against: str
    test: str
    share: float

    @property
    def key(self) -> str:
        """The same test of the same models is the same attempt, whatever its number."""
        return content_key("attempt", self.line, self.candidate, self.against, self.test)


@dataclass(frozen=True, kw_only=True)
class GateLook:
    """A look of a gate at a comparison: the `observations` that it adds to those of its `parent` (the key of the look
    that it continues; empty for the first), in the order in which they are consumed. `test` is the key of what is
    tested, `line` is empty where the gate belongs to none, and `prompts` are the text keys of the observations'
    prompts."""

    test: str
    parent: str
    role: str
    candidate: str
    against: str
    judge: str
    line: str
    observations: Sequence[str]
    prompts: Sequence[str] = ()

    @property
    def key(self) -> str:
        """The same observations behind the same look are the same look."""
        return content_key("look", self.test, self.parent, list(self.observations))


@dataclass(frozen=True, kw_only=True)
class ChampionMove:
    """A promotion or rollback (`action`) by the alias `file`: which model became the champion, in which mode, by which
    decision and policy, and who asked for it."""

    sequence: int
    action: str
    model: str
    name: str
    folder: str
    mode: str
    decision: str
    policy_key: str
    who: str
    why: str
    file: str
    moved_at: str

    @property
    def key(self) -> str:
        return content_key("champion", vars(self))
