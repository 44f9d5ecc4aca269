"""TLS, proxies, names and ports: each fault has its sentence, with what to do."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.scripted import Told, completion, models, scripted_server
from tpobench.harness.api.calls import Call, Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError

CERTIFICATE = Path(__file__).parents[2] / "fixtures" / "self-signed.pem"
"""Of 127.0.0.1, with its key."""


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(base_url: str) -> int:
    """How many of one call are answered."""
    client = Client(Endpoint("m", base_url), Limits(concurrency=1, timeout_s=5, attempts=1))
    call = Call("s", "judge", ({"role": "user", "content": "p"},))
    return sum(client.ask_all([call], lambda reply: None)) - client.given_up


def answers(asked: object) -> Told:
    return models("m") if getattr(asked, "method", "") == "GET" else Told(completion())


@pytest.fixture
def behind_tls() -> Iterator[str]:
    """A server with a certificate that nobody signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with scripted_server(answers, context) as server:
        yield server.url


def test_a_certificate_that_nobody_signed_is_told_with_the_variable_to_set(
    behind_tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (
        r"no answer from https://127\.0\.0\.1:\d+/v1: the TLS certificate of 127\.0\.0\.1 is not trusted \(self-signed"
    )
    with pytest.raises(UserError, match=told + r" certificate\); set SSL_CERT_FILE"):
        ask(behind_tls)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    assert ask(behind_tls) == 1


def test_https_at_a_plain_server_is_told() -> None:
    with scripted_server(answers) as server:
        told = "no TLS connection to 127.0.0.1 .*does the server speak plain http"
        with pytest.raises(UserError, match=told):
            ask(server.url.replace("http://", "https://"))


def test_an_unknown_host_is_told() -> None:
    with pytest.raises(UserError, match=r"the host name no-such-host\.invalid is not known \(DNS\); check the address"):
        ask("http://no-such-host.invalid/v1")


def test_a_port_where_nothing_listens_is_told() -> None:
    with pytest.raises(UserError, match=r"nothing listens at 127\.0\.0\.1:9; is the server up, and the port right"):
        ask("http://127.0.0.1:9/v1")


def test_a_proxy_is_used_where_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_server(answers) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        assert ask("http://llm.example/v1") == 1
        assert {asked.headers["Host"] for asked in proxy.asked} == {"llm.example"}
        monkeypatch.setenv("NO_PROXY", "llm.example")
        with pytest.raises(UserError, match=r"the host name llm.example is not known"):
            ask("http://llm.example/v1")


def test_a_proxy_that_cannot_be_reached_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:9")
    with pytest.raises(UserError, match=r"the proxy http://127\.0\.0\.1:9 cannot be reached; .*NO_PROXY=llm\.example"):
        ask("https://llm.example/v1")


def test_a_proxy_that_wants_a_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        while True:
            peer, _ = proxy.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=refuse, daemon=True).start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
    with pytest.raises(UserError, match=r"the proxy .* answers HTTP 407; it wants a user name and password"):
        ask("https://llm.example/v1")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "http://:port"])
def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UserError, match=r"is not an http proxy: set HTTPS_PROXY to one, or NO_PROXY=llm.example"):
        ask("https://llm.example/v1")


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with scripted_server(answers) as server:
        assert ask(server.url) == 1
