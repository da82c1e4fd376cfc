"""A double of Asterisk's manager port, for faults that the real one does not show on request.

It answers as Asterisk 22 answers, or, told so, not at all, wrongly, or too late. It is no model of
a PBX: whatever a test needs, it says by itself.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Mapping

from ccgateway.rig.closing import Closing

Pairs = Iterable[tuple[str, str]]
Answer = Callable[[Mapping[str, str]], "bytes | None"]
"""An action's headers -> the bytes of the reply; None says nothing."""

WAIT = 10.0  # seconds after which a condition that a test waits for counts as failed

_ALL_ACTIONS = "Ping Setvar QueueAdd QueueRemove QueuePause QueueStatus CoreShowChannels Originate"


def block(*pairs: tuple[str, str]) -> bytes:
    """One AMI message."""
    return "".join(f"{key}: {value}\r\n" for key, value in pairs).encode() + b"\r\n"


def listing(action: str, *items: Pairs) -> Answer:
    """The answer to an action that lists ``items`` (without their ActionID)."""

    def answer(asked: Mapping[str, str]) -> bytes:
        mark = ("ActionID", asked["ActionID"])
        start = block(("Response", "Success"), mark, ("EventList", "start"))
        end = block(("Event", f"{action}Complete"), mark, ("EventList", "Complete"))
        return start + b"".join(block(*item, mark) for item in items) + end

    return answer


def refusal(message: str) -> Answer:
    """The answer of an Asterisk that will not."""
    return lambda asked: block(
        ("Response", "Error"), ("ActionID", asked["ActionID"]), ("Message", message)
    )


def mute(_asked: Mapping[str, str]) -> None:
    """No answer at all."""


class FakePbx(Closing):
    """Listens on a free port of loopback. ``answers`` may be changed at any time."""

    host = "127.0.0.1"

    def __init__(
        self,
        username: str = "ccgateway",
        secret: str = "s3cret",  # noqa: S107 - of a double that lives for one test
        *,
        banner: bytes = b"Asterisk Call Manager/11.0.0\r\n",
        says_booted: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = 0
        self.banner = banner
        self.says_booted = says_booted
        self.ahead = 0.0
        """How far its clock is ahead of this machine's, in seconds; may be set at any time."""
        self.stamps = False
        """``timestampevents`` of its manager.conf, for the events that it makes by itself."""
        self.connections = 0
        self.received: list[dict[str, str]] = []
        self.answers: dict[str, Answer] = {
            "Ping": self._pong,
            "ListCommands": _list_commands,
            "CoreShowChannels": listing("CoreShowChannels"),
            "QueueStatus": listing("QueueStatus"),
            "Originate": self._originate,
            "QueueAdd": self._changed("QueueMemberAdded"),
            "QueueRemove": self._changed("QueueMemberRemoved"),
        }
        self._login = (username, secret)
        self._tls = tls
        self._news = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let everybody go."""
        if self._server is not None:
            self._server.close()
        self.drop()

    def actions(self, name: str) -> list[dict[str, str]]:
        """The actions of that name that were received, in order."""
        return [headers for headers in self.received if headers.get("Action") == name]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was received makes it true. Raises TimeoutError."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(condition)

    @property
    def time(self) -> float:
        """What its clock says, in seconds since the epoch."""
        return time.time() + self.ahead

    @property
    def stamp(self) -> tuple[str, str]:
        """The header that ``timestampevents = yes`` puts into an event."""
        return ("Timestamp", f"{self.time:.6f}")

    def _pong(self, asked: Mapping[str, str]) -> bytes:
        """It tells the time, whatever ``timestampevents`` says."""
        mark = ("ActionID", asked["ActionID"])
        return block(("Response", "Success"), mark, ("Ping", "Pong"), self.stamp)

    def _originate(self, asked: Mapping[str, str]) -> bytes:
        """As for a channel technology that does not exist."""
        mark = ("ActionID", asked["ActionID"])
        queued = ("Message", "Originate successfully queued")
        failed = self._event("OriginateResponse", "call", mark, ("Response", "Failure"))
        return block(("Response", "Success"), mark, queued) + failed

    def _changed(self, event: str) -> Answer:
        def answer(asked: Mapping[str, str]) -> bytes:
            return success(asked) + self._event(event, "agent", ("Queue", asked.get("Queue", "")))

        return answer

    def _event(self, name: str, of: str, *pairs: tuple[str, str]) -> bytes:
        stamp = [self.stamp] if self.stamps else []
        return block(("Event", name), ("Privilege", f"{of},all"), *stamp, *pairs)

    def say(self, *pairs: tuple[str, str]) -> None:
        """Send one message to everybody."""
        self.say_raw(block(*pairs))

    def say_raw(self, data: bytes) -> None:
        """Send bytes to everybody."""
        for writer in self._writers:
            writer.write(data)

    def accept(self, username: str, secret: str) -> None:
        """Let this user in from now on, and no other."""
        self._login = (username, secret)

    def drop(self) -> None:
        """Cut all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        writer.write(self.banner)
        try:
            await self._notify()
            while raw := await reader.readuntil(b"\r\n\r\n"):
                lines = raw.decode().strip().split("\r\n")
                headers = {key: value for key, _, value in (line.partition(": ") for line in lines)}
                self.received.append(headers)
                if not self._answer(headers, writer):
                    break
                await self._notify()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _answer(self, asked: Mapping[str, str], writer: asyncio.StreamWriter) -> bool:
        """False where Asterisk would close the connection: after a refused login."""
        if asked.get("Action") in self.answers:
            reply = self.answers[asked["Action"]](asked)
        elif asked.get("Action") == "Login":
            if (asked.get("Username"), asked.get("Secret")) != self._login:
                writer.write(refusal("Authentication failed")(asked) or b"")
                return False
            reply = success(asked) + (_booted() if self.says_booted else b"")
        else:
            reply = success(asked)
        writer.write(reply or b"")
        return True


def success(asked: Mapping[str, str]) -> bytes:
    """The plain answer of an Asterisk that did it."""
    return block(("Response", "Success"), ("ActionID", asked["ActionID"]), ("Message", "Done"))


def _booted() -> bytes:
    return block(("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted"))


def _list_commands(asked: Mapping[str, str]) -> bytes:
    return block(
        ("Response", "Success"),
        ("ActionID", asked["ActionID"]),
        *((action, "what it does  (Priv: )") for action in _ALL_ACTIONS.split()),
    )
