"""Why no answer came: what the network, TLS, a proxy or malformed HTTP did, in words that say what to do."""

import ssl
from urllib.parse import urlsplit

from tpobench.harness.api.proxies import shown_proxy

CONNECT_S = 15.0
"""Seconds that a connection may take."""

_LONGEST = 200


class Fault(Exception):
    """No usable answer came, and another try may bring one.

    Attributes:
        problem: What happened, as a part of a sentence.
        advice: What to do where it stays that way; empty where only the server can help.
        after: The wait that the server asks for, in seconds.
        is_sent: Whether the request has reached the server, which may charge for it.
        is_lasting: Whether the next tries will meet the same, unless the user changes something.
    """

    def __init__(
        self,
        problem: str,
        advice: str = "",
        *,
        after: float | None = None,
        is_sent: bool = False,
        is_lasting: bool = False,
        is_connection: bool = False,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
        self.after = after
        self.is_sent = is_sent
        self.is_lasting = is_lasting
        self.is_connection = is_connection


def fault_of(error: Exception, base_url: str, proxy: str | None, is_sent: bool) -> Fault:
    """What an error of the HTTP library means.

    Args:
        error: As it was raised.
        base_url: Whom the request was for.
        proxy: The proxy on the way.
        is_sent: Whether an answer had begun.
    """
    import aiohttp

    if not is_sent and (fault := _of_connecting(error, base_url, proxy)):
        return fault
    if isinstance(error, aiohttp.ClientPayloadError):
        return Fault("the answer broke off before its end", is_sent=True)
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.http.HttpProcessingError):
        return Fault(f"the answer is not HTTP as it should be ({_reason(error).partition(':')[0]})", is_sent=True)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Fault("the server closed the connection without an answer", is_sent=is_sent)
    return Fault(f"the connection broke ({_reason(error)})", is_sent=is_sent)


def _of_connecting(error: Exception, base_url: str, proxy: str | None) -> Fault | None:
    """What an error means that came before the request was sent; None for others."""
    import aiohttp

    host = urlsplit(base_url).hostname or base_url
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError) and proxy:
        return _of_proxy(error, host, proxy)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return _of_certificate(error, host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Fault(
            f"no TLS connection to {host} ({_reason(error)})",
            "does the server speak plain http? then write http:// in its address",
            is_lasting=True,
            is_connection=True,
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Fault(f"the host name {host} is not known (DNS)", "check the address", is_connection=True)
    if isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        advice = "check the address, and whether a firewall blocks it"
        return Fault(f"no connection to {host} within {CONNECT_S:g} s", advice, is_connection=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _of_connection(error, urlsplit(base_url).netloc)
    if isinstance(error, aiohttp.InvalidURL):
        return Fault(f"{base_url} is not an address", "check it", is_lasting=True, is_connection=True)
    return None


def _of_proxy(error: Exception, host: str, proxy: str) -> Fault:
    status = getattr(error, "status", None)
    what = f"answers HTTP {status}" if status else "cannot be reached"
    password = "; it wants a user name and password, as http://USER:PASSWORD@..." if status == 407 else ""
    return Fault(
        f"the proxy {shown_proxy(proxy)} {what}{password}",
        f"the environment names it (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY); NO_PROXY={host} bypasses it",
        is_lasting=status == 407,
        is_connection=True,
    )


def _of_certificate(error: Exception, host: str) -> Fault:
    return Fault(
        f"the TLS certificate of {host} is not trusted ({_reason(error)})",
        "set SSL_CERT_FILE to a file with the certificate of whoever signed it, often your company's",
        is_lasting=True,
        is_connection=True,
    )


def _of_connection(error: OSError, address: str) -> Fault:
    refused = isinstance(getattr(error, "os_error", error), ConnectionRefusedError)
    problem = f"nothing listens at {address}" if refused else f"no connection to {address} ({_reason(error)})"
    return Fault(problem, "is the server up, and the port right?", is_connection=True)


def _reason(error: BaseException) -> str:
    """An error's own words, without control characters and the library's decoration."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return plain(inner.verify_message)
    words = (
        getattr(inner, "message", "") or getattr(inner, "reason", "") or getattr(inner, "strerror", "") or str(inner)
    )
    return plain(str(words).split("\n")[0]) or type(inner).__name__


def plain(text: str) -> str:
    """Foreign words in one short line without control characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
