"""A server that answers every chat completion after a fixed delay, for measuring clients: its verdict is one of ``m``
and ``M`` with log-probabilities that follow from the prompt alone. ``GET /stats`` tells what it has seen."""

import argparse
import asyncio
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import web

from tests.apis.process import end_with_parent, served

MODEL = "stub"


@contextmanager
def stub_server(delay: float = 0.0, choices: int = 0, key: str = "") -> Iterator[str]:
    """Base URL. `choices` caps how many a request gets, whatever its ``n`` (0: as asked; -1: any above 1 is refused);
    with `key`, any other key is refused."""
    with served("stub.py", "--delay", delay, "--choices", choices, "--key", key) as url:
        yield url


def preference(prompt: str) -> float:
    """P(m) for a prompt."""
    return (zlib.crc32(prompt.encode()) % 999 + 1) / 1000


class Stub:
    def __init__(self, delay: float, choices: int, key: str) -> None:
        self.delay, self.choices, self.key = delay, choices, key
        self.in_flight = self.peak = 0
        self.answered: Counter[str] = Counter()

    async def models(self, request: web.Request) -> web.Response:
        if not self._is_allowed(request):
            return web.json_response({"error": {"message": "wrong key"}}, status=401)
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def complete(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        if not self._is_allowed(request):
            return web.json_response({"error": {"message": "wrong key"}}, status=401)
        asked = body.get("n", 1)
        if self.choices < 0 and asked > 1:
            return web.json_response({"error": {"message": "n is too large"}}, status=400)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.in_flight -= 1
        prompt = body["messages"][-1]["content"]
        self.answered[prompt] += 1
        number = min(asked, self.choices) if self.choices > 0 else asked
        return web.Response(body=_answer(prompt, number), content_type="application/json")

    def _is_allowed(self, request: web.Request) -> bool:
        return not self.key or request.headers.get("Authorization") == f"Bearer {self.key}"

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"answered": sum(self.answered.values()), "prompts": len(self.answered), "peak": self.peak}
        )


def _answer(prompt: str, choices: int) -> bytes:
    import math

    p = preference(prompt)
    top = [{"token": "m", "logprob": math.log(p)}, {"token": "M", "logprob": math.log(1 - p)}]
    choice = {
        "message": {"role": "assistant", "content": "m" if p > 0.5 else "M"},
        "finish_reason": "length",
        "logprobs": {"content": [{"token": "m", "logprob": math.log(p), "top_logprobs": top}]},
    }
    usage = {
        "prompt_tokens": len(prompt) // 4,
        "completion_tokens": choices,
        "total_tokens": len(prompt) // 4 + choices,
    }
    listed = [{"index": place, **choice} for place in range(choices)]
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 0, "model": MODEL, "choices": listed, "usage": usage}
    ).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--choices", type=int, default=0)
    parser.add_argument("--key", default="")
    asked = parser.parse_args()
    stub = Stub(asked.delay, asked.choices, asked.key)
    app = web.Application(client_max_size=2**26)
    app.add_routes(
        [
            web.get("/v1/models", stub.models),
            web.post("/v1/chat/completions", stub.complete),
            web.get("/v1/stats", stub.stats),
        ]
    )
    run(app)


def run(app: web.Application) -> None:
    """Serve on a free port until the parent ends."""

    async def serve() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        assert site._server is not None
        port = site._server.sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/v1", flush=True)
        end_with_parent()
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
