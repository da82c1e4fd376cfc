"""Simulated agents' phones and callers for an Asterisk that is not ours: the containers' one
(docker/compose.yaml, profile ``demo``). ``python -m ccgateway.rig.visitors --help``.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import count, cycle
from pathlib import Path
from typing import Annotated

import typer

from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import tones
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.line import Line
from ccgateway.rig.phone.manner import answers
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.phone.wire import Wire

SIP = 5060
AGENTS = ("101", "102", "103")  # their phones
PHONES_AT = 5070  # the phones' first SIP port; 5060 is the trunk's
CALLERS_AT = range(6000, 6100)  # their SIP ports, in turn
MEDIA = range(20000, 20400, 2)
PHONE_LIFTS, TALK = (1.0, 3.0), (4.0, 9.0)  # seconds, from and to
LISTEN_EVERY = 0.5  # seconds; looking into audio is work
LOGIN = "*11"
LOGIN_WITHIN = 15.0  # seconds: Asterisk's answer, its question to the gateway, the prompt
PATIENCE = 60.0  # seconds until a caller whom nobody takes hangs up
TO_THE_QUEUE = 10.0  # seconds from the INVITE to the network's answer
NUMBERS = range(358404300000, 358404399999)


class Visitors:
    """Phones and callers at ``own``, beside an Asterisk at ``pbx``."""

    def __init__(self, pbx: str, own: str, password: str) -> None:
        self._pbx, self._own, self._password = pbx, own, password
        self._media: Iterator[int] = cycle(MEDIA)
        self._callers: Iterator[int] = cycle(CALLERS_AT)

    async def agent(self, number: str, place: int) -> Phone:
        """A phone that is registered, whose agent is logged in, and who answers. Raises
        RigError."""
        phone = self._phone(number, PHONES_AT + place)
        phone.manner = answers(random.uniform(*PHONE_LIFTS))  # noqa: S311 - a person's habit
        await phone.line.wire.open()
        await phone.register_again()
        login = await phone.dial(LOGIN)
        await login.answered(within=LOGIN_WITHIN)
        await login.over(within=LOGIN_WITHIN)
        return phone

    async def call(self, did: str) -> str:
        """One call to ``did``, until it is over. Returns the agent's phone that the caller heard,
        "" where nobody took the call in time. Raises RigError where it is refused."""
        number = f"+{random.choice(NUMBERS)}"  # noqa: S311 - a caller's number
        shown = f"<sip:{number}@{self._own}>"
        phone = self._phone(number, next(self._callers), shown)
        await phone.line.wire.open()
        async with phone:
            call = await phone.dial(did, headers=(("P-Asserted-Identity", shown),))
            await call.answered(within=TO_THE_QUEUE)
            agent = await _heard(call)
            if agent:
                await asyncio.sleep(random.uniform(*TALK))  # noqa: S311 - a person's habit
            await call.hang_up()
            return agent

    def _phone(self, number: str, port: int, shown: str = "") -> Phone:
        wire = Wire(self._own, port, (self._pbx, SIP))
        ports = self._media.__next__
        server = f"{self._pbx}:{SIP}"
        line = Line(wire, number, server, ports, tones.take(number), self._password)
        phone = Phone(line, shown=shown or f"<sip:{number}@{server}>")
        wire.on_request = phone.on_request
        return phone


async def _heard(call: OutgoingCall) -> str:
    """Wait until an agent speaks; who it is. "" where none does, or the call ends before."""
    for _ in range(int(PATIENCE / LISTEN_EVERY)):
        agents = call.hears() - {SOUND}
        if agents or call.is_over:
            return min(agents, default="")
        await asyncio.sleep(LISTEN_EVERY)
    return ""


async def _visit(visitors: Visitors, did: str, calls: int, every: float) -> int:
    """Register, log in, and place so many calls (0: without end), one after the other begins.
    Returns how many of them no agent took."""
    missed = 0

    async def one() -> None:
        nonlocal missed
        try:
            agent = await visitors.call(did)
        except RigError as error:
            agent = ""
            _say(str(error))
        missed += not agent
        _say(f"a caller talked with {agent}" if agent else "a caller talked with nobody")

    async with AsyncExitStack() as stack:
        for place, number in enumerate(AGENTS):
            phone = await stack.enter_async_context(await visitors.agent(number, place))
            # Whoever came back by the same address would count as away until the next OPTIONS.
            stack.push_async_callback(phone.unregister)
            _say(f"agent {number} is logged in")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(calls) if calls else count():
                tasks.create_task(one())
                await asyncio.sleep(every)
    return missed


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def visit(
    *,
    pbx: Annotated[str, typer.Option(help="Asterisk's address.")] = "172.30.70.10",
    own: Annotated[str, typer.Option(help="The address we have.")] = "172.30.70.30",
    password_file: Annotated[Path, typer.Option(help="Holds the phones' password.")] = Path(
        "/run/phones-secret/password"
    ),
    did: Annotated[str, typer.Option(help="The number that is called.")] = "+358942454000",
    calls: Annotated[int, typer.Option(min=0, help="How many; 0: without end.")] = 0,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two callers.")] = 5.0,
) -> None:
    """Register agents' phones, log them in, and call. The defaults are docker/compose.yaml's. Ends
    with 1 where a caller reached nobody."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # process 1 of a container would not end
    visitors = Visitors(pbx, own, password_file.read_text("utf-8").strip())
    try:
        missed = asyncio.run(_visit(visitors, did, calls, every))
    except RigError as error:
        sys.exit(str(error))
    raise typer.Exit(min(missed, 1))


app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.command()(visit)

if __name__ == "__main__":
    app()
