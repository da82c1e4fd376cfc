"""Watchers of the live feed that behave badly, or keep a picture of what they were told."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from tests.adapters.served import TOKEN

WITHIN = 20.0


async def mute_watcher(port: int, path: str = "/api/live", token: str = TOKEN) -> socket.socket:
    """A watcher who asks for the feed and then reads nothing."""
    loop = asyncio.get_running_loop()
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await loop.sock_connect(slow, ("127.0.0.1", port))
    key = base64.b64encode(b"0123456789abcdef").decode()
    await loop.sock_sendall(
        slow,
        f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode(),
    )
    assert (await loop.sock_recv(slow, 12)).startswith((b"HTTP/1.1 101", b"HTTP/1.1 200"))
    slow.settimeout(WITHIN)
    return slow


def read_to_the_end(slow: socket.socket) -> int:
    """How many bytes were still under way when the server had let go."""
    read = 0
    with slow:
        try:
            while part := slow.recv(65536):
                read += len(part)
        except ConnectionResetError:
            pass
    return read


class Picture:
    """What one knows who takes in what the feed tells, as its description says."""

    def __init__(self) -> None:
        self.last = ""
        self.kinds: list[str] = []
        self.shown: dict[str, dict[str, Mapping[str, Any]]] = {}

    def take(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """Take in changes, in order."""
        for change in changes:
            self.last = change["id"]
            self.kinds.append(change["type"])
            self._take(change)

    def _take(self, change: Mapping[str, Any]) -> None:
        match change["type"]:
            case "snapshot":
                self.shown = {
                    "call": {call["call_id"]: call for call in change["calls"]},
                    "agent": {agent["id"]: agent for agent in change["agents"]},
                    "queue": {queue["name"]: queue for queue in change["queues"]},
                }
            case "call":
                self._put("call", change["call"]["call_id"], change["call"])
            case "agent":
                self._put("agent", change["agent"]["id"], change["agent"])
            case "queue":
                self._put("queue", change["queue"]["name"], change["queue"])
            case "call_absorbed" | "gone":
                for kind, name in (("call", "call_id"), ("agent", "agent"), ("queue", "queue")):
                    self.shown[kind].pop(change.get(name, ""), None)

    def _put(self, kind: str, name: str, view: Mapping[str, Any]) -> None:
        if view.get("ended_at"):
            self.shown[kind].pop(name, None)
        else:
            self.shown[kind][name] = view
