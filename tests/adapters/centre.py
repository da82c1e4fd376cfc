"""A centre that works for two clients, for the tests of who may see and do what.

One is the oil company (hot line, stations, agents 101 and 102), the other the bank (loans, counter,
agent 201). Whatever is the bank's has some of what ``theirs`` finds in its text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ccgateway.access.act import Act
from ccgateway.access.token import Token, digest
from ccgateway.access.who import Role, Scope
from ccgateway.calls.gap import Gap, gap
from ccgateway.calls.listed import Search
from ccgateway.config import HttpSettings
from ccgateway.engine.ports import Place
from ccgateway.errors import StoreUnavailable, UnknownAgent, UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Wanted
from ccgateway.web.access import Access
from ccgateway.web.limits import Limits
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)

GAP = gap("pbx1", NOW, "no answer to a ping")

OWN_CALL = "11111111-0000-4000-8000-000000000101"  # 101 talks in it
OTHERS_CALL = "22222222-0000-4000-8000-000000000102"  # 102 does
LEFT_CALL = "33333333-0000-4000-8000-000000000103"  # 101 did, and passed it on to 102
THEIR_CALL = "99999999-0000-4000-8000-000000000201"
OWN_CLICK, THEIR_CLICK = "ccg-1.101", "ccg-9.201"

_THEIRS = re.compile(rb"bank|loans|counter|99999999|ccg-9|(?<![0-9a-f.])201(?![0-9a-f])")
"""The last is agent 201, who stands in no moment (15:53:55.201344) and no hexadecimal id."""


def theirs(told: bytes) -> list[bytes]:
    """What of the bank is in a text."""
    return _THEIRS.findall(told)


def call(call_id: str, agent: str, *before: str) -> dict[str, Any]:
    """As ``engine.view`` shows it, as far as these tests go."""
    bank = agent == "201"
    return {
        "call_id": call_id,
        "client": "bank" if bank else "oilco",
        "service": "loans" if bank else "hotline",
        "queues": ["counter" if bank else "stations"],
        "agent": agent,
        "agents": [*before, agent],
        "started_at": NOW.isoformat(),
    }


def agent_row(agent: str, call_id: str) -> dict[str, Any]:
    """The same."""
    bank = agent == "201"
    return {
        "id": agent,
        "queues": ["counter" if bank else "stations"],
        "services": ["loans" if bank else "hotline"],
        "clients": ["bank" if bank else "oilco"],
        "state": "talking",
        "call_id": call_id,
    }


def queue_row(name: str) -> dict[str, Any]:
    """The same."""
    bank = name == "counter"
    services, clients = (["loans"], ["bank"]) if bank else (["hotline"], ["oilco"])
    return {"name": name, "services": services, "clients": clients, "waiting": 1}


CALLS = {
    OWN_CALL: call(OWN_CALL, "101"),
    OTHERS_CALL: call(OTHERS_CALL, "102"),
    LEFT_CALL: call(LEFT_CALL, "102", "101"),
    THEIR_CALL: call(THEIR_CALL, "201"),
}
AGENTS = {
    "101": agent_row("101", OWN_CALL),
    "102": agent_row("102", OTHERS_CALL),
    "201": agent_row("201", THEIR_CALL),
}
QUEUES = [queue_row("stations"), queue_row("counter")]
SERVICES = [
    {"id": "hotline", "client": "oilco", "queues": ["stations"], "own_numbers": ["+358942454000"]},
    {"id": "loans", "client": "bank", "queues": ["counter"], "own_numbers": ["+358942454001"]},
]


def attempt(attempt_id: str, agent: str) -> Attempt:
    """A call by click."""
    bank = agent == "201"
    of = ("bank", "loans") if bank else ("oilco", "hotline")
    number = "+358409999201" if bank else "+358401111101"
    return Attempt(attempt_id, "", "pbx1", *of, agent, number, "+358942454000", "api", NOW)


def snapshot() -> dict[str, object]:
    """All that is live."""
    state: dict[str, object] = {"at": NOW.isoformat(), "nodes": [{"name": "pbx1", "up": True}]}
    rows = {"calls": list(CALLS.values()), "agents": list(AGENTS.values()), "queues": QUEUES}
    return {**state, **rows, "other_calls": 0, "backlog": 0}


class Centre(Unasked):
    """The loop's side: does what it is asked, and remembers it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []

    def call(self, call: str) -> Mapping[str, object]:
        found = [row for call_id, row in CALLS.items() if call_id.startswith(call)]
        if not found:
            raise UnknownCall(f"no live call {call!r}")
        return found[0]

    def story(self, call: str) -> Mapping[str, object]:
        return self.call(call)

    def services(self) -> Sequence[Mapping[str, object]]:
        return SERVICES

    def agent_state(self, agent: str) -> Mapping[str, object]:
        if agent not in AGENTS:
            raise UnknownAgent(f"no agent {agent!r} in the configuration")
        return AGENTS[agent]

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        self.done.append((verb, agent))
        return "paused"

    async def originate(self, wanted: Wanted) -> Attempt:
        self.done.append(("originate", wanted.agent))
        return attempt(OWN_CLICK, wanted.agent)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        agent = {OWN_CLICK: "101", THEIR_CLICK: "201"}.get(attempt_id)
        return attempt(attempt_id, agent) if agent else None

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        self.done.append(("escalate", call, agent))
        return {"call_id": call, "agent": agent, "to": to, "mode": mode}

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        self.done.append(("consult", call))
        return {"call_id": call, "agent": "101", "do": do}

    def note(self, call: str, text: str, *, by: str) -> str:
        self.done.append(("note", call, by))
        return call


