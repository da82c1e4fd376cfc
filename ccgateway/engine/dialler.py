"""The dialler: calls by click. An attempt is committed before Asterisk is asked, and Asterisk is
asked once; what became of it, its facts and the next snapshot tell."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from ccgateway.customers.customer import Customer
from ccgateway.engine.attempts import Attempts
from ccgateway.engine.cases import Cases
from ccgateway.engine.desk import Desk
from ccgateway.engine.placing import (
    AGENT_RING_S,
    action_of,
    attempt_id,
    attempted,
    chosen,
    shown_of,
)
from ccgateway.engine.ports import Clock, Inbox, LiveFeed, PbxLink, Store
from ccgateway.engine.setup import Setup
from ccgateway.errors import (
    ActionRefused,
    ActionTimeout,
    PbxUnavailable,
    Refused,
    StoreUnavailable,
    UnknownAgent,
    UnsafeText,
)
from ccgateway.outbound.attempt import Attempt, End, Stage
from ccgateway.outbound.gate import (
    Allowed,
    Premises,
    Wanted,
    by_click,
    by_phone,
    check_customer,
)
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of
from ccgateway.telephony.numbers import normalise

SILENCE_S = AGENT_RING_S + 10.0
"""After so long without a word of it from an Asterisk that we hear, it never took the call."""

LOOK_UP_S = 0.2
"""How long a person who dials waits for the customer table, as a caller does."""

log = structlog.get_logger()


class Dialler:
    """Places calls for agents. ``is_up``: whether a node's link is up."""

    def __init__(
        self,
        setup: Setup,
        store: Store,
        feed: LiveFeed,
        *,
        inbox: Inbox,
        clock: Clock,
        desk: Desk,
        cases: Cases,
        is_up: Callable[[str], bool],
    ) -> None:
        self.attempts = Attempts(store, feed)
        self._nodes = frozenset(setup.nodes)
        self._node = setup.nodes[0]  # where the agents' phones are
        self._premises = premises_of(setup)
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._desk = desk
        self._cases = cases
        self._is_up = is_up
        self._links: Mapping[str, PbxLink] = {}
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sending: set[asyncio.Task[None]] = set()

    def renew(self, premises: Premises) -> None:
        """Go on by another setup of the same nodes: its ``premises_of``."""
        self._premises = premises

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node."""
        self._links = links

    def restore(self, attempts: Collection[Attempt], told: Collection[Fact] = ()) -> None:
        """Take up what had not ended when we stopped; the next snapshot says what became of it.
        Where we were killed that we asked may not be among the stored facts (``told``): then it is
        told again. Attempts of a node that the configuration has no more are left as they stand."""
        ours = [attempt for attempt in attempts if attempt.node in self._nodes]
        self.attempts.restore(ours)
        known = {fact.subject for fact in told if fact.kind is Kind.ATTEMPTED}
        for attempt in ours:
            if attempt.stage in {Stage.STORED, Stage.SENT} and attempt.id not in known:
                self._inbox.put(attempted(attempt, attempt.requested_at, None))

    async def originate(self, wanted: Wanted) -> Attempt:
        """Call somebody for an agent; returns when Asterisk has said that it does so, or nothing.

        Raises UnknownAgent, Refused, StoreUnavailable; PbxUnavailable where it was not sent, and
        ActionRefused where Asterisk will not: both are stored as the attempt's end."""
        self._desk.agent(wanted.agent)
        # One at a time for an agent: neither two clicks nor a repeated request ring twice.
        async with self._asking[wanted.agent]:
            if (known := await self._known(wanted)) is not None:
                return known
            attempt, customer = await self._new(wanted)
            stored = await self._stored(attempt)
            if stored.id != attempt.id:
                return self._found(stored, wanted)
            self.attempts.add(attempt)
        sending = asyncio.get_running_loop().create_task(self._send(attempt, customer))
        self._sending.add(sending)
        sending.add_done_callback(self._sent)
        # Whoever asked may go away meanwhile: the attempt does not.
        await asyncio.shield(sending)
        return self.attempts.get(attempt.id) or attempt

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """An attempt as it stands. Raises StoreUnavailable."""
        return self.attempts.get(attempt_id) or await self._store.attempt(attempt_id)

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        """May the agent of this phone call this number? ``channel`` is the uniqueid of his call,
        whose record gets the number in full, and a case. Raises Refused."""
        agent_id = self._desk.of_phone(phone)
        agent = self._desk.agent(agent_id) if agent_id else None
        allowed = by_phone(prefix, dialled, agent, self._premises)
        customer = None
        if allowed.number.startswith("+"):
            customer = await self._customer_in_time(allowed)
            check_customer(customer)
        case, call = self._cases.take(), str(call_id_of(self._node, channel))
        allowed = replace(allowed, call=call, case=case, display=shown_of(case, customer))
        self._inbox.put(chosen(self._node, channel, allowed, self._now()))
        return allowed

    # -- within

    async def _known(self, wanted: Wanted) -> Attempt | None:
        """The attempt that came with the same key. Raises Refused where it is another call's."""
        if not wanted.key:
            return None
        found = self.attempts.by_key(wanted.key) or await self._store.attempt("", wanted.key)
        return self._found(found, wanted) if found else None

    async def _stored(self, attempt: Attempt) -> Attempt:
        """The attempt with its key, as it is in the store. Raises Refused, StoreUnavailable."""
        try:
            return await self._store.new_attempt(attempt)
        except (StoreUnavailable, asyncio.CancelledError):
            # It may be committed, or will be: whatever happens to the row, it is not sent. Without
            # its key: where there is no row yet, whoever asks again is to be called.
            self.attempts.unsent(replace(attempt, key=""), self._now())
            raise

    def _found(self, found: Attempt, wanted: Wanted) -> Attempt:
        """``found``, as it goes on or ended. Where its row was committed and we were told that
        PostgreSQL is away, nobody sent it, and nobody will. Raises Refused."""
        self._check_same(found, wanted)
        if (known := self.attempts.get(found.id)) is not None:
            return replace(known, key=found.key)
        if found.stage is Stage.STORED and found.node in self._nodes:
            return self.attempts.unsent(found, self._now())
        return found

    def _check_same(self, found: Attempt, wanted: Wanted) -> None:
        """Raises Refused where ``wanted`` is another request than ``found`` came with."""
        services = self._premises.services
        country = next((s.country for s in services if s.id == found.service), "")
        number = normalise(wanted.to, country)
        same = (found.agent, found.number) == (wanted.agent, number)
        shown = normalise(wanted.show, country) in (None, "", found.caller_id)
        if not same or not shown or wanted.service not in ("", found.service):
            raise Refused(f"this Idempotency-Key is another call's ({found.id}): take a new one")

    async def _new(self, wanted: Wanted) -> tuple[Attempt, Customer | None]:
        """The attempt, and who is called. Raises Refused, StoreUnavailable."""
        if (running := self.attempts.of_agent(wanted.agent)) is not None:
            raise Refused(f"agent {wanted.agent} has a call by click already: {running.id}")
        allowed = by_click(wanted, self._desk.agent(wanted.agent), self._premises)
        customer = await self._store.customer(allowed.client, allowed.number)
        check_customer(customer)
        attempt = Attempt(
            id=attempt_id(self._now()),
            key=wanted.key,
            node=self._node,
            client=allowed.client,
            service=allowed.service,
            agent=wanted.agent,
            number=allowed.number,
            caller_id=allowed.caller_id,
            by=wanted.by,
            requested_at=self._now(),
        )
        return attempt, customer

    async def _send(self, attempt: Attempt, customer: Customer | None) -> None:
        """Ask Asterisk, once. Raises PbxUnavailable, ActionRefused, UnsafeText, and UnknownAgent
        where a reload took the agent out while the attempt was stored."""
        case, now = self._cases.take(), self._now()
        # Of the moment of sending, not of the click: a snapshot that was asked for in between does
        # not have its channel.
        self._inbox.put(attempted(attempt, now, case))
        try:
            action = action_of(attempt, self._desk.agent(attempt.agent), customer, case)
            link = self._link()
            self.attempts.sent(attempt.id, now)
            await link.act(action)
        except ActionTimeout as error:
            log.warning("attempt sent, no answer", attempt=attempt.id, why=str(error))
        except (ActionRefused, UnsafeText) as error:
            self._fail(attempt, End.FAILED, error)
            raise
        except (PbxUnavailable, UnknownAgent) as error:
            self._fail(attempt, End.NOT_SENT, error)
            raise
        asyncio.get_running_loop().call_later(SILENCE_S, self._listen, attempt)

    def _link(self) -> PbxLink:
        if self._node not in self._links:
            raise PbxUnavailable
        return self._links[self._node]

    def _sent(self, sending: asyncio.Task[None]) -> None:
        self._sending.discard(sending)
        if not sending.cancelled():
            sending.exception()  # it is told already; who asked may be gone

    def _fail(self, attempt: Attempt, end: End, error: Exception) -> None:
        """No channel will come: its call is over, too."""
        log.warning("attempt not placed", attempt=attempt.id, end=end, why=str(error))
        self.attempts.end(attempt.id, end, self._now())
        detail = {"response": "Failure", "reason": end.value}
        told = Fact(attempt.node, Kind.ORIGINATED, attempt.id, self._now(), source=Source.SELF)
        self._inbox.put(replace(told, detail=detail))

    def _listen(self, attempt: Attempt) -> None:
        """Nothing came, not even OriginateResponse. While the link is down, its next snapshot
        decides instead."""
        if self.attempts.is_silent(attempt.id) and self._is_up(attempt.node):
            self._fail(attempt, End.LOST, TimeoutError("Asterisk said nothing of it"))

    async def _customer_in_time(self, allowed: Allowed) -> Customer | None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await self._store.customer(allowed.client, allowed.number)
        except (TimeoutError, StoreUnavailable) as error:
            log.warning("customer table not asked", why=str(error) or "too slow")
            return None

    def _now(self) -> datetime:
        """As this node's facts tell time."""
        link = self._links.get(self._node)
        return link.now() if link else self._clock.now()


def premises_of(setup: Setup) -> Premises:
    """What the gate goes by."""
    ours = {n for s in setup.services for did in s.dids if (n := normalise(did, s.country))}
    own = {number for service in setup.services for number in service.own_numbers}
    return Premises(setup.services, frozenset(ours | own), dict(setup.blocked))
