"""``/api/capture``: what the gateway hears, as it came, for who has to find out what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from ccgateway.access.who import Role
from ccgateway.engine.ports import FellBehind, Recorder
from ccgateway.web.params import Params, query_of
from ccgateway.web.problems import problem
from ccgateway.web.routes import Route

LINES = "application/x-ndjson"

MOST_MINUTES = 60

MOST = 2
"""Recordings that run at once: each is written in the gateway's own loop."""

TAKEN_WITHIN = 30.0
"""Seconds for one piece of a recording, half a megabyte: who takes longer keeps others out."""

NOT_HERE = (
    "Only the gateway itself hears Asterisk, not its web process: ask where [http] of its TOML "
    "file says."
)
TOO_MANY = f"{MOST} recordings run already; wait until one has ended."


class Wanted(Params):
    """What is to be in the recording."""

    last: Annotated[
        bool, Field(description="Also what the gateway still has of before: the last minutes.")
    ] = True
    minutes: Annotated[
        int, Field(ge=0, le=MOST_MINUTES, description="And what comes in so many minutes from now.")
    ] = 0


class Capture:
    """The route; ``tape`` is None where nothing is heard."""

    def __init__(self, tape: Recorder | None) -> None:
        self._tape = tape
        self._running = 0

    def routes(self) -> list[Route]:
        """The route."""
        lines = {"description": "OK", "content": {LINES: {"schema": {"type": "string"}}}}
        return [
            Route(
                "GET", "/api/capture", "capture", self._answer, Role.ADMINISTRATOR,
                "A recording of what the gateway hears, a JSON object a line, with all numbers and "
                "names; `ccgateway capture` writes it without. It is audited.",
                query=Wanted, acts=True, extra={"responses": {"200": lines}},
                refusals={
                    HTTPStatus.SERVICE_UNAVAILABLE: NOT_HERE,
                    HTTPStatus.TOO_MANY_REQUESTS: f"Too many requests; or: {TOO_MANY}",
                },
            ),
        ]  # fmt: skip

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        wanted = query_of(request, Wanted)
        if isinstance(wanted, web.Response):
            return wanted
        if self._tape is None:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, NOT_HERE)
        if self._running >= MOST:
            return problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)
        self._running += 1
        try:
            told = self._tape.follow(last=wanted.last, seconds=wanted.minutes * 60)
            return await _send(request, told)
        finally:
            self._running -= 1


async def _send(request: web.Request, told: AsyncIterator[bytes]) -> web.StreamResponse:
    """One that is not read fast enough is cut: half a recording must not look whole. Who has enough
    goes by himself (Ctrl-C)."""
    stream = web.StreamResponse(headers={"Content-Type": LINES, "X-Accel-Buffering": "no"})
    await stream.prepare(request)
    try:
        async for piece in told:
            async with asyncio.timeout(TAKEN_WITHIN):
                await stream.write(piece)
    except ConnectionError:
        pass
    except (FellBehind, TimeoutError):
        if request.transport is not None:
            request.transport.abort()
    return stream
