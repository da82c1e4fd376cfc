"""What AGI and web ask of the loop (``Decide``), passed on to the part that knows."""

from __future__ import annotations

from collections.abc import Mapping

from ccgateway.engine.desk import Desk
from ccgateway.engine.dialler import Dialler
from ccgateway.engine.lines import Lines
from ccgateway.engine.reception import Reception
from ccgateway.engine.setup import Setup
from ccgateway.engine.view import service_view
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed, Wanted
from ccgateway.routing.route import Inbound, Route


class Answers:
    """``Decide``. Who is derived from it sets the parts."""

    desk: Desk
    dialler: Dialler
    _lines: Lines
    _reception: Reception
    _setup: Setup

    async def inbound(self, call: Inbound) -> Route:
        """Where shall this caller go?"""
        return await self._reception.inbound(call)

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        """What an agent asks for; the state they are in then."""
        return (await self.desk.ask(verb, agent, reason=reason, by=by)).state

    async def originate(self, wanted: Wanted) -> Attempt:
        """Call somebody for an agent."""
        return await self.dialler.originate(wanted)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """An attempt as it stands."""
        return await self.dialler.attempt(attempt_id)

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        """May the agent of this phone call this number?"""
        return await self.dialler.outbound(channel, phone, prefix, dialled)

    async def escalate(
        self, call: str, to: str, mode: str, *, agent: str = "", by: str = ""
    ) -> dict[str, str]:
        """Pass a call on to another line."""
        return await self._lines.escalate(call, to, mode, agent=agent, by=by)

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        """End the consultation in a call."""
        return await self._lines.consult(call, do, by=by)

    def call(self, call: str) -> dict[str, object]:
        """A call as watchers see it."""
        return self._lines.view(call)

    def story(self, call: str) -> dict[str, object]:
        """The whole story of a call so far."""
        return self._lines.story(call)

    def services(self) -> list[dict[str, object]]:
        """The services."""
        return [service_view(service) for service in self._setup.services]

    def agent_state(self, agent: str) -> Mapping[str, object]:
        """An agent as watchers see them."""
        return self.desk.view(self.desk.agent(agent))

    def note(self, call: str, text: str, *, by: str) -> str:
        """Note something down in a call; its id."""
        return self._lines.note(call, text, by=by)

    def agent_of_phone(self, phone: str) -> str | None:
        """The agent whose phone this is."""
        return self.desk.of_phone(phone)
