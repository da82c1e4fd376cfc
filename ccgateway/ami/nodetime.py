"""What time it is on a node: Asterisk's clock beside ours, and in which of them its facts are told.

Asterisk and the gateway may be two machines, with two clocks. Asterisk tells its own in the reply
to every Ping and, where manager.conf says ``timestampevents = yes``, in its events; never in the
items of a list, nor in the FullyBooted that follows a login (seen on 22.10.1).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from ccgateway.engine.ports import Clock

SKEW = timedelta(seconds=1)
"""Clocks that differ by more are somebody's mistake: with NTP it is milliseconds."""

_NONE = timedelta(0)


class NodeTime:
    """The clock of one node as its link knows it; it outlives the single connection."""

    def __init__(self, node: str, clock: Clock) -> None:
        self.offset = _NONE
        """Asterisk's clock minus ours; zero until a Ping was answered."""
        self._clock = clock
        self._stamps = True  # until an event says otherwise: births are in Asterisk's time anyway
        self._told = _NONE
        self._log = structlog.get_logger().bind(node=node)

    def ours(self) -> datetime:
        """The time on this machine."""
        return self._clock.now()

    def now(self) -> datetime:
        """The time as this node's facts tell it.

        All facts of a node are told in one clock, else a call's facts are put in a wrong order.
        Where Asterisk stamps its events that clock is Asterisk's, and what we stamp ourselves (a
        snapshot, a decision, a change of the link) is shifted by the offset. Where it does not,
        events are stamped when we receive them: then the clock is ours, and nothing is shifted.
        """
        return self.ours() + self.offset - self.ahead

    @property
    def ahead(self) -> timedelta:
        """How far Asterisk's clock is ahead of the one in which this node's facts are told. (The
        births in uniqueids are always told in Asterisk's.)"""
        return _NONE if self._stamps else self.offset

    def hear(self, event: str, *, stamped: bool) -> None:
        """An event came, with or without a Timestamp."""
        if stamped or event != "FullyBooted":
            self._stamps = stamped

    def compare(self, asterisk: datetime, sent: datetime, received: datetime) -> None:
        """Take what Asterisk's clock said between ``sent`` and ``received`` of ours.

        The offset lies between ``asterisk - received`` and ``asterisk - sent``. A known one that
        lies there too is kept: so a reply that took long changes nothing unless it proves that a
        clock was set, and the times that we stamp do not jitter from ping to ping.
        """
        least, most = asterisk - received, asterisk - sent
        if least <= self.offset <= most or most < least:  # the latter: ours was set meanwhile
            return
        self.offset = (least + most) / 2
        if abs(self.offset - self._told) > SKEW:
            self._told = self.offset if abs(self.offset) > SKEW else _NONE
            self._tell()

    def _tell(self) -> None:
        seconds = round(self.offset.total_seconds(), 1)
        if not self._told:
            self._log.info("clocks_agree", offset=seconds)
            return
        self._log.error(
            "clocks_differ",
            offset=seconds,
            advice=(
                f"Asterisk's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} "
                "the gateway's: let NTP (chrony, systemd-timesyncd) set both machines' clocks"
            ),
        )
