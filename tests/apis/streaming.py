"""A server that answers a chat completion in pieces, as server-sent events, and waits where the test wants it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.apis.scripted import Asked, Scripted

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def piece(text: str | None = None, finish_reason: str | None = None, **delta: Any) -> bytes:
    """One event of an answer."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": content | delta, "finish_reason": finish_reason}
    return event({"model": "m", "choices": [choice]})


def event(body: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


END = event({"model": "m", "choices": [], "usage": USAGE}) + b"data: [DONE]\n\n"


@contextmanager
def streaming_server(pieces: Callable[[Asked], Sequence[bytes | Callable[[], Any]]]) -> Iterator[Scripted]:
    """Serve what `pieces` says, each as a chunk of its own. What can be called is called, and may wait."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send("application/json", [json.dumps({"data": [{"id": "m"}]}).encode()])

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = Asked("POST", self.path, dict(self.headers), sent)
            script.asked.append(asked)
            self._send("text/event-stream; charset=utf-8", pieces(asked))

        def _send(self, kind: str, chunks: Sequence[bytes | Callable[[], Any]]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in chunks:
                if callable(chunk):
                    chunk()
                    continue
                self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Scripted(f"http://127.0.0.1:{server.server_port}/v1")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
