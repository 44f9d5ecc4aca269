"""A server that answers by what stands in the prompt: ``CASE name`` chooses one of `CASES`, all else gets an answer, or
the verdict ``[[A]]`` where the judge's prompt asks for one. ``GET /stats`` tells how often each case was asked.

``POST /heal`` makes it answer everything from then on.
"""

import argparse
import json
import re
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import web

from tests.apis.process import served
from tests.apis.stub import run

MODEL = "refusing"


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def choice(content: Any, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message, "content": content}}
        ]
    }


CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "azure": (400, error("The response was filtered due to the prompt", code="content_filter")),
    "moderated": (403, error("Your input was flagged", code=403, metadata={"reasons": ["violence"]})),
    "usage_policy": (400, error("Invalid prompt: your prompt was flagged as potentially violating our usage policy")),
    "filter_in_200": (200, error("The provider's content filter has stopped this", code=502)),
    "finish_filter": (200, choice("", "content_filter")),
    "null_filter": (200, choice(None, "content_filter")),
    "refusal": (200, choice(None, "stop", refusal="I cannot help with that.")),
    "refusal_part": (200, choice([{"type": "refusal", "refusal": "I cannot help with that."}])),
    "context": (400, error("The prompt is over the context", code="context_length_exceeded")),
    "context_500": (500, error("the request exceeds the available context size")),
    "too_large": (413, {"detail": "Request Entity Too Large"}),
    "odd": (400, error("the moon is in the wrong house")),
    "no_text": (200, choice(7)),
    "flags_in_200": (
        200,
        {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": True}}}]},
    ),
    "field": (400, error("Unsupported parameter: 'max_tokens' is not supported with this model.")),
    "null_length": (200, choice(None, "length")),
    "null_stop": (200, choice(None, "stop")),
    "absent": (200, {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}]}),
    "parts": (200, choice([{"type": "text", "text": "Two "}, {"type": "text", "text": "parts."}])),
    "thinking_parts": (
        200,
        choice(
            [{"type": "thinking", "thinking": [{"type": "text", "text": "SECRET"}]}, {"type": "text", "text": "Said."}]
        ),
    ),
    "reasoning": (200, choice("Said.", reasoning="SECRET")),
    "reasoning_content": (200, choice("Said.", reasoning_content="SECRET")),
    "reasoning_cut": (200, choice(None, "length", reasoning="SECRET")),
    "think": (200, choice("<think>SECRET</think>\n\nSaid.")),
    "thinking": (200, choice("<thinking>SECRET</thinking>\n\nSaid.")),
    "think_unopened": (200, choice("SECRET\n</think>\n\nSaid.")),
    "think_cut": (200, choice("<think>SECRET", "length")),
    "verdict_thought": (200, choice("[[B]]", reasoning_content="Is it [[A]]? No, [[C]]? No.")),
    "verdict_think": (200, choice("Is it [[A]]? No, [[C]]? No.\n</think>\n\n[[B]]")),
    "verdict_cut": (200, choice("Let me begin with what both", "length")),
}


@contextmanager
def refusing_server() -> Iterator[str]:
    """Base URL."""
    with served("refusing.py") as url:
        yield url


def asked(url: str) -> dict[str, int]:
    """How often each case was asked; "" for all that are none."""
    counts: dict[str, int] = json.loads(urllib.request.urlopen(f"{url}/stats").read())
    return counts


def heal(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{url}/heal", method="POST")).read()


def text_for(told: str) -> str:
    if "one digit from 1 to 5" in told:
        return "3"
    return "[[A]]" if "[[A]]" in told or "Assistant A" in told else f"An answer to {told}"


class RefusingServer:
    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.healed = False

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def complete(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        told = body["messages"][-1]["content"]
        found = re.search(r"CASE (\w+)", told)
        name = found[1] if found else ""
        self.asked[name] += 1
        if name and not self.healed:
            status, answer = CASES[name]
            return web.json_response(answer, status=status)
        number = int(body.get("n", 1))
        answer = choice(text_for(told))
        answer["choices"] *= number
        return web.json_response(answer | {"model": MODEL, "usage": {"prompt_tokens": 9, "completion_tokens": 3}})

    async def heal(self, request: web.Request) -> web.Response:
        self.healed = True
        return web.json_response({})

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response(self.asked)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    server = RefusingServer()
    app = web.Application(client_max_size=2**26)
    app.add_routes(
        [
            web.get("/v1/models", server.models),
            web.post("/v1/chat/completions", server.complete),
            web.post("/v1/heal", server.heal),
            web.get("/v1/stats", server.stats),
        ]
    )
    run(app)


if __name__ == "__main__":
    main()
