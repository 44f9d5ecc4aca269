"""The paper's fine-grained evaluation: 20 categories and complexity 1 to 5, assigned by a model, and a benchmark with
the same number of prompts of each category, judged in both orders (arXiv 2410.10630, win rates by category)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tpobench.harness.api.calls import Call, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.prompt_files import prompts_from_file
from tpobench.harness.files import write_whole
from tpobench.harness.progress import Progress
from tpobench.harness.records import Assignment, Prompt, content_key
from tpobench.harness.store.store import Store

CATEGORIES = (
    "Art and Design",
    "Business and Finance",
    "Content Writing",
    "Conversational Dialogue",
    "Creative Writing",
    "Data Analysis and Visualization",
    "Education and Learning",
    "Entertainment and Humor",
    "Game Development",
    "General Knowledge",
    "Health and Wellness",
    "Language and Translation",
    "Marketing and Sales",
    "Math and Calculations",
    "Personal Development",
    "Programming and Coding",
    "Reasoning and Problem-Solving",
    "Research and Analysis",
    "Science and Technology",
    "Travel and Leisure",
)
"""The names of the paper's figure."""

UNCATEGORISED = "uncategorised"
PER_CATEGORY = 500
"""As many prompts of each category as in the paper."""

FEW_TOKENS, MANY_TOKENS = 16, 4096
"""As many as a name takes, and as many as a model may need that thinks before it says a name."""

_ASK = {
    "category": (
        "Sort the instruction below into exactly one of these categories:\n"
        + "\n".join(f"- {name}" for name in CATEGORIES)
        + "\n\nInstruction:\n{instruction}\n\nAnswer with the name of the category and nothing else."
    ),
    "complexity": (
        "How demanding is the instruction below to carry out well, from 1 (a moment's thought) to 5 (an expert's "
        "careful work)?\n\nInstruction:\n{instruction}\n\nAnswer with one digit from 1 to 5 and nothing else."
    ),
}


@dataclass(frozen=True)
class Assigned:
    """What is known of some prompts: values by prompt text, ``None`` where the model's answer named none, or did not
    come; `owed` says why, for each answer that did not come."""

    categories: dict[str, str | None]
    complexities: dict[str, str | None]
    owed: tuple[str, ...] = ()

    @property
    def unassigned(self) -> float:
        """Share of the prompts whose category could not be assigned."""
        return sum(value is None for value in self.categories.values()) / max(len(self.categories), 1)


def categories_benchmark(file: Path, per_category: int = PER_CATEGORY) -> Benchmark:
    """At most `per_category` prompts of each category of the file, chosen by their hash, in both orders; a tie is 50%.

    Raises UserError for a file without categories.
    """
    grouped: dict[str, list[Prompt]] = {}
    for prompt in prompts_from_file(file):
        grouped.setdefault(prompt.category, []).append(prompt)
    grouped.pop(UNCATEGORISED, None)
    if not grouped:
        raise UserError(
            f"{file} names no categories; tpobench categorise --benchmark {file} --model JUDGE --out FILE.jsonl writes "
            "a file that does"
        )
    chosen = [
        prompt
        for _, prompts in sorted(grouped.items())
        for prompt in sorted(prompts, key=lambda prompt: prompt.text_key)[:per_category]
    ]
    return Benchmark(
        name=f"categories:{file.name}", prompts=chosen, orders="both", judge="alpaca_eval", max_new_tokens=1024
    )


