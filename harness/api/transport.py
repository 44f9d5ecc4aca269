"""One HTTP request and its answer: bounded in size and time, and every fault on the way told in words."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.event_stream import EventStream, Heard, TooMuch, looks_like_events
from tpobench.harness.api.faults import CONNECT_S, Fault, fault_of
from tpobench.harness.api.proxies import proxy_for

if TYPE_CHECKING:
    import aiohttp

LARGEST_BODY = 16 * 2**20
"""Bytes of one answer, unpacked: the longest text that is taken, eight times, with escapes. More is not read."""

LARGEST_STREAM = 16 * LARGEST_BODY
"""Bytes of one answer that comes in pieces: each token has some hundred around it, which are not kept."""

LARGEST_HEADER = 64 * 2**10
"""Bytes of one header line. Gateways send policies and cookies of many kilobytes."""

_LEAST_KEY = 8
"""Characters; what is shorter is no secret, and may be a word."""


@dataclass(frozen=True)
class Response:
    """An answer of any status, whole; the names of its headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Transport:
    """The connections to one endpoint. Redirects are not followed, since a key goes to its own host only."""

    def __init__(self, endpoint: Endpoint, connections: int, heard: Heard | None = None) -> None:
        """`heard` is told of the pieces of an answer that comes as a stream. Raises UserError when the endpoint's key
        is missing, or the proxy cannot be used."""
        import aiohttp

        self._heard = heard
        self._base_url = endpoint.base_url
        self._proxy = proxy_for(endpoint.base_url)
        key = endpoint.api_key()
        self._key = b"" if key is None or len(key) < _LEAST_KEY else key.encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers["User-Agent"] = f"tpobench/{version('tpobench')}"
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, ssl=_trusted(endpoint.base_url)),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def send(self, method: str, url: str, seconds: float, body: bytes | None = None) -> Response:
        """The server's answer to one request, whatever its status.

        Args:
            method: GET or POST.
            url: An address of the endpoint's host.
            seconds: How long all of it may take.
            body: JSON.

        Raises:
            Fault: No whole answer came.
        """
        reached = False
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                request = self._session.request(
                    method,
                    url,
                    data=body,
                    headers={} if body is None else {"Content-Type": "application/json"},
                    allow_redirects=False,
                    proxy=self._proxy,
                )
                async with request as response:
                    reached = True
                    return self._without_key(response, await self._body(response))
        except Fault:
            raise
        except Exception as error:  # whatever a server's bytes may cause: it costs a try
            if scope.expired():
                raise Fault(f"no answer within {seconds:g} s", is_sent=True) from error
            raise fault_of(error, self._base_url, self._proxy, is_sent=reached) from error

    async def _body(self, response: "aiohttp.ClientResponse") -> bytes:
        """The body; of a stream of events the completion that they make."""
        if "event-stream" in response.headers.get("Content-Type", "").lower():
            return await self._streamed(response)
        body = await _whole(response)
        if not looks_like_events(body):
            return body
        stream = EventStream()
        stream.feed(body)
        return _ended(stream, body)

    async def _streamed(self, response: "aiohttp.ClientResponse") -> bytes:
        stream, size, begin = EventStream(), 0, b""

        def completion() -> bytes:
            return self._redacted(stream.completion())

        async for chunk in response.content.iter_any():
            size, begin = size + len(chunk), begin or chunk
            try:
                stream.feed(chunk)
            except TooMuch:
                size = LARGEST_STREAM + 1
            if size > LARGEST_STREAM:
                response.close()
                raise Fault("an answer in pieces that are more than is read", is_sent=True)
            if self._heard is not None and response.status == 200 and not stream.is_empty:
                self._heard(completion)
            if stream.is_done:
                break
        return _ended(stream, begin)

    def _redacted(self, body: bytes) -> bytes:
        return body.replace(self._key, b"[API key]") if self._key else body

    def _without_key(self, response: "aiohttp.ClientResponse", body: bytes) -> Response:
        """The answer, in which a server that repeats its key does not bring it into a store or a log."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        if self._key:
            key = self._key.decode()
            headers = {name: value.replace(key, "[API key]") for name, value in headers.items()}
        return Response(response.status, headers, self._redacted(body))


def _ended(stream: EventStream, body: bytes) -> bytes:
    """The completion of a stream that has ended; what came instead, where no event was one of an answer."""
    stream.end()
    if stream.is_empty:
        return body
    if not stream.is_whole:
        raise Fault("the answer broke off before its end", is_sent=True)
    return stream.completion()


async def _whole(response: "aiohttp.ClientResponse") -> bytes:
    """The body, which may be packed, endless, or both."""
    received = bytearray()
    if (response.content_length or 0) > LARGEST_BODY:
        response.close()
        raise Fault(f"an answer of {response.content_length or 0:,} bytes, which is more than is read", is_sent=True)
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > LARGEST_BODY:
            response.close()
            raise Fault(f"an answer of more than {LARGEST_BODY:,} bytes, which is more than is read", is_sent=True)
    return bytes(received)


def _trusted(base_url: str) -> Any:
    """Who may vouch for a server: the system's authorities (or those of SSL_CERT_FILE) and certifi's."""
    if urlsplit(base_url).scheme != "https":
        return True
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
