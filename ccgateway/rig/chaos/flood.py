"""An AGI flood, a process of its own: ``python -m ccgateway.rig.chaos.flood PORT``, until it is
killed. Some only knock, some drip, some talk rubbish."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable

from ccgateway.rig.ports import LOOPBACK

PATIENCE = 5.0  # seconds

Manner = Callable[[socket.socket], None]


def _knock(_: socket.socket) -> None:
    time.sleep(0.02)


def _drip(line: socket.socket) -> None:
    while True:
        line.sendall(b"a")
        time.sleep(0.2)


def _rubbish(line: socket.socket) -> None:
    line.sendall(b"\x00\xff]]>${SHELL(id)}\n" + os.urandom(200) + b"\n\n")
    line.recv(1)
    time.sleep(0.02)


MANNERS: tuple[tuple[Manner, int], ...] = ((_knock, 4), (_drip, 60), (_rubbish, 4))
"""What they do, and how many do it at once."""


def _again_and_again(manner: Manner, port: int) -> None:
    while True:
        try:
            with socket.create_connection((LOOPBACK, port), PATIENCE) as line:
                manner(line)
        except OSError:
            time.sleep(0.1)


def main() -> None:
    """All at once."""
    port = int(sys.argv[1])
    for manner, count in MANNERS:
        for _ in range(count):
            threading.Thread(target=_again_and_again, args=(manner, port)).start()


if __name__ == "__main__":
    main()
