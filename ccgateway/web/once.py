"""What acts acts once: a request that is repeated with its Idempotency-Key gets the first answer.

The answers are kept in memory. Calls by click keep their keys in PostgreSQL: they alone ring a
phone, and must not do it again after a restart either.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from multidict import CIMultiDict

from ccgateway.errors import ActionTimeout
from ccgateway.web.body import read
from ccgateway.web.problems import problem
from ccgateway.web.routes import WHO, Handler

KEY = "Idempotency-Key"

LONGEST_KEY = 128
"""Characters: a UUID has 36."""

KEPT_FOR = 3600.0
"""Seconds that an answer is kept: who asks again does it within seconds, a phone that found no
network within minutes."""

MOST_KEPT = 10_000
"""Answers: some five megabytes. Where there are more, the oldest goes of who has the most."""

REPLAYED = "Idempotency-Replayed"


@dataclass(slots=True)
class _Kept:
    """What was asked by a key, and the answer once there is one."""

    asked: bytes
    at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: tuple[int, bytes, CIMultiDict[str]] | None = None


def key_of(request: web.Request) -> str | web.Response:
    """The request's key, '' without one; or the response that says what is wrong with it."""
    key = request.headers.get(KEY, "")
    if len(key) > LONGEST_KEY or not key.isprintable():
        detail = f"{KEY} is up to {LONGEST_KEY} printable characters; a new UUID for each request."
        return problem(HTTPStatus.BAD_REQUEST, detail)
    return key


class Once:
    """The answers of the last hour, by who asked, and by the key."""

    def __init__(self) -> None:
        self._kept: dict[str, OrderedDict[str, _Kept]] = {}

    def guard(self, handler: Handler) -> Handler:
        """``handler``, which a repeated key does not reach again. A request that did nothing (a
        refusal, Asterisk away) may be tried again with its key; one of which it is not known
        whether it was carried out may not."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            key = key_of(request)
            if isinstance(key, web.Response) or not key:
                return key or await handler(request)
            sent = await read(request)
            if isinstance(sent, web.Response):
                return sent
            kept = self._of(request, key, sent)
            if kept is None:
                detail = f"This {KEY} was used for another request; use a new one for each."
                return problem(HTTPStatus.CONFLICT, detail)
            async with kept.lock:  # a repeat waits for the first
                return _again(kept) or await _first(kept, handler, request)

        return guarded

    def _of(self, request: web.Request, key: str, sent: bytes) -> _Kept | None:
        """What is kept of this key; None where it stands for another request."""
        now = time.monotonic()
        asked = hashlib.sha256(b"\0".join((request.path_qs.encode(), sent))).digest()
        who = request[WHO]
        own = self._kept.setdefault(who.token or who.name, OrderedDict())
        kept = own.setdefault(key, _Kept(asked, now))
        self._forget(now)
        return kept if kept.asked == asked else None

    def _forget(self, now: float) -> None:
        """What is too old, and what is too much: one who asks all the time has his own forgotten,
        and no other's."""
        for own in self._kept.values():
            while own and now - next(iter(own.values())).at >= KEPT_FOR:
                own.popitem(last=False)
        while sum(map(len, self._kept.values())) > MOST_KEPT:
            max(self._kept.values(), key=len).popitem(last=False)
        self._kept = {who: own for who, own in self._kept.items() if own}


def _again(kept: _Kept) -> web.Response | None:
    if kept.answer is None:
        return None
    status, body, headers = kept.answer
    return web.Response(status=status, body=body, headers={**headers, REPLAYED: "true"})


async def _first(kept: _Kept, handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        response = await handler(request)
    except ActionTimeout as error:
        response = problem(HTTPStatus.GATEWAY_TIMEOUT, str(error))
    done = response.status < HTTPStatus.BAD_REQUEST
    unsure = response.status == HTTPStatus.GATEWAY_TIMEOUT
    if (done or unsure) and isinstance(response, web.Response) and isinstance(response.body, bytes):
        kept.answer = (response.status, response.body, response.headers.copy())
    return response