def write_prompts(file: Path, assigned: Assigned) -> None:
    """Write the prompts with what is known of them as JSON lines, a file that ``--benchmark categories:FILE`` reads."""
    rows = [
        {"prompt": text, "category": category or UNCATEGORISED, "complexity": assigned.complexities[text]}
        for text, category in assigned.categories.items()
    ]
    write_whole(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def assign(store: Store, client: Client, prompts: Sequence[Prompt], progress: Progress) -> Assigned:
    """Have a model assign category and complexity, independently, to every prompt that the store has none for.

    Each answer is stored as it comes. A refused call is none: it is counted, and asked again by the next run. Raises
    UserError where a server does not answer, or refuses everything.
    """
    assigner = f"{client.endpoint.model}#{content_key(_ASK)[:8]}"
    questions = {
        content_key("assignment", assigner, kind, prompt.text): CategoryQuestion(assigner, kind, prompt)
        for kind in _ASK
        for prompt in prompts
    }
    store.forget_refused_assignments(list(questions))
    missing = store.missing("assignment", list(questions))
    store.add_prompts(prompts)
    owed: list[str] = []

    def accept(reply: Reply) -> str | Call | None:
        return _take(store, questions[reply.call.subject], reply, owed)

    with progress.calling("categories", len(missing)) as bar:
        for ended in client.ask_all((questions[key].call(key) for key in missing), accept):
            bar.advance(ended, client.budget.usd, client.retries, client.activity)
    if client.given_up:
        raise UserError(
            f"{client.given_up} answers did not come ({client.last_problem}); run the command again to continue"
        )
    if owed and len(owed) == len(missing):
        raise UserError(
            f"{client.endpoint} answered none of {len(owed)} questions ({owed[0]}); once that is fixed, run the "
            "command again"
        )
    values = store.assigned(list(questions))
    by_kind: dict[str, dict[str, str | None]] = {kind: {} for kind in _ASK}
    for key, question in questions.items():
        by_kind[question.kind][question.prompt.text] = values.get(key)
    return Assigned(by_kind["category"], by_kind["complexity"], tuple(owed))


@dataclass(frozen=True)
class CategoryQuestion:
    """What a model is asked about one prompt: its category or its complexity."""

    assigner: str
    kind: str
    prompt: Prompt

    def call(self, key: str, max_tokens: int = FEW_TOKENS) -> Call:
        content = _ASK[self.kind].replace("{instruction}", self.prompt.text)
        options = {"temperature": 0, "max_tokens": max_tokens}
        return Call(key, "assign", ({"role": "user", "content": content},), options)

    def value(self, text: str) -> str | None:
        return named_category(text) if self.kind == "category" else named_complexity(text)


def _take(store: Store, question: CategoryQuestion, reply: Reply, owed: list[str]) -> str | Call | None:
    """Store the answer. A model that thinks first is cut by so few tokens: it is asked once more, with many."""
    key = reply.call.subject
    choice = None if reply.answer is None else reply.answer.choices[0]
    if choice is None or choice.is_refused:
        words = reply.problem or (choice.refusal if choice else "")
        store.add_calls([replace(reply.record, problem=words)])
        if reply.final:
            owed.append(words)
        return words
    value = question.value(choice.text)
    if value is None and choice.finish_reason == "length" and reply.call.options["max_tokens"] == FEW_TOKENS:
        store.add_calls([reply.record])
        return question.call(key, MANY_TOKENS)
    if choice.is_cut:
        store.add_calls([reply.record])
        owed.append(f"the answer was cut at {MANY_TOKENS} tokens")
        return None
    assignment = Assignment(
        key=key,
        assigner=question.assigner,
        kind=question.kind,
        text_key=question.prompt.text_key,
        value=value,
        raw=choice.text,
    )
    store.add_assignments([assignment], [reply.record])
    return None


def named_category(text: str) -> str | None:
    """The one category that the answer names; None when it names none or several."""
    plain = _plain(text)
    named = [name for name in CATEGORIES if _plain(name) in plain]
    return named[0] if len(named) == 1 else None


def named_complexity(text: str) -> str | None:
    """The one digit from 1 to 5 in the answer."""
    digits = set(re.findall(r"(?<!\d)[1-5](?!\d)", text))
    return digits.pop() if len(digits) == 1 else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower().replace("&", " and ")))
