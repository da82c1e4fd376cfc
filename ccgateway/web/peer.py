"""Who is at the other end of a connection: also behind proxies that the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from ccgateway.config.tables import WebSettings

Network = IPv4Network | IPv6Network

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"

ONE_HOME = 64
"""Bits of an IPv6 address that one customer of a provider has: behind them are as many addresses
as they like."""


@dataclass(frozen=True, slots=True)
class Peer:
    """``address`` as text ('' where it is not known); whether the way to them is encrypted."""

    address: str
    is_tls: bool

    @property
    def home(self) -> str:
        """What is limited: the address, of IPv6 its network."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            return str(address.ipv4_mapped)
        if isinstance(address, IPv6Address):
            return str(ip_network((address, ONE_HOME), strict=False))
        return self.address


def peer_of(request: web.Request, proxies: Sequence[Network]) -> Peer:
    """The peer of a request. What a proxy says counts only where the connection comes from one of
    ``proxies``: anybody can write these headers."""
    nearest = request.remote or ""
    if not _is_in(nearest, proxies):
        return Peer(nearest, request.secure)
    told = ",".join(request.headers.getall(FOR, ())).split(",")
    address = nearest
    for hop in reversed([part.strip() for part in told]):
        if not _is_address(hop):
            break  # what stands left of it was not written by a proxy of ours
        address = hop
        if not _is_in(hop, proxies):
            break
    proto = ",".join(request.headers.getall(PROTO, ())).rpartition(",")[2].strip().lower()
    return Peer(address, proto == "https" if proto else request.secure)


def is_in_clear(request: web.Request, settings: WebSettings) -> bool:
    """Whether what is asked and answered can be read on the way: it came neither over TLS, nor from
    this machine, nor by a proxy that encrypts, and the configuration does not say ``plain``."""
    remote = request.remote or ""
    if request.secure or settings.plain or _is_in(remote, (*settings.proxies, *LOOPBACK)):
        return False
    transport = request.transport
    own = transport.get_extra_info("sockname") if transport else None
    return not own or own[0] != remote  # from one's own address only this machine comes


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
