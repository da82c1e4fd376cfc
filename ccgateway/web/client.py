"""The API's client, for the CLI and for a web process of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import orjson
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from ccgateway.calls.recorded import LONGEST_LINE
from ccgateway.errors import (
    CcgError,
    ConfigError,
    NoGateway,
    PbxUnavailable,
    Refused,
    UnknownAgent,
    UnknownNode,
)

ANSWER_WITHIN = 15.0
"""Seconds. Longer than the gateway waits for Asterisk."""

HEARTBEAT = 8.0
"""Seconds of silence until a ping, and half of them for the answer. The feed beats every 5 s: one
that hangs is taken for gone after 12 s, as by the page."""

RETRY_FIRST = 0.25
RETRY_MOST = 5.0
"""Seconds between attempts to reach the gateway again; each wait is double the last."""

USER_AGENT = "ccgateway-cli"
"""How the gateway knows that a person at a command line asks, and no other program."""

TRIES = 3
"""How often a call by click is asked for: its key makes the gateway ring once all the same."""

ERRORS: dict[int, type[CcgError]] = {
    HTTPStatus.UNAUTHORIZED: Refused,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.TOO_MANY_REQUESTS: Refused,
    HTTPStatus.BAD_REQUEST: Refused,
    HTTPStatus.CONFLICT: Refused,
    HTTPStatus.NOT_FOUND: UnknownAgent,
    HTTPStatus.UNPROCESSABLE_ENTITY: Refused,
    HTTPStatus.SERVICE_UNAVAILABLE: PbxUnavailable,
    HTTPStatus.GATEWAY_TIMEOUT: PbxUnavailable,
}
OF_JOURNAL = {
    **ERRORS,
    HTTPStatus.NOT_FOUND: UnknownNode,
    HTTPStatus.REQUEST_TIMEOUT: PbxUnavailable,
    HTTPStatus.TOO_MANY_REQUESTS: PbxUnavailable,
    HTTPStatus.INTERNAL_SERVER_ERROR: PbxUnavailable,
}
"""What passes is tried again: the journal's file waits."""
OF_RELOAD = {**ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY: ConfigError}

REFUSALS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "refuses the token: is it right?",
    HTTPStatus.FORBIDDEN: "lets no other machine in without https, and no token of an agent who is "
    "gone",
}
"""Another attempt to follow the feed would end in the same way."""


