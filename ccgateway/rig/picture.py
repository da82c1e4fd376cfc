"""The live picture of the exchange that the demo's screen shows, kept from the gateway's feed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT = 12  # ended calls that stay in sight


@dataclass
class Picture:
    """Live calls, calls that ended lately, queues and agents, as the API's JSON has them."""

    calls: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    ended: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    queues: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    agents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    connected: bool = False
    count: int = 0  # of all calls that ended

    def take(self, change: Mapping[str, Any]) -> None:
        """Take in the snapshot, or one change."""
        match change.get("type"):
            case "snapshot":
                self.calls = {call["call_id"]: call for call in change["calls"]}
                self.queues = {queue["name"]: queue for queue in change["queues"]}
                self.agents = {agent["id"]: agent for agent in change["agents"]}
                self.connected = True
            case "call":
                self._take_call(change["call"])
            case "call_absorbed":  # two became one: what the other is now, it tells itself
                self.calls.pop(change["call_id"], None)
            case "queue":
                self.queues[change["queue"]["name"]] = change["queue"]
            case "agent":
                self.agents[change["agent"]["id"]] = change["agent"]
            case "lost":
                self.connected = False
            case "resumed":
                self.connected = True

    def _take_call(self, call: Mapping[str, Any]) -> None:
        if call["ended_at"] is None:
            self.calls[call["call_id"]] = call
        elif self.calls.pop(call["call_id"], None):
            self.ended.appendleft(call)
            self.count += 1
        else:  # a late word about a call that has ended
            for at, old in enumerate(self.ended):
                if old["call_id"] == call["call_id"]:
                    self.ended[at] = call

    def in_queue(self, queue: str, state: str) -> int:
        """How many agents of a queue are in a state."""
        return sum(
            queue in agent["queues"] and agent["state"] == state for agent in self.agents.values()
        )
