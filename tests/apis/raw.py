"""A server that writes bytes: each prompt names a fault, which its first request meets; later ones get an answer.

It runs in threads of the test, since what it sends is not HTTP that a library would write.
"""

import gzip
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

GOOD_BODY = json.dumps(
    {
        "model": "m",
        "choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    }
).encode()
LIST = b'{"data": [{"id": "m"}]}'

Fault = Callable[[socket.socket], None]


def answer(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    length = f"Connection: close\r\nContent-Length: {len(body)}\r\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n".encode()
    return head + length + headers + b"\r\n" + body


def head(headers: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return status + b"\r\nContent-Type: application/json\r\n" + headers + b"\r\n"


def sends(data: bytes) -> Fault:
    return lambda peer: peer.sendall(data)


def endlessly(first: bytes, data: bytes) -> Fault:
    def send(peer: socket.socket) -> None:
        peer.sendall(first)
        while True:
            peer.sendall(data)

    return send


def resets(data: bytes) -> Fault:
    def send(peer: socket.socket) -> None:
        peer.sendall(data)
        time.sleep(0.05)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return send


def drips(data: bytes) -> Fault:
    def send(peer: socket.socket) -> None:
        for byte in data:
            peer.sendall(bytes([byte]))
            time.sleep(0.1)

    return send


CHUNKED = b"Transfer-Encoding: chunked\r\n"
BOMB = gzip.compress(bytes(64 * 2**20))

FAULTS: dict[str, Fault] = {
    "chunk size is a word": sends(head(CHUNKED) + b"zz\r\nabc\r\n0\r\n\r\n"),
    "chunk size is negative": sends(head(CHUNKED) + b"-5\r\nabc\r\n0\r\n\r\n"),
    "chunk size is enormous": sends(head(CHUNKED) + b"f" * 40 + b"\r\nabc"),
    "chunks without an end": sends(head(CHUNKED) + b"5\r\nabcde\r\n"),
    "a chunk longer than its size": sends(head(CHUNKED) + b"1\r\nabcdef\r\n0\r\n\r\n"),
    "endless chunks": endlessly(head(CHUNKED), b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "endless chunk extension": endlessly(head(CHUNKED) + b"5;", b"x" * 65536),
    "body shorter than told": sends(head(b"Content-Length: 5000\r\n") + GOOD_BODY),
    "length is negative": sends(head(b"Content-Length: -1\r\n") + GOOD_BODY),
    "length is a word": sends(head(b"Content-Length: many\r\n") + GOOD_BODY),
    "length is enormous": sends(head(b"Content-Length: 99999999999999999999\r\n") + GOOD_BODY),
    "length is a terabyte": sends(head(b"Content-Length: 1099511627776\r\n") + GOOD_BODY),
    "two lengths": sends(head(b"Content-Length: 3\r\nContent-Length: 400\r\n") + GOOD_BODY),
    "length and chunks": sends(head(b"Content-Length: 3\r\n" + CHUNKED) + b"zz"),
    "endless body": endlessly(head(b""), b" " * 65536),
    "a long header": sends(head(b"X-Policy: " + b"x" * 2**20 + b"\r\n") + GOOD_BODY),
    "an endless header": endlessly(b"HTTP/1.1 200 OK\r\nX-Policy: ", b"x" * 65536),
    "endless headers": endlessly(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n" * 1000),
    "a header without a colon": sends(head(b"no colon here\r\nContent-Length: 2\r\n") + b"{}"),
    "a header with a null": sends(head(b"X-A: a\x00b\r\nContent-Length: 2\r\n") + b"{}"),
    "a header with an escape": sends(
        head(b"X-A: \x1b]8;;http://evil\x07\r\nConnection: close\r\nContent-Length: 2\r\n") + b"{}"
    ),
    "a garbage status line": sends(b"HELLO THERE\r\n\r\n"),
    "a status that is a word": sends(b"HTTP/1.1 OK\r\n\r\n"),
    "a status of two digits": sends(b"HTTP/1.1 20\r\n\r\n"),
    "a status of 999": sends(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
    "HTTP of version 9": sends(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "no head at all": sends(GOOD_BODY),
    "binary noise": sends(bytes(range(256)) * 64),
    "TLS": sends(b"\x15\x03\x01\x00\x02\x02\x46" * 10),
    "nothing": sends(b""),
    "half a head": sends(b"HTTP/1.1 200 OK\r\nContent-"),
    "reset at once": resets(b""),
    "reset in the head": resets(b"HTTP/1.1 200 OK\r\nContent-"),
    "reset in the body": resets(head(b"Content-Length: 5000\r\n") + b'{"choices"'),
    "a storm of 100": sends(b"HTTP/1.1 100 Continue\r\n\r\n" * 20000),
    "an endless storm of 102": endlessly(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 1000),
    "101": sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    "204": sends(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
    "204 with a body": sends(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"),
    "304": sends(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "a redirect": sends(answer(b"", "302 Found", b"Location: http://127.0.0.1:9/steal\r\n")),
    "a redirect to nowhere": sends(answer(b"", "307 Temporary Redirect")),
    "a compressed bomb": sends(head(f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n".encode()) + BOMB),
    "endless compressed": endlessly(head(b"Content-Encoding: gzip\r\n"), BOMB),
    "broken compression": sends(head(b"Content-Encoding: gzip\r\nContent-Length: 9\r\n") + b"notgzip!!"),
    "an unknown compression": sends(answer(GOOD_BODY[1:], headers=b"Content-Encoding: rot13\r\n")),
    "a byte at a time": drips(answer(GOOD_BODY)),
    "empty": sends(answer(b"")),
    "a web page": sends(answer(b"<html><title>Bad gateway</title></html>")),
    "no text": sends(answer(b"\xff\xfe\x00\x01")),
    "a lone number": sends(answer(b"1")),
    "deep nesting": sends(answer(b"[" * 100_000)),
    "a number of 10,000 digits": sends(answer(b'{"choices": ' + b"9" * 10_000 + b"}")),
    "an error of 503 in a 200": sends(answer(b'{"error": {"message": "overloaded", "code": 503}}')),
}


class RawServer:
    """What it serves, and how often each prompt was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer: socket.socket) -> None:
        with suppress(OSError), peer:
            peer.settimeout(10)
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += peer.recv(65536)
            length = re.search(rb"content-length: (\d+)", asked, re.IGNORECASE)
            while length and len(asked.partition(b"\r\n\r\n")[2]) < int(length[1]):
                asked += peer.recv(65536)
            if asked.startswith(b"GET"):
                peer.sendall(answer(LIST))
                return
            prompt = json.loads(asked.partition(b"\r\n\r\n")[2])["messages"][-1]["content"]
            self.asked[prompt] += 1
            if prompt in FAULTS and self.asked[prompt] == 1:
                FAULTS[prompt](peer)
            else:
                peer.sendall(answer(GOOD_BODY))


@contextmanager
def raw_server() -> Iterator[RawServer]:
    server = RawServer()
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.socket.close()
