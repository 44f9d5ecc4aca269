"""A stand-in for ``vllm serve`` with faults to choose: it is started by a serve command, lists the name that it is
given, and sends token ids when asked for them.

Each answer's ids are the same (`PROMPT_IDS`, `TOKEN_IDS`); ``--log FILE`` gets the body of every request, a line each.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from aiohttp import web

PROMPT_IDS = [1, 4093, 198, 2]
TOKEN_IDS = [504, 3575, 30, 2]
TEXT = "The capital."

COMMAND = f"{sys.executable} {Path(__file__)} {{model}} --name {{name}} --port {{port}}"


class Policy:
    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.answered = 0
        self.started = time.monotonic()

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.asked.name}]})

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(status=503 if time.monotonic() - self.started < self.asked.loading else 200)

    async def complete(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        if time.monotonic() - self.started < self.asked.loading:
            return web.json_response({"error": {"message": "asked too early"}}, status=400)
        if self.answered == self.asked.die_after:
            print("out of memory", flush=True)
            os._exit(1)
        self.answered += 1
        if self.asked.log:
            with Path(self.asked.log).open("a") as log:
                log.write(json.dumps(body) + "\n")
        await asyncio.sleep(0.02)
        choice = {"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
        answer = {"model": self.asked.name, "choices": [choice | {"index": n} for n in range(body.get("n", 1))]}
        if body.get("return_token_ids"):
            answer["prompt_token_ids"] = PROMPT_IDS
            for listed in answer["choices"]:
                listed["token_ids"] = TOKEN_IDS
        return web.json_response(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", default="")
    parser.add_argument("--pids", default="", help="a file for this process's id and that of a child of its")
    parser.add_argument("--loading", type=float, default=0.0, help="seconds from the start until it is ready")
    parser.add_argument("--die-after", type=int, default=-1, help="so many answers")
    parser.add_argument("--die-at-start", action="store_true")
    asked = parser.parse_args()
    if asked.pids:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(asked.pids).write_text(f"{os.getpid()} {child.pid}")
    if asked.die_at_start:
        sys.exit(f"ValueError: no weights in {asked.model}")
    policy = Policy(asked)
    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/models", policy.models),
            web.get("/health", policy.health),
            web.post("/v1/chat/completions", policy.complete),
        ]
    )
    web.run_app(app, host="127.0.0.1", port=asked.port, print=None)


if __name__ == "__main__":
    main()
