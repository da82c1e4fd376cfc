"""Where queues belong: the services and clients whose callers come to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from ccgateway.engine.setup import Setup
from ccgateway.routing.service import Service

ZONE_OF_NOBODY = ZoneInfo("UTC")
"""The days of a queue to which no service sends callers."""


class Places:
    """The queues of a setup. The static fallback queues are there for every service."""

    def __init__(self, setup: Setup) -> None:
        named = {queue for ours in setup.ours.values() for queue in ours.queues}
        self.queues = sorted(named)
        self._managed = setup.managed
        self._services: dict[str, list[Service]] = {
            queue: [] if queue in setup.managed else list(setup.services) for queue in self.queues
        }
        for service in setup.services:
            for queue in dict.fromkeys(_queues(service)):
                if queue in setup.managed:
                    self._services[queue].append(service)

    def services(self, queues: Iterable[str]) -> list[str]:
        """The ids of the services of these queues, in the configuration's order."""
        return list(dict.fromkeys(service.id for service in self._of(queues)))

    def clients(self, queues: Iterable[str]) -> list[str]:
        """The ids of the clients of these queues."""
        return list(dict.fromkeys(service.client for service in self._of(queues)))

    def is_managed(self, queue: str) -> bool:
        """Whether its members are our agents who are logged in; else it has phones of its own."""
        return queue in self._managed

    def zone(self, queue: str) -> ZoneInfo:
        """The time zone of a queue's days: its first service's."""
        return next((service.timezone for service in self._of([queue])), ZONE_OF_NOBODY)

    def elsewhere(self, before: Places) -> frozenset[str]:
        """The queues that belong to other services or clients than ``before``."""
        queues = {*self.queues, *before.queues}
        return frozenset(q for q in queues if self._names(q) != before._names(q))

    def _names(self, queue: str) -> list[tuple[str, str]]:
        return [(service.id, service.client) for service in self._of([queue])]

    def _of(self, queues: Iterable[str]) -> list[Service]:
        return [service for queue in queues for service in self._services.get(queue, ())]


def _queues(service: Service) -> Sequence[str]:
    return [service.queue, *(target.queue for target in service.targets if target.queue)]
