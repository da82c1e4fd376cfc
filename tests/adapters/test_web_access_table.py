"""Every route of the route table, and every live message, for every role and scope; asked of the
gateway, and of a web process beside it.

What is expected stands in the tables here, not in the code's: a new route or kind of message
without a row fails, and so does one that tells more, or lets do more, than its row says.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

import ccgateway
from ccgateway.access.bucket import Limit
from ccgateway.access.who import Role, Scope
from ccgateway.web.limits import Limits
from tests.adapters.beside import Beside
from tests.adapters.centre import (
    AGENTS,
    CALLS,
    LEFT_CALL,
    OTHERS_CALL,
    OWN_CALL,
    OWN_CLICK,
    QUEUES,
    THEIR_CALL,
    THEIR_CLICK,
    Book,
    Gateway,
    attempt,
    theirs,
)
from tests.adapters.served import TOKEN

REVOKED, EXPIRED = "ccg_revoked", "ccg_expired"
MINE = frozenset(["oilco"])
GENEROUS = Limits(Limit(burst=10_000, rate=1))


@dataclass(frozen=True)
class Asker:
    """Somebody with a token ('' for nobody). ``role`` is None where it opens nothing."""

    token: str
    role: Role | None = None
    scope: Scope = Scope()  # noqa: RUF009 - it is frozen

    @property
    def is_limited(self) -> bool:
        return self.role in {Role.AGENT, Role.SHIPPER} or not self.scope.is_all


ASKERS = {
    "nobody": Asker(""),
    "somebody": Asker("ccg_unknown"),
    "revoked": Asker(REVOKED),
    "expired": Asker(EXPIRED),
    "agent 101": Asker("ccg_101", Role.AGENT, Scope(agent="101")),
    "supervisor of the client": Asker("ccg_client", Role.SUPERVISOR, Scope(clients=MINE)),
    "supervisor of the service": Asker(
        "ccg_service", Role.SUPERVISOR, Scope(services=frozenset(["hotline"]))
    ),
    "supervisor of the queue": Asker(
        "ccg_queue", Role.SUPERVISOR, Scope(queues=frozenset(["stations"]))
    ),
    "supervisor": Asker("ccg_supervisor", Role.SUPERVISOR),
    "administrator": Asker("ccg_administrator", Role.ADMINISTRATOR),
    "shipper": Asker("ccg_shipper", Role.SHIPPER),
    "the TOML file's": Asker(TOKEN, Role.ADMINISTRATOR),
}


class Of(Enum):
    """Whose the thing is that is asked for, as agent 101 sees it."""

    ALL = auto()  # no one thing: everybody gets what is theirs
    OWN = auto()
    LEFT = auto()  # a call that 101 was in
    OTHERS = auto()  # agent 102's, in the same queue
    THEIRS = auto()  # the bank's


@dataclass(frozen=True)
class Ask:
    """One request, and the status where it is allowed."""

    path: str
    of: Of = Of.ALL
    body: Mapping[str, object] | None = None
    good: int = 200


@dataclass(frozen=True)
class Row:
    """What is expected of a route. ``acts``: agents do it for themselves only, ``after``: also to
    calls that they have left; ``shows``: who sees everything is told of the bank; ``whole``: it is
    for nobody else; ``also``: for this role, too."""

    least: Role | None
    asks: tuple[Ask, ...]
    acts: bool = False
    after: bool = False
    shows: bool = False
    whole: bool = False
    also: Role | None = None


def read(path: str) -> Row:
    """What everybody with a token may read, each their part of it."""
    return Row(Role.AGENT, (Ask(path),), shows=True)


def to_call(path: str, body: Mapping[str, object], *, after: bool = False) -> Row:
    """An act in a call."""
    of = {Of.OWN: OWN_CALL, Of.LEFT: LEFT_CALL, Of.OTHERS: OTHERS_CALL, Of.THEIRS: THEIR_CALL}
    asks = [Ask(path.format(call), whose, body) for whose, call in of.items()]
    return Row(Role.AGENT, tuple(asks), acts=True, after=after)


def for_agent(path: str, body: Mapping[str, object] | None = None, good: int = 200) -> Row:
    """An act for an agent, whom path or body names."""
    of = {Of.OWN: "101", Of.OTHERS: "102", Of.THEIRS: "201"}
    asks = [
        Ask(path.format(agent), whose, {**body, "agent": agent} if body else {}, good)
        for whose, agent in of.items()
    ]
    return Row(Role.AGENT, tuple(asks), acts=True)


def open_to_all(path: str, good: int = 200) -> Row:
    """What tells nothing of the centre."""
    return Row(None, (Ask(path, good=good),))


CALLS_OF = {
    Of.OWN: (OWN_CALL, OWN_CLICK),
    Of.LEFT: (LEFT_CALL,),
    Of.OTHERS: (OTHERS_CALL,),
    Of.THEIRS: (THEIR_CALL, THEIR_CLICK),
}
ANY_CALL = tuple(Ask(f"/api/calls/{call}", of) for of, calls in CALLS_OF.items() for call in calls)

ROWS = {
    "GET /": open_to_all("/"),
    "GET /sign-in": open_to_all("/sign-in"),
    "GET /desk/{file}": open_to_all("/desk/index.html"),
    "GET /api/docs": open_to_all("/api/docs"),
    "GET /api/docs/{file}": open_to_all("/api/docs/none", good=404),
    "GET /api/openapi.json": open_to_all("/api/openapi.json"),
    "GET /healthz": open_to_all("/healthz"),
    "GET /readyz": open_to_all("/readyz"),
    "POST /api/session": Row(None, (Ask("/api/session", body={"token": TOKEN}),)),
    "GET /api/session": Row(Role.AGENT, (Ask("/api/session"),)),
    "DELETE /api/session": Row(Role.AGENT, (Ask("/api/session", good=204),)),
    "GET /api/state": read("/api/state"),
    "GET /api/agents": read("/api/agents"),
    "GET /api/queues": read("/api/queues"),
    "GET /api/services": read("/api/services"),
    "GET /api/calls": read("/api/calls"),
    "GET /api/calls/{call}": Row(Role.AGENT, ANY_CALL),
    "GET /api/live": Row(Role.AGENT, (Ask("/api/live", good=426),)),
    "GET /api/events": Row(Role.AGENT, (Ask("/api/events"),)),
    "POST /api/agents/{id}/{verb}": for_agent("/api/agents/{}/pause"),
    "POST /api/calls": for_agent("/api/calls", {"to": "+358401112223"}, good=202),
    "POST /api/calls/{call}/escalate": to_call("/api/calls/{}/escalate", {"to": "pumps"}),
    "POST /api/calls/{call}/consultation": to_call("/api/calls/{}/consultation", {"do": "take"}),
    "POST /api/calls/{call}/notes": to_call("/api/calls/{}/notes", {"text": "leaks"}, after=True),
    "GET /api/gaps": Row(Role.SUPERVISOR, (Ask("/api/gaps"),), whole=True),
    "GET /metrics": Row(Role.SUPERVISOR, (Ask("/metrics"),), whole=True),
    "GET /api/capture": Row(Role.ADMINISTRATOR, (Ask("/api/capture", good=503),)),  # no Asterisk
    "POST /api/reload": Row(Role.ADMINISTRATOR, (Ask("/api/reload"),)),
    "GET /api/journal/{node}": Row(  # nobody takes them in here
        Role.ADMINISTRATOR, (Ask("/api/journal/pbx1?journal=cel", good=503),), also=Role.SHIPPER
    ),
    "POST /api/journal/{node}": Row(
        Role.ADMINISTRATOR,
        (Ask("/api/journal/pbx1?journal=cel&position=0.0.0.", good=503),),
        also=Role.SHIPPER,
    ),
}

LIVE: dict[str, list[tuple[Of, dict[str, Any]]]] = {
    "call": [
        (Of.OWN, {"call": CALLS[OWN_CALL]}),
        (Of.OTHERS, {"call": CALLS[OTHERS_CALL]}),
        (Of.THEIRS, {"call": CALLS[THEIR_CALL]}),
    ],
    "call_absorbed": [
        (Of.OTHERS, {"call_id": OTHERS_CALL, "into": OWN_CALL}),
        (Of.THEIRS, {"call_id": THEIR_CALL, "into": THEIR_CALL}),
    ],
    "agent": [
        (Of.OWN, {"agent": AGENTS["101"]}),
        (Of.THEIRS, {"agent": AGENTS["201"]}),
    ],
    "queue": [(Of.OWN, {"queue": QUEUES[0]}), (Of.THEIRS, {"queue": QUEUES[1]})],
    "attempt": [
        (Of.OWN, {"attempt": attempt(OWN_CLICK, "101")}),
        (Of.THEIRS, {"attempt": attempt(THEIR_CLICK, "201")}),
    ],
    "gone": [
        (Of.OTHERS, {"agent": "102"}),
        (Of.THEIRS, {"agent": "201"}),
        (Of.THEIRS, {"queue": "counter"}),
        (Of.ALL, {"node": "pbx2"}),
    ],
    "gateway": [(Of.ALL, {"up": False})],
    "link": [(Of.ALL, {"node": "pbx1", "up": False})],
}
"""Each kind of change that is published, once of everybody; the last is for all."""

OF_THE_FEED = {"snapshot", "resumed", "beat"}
"""What the feed itself tells, out of the same rows; see test_live.py and test_feed_scope.py."""

DOORS: Mapping[str, type[Gateway | Beside]] = {"gateway": Gateway, "web process": Beside}
"""Who serves the API."""


def expected(asker: Asker, row: Row, ask: Ask) -> int:
    """The status of the answer."""
    if row.least is None or (row.also is not None and asker.role is row.also):
        return ask.good
    if asker.role is None:
        return 401
    if asker.role < row.least or (row.whole and asker.is_limited):
        return 403
    if ask.of is Of.THEIRS and asker.is_limited:
        return 404
    if row.acts and asker.role is Role.AGENT and not is_own(row, ask):
        return 403
    return ask.good


def is_own(row: Row, ask: Ask) -> bool:
    """Whether agent 101 may act on it."""
    return ask.of is Of.OWN or (row.after and ask.of is Of.LEFT)


@pytest.fixture
def book() -> Book:
    """All the askers' tokens."""
    made = Book()
    for asker in ASKERS.values():
        if asker.role is not None:
            made.add(asker.token, asker.role, asker.scope)
    made.add(REVOKED, Role.ADMINISTRATOR)
    revoked = made.tokens[REVOKED]
    made.tokens[REVOKED] = replace(revoked, revoked_at=revoked.created_at)
    made.add(EXPIRED, Role.ADMINISTRATOR, lasts=timedelta(seconds=-1))
    return made