class Client:
    """One gateway's API; an async context manager. All methods raise NoGateway, Refused. ``tls``:
    whom to trust, if not the machine's authorities."""

    def __init__(self, base_url: str, token: str, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._url = URL(base_url)
        self._token = token
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls or True),
            headers={"Authorization": f"Bearer {self._token}", "User-Agent": USER_AGENT},
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def state(self) -> dict[str, Any]:
        """All that is live, with ``id``, that of the last change in it."""
        return await self._ask("GET", "state")

    async def agent(self, verb: str, agent: str, reason: str = "") -> str:
        """login, logout, pause (with ``reason``) or ready; returns the new state.
        Raises UnknownAgent, Refused, PbxUnavailable, NoGateway."""
        body = orjson.dumps({"reason": reason} if reason else {})
        answer = await self._ask("POST", "agents", quote(agent, safe=""), verb, body=body)
        return str(answer["state"])

    async def originate(
        self, agent: str, to: str, service: str = "", *, show: str = "", key: str = ""
    ) -> dict[str, Any]:
        """Call ``to`` for an agent, and ``show`` one of the service's own numbers; returns the
        attempt. An answer that gets lost is asked for again, by the same ``key`` (one is made where
        none is given), so nobody is rung twice.
        Raises UnknownAgent, Refused, PbxUnavailable, NoGateway."""
        wanted = {"agent": agent, "to": to, "service": service, "show": show}
        body, headers = orjson.dumps(wanted), {"Idempotency-Key": key or str(uuid4())}
        for left in reversed(range(TRIES)):
            try:
                return await self._ask("POST", "calls", body=body, headers=headers)
            except NoGateway as error:
                if not left or isinstance(error.__cause__, aiohttp.ClientConnectorError):
                    raise
                await asyncio.sleep(RETRY_FIRST)
        raise NoGateway

    async def attempt(self, attempt_id: str) -> dict[str, Any]:
        """A call by click as it stands. Raises UnknownAgent (none has this id), NoGateway."""
        return await self._ask("GET", "calls", quote(attempt_id, safe=""))

    async def escalate(
        self, call: str, to: str, mode: str = "cold", agent: str = ""
    ) -> dict[str, Any]:
        """Pass a call (its id, the beginning of it, or #case) on to another line; what was done:
        call_id, agent, to, mode. Raises Refused, PbxUnavailable, NoGateway."""
        body = orjson.dumps({"to": to, "mode": mode, "agent": agent})
        return await self._ask("POST", "calls", quote(call, safe=""), "escalate", body=body)

    async def consult(self, call: str, do: str) -> dict[str, Any]:
        """End the consultation in a call: take, join or complete; what was done: call_id, agent,
        do. Raises Refused, PbxUnavailable, NoGateway."""
        body = orjson.dumps({"do": do})
        return await self._ask("POST", "calls", quote(call, safe=""), "consultation", body=body)

    async def call(self, call: str) -> dict[str, Any]:
        """A call that is live or has just ended, as it stands. Raises Refused, NoGateway."""
        return await self._ask("GET", "calls", quote(call, safe=""))

    async def note(self, call: str, text: str, by: str = "") -> str:
        """Note something down in a call; its id. Raises Refused, NoGateway."""
        body = orjson.dumps({"text": text, "by": by})
        answer = await self._ask("POST", "calls", quote(call, safe=""), "notes", body=body)
        return str(answer["call_id"])

    async def reload(self) -> list[dict[str, Any]]:
        """Let the gateway read its file again; what changed: where, what, restart. Raises
        ConfigError with all faults of the file, Refused, NoGateway."""
        answer = await self._ask("POST", "reload", errors=OF_RELOAD)
        changes: list[dict[str, Any]] = answer["changes"]
        return changes

    async def journal(self, node: str, journal: str) -> str:
        """Up to where the gateway took a journal (cel, queue_log) in. Raises UnknownNode,
        PbxUnavailable (PostgreSQL is away), Refused, NoGateway."""
        answer = await self._ask(
            "GET", "journal", quote(node, safe=""), query={"journal": journal}, errors=OF_JOURNAL
        )
        return str(answer["position"])

    async def ship(self, node: str, data: bytes, **where: str) -> str:
        """Send what stands in a journal, and where (journal, position, since, final, missed); the
        position to go on from. No bytes: it was read to its end. Raises as ``journal``."""
        answer = await self._ask(
            "POST", "journal", quote(node, safe=""), body=data, query=where, errors=OF_JOURNAL
        )
        return str(answer["position"])

    async def capture(self, *, last: bool, minutes: int) -> AsyncIterator[bytes]:
        """A recording, line by line: what the gateway still has of before (``last``), and what it
        hears in so many ``minutes`` from now. An empty line: nothing was heard for some seconds.
        Raises Refused, NoGateway."""
        url = self._at("capture").with_query(last=str(last).lower(), minutes=minutes)
        silent = aiohttp.ClientTimeout(total=None, sock_read=ANSWER_WITHIN)
        try:
            async with self._open.get(url, timeout=silent) as response:
                if not response.ok:
                    told = orjson.loads(await response.read())
                    raise ERRORS.get(response.status, CcgError)(str(told.get("detail", "")))
                while line := await response.content.readline(max_line_length=LONGEST_LINE):
                    yield line
        except orjson.JSONDecodeError as error:
            raise NoGateway(f"what answers at {self._url} is no gateway") from error
        except (aiohttp.ClientError, HttpProcessingError, TimeoutError, OSError) as error:
            raise self._no_gateway(error) from error

    async def live(self) -> AsyncIterator[dict[str, Any]]:
        """The snapshot (``type`` snapshot), then the changes. Where the connection is cut:
        ``{"type": "lost"}``; when the gateway is there again, ``{"type": "resumed"}`` and what was
        missed, or the snapshot again where it is not kept.

        Raises NoGateway or Refused only at the first attempt, and Refused whenever the token is.
        """
        wait, last = 0.0, ""
        while True:
            try:
                async with self._connect(last) as socket:
                    wait = RETRY_FIRST
                    async for message in socket:
                        for change in _changes(message):
                            last = change["id"]
                            if change["type"] != "beat":
                                yield change
                yield {"type": "lost"}
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if why := REFUSALS.get(getattr(error, "status", 0)):
                    raise Refused(f"{self._url} {why}") from error
                if not wait:
                    raise self._no_gateway(error) from error
            await asyncio.sleep(wait)
            wait = min(2 * wait, RETRY_MOST)

    async def passed_on(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """What the gateway answers to a request that a web process got: status, body, headers.
        ``path`` with its query, as it came; it begins with a slash. Raises aiohttp.ClientError
        (ClientConnectorError where nothing was sent), TimeoutError, OSError."""
        at = URL(str(self._url.origin()) + path, encoded=True)
        asking = self._open.request(method, at, data=body, headers=headers, allow_redirects=False)
        async with asking as response:
            return response.status, await response.read(), response.headers

    def _connect(self, after: str) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        # No size limit: the snapshot of a big centre is one message.
        at = self._at("live").with_query({"after": after} if after else {})
        return self._open.ws_connect(at, heartbeat=HEARTBEAT, max_msg_size=0)

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use Client as a context manager")
        return self._session

    def _at(self, *parts: str) -> URL:
        return self._url.joinpath("api", *parts, encoded=True)

    async def _ask(
        self,
        method: str,
        *parts: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        errors: Mapping[int, type[CcgError]] = ERRORS,
    ) -> dict[str, Any]:
        at = self._at(*parts).with_query(query)
        asking = self._open.request(method, at, data=body, headers=headers)
        try:
            async with asking as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._no_gateway(error) from error
        try:
            values: dict[str, Any] = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise NoGateway(f"what answers at {self._url} is no gateway") from error
        if not response.ok:
            raise errors.get(response.status, CcgError)(str(values.get("detail", "")))
        return values

    def _no_gateway(self, error: Exception) -> NoGateway:
        return NoGateway(f"no gateway at {self._url}; is it running? ({error})")


def _changes(message: aiohttp.WSMessage) -> list[dict[str, Any]]:
    """The changes in a message of the feed."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return []
    changes: list[dict[str, Any]] = orjson.loads(message.data)
    return changes
