"""What strangers and careless guests do."""

from __future__ import annotations

import array
import asyncio
import base64
import fcntl
import os
import socket
import subprocess
import sys
import termios
from contextlib import suppress

from ccgateway.rig import processes
from ccgateway.rig.chaos.fault import Fault
from ccgateway.rig.errors import RigError
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.waiting import until

SMALL = 4096  # bytes that the browser's socket takes
FULL = 2048  # bytes that wait there unread: the window is closed, or about to
UPGRADED = (b"HTTP/1.1 101", b"HTTP/1.1 200")
CONNECTS_WITHIN = 60.0  # seconds; the gateway may be away just now


class Mute(Fault):
    """A browser that asks for the live feed and never reads."""

    unread = 0
    line: socket.socket | None = None

    async def inject(self) -> None:
        self.line = await until(self._connect, "a watcher is let in", seconds=CONNECTS_WITHIN)

    async def heal(self) -> None:
        if self.line:
            with suppress(RigError):
                self.unread = await until(self._waiting, "the feed waits to be read", seconds=3)
            self.line.close()

    async def bit(self) -> str:
        return f"{self.unread} bytes stood unread, no more went in" if self.unread else ""

    def _waiting(self) -> int:
        told = array.array("i", [0])
        if self.line:
            fcntl.ioctl(self.line, termios.FIONREAD, told)
        return told[0] if told[0] > FULL else 0

    async def _connect(self) -> socket.socket | None:
        loop, line = asyncio.get_running_loop(), socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        line.setblocking(False)
        gateway = self.house.gateway
        key = base64.b64encode(os.urandom(16)).decode()
        try:
            async with asyncio.timeout(5):
                await loop.sock_connect(line, (LOOPBACK, gateway.http_port))
                await loop.sock_sendall(
                    line,
                    "GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    f"Sec-WebSocket-Key: {key}\r\n"
                    f"Authorization: Bearer {gateway.http_token}\r\n\r\n".encode(),
                )
                if (await loop.sock_recv(line, 12)).startswith(UPGRADED):
                    return line
        except (OSError, TimeoutError):
            pass
        line.close()
        return None


class Flood(Fault):
    """Many clients at once at the AGI port, none of which is Asterisk."""

    process: subprocess.Popen[bytes] | None = None

    async def inject(self) -> None:
        await self.gateway_is_up()
        self.before = (await self.gauge.read()).get("agi_sessions", 0.0)
        self.began = self.gauge.now
        port = str(self.house.gateway.addresses.agi_port)
        command = [sys.executable, "-m", "ccgateway.rig.chaos.flood", port]
        self.process = processes.start(command, self.house.folder / "flood.log")

    async def heal(self) -> None:
        if self.process:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    async def bit(self) -> str:
        most = self.gauge.most("agi_sessions", self.began)
        came = most - self.before if most > self.before else most  # a new process counts from 0
        return f"{came:.0f} sessions of strangers were turned away" if came else ""
