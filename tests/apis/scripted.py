"""A server in a thread of the test, whose answers the test gives: a function from a request to an answer."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request. `body` is empty for GET."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """An answer; `body` is sent as JSON unless it is bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Scripted:
    """The server's address, and what it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    @property
    def calls(self) -> list[Asked]:
        """The chat completions that were asked for."""
        return [asked for asked in self.asked if asked.path.endswith("/chat/completions")]


def completion(
    text: str = "fine", model: str | None = "m", usage: Any = None, finish_reason: str = "stop"
) -> dict[str, Any]:
    """The body of a chat completion."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return {"model": model, "choices": [choice]} | ({} if usage is None else {"usage": usage})


def models(*names: str) -> Told:
    """The list of a server's models."""
    return Told({"data": [{"id": name} for name in names]})


@contextmanager
def scripted_server(tell: Callable[[Asked], Told], tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve what `tell` says, behind TLS where a certificate is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), json.loads(sent) if sent else {})
            script.asked.append(asked)
            told = tell(asked)
            body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    script = Scripted(f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}/v1")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
