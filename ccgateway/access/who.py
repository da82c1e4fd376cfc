"""Who asks: a role, which says what they may do, and a scope, which says what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Role(IntEnum):
    """What somebody may do; each from AGENT on may do all that those before may."""

    SHIPPER = 0  # send Asterisk's journals, and nothing else: it is a machine's
    AGENT = 1  # their own state, and the calls that they are in
    SUPERVISOR = 2  # all agents and calls of their scope
    ADMINISTRATOR = 3  # everything


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see; an empty set is no limit. What is told must be within every limit
    that is set; of the agent ``agent`` ('' for none) it is told in any case, and of the calls that
    they are or were in. Rows are the views of ``engine.view``: flat JSON values."""

    clients: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    agent: str = ""

    @property
    def is_all(self) -> bool:
        """Whether there is no limit."""
        return not (self.clients or self.services or self.queues)

    def sees_call(self, call: Mapping[str, Any]) -> bool:
        """Of a call count its client, its service and the queues it was in."""
        return self.is_own(call) or (
            (not self.clients or call["client"] in self.clients)
            and (not self.services or call["service"] in self.services)
            and (not self.queues or not self.queues.isdisjoint(call["queues"]))
        )

    def is_own(self, call: Mapping[str, Any]) -> bool:
        """Whether the agent is or was in the call."""
        return bool(self.agent) and self.agent in call["agents"]

    def sees_queue(self, queue: Mapping[str, Any]) -> bool:
        """Of a queue count its name, and the services and clients whose callers come to it."""
        return (
            (not self.queues or queue["name"] in self.queues)
            and (not self.services or not self.services.isdisjoint(queue["services"]))
            and (not self.clients or not self.clients.isdisjoint(queue["clients"]))
        )

    def sees_agent(self, agent: Mapping[str, Any]) -> bool:
        """An agent is seen by who sees one of the queues they work in."""
        return (bool(self.agent) and agent["id"] == self.agent) or (
            (not self.queues or not self.queues.isdisjoint(agent["queues"]))
            and (not self.services or not self.services.isdisjoint(agent["services"]))
            and (not self.clients or not self.clients.isdisjoint(agent["clients"]))
        )

    def sees_service(self, service: Mapping[str, Any]) -> bool:
        """Of a service count its id, its client and its queues."""
        return (
            (not self.queues or not self.queues.isdisjoint(service["queues"]))
            and (not self.services or service["id"] in self.services)
            and (not self.clients or service["client"] in self.clients)
        )


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who has shown a token. ``agent``: the agent id that the token stands for, ''
    where it stands for none (an AGENT's never is). ``token``: the token's id."""

    name: str
    role: Role
    scope: Scope = field(default_factory=Scope)
    agent: str = ""
    token: str = ""
