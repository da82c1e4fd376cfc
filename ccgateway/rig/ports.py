"""Free ports on loopback, by the block: several rigs run side by side, tests in parallel too."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ccgateway.rig.errors import RigError

LOOPBACK = "127.0.0.1"
WORLD = "127.0.0.2"
"""The address that the trunk's callers come from: Asterisk tells them from phones by it."""

FIRST, LAST, SIZE = 10_000, 32_000, 1_000  # below Linux's ephemeral ports (32768 and up)
# Within a block: ports kept for the rig's life, ports that come and go, media of SIPp, of Asterisk,
# and SIP and media of the scripted phones and of softphones.
PASSING_AT, PHONE_MEDIA_AT, CALLER_MEDIA_AT, RTP_AT, TALKING_AT = 30, 100, 150, 350, 850
PHONE_MEDIA = 6  # ports of one phones' process: SIPp echoes on two sockets, each with RTCP


@dataclass
class PortBlock:
    """A block of ports that is ours while we live: the kernel drops the lock with the process."""

    start: int
    lock: IO[bytes]
    _next: int = field(default=0)
    _passing: int = field(default=0)
    _talking: int = field(default=0)

    def one(self, *, udp: bool = False) -> int:
        """A port that is kept for the rig's life. Raises RigError when they are used up."""
        while self._next < PASSING_AT:
            port = self.start + self._next
            self._next += 1
            if is_free(port, udp=udp):
                return port
        raise RigError("the rig's block of ports is used up")

    def passing(self, *, udp: bool = False) -> int:
        """A port for a process that comes and goes: taken in turn, and again when it is free.
        Raises RigError when all are in use."""
        count = PHONE_MEDIA_AT - PASSING_AT
        for _ in range(count):
            port = self.start + PASSING_AT + self._passing % count
            self._passing += 1
            if is_free(port, udp=udp):
                return port
        raise RigError("too many callers' processes at once for the rig's block of ports")

    def phone_media(self, place: int) -> int:
        """The first port for the RTP of the phones' process with this number (0 and up)."""
        return self.start + PHONE_MEDIA_AT + place * PHONE_MEDIA

    @property
    def caller_media(self) -> tuple[int, int]:
        """First and last port for the RTP of callers."""
        return self.start + CALLER_MEDIA_AT, self.start + RTP_AT - 1

    @property
    def rtp(self) -> tuple[int, int]:
        """First and last port for Asterisk's RTP."""
        return self.start + RTP_AT, self.start + TALKING_AT - 1

    def talking(self, count: int = 1) -> int:
        """The first of ``count`` ports (UDP) of a scripted phone or a softphone, taken in turn:
        even, for Asterisk sends its RTCP to the port above. Raises RigError when all are in use."""
        width = count + count % 2
        places = (SIZE - TALKING_AT) // width
        for _ in range(places):
            port = self.start + TALKING_AT + self._talking % places * width
            self._talking += 1
            if all(is_free(port + at, udp=True) for at in range(count)):
                return port
        raise RigError("too many phones and talks at once for the rig's block of ports")

    def release(self) -> None:
        """Give the block back."""
        self.lock.close()


def take() -> PortBlock:
    """A block that no other rig on this machine has. Raises RigError when all are taken."""
    folder = Path(tempfile.gettempdir()) / "ccgateway-rig-ports"
    folder.mkdir(exist_ok=True)
    for start in range(FIRST, LAST, SIZE):
        lock = (folder / str(start)).open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return PortBlock(start, lock)
    raise RigError(f"all {(LAST - FIRST) // SIZE} blocks of ports are taken by other rigs")


def is_free(port: int, *, udp: bool = False) -> bool:
    """Whether a port can be bound on every loopback address we use."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    for address in (LOOPBACK, WORLD):
        with socket.socket(socket.AF_INET, kind) as probe:
            if not udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def secret() -> str:
    """A password of this run."""
    return os.urandom(16).hex()
