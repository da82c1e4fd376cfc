"""The decision for an inbound call: values and ``now`` in, a Route with its reasons out.

The rules are asked in order; the first that refuses decides. Whatever is not known (a DID that
no service has) goes to the static fallback queue: a caller is never lost to a gap in our file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ccgateway.customers.customer import Customer
from ccgateway.routing.blocked import blocks
from ccgateway.routing.hours import is_open
from ccgateway.routing.route import Goal, Inbound, Reason, Route
from ccgateway.routing.service import Service
from ccgateway.telephony.numbers import normalise


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the call itself: the customer (None: not found), whether the look-up
    could be made at all, the client's blocked numbers, the managed queues with somebody in."""

    customer: Customer | None = None
    looked_up: bool = True
    blocked: Collection[str] = ()
    staffed: Collection[str] = ()


def service_of(services: Sequence[Service], did: str) -> Service | None:
    """The service that has this DID, in whatever form the PBX gave it."""
    for service in services:
        if did in service.dids or normalise(did, service.country) in service.dids:
            return service
    return None


@dataclass(frozen=True, slots=True)
class _Case:
    """A call, the service it asks for, and what is known; ``number`` is the caller in E.164."""

    call: Inbound
    service: Service
    known: Known
    number: str | None


def route(call: Inbound, service: Service | None, known: Known, now: datetime) -> Route:
    """Where ``call`` shall go. ``service`` is ``service_of`` its DID."""
    if service is None:
        reason = Reason("did", call.did[:40], "no service has it: static fallback queue")
        return Route(goal=Goal.FALLBACK, reasons=(reason,))
    case = _Case(call, service, known, caller_of(call, service))
    found = Reason("did", call.did[:40], f"service {service.id} of client {service.client}")
    reasons = [found, _caller_reason(case)]
    for kind, refused, reason in _looks(case, now):
        reasons.append(reason)
        if refused:
            return _write(case, Goal.MESSAGE, kind, reasons)
    reasons.append(_queue_reason(case))
    return _write(case, Goal.QUEUE, "", reasons)


def caller_of(call: Inbound, service: Service) -> str | None:
    """The caller in E.164; None where the number is withheld, missing or none."""
    return None if call.withheld else normalise(call.number, service.country)


def _looks(case: _Case, now: datetime) -> Iterator[tuple[str, bool, Reason]]:
    """The rules in their order: (kind of message, whether it refuses, the reason)."""
    if case.number is None:
        refused = not case.service.accept_anonymous
        verdict = "refused: the service wants a number" if refused else "accepted"
        yield "blocked", refused, Reason("anonymous", "no number", verdict)
    blocker = _blocker(case)
    if blocker:
        yield "blocked", True, Reason("blocked", "the caller's number", f"blocked by {blocker}")
    opened, reason = is_open(case.service, now)
    yield "closed", not opened, reason


def _blocker(case: _Case) -> str:
    customer, number = case.known.customer, case.number
    if customer is not None and customer.blocked:
        return "the customer table"
    if number is not None and blocks(case.service.blocked, number):
        return "the service"
    if number is not None and blocks(case.known.blocked, number):
        return "the client"
    return ""


def overflow_of(service: Service) -> str:
    """What the dialplan is told of ``overflow``: MESSAGE, FALLBACK or the target's digit."""
    digits = {target.name: str(target.digit) for target in service.targets}
    return digits.get(service.overflow, service.overflow)


def _caller_reason(case: _Case) -> Reason:
    if case.number is None:
        return Reason("caller", "withheld" if case.call.withheld else "no number", "anonymous")
    if not case.known.looked_up:
        return Reason("caller", "number given", "the customer table could not be asked")
    if case.known.customer is None:
        return Reason("caller", "number given", "no customer has it")
    return Reason("caller", "number given", f"customer {case.known.customer.id}")


def _queue_reason(case: _Case) -> Reason:
    staffed = case.service.queue in case.known.staffed
    verdict = "somebody is logged in" if staffed else "nobody is logged in: the queue decides"
    return Reason("queue", case.service.queue, verdict)


def _write(case: _Case, goal: Goal, kind: str, reasons: list[Reason]) -> Route:
    customer, service = case.known.customer, case.service
    said = service.messages
    return Route(
        goal=goal,
        service=service.id,
        client=service.client,
        queue=service.queue if goal is Goal.QUEUE else "",
        priority=service.priority + (customer.priority if customer else 0),
        language=(customer.language if customer else "") or service.language,
        greeting=said.greeting,
        message={"closed": said.closed, "blocked": said.blocked}.get(kind, ""),
        message_kind=kind,
        full_message=said.full,
        nobody_message=said.nobody,
        overflow=overflow_of(service),
        wait_limit=service.wait_limit,
        number=case.number or "",
        withheld=case.call.withheld,
        customer=customer.id if customer else None,
        reasons=tuple(reasons),
    )
