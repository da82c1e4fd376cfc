"""One change of the feed: who may see it, and as what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ccgateway.access.who import Scope
from ccgateway.outbound.attempt import Attempt

View = Mapping[str, Any]


def as_json(value: object) -> bytes:
    """JSON; times in ISO 8601, what JSON does not know as text."""
    # A copy, for many are kept: orjson's own bytes hold some ten times their length.
    return bytes(memoryview(orjson.dumps(value, default=str)))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that is told whole: ``key``, the field of its view that names it; ``gone``,
    what that is called where it is taken away."""

    key: str
    gone: str
    sees: Callable[[Scope, View], bool]


KINDS = {
    "call": Kind("call_id", "call_id", Scope.sees_call),
    "agent": Kind("id", "agent", Scope.sees_agent),
    "queue": Kind("name", "queue", Scope.sees_queue),
}
LISTS = {"calls": "call", "agents": "agent", "queues": "queue"}
"""The snapshot's lists, and what each is of."""


def sees(scope: Scope, kind: str, view: View | None) -> bool:
    """Whether a thing is within the scope; nothing never is."""
    return view is not None and (scope.is_all or KINDS[kind].sees(scope, view))


@dataclass(slots=True)
class Change:
    """What was told, ``id`` by id. ``before``: what was told last of the same thing, so that who
    saw it learns that it is gone. ``into``: what was told last of the call that it went into. Each
    text is made once, for all who get it."""

    id: str
    told: Mapping[str, object]
    kind: str = ""  # of the thing that it is about, '' where it is about none
    view: View | None = None
    before: View | None = None
    into: View | None = None
    _text: bytes = field(default=b"", init=False)
    _gone: bytes = field(default=b"", init=False)

    def text_for(self, scope: Scope) -> bytes | None:
        """What one with this scope is told, as a JSON object; None for nothing."""
        if scope.is_all or self._is_seen(scope):
            self._text = self._text or as_json({**self.told, "id": self.id})
            return self._text
        if self.kind and sees(scope, self.kind, self.before):
            self._gone = self._gone or as_json(self._farewell())
            return self._gone
        return None

    def _is_seen(self, scope: Scope) -> bool:
        if self.view is not None:
            return sees(scope, self.kind, self.view)
        if self.kind:  # one that is taken away is told to who saw it, and into what they see
            goes_on = "into" not in self.told or sees(scope, self.kind, self.into)
            return goes_on and sees(scope, self.kind, self.before)
        attempt = self.told.get("attempt")
        if isinstance(attempt, Attempt):
            attempt = {key: getattr(attempt, key) for key in ("client", "service", "agent")}
        if isinstance(attempt, Mapping):  # as the call that it is to become
            return scope.sees_call({**attempt, "queues": [], "agents": [attempt["agent"]]})
        return True

    def _farewell(self) -> dict[str, object]:
        kind = KINDS[self.kind]
        named = self.told[kind.gone] if self.view is None else self.view[kind.key]
        return {"type": "gone", kind.gone: named, "id": self.id}
