"""Records the scenarios of three lines at the rig's Asterisk: ``python -m tests.scenarios.record``
writes each to recordings/, or those that are named: what AMI said of it, then what stands in CEL
and in queue_log. With CCGATEWAY_RIG_ASTERISK=debian11 it is Asterisk 16, in recordings/debian11/.
No gateway runs: what it keeps in the dialplan, and answers at the door, is set here."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from ccgateway.calls.board import Ours
from ccgateway.calls.recorded import Head, head_line
from ccgateway.rig import installs
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.progress import silent
from tests.scenarios.ami_tape import Tape
from tests.scenarios.journal_tape import Journals
from tests.scenarios.plays import SCENARIOS
from tests.scenarios.stage import ADDED, AGENTS, CUSTOMER, GLOBALS, QUEUES, VENDOR, Stage

RECORDINGS = Path(__file__).parent / "recordings"
PHONES = {f"PJSIP/{agent}": str(agent) for agent in AGENTS}
OURS = Ours({*QUEUES, "ccg-fallback"}, {"from-phones"}, PHONES)
HEAD = head_line(Head({"pbx1": OURS}, made_by="tests.scenarios.record"))


async def _record(names: list[str]) -> None:
    async with AsyncExitStack() as stack:
        kind = installs.chosen()
        folder = RECORDINGS if kind == installs.DEFAULT else RECORDINGS / kind
        folder.mkdir(exist_ok=True)
        asterisk = RigAsterisk(installs.choose(kind, silent))
        stack.callback(asterisk.remove)
        await asterisk.start()
        with (asterisk.etc / "extensions.conf").open("a", encoding="utf-8") as file:
            file.write(ADDED)
        await asterisk.rx("dialplan reload")
        for name, value in GLOBALS.items():
            await asterisk.rx(f"dialplan set global {name} {value}")
        outside = await stack.enter_async_context(Outside(asterisk))
        phones = {
            number: await stack.enter_async_context(await Phone.register(asterisk, number))
            for number in AGENTS
        }
        tape = await stack.enter_async_context(Tape(asterisk))
        on = Stage(asterisk, tape, outside, phones)
        for queue, agents in QUEUES.items():
            for agent in agents:
                await on.member(queue, f"PJSIP/{agent}", str(agent))
        for name in names:
            await _play(on, name, folder)


async def _play(on: Stage, name: str, folder: Path) -> None:
    on.tape.begin()
    journals = Journals(on.asterisk.log.parent)
    try:
        async with asyncio.timeout(45):
            await SCENARIOS[name](on)
            lines = [HEAD, *await on.tape.finish(), *journals.lines()]
        await asyncio.to_thread((folder / f"{name}.jsonl").write_bytes, b"\n".join([*lines, b""]))
        print(name)  # noqa: T201 - a tool for people
    except Exception as error:  # the others can still be recorded
        print(f"{name}: {type(error).__name__}: {error}")  # noqa: T201 - a tool for people
    for phone in (*on.phones.values(), on.outside.phone(CUSTOMER), on.outside.phone(VENDOR)):
        phone.do_not_disturb = False
        for call in phone.calls:
            call.close()
        phone._told = sum(isinstance(call, IncomingCall) for call in phone.calls)  # noqa: SLF001
    on.tape.begin()


if __name__ == "__main__":
    asyncio.run(_record(sys.argv[1:] or list(SCENARIOS)))
