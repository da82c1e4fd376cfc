"""Who asks a web process: told to the gateway with what is passed on, so that it answers, counts
and audits as if they had asked it themselves."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

TOKEN_ID = "Ccgateway-For"  # noqa: S105 - a header's name
"""The id of the asker's token; not the token, which a browser's session does not hold."""

ADDRESS = "Ccgateway-From"

LONGEST_ADDRESS = 64
"""Characters; an IPv6 address with a zone has 60 at most."""


@dataclass(frozen=True, slots=True)
class Asker:
    """``token``: the id of their token; ``address``: theirs."""

    token: str
    address: str

    def headers(self) -> dict[str, str]:
        """As it is passed on."""
        return {TOKEN_ID: self.token, ADDRESS: self.address}


ASKER = web.RequestKey("asker", Asker)
"""For whom a web process asks: set on requests that come from one."""


def asker_in(request: web.Request) -> Asker | None:
    """What a request says of who asks. Anybody can write it: it counts with the configuration's
    token only."""
    token = request.headers.get(TOKEN_ID)
    if not token:
        return None
    return Asker(token, request.headers.get(ADDRESS, "")[:LONGEST_ADDRESS])