class Past:
    """``engine.ports.History`` of the same calls."""

    async def calls(self, search: Search, limit: int) -> Sequence[Mapping[str, object]]:
        return [row for row in CALLS.values() if search.scope.sees_call(row)][:limit]

    async def call(self, name: str, scope: Scope) -> Mapping[str, object]:
        row = CALLS.get(name)
        if row is None or not scope.sees_call(row):
            raise UnknownCall(f"no call {name!r}")
        return row

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        return [GAP]


class Book:
    """The tables of tokens and acts, in memory. ``away``: PostgreSQL is."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.digests: dict[bytes, str] = {}
        self.acts: list[Act] = []
        self.uses: list[str] = []
        self.away = False
        self.asked = 0

    def add(
        self, secret: str, role: Role, scope: Scope | None = None, *, lasts: timedelta | None = None
    ) -> str:
        """A token whose id and name is its secret's; returns the secret."""
        now = datetime.now(UTC)
        ends = now + lasts if lasts is not None else None
        self.tokens[secret] = Token(secret, secret, role, scope or Scope(), now, ends)
        self.digests[digest(secret)] = secret
        return secret

    async def by_digest(self, digest: bytes) -> Token | None:
        return self._found(self.digests.get(digest, ""))

    async def by_id(self, token_id: str) -> Token | None:
        return self._found(token_id)

    def used(self, token_id: str, at: datetime) -> None:
        self.uses.append(token_id)

    def put(self, act: Act) -> None:
        self.acts.append(act)

    def _found(self, token_id: str) -> Token | None:
        self.asked += 1
        if self.away:
            raise StoreUnavailable('password authentication failed for user "dba" at 10.0.0.5')
        return self.tokens.get(token_id)


class Gateway(Served[Centre]):
    """The server of that centre."""

    def __init__(
        self,
        book: Book,
        settings: HttpSettings | None = None,
        *,
        per_token: Limits | None = None,
        failed: Limits | None = None,
        key: bytes = b"",
    ) -> None:
        settings = settings or http_settings()
        self.access = Access(
            settings, tokens=book, audit=book, per_token=per_token, failed=failed, key=key
        )
        super().__init__(Centre(), snapshot, history=Past(), access=self.access, settings=settings)


def http_settings(**values: object) -> HttpSettings:
    """On a free port, with the test's token."""
    return HttpSettings.model_validate({"port": 0, "token": TOKEN, **values})
