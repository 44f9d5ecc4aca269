"""Which proxy a request goes through, by the environment (HTTPS_PROXY, NO_PROXY and their kin)."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tpobench.harness.api.keys import is_this_machine
from tpobench.harness.errors import UserError


def proxy_for(base_url: str) -> str | None:
    """The proxy's address; None where the server is reached directly, as this machine always is.

    Raises:
        UserError: The proxy is of a kind that cannot be used.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_this_machine(host) or proxy_bypass(f"{host}:{parts.port}" if parts.port else host):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        usable = urlsplit(address).scheme.lower() in ("http", "https") and bool(urlsplit(address).hostname)
        _ = urlsplit(address).port
    except ValueError:
        usable = False
    if not usable:
        raise UserError(
            f"the proxy that the environment names for {host} ({shown_proxy(address)}) is not an http proxy: set "
            f"{parts.scheme.upper()}_PROXY to one, or NO_PROXY={host} to bypass it"
        )
    return address


def shown_proxy(address: str) -> str:
    """A proxy's address without its password."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
