"""A server with two models and a judge, for the recipes of the documentation: ``my-model`` takes up the question and
explains, ``my-old-model`` takes up half of it on three prompts of four, and ``gpt-4.1`` judges.

The judge prefers the answer with more of the question's words in it, then the longer one, and says so in the labels
that it is asked for: five levels with the strong ones (Arena-Hard) or ``[[A]]``, ``[[B]]``, ``[[tie]]``."""

import argparse
import json
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import web

from tests.apis.process import served
from tests.apis.stub import run

MODELS = ("my-model", "my-old-model", "gpt-4.1")
SHOWN = re.compile(
    r"(?P<question>.*?)(?:<\|The Start of Assistant A's Answer\|>|\nA: )(?P<a>.*?)"
    r"(?:<\|The End of Assistant A's Answer\|>\s*<\|The Start of Assistant B's Answer\|>|\n\nB: )"
    r"(?P<b>.*?)(?:<\|The End of Assistant B's Answer\|>|\n\nEnd with|$)",
    re.DOTALL,
)


@contextmanager
def assistants_server() -> Iterator[str]:
    """Base URL."""
    with served("assistants.py") as url:
        yield url


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))


def answer(model: str, question: str) -> str:
    known = sorted(words(question))
    if model == "my-old-model" and zlib.crc32(question.encode()) % 4:
        known = known[: len(known) // 2]
    reason = "as was asked, step by step" if model == "my-model" else "as far as can be said, all in all"
    return f"This is about {', '.join(known)}, {reason}."


def verdict(told: str) -> str:
    shown = SHOWN.search(told)
    assert shown is not None, told
    asked = words(shown["question"])
    merit_a, merit_b = ((len(asked & words(shown[side])), len(shown[side].strip())) for side in "ab")
    side = "=" if merit_a == merit_b else "A" if merit_a > merit_b else "B"
    if "<|The Start of Assistant A's Answer|>" in told:
        strong = abs(merit_a[0] - merit_b[0]) > 3
        label = {"=": "A=B", "A": "A>>B" if strong else "A>B", "B": "B>>A" if strong else "B>A"}[side]
    else:
        label = "tie" if side == "=" else side
    return f"Both were read with care. My final verdict is: [[{label}]]"


async def models(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})


async def complete(request: web.Request) -> web.Response:
    body = json.loads(await request.read())
    told = body["messages"][-1]["content"]
    content = verdict(told) if body["model"] == "gpt-4.1" else answer(body["model"], told)
    usage = {"prompt_tokens": len(told) // 4, "completion_tokens": len(content) // 4}
    message = {"role": "assistant", "content": content}
    choices = [{"index": n, "message": message, "finish_reason": "stop"} for n in range(body.get("n") or 1)]
    return web.json_response(
        {"id": "c", "object": "chat.completion", "created": 0, "model": body["model"], "choices": choices}
        | {"usage": usage | {"total_tokens": sum(usage.values())}}
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    app = web.Application(client_max_size=2**26)
    app.add_routes([web.get("/v1/models", models), web.post("/v1/chat/completions", complete)])
    run(app)


if __name__ == "__main__":
    main()
