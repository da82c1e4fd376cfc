"""What we tell systemd (sd_notify(3)): that we are ready, reload, stop, and are alive.

Where no systemd started us (no NOTIFY_SOCKET) nothing is sent. We are alive where our one event
loop turns: it feeds the watchdog, so one that hangs starves it, and systemd starts us anew.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, MutableMapping

import structlog

STATUS_S = 10.0
"""How often the line of ``systemctl status`` is told anew, at least."""

FEEDS = 3
"""Times that the watchdog is fed within its time: two may be late."""

log = structlog.get_logger()


class Notifier:
    """Takes its variables out of ``environ``: a PostgreSQL that we start must not speak for us."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._address = environ.pop("NOTIFY_SOCKET", "")
        watchdog = environ.pop("WATCHDOG_USEC", "")
        ours = environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._within = int(watchdog) / 1e6 if ours and watchdog.isdecimal() else 0.0
        self._owed: tuple[str, ...] = ()  # what systemd could not be told, and must be

    def ready(self) -> None:
        """All runs; or a reload is done. Said again by ``keep`` where systemd was too busy to hear
        it: who never was ready is killed after a while."""
        self._owed = () if self._tell("READY=1") else ("READY=1",)

    def reloading(self) -> None:
        """A reload begins."""
        self._owed = ()
        # Since systemd 253 (Type=notify-reload) the time tells this reload from one before.
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end begins."""
        self._tell("STOPPING=1")

    async def keep(self, status: Callable[[], str]) -> None:
        """Feed the watchdog and tell ``status``, for ever; at once where systemd is not there."""
        every = min(STATUS_S, self._within / FEEDS) if self._within else STATUS_S
        while self._address:
            if self._tell(*self._owed, "WATCHDOG=1", f"STATUS={status()}"):
                self._owed = ()
            await asyncio.sleep(every)

    def _tell(self, *lines: str) -> bool:
        """Whether it was heard, or there is nobody to hear it."""
        if not self._address:
            return True
        # An address with @ is in Linux's abstract namespace, which has no files.
        address = self._address.replace("@", "\0", 1)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
                to.sendto("\n".join(lines).encode(), address)
        except OSError as error:  # the watchdog's next feed may get through
            log.debug("systemd was not told", why=error.strerror or str(error))
            return False
        return True
