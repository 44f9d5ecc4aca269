"""A server that judges like the Self-Taught Evaluator, by a rule: ``longer`` prefers the longer response, ``shorter``
the shorter one, ``first`` the one shown first, ``tie`` neither, ``coin`` either by chance, ``apt`` one that repeats the
question and among two the longer one, ``inept`` the other of these two, ``junk`` the longer one but gives no verdict on
every third prompt, ``silent`` never gives one. ``GET /stats`` tells how many it was asked."""

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

MODEL = "judge"


@contextmanager
def verdict_server(rule: str) -> Iterator[str]:
    """Base URL."""
    with served("verdicts.py", "--rule", rule) as url:
        yield url


def verdict(rule: str, told: str) -> str:
    if gives_none(rule, told):
        return "Both have their merits."
    if rule in ("first", "tie"):
        return "[[A]]" if rule == "first" else "[[C]]"
    if rule == "coin":
        return "[[A]]" if zlib.crc32(told.encode()) % 2 else "[[B]]"
    a, b = re.findall(r"\[The Start of .*?\]\n(.*?)\n\[The End", told, re.DOTALL)
    if rule in ("apt", "inept"):
        question = re.search(r"Question number \d+\?", told)
        apt = [(question is not None and question[0] in text, len(text)) for text in (a, b)]
        best = "C" if apt[0] == apt[1] else "A" if (apt[0] > apt[1]) == (rule == "apt") else "B"
        return f"[[{best}]]"
    if rule == "shorter":
        a, b = b, a
    return "[[A]]" if len(a) > len(b) else "[[B]]" if len(a) < len(b) else "[[C]]"


def gives_none(rule: str, told: str) -> bool:
    return rule == "silent" or (rule == "junk" and zlib.crc32(told.encode()) % 3 == 0)


class VerdictServer:
    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.asked = 0

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def complete(self, request: web.Request) -> web.Response:
        self.asked += 1
        told = json.loads(await request.read())["messages"][-1]["content"]
        message = {"role": "assistant", "content": verdict(self.rule, told)}
        usage = {"prompt_tokens": len(told) // 4, "completion_tokens": 1, "total_tokens": len(told) // 4 + 1}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response(
            {"id": "c", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice], "usage": usage}
        )

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response({"asked": self.asked})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rule", default="longer")
    server = VerdictServer(parser.parse_args().rule)
    app = web.Application(client_max_size=2**26)
    app.add_routes(
        [
            web.get("/v1/models", server.models),
            web.post("/v1/chat/completions", server.complete),
            web.get("/v1/stats", server.stats),
        ]
    )
    run(app)


if __name__ == "__main__":
    main()
