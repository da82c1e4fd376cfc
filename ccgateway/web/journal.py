"""``/api/journal/{node}``: where a shipper beside a remote Asterisk sends what that writes into its
journals (``ccgateway journal ship``)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.engine.ports import JournalInbox
from ccgateway.telephony.facts import Source
from ccgateway.web.feed import as_json
from ccgateway.web.models import Answer
from ccgateway.web.params import Name, Params, query_of
from ccgateway.web.problems import problem
from ccgateway.web.routes import Route

BYTES = "application/octet-stream"

LARGEST_CHUNK = 262_144
"""Bytes: what the shipper reads in one go (journal.tail)."""

CHUNK_WITHIN = 15.0
"""Seconds for one to arrive: at 17 kB/s, which is six calls a second as they happen."""

LONGEST_POSITION = 300

MOST = 4
"""Chunks that are taken at once: each is 256 kB, and some 10 ms of work."""

NOT_HERE = (
    "Only the gateway itself takes journals, not its web process: send them where [http] of its "
    "TOML file says."
)
TOO_MANY = f"{MOST} journals are being taken in now."

Position = Annotated[str, Field(max_length=LONGEST_POSITION, pattern=r"^[0-9a-f.]*$")]
Journal = Annotated[Literal["cel", "queue_log"], Field(description="Which one.")]


class NodePath(Params):
    """One of the Asterisks."""

    node: Annotated[Name, Field(description="Its name in the gateway's TOML file.")]


class Which(Params):
    """One of its journals."""

    journal: Journal


class Sent(Which):
    """Where in the journal the body stands."""

    position: Annotated[Position, Field(description="Where it begins.")]
    since: Annotated[
        Position, Field(description="The position that was answered last; empty where none was.")
    ] = ""
    final: Annotated[bool, Field(description="The file's last bytes: none will follow.")] = False
    missed: Annotated[
        str, Field(max_length=100, description="Why some before was gone before it was read.")
    ] = ""
    shipper: Annotated[
        str, Field(max_length=64, description="Who sends it: the same for all from one folder.")
    ] = ""


class JournalPosition(Answer):
    """Up to where a journal was taken in."""

    position: str
    """To go on from, and to send as ``since``; empty where nothing was taken yet."""


class JournalRoutes:
    """The routes; ``inbox`` is None where nobody takes journals."""

    def __init__(self, inbox: JournalInbox | None) -> None:
        self._inbox = inbox
        self._taking = 0

    def routes(self) -> list[Route]:
        """The routes."""
        path = "/api/journal/{node}"
        body = {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}
        refusals = {
            HTTPStatus.NOT_FOUND: "There is no such node.",
            HTTPStatus.SERVICE_UNAVAILABLE: f"PostgreSQL is away; or: {NOT_HERE}",
        }
        return [
            Route(
                "GET", path, "journal", self._position, Role.ADMINISTRATOR,
                "Up to where a journal of a remote Asterisk was taken in.", params=NodePath,
                query=Which, answer=JournalPosition, refusals=refusals, also=Role.SHIPPER,
            ),
            Route(
                "POST", path, "ship", self._take, Role.ADMINISTRATOR,
                "Take in what stands in a journal. Without a body: it was read to its end.",
                params=NodePath, query=Sent, answer=JournalPosition, also=Role.SHIPPER,
                extra={"requestBody": body},
                refusals={
                    **refusals,
                    HTTPStatus.CONFLICT: "This is no position in a journal; or the gateway, or "
                    "another shipper, reads this node's.",
                    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time.",
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"More than {LARGEST_CHUNK} bytes.",
                    HTTPStatus.TOO_MANY_REQUESTS: f"Too many requests; or: {TOO_MANY}",
                },
            ),
        ]  # fmt: skip

    async def _position(self, request: web.Request) -> web.Response:
        which = query_of(request, Which)
        if isinstance(which, web.Response):
            return which
        if self._inbox is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, NOT_HERE)
        source = Source(which.journal)
        return _answer(await self._inbox.position(request.match_info["node"], source))

    async def _take(self, request: web.Request) -> web.Response:
        sent = query_of(request, Sent)
        if isinstance(sent, web.Response):
            return sent
        if self._inbox is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, NOT_HERE)
        if self._taking >= MOST:
            return problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, **{"Retry-After": "1"})
        self._taking += 1
        try:
            data = await _body(request)
            if isinstance(data, web.Response):
                return data
            return _answer(await _taken(self._inbox, request.match_info["node"], sent, data))
        finally:
            self._taking -= 1


async def _taken(inbox: JournalInbox, node: str, sent: Sent, data: bytes) -> str:
    source = Source(sent.journal)
    position = await inbox.take_bytes(
        node,
        source,
        data,
        position=sent.position,
        since=sent.since,
        final=sent.final,
        missed=sent.missed,
        shipper=sent.shipper,
    )
    if not data:
        await inbox.at_end(node, source)
    return position


async def _body(request: web.Request) -> bytes | web.Response:
    try:
        async with asyncio.timeout(CHUNK_WITHIN):
            return await request.clone(client_max_size=LARGEST_CHUNK).read()
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.")
    except web.HTTPRequestEntityTooLarge:
        detail = f"Send at most {LARGEST_CHUNK} bytes at once."
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    except web.RequestPayloadError:
        detail = "The body cannot be read as its headers say; send it without Content-Encoding."
        return problem(HTTPStatus.BAD_REQUEST, detail)


def _answer(position: str) -> web.Response:
    return web.Response(body=as_json({"position": position}), content_type="application/json")
