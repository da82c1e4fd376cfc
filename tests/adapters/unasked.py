"""The loop's side of the adapters' questions, for doubles that answer only some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ccgateway.access.who import Scope
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import Search
from ccgateway.engine.ports import Place
from ccgateway.errors import UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed, Wanted
from ccgateway.routing.route import Inbound, Route


class Unasked:
    """``engine.ports.Decide``; whatever a test does not expect to be asked is a failure."""

    async def inbound(self, call: Inbound) -> Route:
        raise AssertionError(call)

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        raise AssertionError((verb, agent, reason, by))

    async def originate(self, wanted: Wanted) -> Attempt:
        raise AssertionError(wanted)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        raise AssertionError(attempt_id)

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        raise AssertionError((phone, prefix, dialled))

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        raise AssertionError((call, to, mode, agent, by))

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        raise AssertionError((call, do, by))

    def call(self, call: str) -> Mapping[str, object]:
        raise AssertionError(call)

    def story(self, call: str) -> Mapping[str, object]:
        raise AssertionError(call)

    def services(self) -> Sequence[Mapping[str, object]]:
        raise AssertionError

    def agent_state(self, agent: str) -> Mapping[str, object]:
        raise AssertionError(agent)

    def note(self, call: str, text: str, *, by: str) -> str:
        raise AssertionError((call, text, by))

    def agent_of_phone(self, phone: str) -> str | None:
        raise AssertionError(phone)


class Unrecorded:
    """``engine.ports.History``: nothing was, but for the gaps that a test puts in."""

    def __init__(self) -> None:
        self.found: list[Gap] = []

    async def calls(self, search: Search, limit: int) -> Sequence[Mapping[str, object]]:
        return []

    async def gaps(
        self, since: datetime | None, before: datetime | None, limit: int, after: Place | None
    ) -> Sequence[Gap]:
        return self.found

    async def call(self, name: str, scope: Scope) -> Mapping[str, object]:
        raise UnknownCall(f"no call {name!r}")