@pytest.mark.parametrize("door", DOORS)
async def test_every_route_has_a_row_and_every_row_a_route(book: Book, door: str) -> None:
    async with DOORS[door](book) as gateway:
        routes = gateway.server.routes()
    assert sorted(ROWS) == sorted(f"{route.method} {route.path}" for route in routes)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ROWS)
async def test_a_route_answers_each_as_its_row_says(book: Book, name: str, door: str) -> None:
    row, method = ROWS[name], name.partition(" ")[0]
    wrong: list[tuple[object, ...]] = []
    async with DOORS[door](book, failed=GENEROUS) as gateway:
        for who, asker in ASKERS.items():
            for ask in row.asks:
                status, told = await answer(gateway, asker, method, ask)
                if status != expected(asker, row, ask):
                    wrong.append((who, ask.path, ask.of.name, status, told[:200]))
                elif leaks := theirs(told):
                    asked = f"{ask.path} {ask.body}".encode()
                    if asker.is_limited and any(word not in asked for word in leaks):
                        wrong.append((who, ask.path, ask.of.name, leaks, told))
                elif row.shows and asker.role is not None and not asker.is_limited:
                    wrong.append((who, ask.path, ask.of.name, "hides the bank", told))
    assert wrong == []


async def answer(
    gateway: Gateway | Beside, asker: Asker, method: str, ask: Ask
) -> tuple[int, bytes]:
    """Status and body; of a stream its beginning."""
    headers = {"Authorization": f"Bearer {asker.token}"} if asker.token else {}
    body = None if ask.body is None else orjson.dumps(ask.body)
    async with (
        aiohttp.ClientSession(gateway.url, headers=headers) as session,
        session.request(method, ask.path, data=body) as response,
    ):
        if response.content_type == "text/event-stream":
            return response.status, await response.content.readuntil(b"\n\n")
        return response.status, await response.read()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.acts])
