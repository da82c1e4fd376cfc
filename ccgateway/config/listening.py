"""Where the API listens, and whether what it says there can be read on the way."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from ccgateway.config.secrets import Wrong

OTHERWISE = (
    "127.0.0.1, or for other machines: tls_cert and tls_key, or proxies that encrypt, or "
    "plain = true where the network is a container's own"
)


def check_http(name: str, table: object) -> Iterator[Wrong]:
    """What is wrong with [http] or [web]: half a certificate; tokens and callers' numbers in the
    clear."""
    if not isinstance(table, dict):
        return
    for one, other in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if table.get(one) and not table.get(other):
            yield (name, one), table[one], f"what {other} is given with"
    listen = table.get("listen")
    is_safe = table.get("tls_cert") or table.get("proxies") or table.get("plain") is True
    if isinstance(listen, str) and not is_safe and not is_loopback(listen):
        yield (name, "listen"), listen, OTHERWISE


def check_beside(http: object, web: object) -> Iterator[Wrong]:
    """Whether the web process of [web] can find the gateway, and have a port of its own."""
    if not isinstance(http, dict) or not isinstance(web, dict):
        return
    port = http.get("port")
    if port == 0:
        yield ("http", "port"), port, "a port from 1 to 65535: the process of [web] asks there"
    elif port is not None and port == web.get("port"):
        yield ("web", "port"), port, "another port than that of [http]"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
