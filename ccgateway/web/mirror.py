"""What is live, as a web process of its own heard it from the gateway.

The gateway's changes are told on through the process's own feed, with ids of its own. Where the
gateway is cut off, what was heard last stays, and ``gateway_up`` says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from ccgateway.errors import NoGateway, UnknownAgent, UnknownCall
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed, Wanted
from ccgateway.routing.route import Inbound, Route
from ccgateway.web.change import KINDS, LISTS
from ccgateway.web.feed import Feed

AWAY = (
    "the gateway does not answer; nothing was done, and calls go on without it: try again when it "
    "is back"
)

View = Mapping[str, Any]


class Mirror:
    """The state, and the feed of those who watch here. ``heard`` takes what the gateway tells."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.is_up = False
        """Whether the gateway is heard."""
        self.has_heard = False
        """Whether it ever was."""
        self._nodes: dict[str, bool] = {}
        self._views: dict[str, dict[str, View]] = {kind: {} for kind in KINDS}

    def state(self) -> dict[str, object]:
        """All that is live, as far as it was heard."""
        return {
            "at": datetime.now(UTC).isoformat(),
            "gateway_up": self.is_up,
            "nodes": [{"name": name, "up": up} for name, up in self._nodes.items()],
            **{name: list(self._views[kind].values()) for name, kind in LISTS.items()},
        }

    def views(self, kind: str) -> Mapping[str, View]:
        """The things of a kind, by what names them."""
        return self._views[kind]

    def heard(self, change: Mapping[str, Any]) -> None:
        """Take a change, or a snapshot, as ``web.client`` gives them, and tell it on."""
        match change["type"]:
            case "lost":
                self._turn(up=False)
            case "resumed":
                self._turn(up=True)
            case "snapshot":
                self._whole(change)
                self._turn(up=True)
            case "link":
                self._node(change["node"], change["up"])
            case kind if kind in KINDS:
                self._set(kind, change[kind])
            case "gone" | "call_absorbed":
                self._take(change)
            case _:
                self._tell(change)

    def _turn(self, *, up: bool) -> None:
        self.has_heard = self.has_heard or up
        if up != self.is_up:
            self.is_up = up
            self._tell({"type": "gateway", "up": up})

    def _whole(self, snapshot: Mapping[str, Any]) -> None:
        """What differs from what was known is told as changes: who watches need not come anew."""
        nodes = {node["name"]: node["up"] for node in snapshot["nodes"]}
        for gone in self._nodes.keys() - nodes.keys():
            del self._nodes[gone]
            self._tell({"type": "gone", "node": gone})
        for name, up in nodes.items():
            self._node(name, up)
        for name, kind in LISTS.items():
            self._replace(kind, snapshot[name])

    def _replace(self, kind: str, views: Iterable[View]) -> None:
        of, known = KINDS[kind], self._views[kind]
        new = {str(view[of.key]): view for view in views}
        for gone in known.keys() - new.keys():
            self._take({"type": "gone", of.gone: gone})
        for key, view in new.items():
            if known.get(key) != view:
                self._set(kind, view)

    def _node(self, name: str, up: bool) -> None:
        if self._nodes.get(name) != up:
            self._nodes[name] = up
            self._tell({"type": "link", "node": name, "up": up})

    def _set(self, kind: str, view: View) -> None:
        key = str(view[KINDS[kind].key])
        if view.get("ended_at"):  # told once more, but no longer live
            self._views[kind].pop(key, None)
        else:
            self._views[kind][key] = view
        self._tell({"type": kind, kind: view})

    def _take(self, change: Mapping[str, Any]) -> None:
        for kind, of in KINDS.items():
            if of.gone in change:
                self._views[kind].pop(change[of.gone], None)
        self._tell(change)

    def _tell(self, change: Mapping[str, object]) -> None:
        self.feed.publish({key: value for key, value in change.items() if key != "id"})


class Remote:
    """``ccgateway.engine.ports.Decide`` for a web process: what is seen comes from the mirror, or
    from PostgreSQL by ``load``. What is done is passed on before it comes here (``web.forward``);
    what does come here found no gateway, and raises NoGateway."""

    def __init__(self, mirror: Mirror, load: Callable[[str], Awaitable[Attempt | None]]) -> None:
        self._mirror = mirror
        self._load = load

    def agent_state(self, agent: str) -> View:
        """An agent as last heard. Raises UnknownAgent, and NoGateway before anything was heard."""
        if not self._mirror.has_heard:
            raise NoGateway(AWAY)
        found = self._mirror.views("agent").get(agent)
        if found is None:
            raise UnknownAgent(f"no agent {agent!r} in the configuration")
        return found

    def call(self, call: str) -> NoReturn:
        """Who acts on a call is checked by the gateway. Raises NoGateway."""
        raise NoGateway(AWAY)

    def story(self, call: str) -> NoReturn:
        """The record has it, as far as it is written. Raises UnknownCall."""
        raise UnknownCall(f"no story of call {call!r} without the gateway")

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """As it is stored. Raises StoreUnavailable."""
        return await self._load(attempt_id)

    def services(self) -> Sequence[View]:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def inbound(self, call: Inbound) -> Route:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def originate(self, wanted: Wanted) -> Attempt:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def outbound(self, channel: str, phone: str, prefix: str, dialled: str) -> Allowed:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def escalate(
        self,
        call: str,
        to: str,
        mode: str,
        *,
        agent: str = "",
        by: str = "",
    ) -> dict[str, str]:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    async def consult(self, call: str, do: str, *, by: str = "") -> dict[str, str]:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    def note(self, call: str, text: str, *, by: str) -> str:
        """Raises NoGateway."""
        raise NoGateway(AWAY)

    def agent_of_phone(self, phone: str) -> str | None:
        """Raises NoGateway."""
        raise NoGateway(AWAY)
