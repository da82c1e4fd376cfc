"""What the addresses may ask of the rest of the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccgateway.agi.request import BadRequest
from ccgateway.engine.ports import Clock, Decide


@dataclass(frozen=True, slots=True)
class Exchange:
    """``nodes``: the names of our Asterisks. ``reasons``: the pause reasons, by digit from 1."""

    decide: Decide
    clock: Clock
    nodes: Sequence[str]
    reasons: Sequence[str]

    def node(self, said: str) -> str:
        """The node that the dialplan's CCG_NODE names; '' will do where there is only one.
        Raises BadRequest."""
        if said in self.nodes:
            return said
        if not said and len(self.nodes) == 1:
            return self.nodes[0]
        raise BadRequest(f"CCG_NODE in extensions.conf is {said!r}: none of {list(self.nodes)}")
