"""Asterisk's side of FastAGI, and a loop that answers what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from pydantic import SecretStr

from ccgateway.agi.server import AgiServer
from ccgateway.config import AgiSettings
from ccgateway.engine.ports import Decide
from ccgateway.errors import Refused
from ccgateway.routing.route import Goal, Inbound, Route
from tests.adapters.unasked import Unasked

SECRET = "s3cret-of-the-tests"
OK = "200 result=0\n"
DEADLINE = 10.0  # seconds; for what takes milliseconds on an idle machine
ROUTE = Route(
    goal=Goal.QUEUE,
    service="hotline",
    client="oilco",
    queue="stations",
    priority=5,
    language="en",
    greeting="ccg/hello",
    full_message="ccg/full",
    nobody_message="ccg/nobody",
    overflow="fallback",
    wait_limit=300,
    case=1042,
    display="#1042 Station 17",
)
HEADERS = {
    "agi_network": "yes",
    "agi_network_script": "inbound",
    "agi_request": "agi://127.0.0.1:4573/inbound",
    "agi_channel": "PJSIP/trunk-00000002",
    "agi_language": "en",
    "agi_type": "PJSIP",
    "agi_uniqueid": "1795327368.2",
    "agi_version": "22.10.1",
    "agi_callerid": "+358401234567",
    "agi_calleridname": "Maija",
    "agi_callingpres": "0",
    "agi_callingani2": "0",
    "agi_callington": "0",
    "agi_callingtns": "0",
    "agi_dnid": "+358942454000",
    "agi_rdnis": "unknown",
    "agi_context": "ccg-inbound",
    "agi_extension": "ask",
    "agi_priority": "6",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
    "agi_threadid": "140603811985088",
}
"""As Asterisk 22.10.1 sends them, in its order."""

Say = Callable[[str], str]


@dataclass
class Loop(Unasked):
    """The decisions, as a test wants them. ``gate`` holds every answer back until it is set."""

    route: Route = ROUTE
    refused: bool = False
    fault: Exception | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[Inbound] = field(default_factory=list)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def inbound(self, call: Inbound) -> Route:
        self.calls.append(call)
        await self.gate.wait()
        if self.fault:
            raise self.fault
        return self.route

    async def agent(self, verb: str, agent: str, *, reason: str = "", by: str = "") -> str:
        self.asked.append((verb, agent, reason, by))
        if self.fault:
            raise self.fault
        if self.refused:
            raise Refused("not now")
        return "ready"

    def agent_of_phone(self, phone: str) -> str | None:
        return {"PJSIP/101": "anna"}.get(phone)


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def serving(
    loop: Decide,
    *,
    nodes: tuple[str, ...] = ("pbx1",),
    allow: str = "127.0.0.1/32",
    port: int = 0,
    secret: str = SECRET,
) -> AsyncIterator[AgiServer]:
    """A server that runs, on a free port where none is given."""
    plain = AgiSettings(port=port, secret=SecretStr(secret))
    settings = AgiSettings.model_validate({**plain.model_dump(), "allow": (allow,)})
    server = AgiServer(settings, loop, Noon(), nodes=nodes, reasons=("break", "lunch"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def request(
    address: str = "inbound",
    arguments: tuple[str, ...] = (SECRET, "+358942454000", ""),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """A request as Asterisk writes it, with these ``headers`` in the place of its own."""
    values = {**HEADERS, "agi_network_script": address, **headers}
    values |= {f"agi_arg_{place}": value for place, value in enumerate(arguments, 1)}
    return "".join(f"{name}: {value}\n" for name, value in values.items()).encode() + b"\n"


@dataclass
class Line:
    """One AGI connection, seen from Asterisk."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, server: AgiServer) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", server.port))

    async def obey(self, say: Say = lambda command: OK) -> dict[str, str]:
        """Carry out all commands until the end, with ``say`` as the reply to each; returns the
        channel's variables in the order they were set."""
        variables: dict[str, str] = {}
        async with asyncio.timeout(DEADLINE):
            while command := (await self.read()).decode():
                words = words_of(command)
                reply = say(command)
                if reply.endswith(OK):
                    variables |= set_by(words)
                self.writer.write(reply.encode())
        await self.close()
        return variables

    async def read(self) -> bytes:
        """One line; b"" at the end, however it came."""
        async with asyncio.timeout(DEADLINE):
            try:
                return await self.reader.readline()
            except ConnectionError:
                return b""

    async def ended(self) -> bool:
        """Wait for the end, and say whether nothing was sent before it."""
        return await self.read() == b""

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


async def call(server: AgiServer, said: bytes | None = None) -> dict[str, str]:
    """One whole session: the variables that were set."""
    line = await Line.to(server)
    line.writer.write(request() if said is None else said)
    return await line.obey()


def words_of(command: str) -> list[str]:
    """An AGI command's words by Asterisk's rules (res_agi.c, parse_args): blanks outside quotes
    part them, a backslash takes the next character as it is."""
    words, word, quoted, escaped, begun = [], "", False, False, False
    for character in command.rstrip("\n") + " ":
        if escaped:
            word, escaped = word + character, False
        elif character == "\\":
            escaped = begun = True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character == " " and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + character, True
    return words


def set_by(words: Sequence[str]) -> dict[str, str]:
    """What a command sets: SET VARIABLE NAME VALUE, or EXEC MSet NAME=VALUE,..."""
    if words[:2] == ["SET", "VARIABLE"]:
        return {words[2]: words[3]}
    if words[:2] == ["EXEC", "MSet"]:
        pairs = (pair.partition("=") for pair in words[2].split(","))
        return {name: value for name, _, value in pairs}
    return {}