async def test_what_is_refused_is_not_done_and_kept_in_the_audit(
    book: Book, name: str, door: str
) -> None:
    row, method = ROWS[name], name.partition(" ")[0]
    async with DOORS[door](book, failed=GENEROUS) as gateway:
        for asker in ASKERS.values():
            for ask in row.asks:
                before = len(gateway.loop.done), len(book.acts)
                status, _ = await answer(gateway, asker, method, ask)
                done, kept = len(gateway.loop.done) - before[0], book.acts[before[1] :]
                assert done == (status == ask.good), (asker, ask)
                assert [act.status for act in kept] == ([status] if asker.role is not None else [])
                assert {act.token for act in kept} <= {asker.token, "configuration"}


def test_every_kind_of_message_has_a_row() -> None:
    assert set(LIVE) | OF_THE_FEED == set(published())


def published() -> Iterator[str]:
    """The types of all messages that the loop, the feed and a web process make, as their source has
    them."""
    home = Path(ccgateway.__file__).parent
    web = (home / "web" / f"{name}.py" for name in ("feed", "change", "mirror"))
    for file in (*home.glob("engine/*.py"), *web):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                yield from types_in(node)


TOLD_ON = "{'type': kind, kind: view}"
"""A web process tells on what it heard."""


def types_in(node: ast.Dict) -> Iterator[str]:
    """The value of its key ``type``."""
    for key, value in zip(node.keys, node.values, strict=True):
        is_type = isinstance(key, ast.Constant) and key.value == "type"
        if is_type and ast.unparse(node) != TOLD_ON:
            assert isinstance(value, ast.Constant), ast.unparse(node)
            yield str(value.value)


