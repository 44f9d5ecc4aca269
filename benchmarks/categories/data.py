"""The paper's fine-grained evaluation: 20 categories and complexity 1 to 5, assigned by a model, and a benchmark with
the same number of prompts of each category, judged in both orders (arXiv 2410.10630, win rates by category)."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """What is known of some prompts: values by prompt text, ``None`` where the model's answer named none."""

    categories: dict[str, str | None]
    complexities: dict[str, str | None]

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

    Each answer is stored as it comes; raises UserError when some get none.
    """
    assigner = f"{client.endpoint.model}#{content_key(_ASK)[:8]}"
    questions = {
        content_key("assignment", assigner, kind, prompt.text): (kind, prompt) for kind in _ASK for prompt in prompts
    }
    missing = store.missing("assignment", list(questions))
    store.add_prompts(prompts)

    def calls() -> Iterator[Call]:
        for key in missing:
            kind, prompt = questions[key]
            content = _ASK[kind].replace("{instruction}", prompt.text)
            yield Call(key, "assign", ({"role": "user", "content": content},), {"temperature": 0, "max_tokens": 16})

    def accept(reply: Reply) -> str | None:
        kind, prompt = questions[reply.call.subject]
        if reply.answer is None and not reply.final:
            store.add_calls([reply.record])
            return reply.problem
        text = reply.answer.choices[0].text if reply.answer else reply.problem or ""
        value = named_category(text) if kind == "category" else named_complexity(text)
        assignment = Assignment(
            key=reply.call.subject, assigner=assigner, kind=kind, text_key=prompt.text_key, value=value, raw=text
        )
        store.add_assignments([assignment], [reply.record])
        return None

    with progress.calling("categories", len(missing)) as bar:
        for ended in client.ask_all(calls(), accept):
            bar.advance(ended, client.budget.usd, client.retries)
    if client.given_up:
        raise UserError(
            f"{client.given_up} answers did not come ({client.last_problem}); run the command again to continue"
        )
    values = store.assigned(list(questions))
    by_kind: dict[str, dict[str, str | None]] = {kind: {} for kind in _ASK}
    for key, (kind, prompt) in questions.items():
        by_kind[kind][prompt.text] = values[key]
    return Assigned(by_kind["category"], by_kind["complexity"])


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
