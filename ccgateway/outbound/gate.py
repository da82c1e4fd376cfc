"""The gate: may this agent call this number for this service? Values in, Allowed or Refused out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ccgateway.agents.agent import Activity, Agent, Duty
from ccgateway.customers.customer import Customer
from ccgateway.errors import NumberRefused, Refused
from ccgateway.outbound.destination import allowed, emergency, reaches_emergency, rules_of
from ccgateway.routing.service import Service
from ccgateway.telephony.numbers import normalise


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the agent's id, the number as somebody wrote it, the service's id ('': the
    agent's only one), the Idempotency-Key ('' without), who asks (api or cli), and which of the
    service's own numbers to show ('': the first)."""

    agent: str
    to: str
    service: str = ""
    key: str = ""
    by: str = "api"
    show: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A call that may be placed. ``number`` is E.164, but for an emergency number from a phone;
    ``caller_id`` is the service's own number. The dialler adds ``call`` (our call id), ``case`` and
    ``display``, which the next agent's phone shows of it."""

    service: str
    client: str
    number: str
    caller_id: str
    call: str = ""
    case: int | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class Premises:
    """What the gate goes by: all services, ``ours`` (our own numbers, normalised), and each
    client's blocked numbers in E.164."""

    services: Sequence[Service]
    ours: frozenset[str]
    blocked: dict[str, frozenset[str]] = field(default_factory=dict)

    def may_call(self, dialled: str, service: Service, show: str = "") -> Allowed:
        """The number by the service's rules. Raises Refused."""
        shown = _own_number(service, show)
        blocked = self.blocked.get(service.client, frozenset())
        number = allowed(dialled, rules_of(service, self.ours, blocked))
        return Allowed(service.id, service.client, number, shown)


def by_click(wanted: Wanted, agent: Agent, premises: Premises) -> Allowed:
    """A call that we originate. Raises Refused."""
    if agent.duty is Duty.OFF:
        raise Refused(f"agent {agent.id} is not logged in: log in first")
    if agent.activity is not Activity.IDLE:
        raise Refused(f"agent {agent.id} is {agent.state}: one call at a time")
    service = _service(wanted.service, agent, premises.services)
    if reaches_emergency(wanted.to, service.country):
        raise Refused("emergency numbers are dialled by people at a phone, never by us")
    return premises.may_call(wanted.to, service, wanted.show)


def by_phone(prefix: str, dialled: str, agent: Agent | None, premises: Premises) -> Allowed:
    """A call that an agent dials as ``*5``, the service's prefix, and the number. Emergency numbers
    go out whatever else is wrong: then ``service`` may be ''. Raises Refused."""
    service = next((s for s in premises.services if prefix and s.outbound_prefix == prefix), None)
    countries = [service.country] if service else [s.country for s in premises.services]
    for digits in filter(None, (emergency(dialled, country) for country in countries)):
        own = service.own_numbers[0] if service and service.own_numbers else ""
        return Allowed(
            service.id if service else "", service.client if service else "", digits, own
        )
    if agent is None:
        raise Refused("this phone is no agent's")
    if service is None:
        raise Refused(f"no service has the outbound_prefix {prefix[:2]!r}")
    _check_works_for(agent, service, premises.services)
    return premises.may_call(dialled, service)


def _own_number(service: Service, show: str) -> str:
    """The service's own number that is asked for, else its first. Raises Refused."""
    if not service.own_numbers:
        raise Refused(f"service {service.id} has no own_numbers: nothing to show as caller ID")
    if not show:
        return service.own_numbers[0]
    number = normalise(show, service.country)
    if number not in service.own_numbers:
        theirs = ", ".join(service.own_numbers)
        raise Refused(f"that is no own number of service {service.id}: it can show {theirs}")
    return number


def check_customer(customer: Customer | None) -> None:
    """Raises Refused where the customer table says so."""
    if customer is not None and customer.blocked:
        why = f"is customer {customer.id}, who is blocked: see `customer list`"
        raise NumberRefused(customer.number, why)


def _service(asked: str, agent: Agent, services: Sequence[Service]) -> Service:
    """The service asked for, or the only one there is. Raises Refused, which lists them."""
    if asked:
        service = next((service for service in services if service.id == asked), None)
        if service is None:
            raise Refused(f"no service {asked!r}; agent {agent.id} has {_named(agent, services)}")
        _check_works_for(agent, service, services)
        return service
    calling = [service for service in works_for(agent, services) if service.own_numbers]
    if len(calling) != 1:
        names = ", ".join(service.id for service in calling)
        raise Refused(
            f"which service? agent {agent.id} can call for {names}"
            if calling
            else f"no service of agent {agent.id} has own_numbers to call with"
        )
    return calling[0]


def works_for(agent: Agent, services: Sequence[Service]) -> list[Service]:
    """The services that the agent's queues belong to, on any line."""
    return [service for service in services if not set(agent.queues).isdisjoint(_queues(service))]


def _queues(service: Service) -> Collection[str]:
    return {service.queue, *(target.queue for target in service.targets if target.queue)}


def _check_works_for(agent: Agent, service: Service, services: Sequence[Service]) -> None:
    if service not in works_for(agent, services):
        named = _named(agent, services)
        raise Refused(f"agent {agent.id} is in no queue of service {service.id}; theirs: {named}")


def _named(agent: Agent, services: Sequence[Service]) -> str:
    return ", ".join(service.id for service in works_for(agent, services)) or "none"
