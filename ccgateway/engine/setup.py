"""The values that the loop works by, as the configuration gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ccgateway.agents.agent import Agent
from ccgateway.calls.board import Ours
from ccgateway.calls.homes import Home
from ccgateway.routing.service import Service


@dataclass(frozen=True, slots=True)
class Setup:
    """``nodes``: the names of the Asterisks, the first is where the agents' phones are.
    ``blocked``: client id -> numbers in E.164. ``reasons``: the pause reasons by digit."""

    nodes: Sequence[str]
    services: Sequence[Service]
    agents: Sequence[Agent]
    managed: frozenset[str]
    ours: Mapping[str, Ours]
    blocked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reasons: Sequence[str] = ("break",)

    @property
    def homes(self) -> dict[str, Home]:
        """Whose each service is, and where its numbers are of, by its id."""
        return {one.id: Home(one.client, one.country) for one in self.services}