def is_told(asker: Asker, kind: str, of: Of) -> bool:
    """A call by click is in no queue: who is limited to queues does not hear of it."""
    if not asker.is_limited:
        return True
    return of is not Of.THEIRS and not (kind == "attempt" and asker.scope.queues)


WATCHERS = {Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("who", [who for who, asker in ASKERS.items() if asker.role in WATCHERS])
async def test_a_watcher_is_told_what_is_theirs(book: Book, who: str, door: str) -> None:
    asker = ASKERS[who]
    told = [(kind, of, change) for kind, changes in LIVE.items() for of, change in changes]
    async with (
        DOORS[door](book) as gateway,
        aiohttp.ClientSession(
            gateway.url, headers={"Authorization": f"Bearer {asker.token}"}
        ) as session,
        session.ws_connect("/api/live") as socket,
    ):
        first = orjson.loads(await socket.receive_str())
        for kind, _, change in told:
            gateway.feed.publish({"type": kind, **change})
        heard = [*first]
        while not heard or heard[-1]["type"] != "link":
            heard += orjson.loads(await socket.receive_str())
    kinds = [change["type"] for change in heard]
    assert kinds == ["snapshot", *(kind for kind, of, _ in told if is_told(asker, kind, of))]
    leaks = theirs(orjson.dumps(heard))
    assert (leaks == []) == asker.is_limited
