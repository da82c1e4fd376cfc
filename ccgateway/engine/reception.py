"""The reception: who asks for a route gets one, in time, whatever PostgreSQL does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import structlog

from ccgateway.customers.customer import Customer
from ccgateway.engine.cases import Cases
from ccgateway.engine.ports import Clock, Inbox, PbxLink, Store
from ccgateway.engine.setup import Setup
from ccgateway.errors import StoreUnavailable
from ccgateway.routing.decide import Known, caller_of, route, service_of
from ccgateway.routing.route import Goal, Inbound, Reason, Route
from ccgateway.routing.service import Service
from ccgateway.routing.tiers import display
from ccgateway.telephony.facts import Fact, Kind, Source

LOOK_UP_S = 0.2
"""How long a caller waits for the customer table: they hear silence meanwhile, and the dialplan
gives the whole answer little more than a second."""

log = structlog.get_logger()


class Reception:
    """Answers ``Decide.inbound``: looks the caller up, decides, and writes the decision down."""

    def __init__(
        self,
        setup: Setup,
        store: Store,
        inbox: Inbox,
        clock: Clock,
        staffed: Callable[[], Collection[str]],
        *,
        cases: Cases,
    ) -> None:
        self._setup = setup
        self._store = store
        self._inbox = inbox
        self._clock = clock
        self._staffed = staffed
        self._cases = cases
        self._links: Mapping[str, PbxLink] = {}

    def renew(self, setup: Setup) -> None:
        """Go on by another setup."""
        self._setup = setup

    def attach(self, links: Mapping[str, PbxLink]) -> None:
        """The AMI links by node: they know their node's time."""
        self._links = links

    async def inbound(self, call: Inbound) -> Route:
        """The route for a call. Never raises: what goes wrong leads to the fallback queue."""
        try:
            found = await self._decide(call)
        except Exception:
            log.exception("no route could be made: static fallback queue", uniqueid=call.uniqueid)
            reason = Reason("fault", type(self).__name__, "our fault, see the log")
            found = Route(goal=Goal.FALLBACK, reasons=(reason,))
        self._inbox.put(routed(self._in_time(call), found))
        return found

    def _in_time(self, call: Inbound) -> Inbound:
        """The call, stamped now, in the clock of its node's other facts."""
        link = self._links.get(call.node)
        return call if link is None else replace(call, at=link.now())

    async def _decide(self, call: Inbound) -> Route:
        service = service_of(self._setup.services, call.did)
        if service is None:
            found = route(call, None, Known(), self._clock.now())
            return self._with_case(call, found, None)
        customer, looked_up = await self._customer(call, service)
        known = Known(
            customer=customer,
            looked_up=looked_up,
            blocked=self._setup.blocked.get(service.client, frozenset()),
            staffed=self._staffed(),
        )
        found = route(call, service, known, self._clock.now())
        return self._with_case(call, found, customer)

    def _with_case(self, call: Inbound, found: Route, customer: Customer | None) -> Route:
        """The route with what an agent's phone shows of the call, and a number for the case: not
        for who hears a message only, or dialled no service of ours; robots would use them up."""
        asks = found.service and found.goal is not Goal.MESSAGE
        case = self._cases.take() if asks else None
        name = customer.name if customer else "" if call.withheld else call.name
        return replace(found, case=case, display=display(case, name))

    async def _customer(self, call: Inbound, service: Service) -> tuple[Customer | None, bool]:
        number = caller_of(call, service)
        if number is None:
            return None, True
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await self._store.customer(service.client, number), True
        except (TimeoutError, StoreUnavailable) as error:
            log.warning("customer table not asked", why=str(error) or "too slow")
            return None, False


def routed(call: Inbound, found: Route) -> Fact:
    """The decision as a fact: what was decided and why."""
    detail = {
        "channel": call.channel,
        "goal": found.goal.value,
        "did": call.did,
        "service": found.service,
        "client": found.client,
        "queue": found.queue,
        "message": found.message_kind,
        "priority": str(found.priority),
        "language": found.language,
        "customer": "" if found.customer is None else str(found.customer),
        "case": "" if found.case is None else str(found.case),
        "caller_number": found.number,
        "withheld": "yes" if call.withheld else "",
        "reasons": json.dumps([[r.rule, r.inputs, r.verdict] for r in found.reasons]),
    }
    return Fact(
        call.node,
        Kind.ROUTED,
        call.uniqueid,
        call.at,
        source=Source.SELF,
        detail={key: value for key, value in detail.items() if value},
    )
