"""A proxy that passes requests on to a server and spoils a share of them, by a seeded coin, in one of many ways.

``GET /stats`` tells how often each fault was dealt, and how often each prompt was answered whole.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import ClientSession, TCPConnector, web

from tests.apis.process import served
from tests.apis.stub import run

FAULTS = (
    "429_seconds",
    "429_date",
    "429",
    "500",
    "503_seconds",
    "reset",
    "stall",
    "half_json",
    "cut_body",
    "empty_choices",
    "no_logprobs",
    "nan_logprob",
    "wrong_model",
    "huge",
    "html_200",
)


@contextmanager
def fault_proxy(upstream: str, rate: float = 0.3, faults: Sequence[str] = FAULTS, stall: float = 1.0) -> Iterator[str]:
    """Base URL of the proxy in front of `upstream`. `stall` is how long a stalled request hangs, in seconds."""
    with served("faults.py", upstream, "--rate", rate, "--faults", ",".join(faults), "--stall", stall) as url:
        yield url


class Proxy:
    def __init__(self, upstream: str, rate: float, faults: Sequence[str], stall: float) -> None:
        self.upstream, self.rate, self.faults, self.stall = upstream, rate, faults, stall
        self.coin = random.Random(0)
        self.dealt: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        self.session: ClientSession | None = None

    async def forward(self, request: web.Request) -> tuple[int, bytes]:
        if self.session is None:
            self.session = ClientSession(connector=TCPConnector(limit=0))
        body = await request.read()
        url = f"{self.upstream}/{request.match_info['path']}"
        async with self.session.request(request.method, url, data=body, headers=_kept(request)) as answer:
            return answer.status, await answer.read()

    async def get(self, request: web.Request) -> web.Response:
        status, body = await self.forward(request)
        return web.Response(status=status, body=body, content_type="application/json")

    async def post(self, request: web.Request) -> web.StreamResponse:
        prompt = json.loads(await request.read())["messages"][-1]["content"]
        fault = self.coin.choice(self.faults) if self.coin.random() < self.rate else ""
        if fault:
            self.dealt[fault] += 1
            refused = await self.refuse(fault, request)
            if refused is not None:
                return refused
        status, body = await self.forward(request)
        if fault and status == 200:
            return await self.spoil(fault, body, request)
        self.whole[prompt] += status == 200
        return web.Response(status=status, body=body, content_type="application/json")

    async def refuse(self, fault: str, request: web.Request) -> web.StreamResponse | None:
        """Answer in the server's place, or not at all."""
        headers = {
            "429_seconds": {"Retry-After": "0.05"},
            "503_seconds": {"Retry-After": "0.1"},
            "429_date": {"Retry-After": formatdate(usegmt=True)},
        }.get(fault, {})
        if fault[:3].isdigit():
            return web.json_response({"error": {"message": fault}}, status=int(fault[:3]), headers=headers)
        if fault == "stall":
            await asyncio.sleep(self.stall)
        if fault in ("reset", "stall"):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault == "html_200":
            return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")
        return None

    async def spoil(self, fault: str, body: bytes, request: web.Request) -> web.StreamResponse:
        """Damage the server's answer."""
        if fault == "half_json":
            return web.Response(body=body[: len(body) // 2], content_type="application/json")
        if fault == "cut_body":
            answer = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
            await answer.prepare(request)
            await answer.write(body[: len(body) // 2])
            assert request.transport is not None
            request.transport.close()
            return answer
        found: dict[str, Any] = json.loads(body)
        choice = found["choices"][0]
        if fault == "empty_choices":
            found["choices"] = []
        elif fault == "no_logprobs":
            choice["logprobs"] = None
        elif fault == "nan_logprob":
            choice["logprobs"]["content"][0]["top_logprobs"][0]["logprob"] = float("nan")
        elif fault == "wrong_model":
            found["model"] = "another-model"
        elif fault == "huge":
            choice["message"]["content"] = "m" * 10_000_000
        return web.Response(body=json.dumps(found).encode(), content_type="application/json")

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response({"dealt": self.dealt, "whole": self.whole})


def _kept(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("upstream")
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--stall", type=float, default=1.0)
    asked = parser.parse_args()
    proxy = Proxy(asked.upstream, asked.rate, asked.faults.split(","), asked.stall)
    app = web.Application(client_max_size=2**26)
    app.add_routes(
        [web.get("/v1/stats", proxy.stats), web.get("/v1/{path:.*}", proxy.get), web.post("/v1/{path:.*}", proxy.post)]
    )
    run(app)


if __name__ == "__main__":
    main()
