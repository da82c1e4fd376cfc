"""What the dialplan cannot know of a call: whose the service is, and its numbers in E.164."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ccgateway.telephony.facts import Fact, Kind
from ccgateway.telephony.numbers import normalise

_AS_DIALLED = {Kind.ENTERED: "caller_number", Kind.SERVICE_CHOSEN: "dialled"}
"""Numbers as the PBX has them, where they stand beside the service. Where we decided, our own word
has them in full already; a call that we were away for has no such word."""


@dataclass(frozen=True, slots=True)
class Home:
    """Of a service: its ``client``, and the ``country`` (ISO 3166, ``FI``) its numbers are of."""

    client: str
    country: str = ""


def at_home(fact: Fact, homes: Mapping[str, Home]) -> Fact:
    """The fact with what is known of the service that it names. ``homes``: by service."""
    home = homes.get(fact.detail.get("service", ""))
    if home is None:
        return fact
    known = {"client": home.client} if home.client and "client" not in fact.detail else {}
    key = _AS_DIALLED.get(fact.kind, "")
    if number := normalise(fact.detail.get(key, ""), home.country):
        known[key] = number
    return replace(fact, detail={**fact.detail, **known}) if known else fact
