"""Which model answers at an endpoint, and what a server says that is no API, wants a key, or has moved."""

from collections.abc import Callable

import pytest

from tests.apis.scripted import Asked, Told, completion, models, scripted_server
from tpobench.harness.api.calls import Call, Limits, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError

FOUR = [Call(str(number), "sample", ({"role": "user", "content": f"prompt {number}"},)) for number in range(4)]


def serving(listed: Told, answer: Told) -> Callable[[Asked], Told]:
    return lambda asked: listed if asked.method == "GET" else answer


def ask(endpoint: Endpoint) -> list[Reply]:
    replies: list[Reply] = []

    def accept(reply: Reply) -> str | None:
        replies.append(reply)
        return None if reply.answer else reply.problem

    list(Client(endpoint, Limits(concurrency=4, timeout_s=5, attempts=2)).ask_all(FOUR, accept))
    return replies


@pytest.mark.parametrize(
    ("asked", "listed", "served"),
    [
        ("llama3.2", "llama3.2:latest", "llama3.2:latest"),
        ("llama3.2", "llama3.2:latest", "llama3.2"),
        ("org/m:free", "org/m:free", "org/m"),
        ("org/m:free", "org/m:free", "m"),
        ("org/m", "org/m", "org/m:free"),
        ("gpt-4o", "gpt-4o", "gpt-4o-2024-08-06"),
        ("m", "org/m", None),
        ("m", "M", "m"),
    ],
)
def test_a_model_is_known_by_its_tags_dates_and_owners(asked: str, listed: str, served: str | None) -> None:
    with scripted_server(serving(models("other", listed), Told(completion(model=served)))) as server:
        assert all(reply.answer for reply in ask(Endpoint(asked, server.url)))
        assert len(server.calls) == 4


@pytest.mark.parametrize("listed", [models("alias"), models(), Told({}, 404), Told({}, 403), Told(b"<html>", 200)])
def test_another_model_ends_the_run_at_the_first_answer(listed: Told) -> None:
    with scripted_server(serving(listed, Told(completion(model="gpt-5-mini")))) as server:
        with pytest.raises(
            UserError, match=r"under another name, 'gpt-5-mini'; nothing more was asked.*--served-model"
        ):
            ask(Endpoint("alias", server.url))
        assert len(server.calls) == 1


@pytest.mark.parametrize("listed", [models("alias"), models("only-others")])
def test_a_name_that_the_user_gives_is_accepted(listed: Told) -> None:
    with scripted_server(serving(listed, Told(completion(model="gpt-5-mini")))) as server:
        replies = ask(Endpoint("alias", server.url, ("gpt-5-mini",)))
        assert {reply.record.served_model for reply in replies} == {"gpt-5-mini"}
        assert len(server.calls) == 4


def test_another_model_in_the_middle_costs_a_try_and_no_more() -> None:
    names = iter(["m", "other", "m", "m", "m"])
    with scripted_server(
        lambda asked: models("m") if asked.method == "GET" else Told(completion(model=next(names)))
    ) as server:
        assert sum(reply.answer is not None for reply in ask(Endpoint("m", server.url))) == 4
        assert len(server.calls) == 5


@pytest.mark.parametrize("status", [401, 403, 404, 405, 500, 501, 503])
def test_a_server_that_shows_no_list_is_asked_all_the_same(status: int) -> None:
    listed = Told({"error": {"message": "not for this key"}}, status)
    with scripted_server(serving(listed, Told(completion()))) as server:
        assert all(reply.answer for reply in ask(Endpoint("m", server.url)))


def test_a_server_that_wants_a_key_says_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Told({"error": {"message": "missing bearer"}}, 401)
    monkeypatch.setenv("TPOBENCH_API_KEY", "secret")
    with scripted_server(serving(models("m"), refusal)) as server:
        port = server.url.split(":")[2].split("/")[0]
        told = rf"wants an API key \(HTTP 401: missing bearer\): set .* TPOBENCH_API_KEY_127_0_0_1_{port} .*is not sent"
        with pytest.raises(UserError, match=told):
            ask(Endpoint("m", server.url))
        assert len(server.calls) == 1
        assert all("Authorization" not in asked.headers for asked in server.asked)
        monkeypatch.setenv(f"TPOBENCH_API_KEY_127_0_0_1_{port}", "secret")
        with pytest.raises(UserError, match=r"refuses the API key \(HTTP 401: missing bearer\)") as raised:
            ask(Endpoint("m", server.url))
        assert "secret" not in str(raised.value)


