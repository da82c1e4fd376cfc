"""Stand-ins for the loop's ports that remember what they were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ccgateway.agents.agent import Agent
from ccgateway.calls.board import Ours
from ccgateway.calls.call import Call
from ccgateway.customers.customer import Customer
from ccgateway.engine.loop import Engine
from ccgateway.engine.setup import Setup
from ccgateway.errors import PbxUnavailable, StoreUnavailable
from ccgateway.outbound.attempt import Attempt
from ccgateway.routing.service import Service
from ccgateway.telephony.actions import Action, Member
from ccgateway.telephony.facts import Fact

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class MemoryStore:
    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.calls: dict[str, Call] = {}
        self.agents: list[Agent] = []
        self.customers: dict[str, Customer] = {}
        self.absorbed: dict[str, str] = {}
        self.attempts: dict[str, Attempt] = {}
        self.next_case = 1001
        self.away = False

    def put_facts(self, facts: Sequence[Fact], call: Call | None) -> None:
        self.facts.extend(facts)
        if call is not None:
            self.calls[str(call.call_id)] = call

    def put_agent(self, agent: Agent) -> None:
        self.agents.append(agent)

    def absorb(self, old: UUID, new: UUID) -> None:
        self.calls.pop(str(old), None)
        self.absorbed[str(old)] = str(new)

    def put_attempt(self, attempt: Attempt) -> None:
        known = self.attempts.get(attempt.id, attempt)  # whose key stays
        self.attempts[attempt.id] = replace(attempt, key=known.key)

    async def new_attempt(self, attempt: Attempt) -> Attempt:
        if self.away:
            raise StoreUnavailable
        for known in self.attempts.values():
            if attempt.key and attempt.key == known.key:
                return known
        self.attempts[attempt.id] = attempt
        return attempt

    async def attempt(self, attempt_id: str, key: str = "") -> Attempt | None:
        if self.away:
            raise StoreUnavailable
        keyed = (a for a in self.attempts.values() if key and a.key == key)
        return self.attempts.get(attempt_id) or next(keyed, None)

    async def case_numbers(self) -> range:
        if self.away:
            raise StoreUnavailable
        first, self.next_case = self.next_case, self.next_case + 20
        return range(first, self.next_case)

    async def customer(self, client: str, number: str) -> Customer | None:
        if self.away:
            raise StoreUnavailable
        return self.customers.get(number)


class MemoryFeed:
    def __init__(self) -> None:
        self.changes: list[Mapping[str, object]] = []

    def publish(self, change: Mapping[str, object]) -> None:
        self.changes.append(change)

    def of(self, kind: str) -> list[Mapping[str, object]]:
        return [change for change in self.changes if change["type"] == kind]


class MemoryLink:
    node = "pbx1"

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.there: list[Member] = []
        self.down = False
        self.fault: Exception | None = None
        self.offset = timedelta(0)
        self.variables = {"DYNAMIC_FEATURES": "ccg-agent"}  # of every channel

    def now(self) -> datetime:
        return NOW + self.offset

    async def act(self, action: Action) -> None:
        if self.down:
            raise PbxUnavailable
        self.actions.append(action)
        if self.fault:
            raise self.fault

    async def members(self) -> Sequence[Member]:
        if self.down:
            raise PbxUnavailable
        return self.there

    async def variable(self, channel: str, name: str) -> str:
        if self.down:
            raise PbxUnavailable
        return self.variables.get(name, "")


class World:
    """An engine with one service, two agents, and ports that remember."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.feed = MemoryFeed()
        self.link = MemoryLink()
        anna = Agent("101", "Anna", "PJSIP/101", ("stations",), NOW)
        bert = Agent("102", "Bert", "PJSIP/102", ("stations",), NOW)
        service = Service(
            id="hotline",
            client="oilco",
            name="Hot line",
            dids=("1000",),
            queue="stations",
            timezone=ZoneInfo("Europe/Helsinki"),
            country="FI",
            own_numbers=("+358942454000",),
            outbound_prefix="10",
        )
        phones = {"PJSIP/101": "101", "PJSIP/102": "102"}
        ours = Ours({"stations", "ccg-fallback"}, {"from-phones"}, phones)
        self.setup = Setup(
            nodes=["pbx1"],
            services=[service],
            agents=[anna, bert],
            managed=frozenset({"stations"}),
            ours={"pbx1": ours},
            reasons=("break", "lunch"),
        )
        self.engine = Engine(self.setup, self.store, self.feed, StoppedClock())
        self.engine.attach({"pbx1": self.link})
