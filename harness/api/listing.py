"""The models that a server lists, and whether the one that is wanted is among them."""

import json
from collections.abc import Awaitable, Callable, Sequence

from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.faults import Fault, plain
from tpobench.harness.api.responses import same_model
from tpobench.harness.api.transport import Response
from tpobench.harness.errors import UserError

Get = Callable[[str], Awaitable[Response]]
"""Fetches an address of the endpoint's host."""

_SHOWN = 8


async def require_listed(endpoint: Endpoint, get: Get) -> None:
    """Refuse a model that the server does not list, before anything is spent. A server that keeps no list, or shows it
    to other keys only, is trusted: the first answer tells.

    Args:
        endpoint: Who is to be asked.
        get: How an address is fetched; its faults are those of a connection.

    Raises:
        UserError: The model is not listed, the address lacks its ``/v1``, or there is no connection.
    """
    try:
        response = await get(f"{endpoint.base_url}/models")
    except Fault as fault:
        if fault.is_connection:
            advice = f"; {fault.advice}" if fault.advice else ""
            raise UserError(f"no answer from {endpoint.base_url}: {fault.problem}{advice}") from fault
        return
    listed = models_in(response)
    if listed is None and response.status in (200, 301, 302, 307, 308, 404, 405):
        await _require_no_better_address(endpoint, get)
    if not listed or endpoint.served_as or any(_is_listed_as(endpoint.model, name) for name in listed):
        return
    shown = ", ".join(plain(name) for name in sorted(listed)[:_SHOWN])
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    raise UserError(
        f"{endpoint.base_url} does not serve {endpoint.model!r}; it lists {shown}{more}: no call was made. If it takes "
        "that name all the same, say under which it answers: --served-model NAME"
    )


def models_in(response: Response) -> Sequence[str] | None:
    """The names in a list of models; None for anything else."""
    if response.status != 200:
        return None
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    entries = content.get("data") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        return None
    return [str(entry["id"]) for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _is_listed_as(model: str, name: str) -> bool:
    """Whether a listed name is the model's: with its owner in front, or with a date or a tag behind."""
    return name.endswith(f"/{model}") or same_model(model, name)


async def _require_no_better_address(endpoint: Endpoint, get: Get) -> None:
    """An address that lacks its ``/v1`` is told with it, where the server answers there."""
    if endpoint.base_url.endswith("/v1"):
        return
    try:
        listed = models_in(await get(f"{endpoint.base_url}/v1/models"))
    except Fault:
        return
    if listed is not None:
        raise UserError(
            f"the API is not at {endpoint.base_url} but at {endpoint.base_url}/v1: write "
            f"{endpoint.model}@{endpoint.base_url}/v1"
        )