def test_an_address_without_its_v1_is_told_with_it() -> None:
    def tell(asked: Asked) -> Told:
        return models("m") if asked.path == "/v1/models" else Told(b"<html>Not found</html>", 404)

    with scripted_server(tell) as server:
        base = server.url.removesuffix("/v1")
        with pytest.raises(UserError, match=f"the API is not at {base} but at {base}/v1: write m@{base}/v1"):
            ask(Endpoint("m", base))
        assert server.calls == []


def test_a_page_that_is_no_api_is_told_in_words() -> None:
    page = Told(b"<html><style>p {}</style><h1>404</h1> Not Found</html>", 404, {"Content-Type": "text/html"})
    with scripted_server(lambda asked: page) as server:
        with pytest.raises(UserError, match=r"no chat API at .*/chat/completions \(HTTP 404: 404 Not Found\); check"):
            ask(Endpoint("m", server.url))
        assert len(server.calls) == 1


def test_an_unknown_model_is_told_in_the_servers_words() -> None:
    unknown = Told({"error": {"message": "The model `m` does not exist."}}, 404)
    with scripted_server(serving(Told({}, 404), unknown)) as server:
        with pytest.raises(UserError, match="HTTP 404 for 'm': The model `m` does not exist"):
            ask(Endpoint("m", server.url))
        assert len(server.calls) == 1


def test_a_redirect_is_told_and_not_followed() -> None:
    moved = Told(b"", 308, {"Location": "https://elsewhere.example/v1/chat/completions"})
    with scripted_server(serving(Told({}, 404), moved)) as server:
        with pytest.raises(UserError, match=r"redirects to https://elsewhere\.example/v1 \(HTTP 308\)"):
            ask(Endpoint("m", server.url))
        assert len(server.calls) == 1


def test_words_of_a_web_page_in_place_of_an_answer_are_kept() -> None:
    pages = iter([Told(b"<html><b>Gateway</b> is resting</html>"), *[Told(completion())] * 4])
    with scripted_server(lambda asked: models("m") if asked.method == "GET" else next(pages)) as server:
        problems = [reply.problem for reply in ask(Endpoint("m", server.url)) if reply.problem]
    assert len(problems) == 1
    assert "Gateway is resting" in problems[0]


@pytest.mark.parametrize("wish", ["25920", "1e9", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_wait_of_hours_ends_the_run_at_once(wish: str) -> None:
    limited = Told({"error": {"message": "daily limit"}}, 429, {"Retry-After": wish})
    with scripted_server(serving(models("m"), limited)) as server:
        told = (
            r"127\.0\.0\.1 asks to wait .* \(rate limit \(HTTP 429: daily limit\)\), and no wait is longer than 10 min"
        )
        with pytest.raises(UserError, match=told):
            ask(Endpoint("m", server.url))


def test_a_wait_is_shown_and_holds_for_all_calls(capsys: pytest.CaptureFixture[str]) -> None:
    limited = iter([Told({"error": {"message": "slow down"}}, 429, {"Retry-After": "2"})])
    with scripted_server(
        lambda asked: models("m") if asked.method == "GET" else next(limited, Told(completion()))
    ) as server:
        client = Client(Endpoint("m", server.url), Limits(concurrency=4))
        shown = []
        for _ in client.ask_all(FOUR, lambda reply: None):
            shown.append(client.activity)
        assert len(server.calls) == 5
    assert "waiting for 127.0.0.1: rate limit (HTTP 429: slow down), 2 s" in shown
    assert shown[-1].startswith("waiting for answers, ")
    assert "tpobench: waiting for 127.0.0.1: rate limit" in capsys.readouterr().err
