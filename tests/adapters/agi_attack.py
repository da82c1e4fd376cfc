"""Hostile AGI clients, a process of their own: ``agi_attack.py KIND PORT``, until it is killed."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable

Attack = Callable[[socket.socket], None]


def connect_and_close(_: socket.socket) -> None:
    """A port scan, or a health probe; all together, a thousand in a second."""
    time.sleep(0.004)


def trickle(line: socket.socket) -> None:
    """Never a whole request, one byte at a time."""
    while True:
        line.sendall(b"a")
        time.sleep(0.05)


def flood(line: socket.socket) -> None:
    """Headers without an end."""
    while True:
        line.sendall(b"agi_flood: " + b"x" * 4000 + b"\n")


def garbage(line: socket.socket) -> None:
    """What is no request at all, and then listening."""
    line.sendall(b"\x00\xff]]>${SHELL(id)}\n" + os.urandom(200) + b"\n\n")
    line.recv(1)


ATTACKS: dict[str, tuple[Attack, int]] = {
    "connect_and_close": (connect_and_close, 4),
    "trickle": (trickle, 100),
    "flood": (flood, 20),
    "garbage": (garbage, 4),
}
"""What they do, and how many do it at once."""


def _again_and_again(attack: Attack, port: int) -> None:
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as line:
                attack(line)
        except OSError:
            continue


def main() -> None:
    attack, count = ATTACKS[sys.argv[1]]
    threads = [
        threading.Thread(target=_again_and_again, args=(attack, int(sys.argv[2])))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
