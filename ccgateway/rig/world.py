"""The whole simulated world: PostgreSQL, Asterisk, the gateway, phones and callers."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.rig import packages, ports, processes, record
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.compare import Asked, Comparison, compare
from ccgateway.rig.crew import Crew
from ccgateway.rig.errors import RigError
from ccgateway.rig.gateway import Gateway
from ccgateway.rig.hotline import DOORS, NAMES
from ccgateway.rig.installs import Install, choose, chosen
from ccgateway.rig.phones import Behaviour, behaviour_of
from ccgateway.rig.plan import Planned
from ccgateway.rig.ports import LOOPBACK, WORLD
from ccgateway.rig.progress import Progress, silent
from ccgateway.rig.sipp import Caller, Habits, Sipp, Sipps
from ccgateway.rig.waiting import until

PREFIX = "ccgateway-world-"
CALL_AT_MOST = 120.0  # seconds from a call's offset to its end: waits, talk, messages


class World(Closing):
    """An async context manager: everything runs inside it, nothing is left behind after it."""

    lay_down: ClassVar[Callable[[Path], Awaitable[None]] | None] = None
    """Makes PostgreSQL's data folder, if it is not to begin with an empty one. Tests, which have a
    hundred worlds, copy one."""

    def __init__(
        self,
        asterisk: str = "",
        progress: Progress = silent,
        *,
        habits: Habits | None = None,
        agents: Sequence[int] = tuple(NAMES),
        proof: bool = True,
        crew: bool = False,
    ) -> None:
        """``asterisk``: as ``--asterisk``; else what the environment chose. ``agents`` are logged
        in at the start. Without ``proof`` SIPp writes no logs: a world that runs for days shall not
        fill a disk. With ``crew`` the service of three lines has its people, who play the plan's
        scenes."""
        self._kind = asterisk or chosen()
        self._progress = progress
        self._habits = habits or Habits()
        self._agents = agents
        self._proof = proof
        self._with_crew = crew
        self._crew: Crew | None = None
        self.folder = Path(tempfile.gettempdir())
        self._parts: tuple[RigAsterisk, Sipps, Gateway] | None = None
        self._postgres: EmbeddedServer | None = None

    @property
    def asterisk(self) -> RigAsterisk:
        return self._running[0]

    @property
    def sipps(self) -> Sipps:
        return self._running[1]

    @property
    def gateway(self) -> Gateway:
        return self._running[2]

    @property
    def crew(self) -> Crew:
        if not self._crew:
            raise RigError("this world has no crew")
        return self._crew

    @property
    def postgres(self) -> EmbeddedServer:
        if not self._postgres:
            raise RigError("PostgreSQL is not running")
        return self._postgres

    @property
    def _running(self) -> tuple[RigAsterisk, Sipps, Gateway]:
        if not self._parts:
            raise RigError("the world is not running")
        return self._parts

    async def _open(self) -> None:
        packages.ensure(["sipp", "setpriv"], self._progress)
        install = choose(self._kind, self._progress)
        self._make_folder()
        self._progress("starting PostgreSQL", 3)
        data_dir = self.folder / "postgres"
        if World.lay_down:
            await World.lay_down(data_dir)
        self._postgres = await EmbeddedServer.start(data_dir, die_with_parent=True, fast=True)
        self._progress("starting Asterisk", 2)
        await self._start_asterisk(install)
        self._progress("starting the gateway", 3)
        self.gateway.configure()
        await self.gateway.start()
        await until(self._is_in_service, "the gateway's heartbeat in the dialplan")
        self._progress("starting phones, logging agents in", 1)
        await self.sipps.start_phones(self._behaviours(), self._habits)
        await self.gateway.login(self._agents)
        if self._with_crew:
            self._crew = await self._make_crew().__aenter__()

    async def _is_in_service(self) -> bool:
        """Without a heartbeat the dialplan does not ask the gateway: callers take its fallback."""
        beat = await self.asterisk.rx("dialplan eval function GLOBAL(CCG_HEARTBEAT)")
        return any(word.isdigit() and int(word) > 0 for word in beat.split())

    def _make_crew(self) -> Crew:
        return Crew(self.asterisk, self.gateway)

    def _make_folder(self) -> None:
        temporary = Path(tempfile.gettempdir())
        processes.sweep(temporary, f"{PREFIX}*")
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.folder.chmod(0o711)  # PostgreSQL's data is below, and may have to run as nobody
        processes.mark(self.folder)

    async def _before_ami(self, asterisk: RigAsterisk) -> None:
        """What stands between the gateway and AMI is made; nothing, unless there is something."""

    def _make_asterisk(self, install: Install) -> RigAsterisk:
        return RigAsterisk(install)

    async def _start_asterisk(self, install: Install) -> None:
        asterisk = self._make_asterisk(install)
        await self._before_ami(asterisk)
        gateway = self._make_gateway(asterisk)
        sipps = self._make_sipps(asterisk)
        self._parts = (asterisk, sipps, gateway)
        await asterisk.start()

    def _make_gateway(self, asterisk: RigAsterisk) -> Gateway:
        return Gateway(
            self.folder,
            asterisk.addresses,
            asterisk.block.one(),
            ports.secret(),
            self.postgres.dsn,
            journals=asterisk.log.parent,
        )

    def _make_sipps(self, asterisk: RigAsterisk) -> Sipps:
        return Sipps(asterisk, self.folder / "sipp", proof=self._proof)

    def _behaviours(self) -> list[Behaviour]:
        used = {behaviour_of(phone) for phone in (*NAMES, *self._agents)}
        return sorted(used, key=lambda behaviour: behaviour.phones.start)

    def place(self, planned: Sequence[Planned]) -> Sipp | None:
        """Place calls of the plan, each at its offset from now: SIPp's from the trunk, the scenes
        by the crew. Returns SIPp's process, None where it has nothing to do."""
        scenes = [call for call in planned if call.kind.by_crew]
        if scenes:
            self.crew.play(scenes)
        callers = [call.caller for call in planned if not call.kind.by_crew]
        return self.sipps.place(callers) if callers else None

    def forget_ended(self) -> None:
        """Let go of what is kept of calls that have ended: their truth goes with them."""
        self.sipps.forget_ended()
        if self._crew:
            self._crew.forget_ended()

    async def played(self, planned: Sequence[Planned]) -> Comparison:
        """Place the calls, wait for their end, and hold the record against the truth. Where the
        callers' SIPp fails, or a scene, the comparison says so, and does not agree."""
        last = max((call.caller.offset_ms for call in planned), default=0) / 1000
        faults: list[str] = []
        callers = self.place(planned)
        try:
            if callers and await callers.finished(last + CALL_AT_MOST):
                faults.append(f"SIPp {callers.name}: a call did not go as its scenario says")
        except RigError as error:
            faults.append(str(error))
        if self._crew:
            await self._crew.finished()
            faults += self._crew.faults
        return replace(await self.compared(), faults=tuple(faults))

    async def compared(self) -> Comparison:
        """All calls until now, call by call: the plan, SIPp's and the phones' truth, PostgreSQL's
        record."""
        planned = [Asked(caller.number, caller.did) for caller in self.sipps.asked()]
        truth = self.sipps.truth()
        if self._crew:
            planned += self._crew.asked()
            truth += self._crew.truth()
        found = await record.settled(self.postgres.dsn, len(truth))
        attempts = await record.attempts_of(self.postgres.dsn, found)
        return compare(truth, found, DOORS, planned, attempts)

    async def press(self, phone: int, code: str, stay_ms: int = 8000) -> None:
        """Dial a feature code from an agent's phone, and listen to the end. Raises RigError."""
        dialled = self.sipps.place([Caller(str(phone), code, stay_ms)], from_phone=True)
        await dialled.finished(stay_ms / 1000 + CALL_AT_MOST)

    def state(self) -> dict[str, object]:
        """The addresses of all that runs, so that others can attach. Holds secrets."""
        at, process = self.asterisk.addresses, self.sipps
        return {
            "folder": str(self.folder),
            "pid": os.getpid(),
            "asterisk": {"pid": self.asterisk.pid, "folder": str(self.asterisk.folder)},
            "ami": {
                "host": LOOPBACK,
                "port": at.ami_port,
                "username": "rigtest",
                "secret": at.test_secret,
            },
            "agi": {"host": LOOPBACK, "port": at.agi_port, "secret": at.agi_secret},
            "sip": {"host": LOOPBACK, "port": at.sip_port, "callers_come_from": WORLD},
            "http": {"url": self.gateway.url, "token": self.gateway.http_token},
            "postgres": {"dsn": self.postgres.dsn, "pid": self.postgres.pid},
            "gateway": {
                "pid": self.gateway.pid,
                "config": str(self.gateway.config),
                "log": str(self.gateway.log),
            },
            "phones": [{"name": s.name, "pid": s.process.pid} for s in process.phones],
        }

    def write_state(self, path: Path) -> None:
        """``state()`` as JSON, whole or not at all, readable by us only, whatever stood there.
        Raises RigError where it cannot be written."""
        text = json.dumps(self.state(), indent=2) + "\n"
        try:
            # made with O_EXCL, and mode 0600
            handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(half).replace(path)
        except OSError as error:
            raise RigError(f"the state file {path} cannot be written: {error}") from error

    async def close(self) -> None:
        """Stop everything, the outside first, and remove the folders."""
        if self._crew:
            await self._crew.close()
            self._crew = None
        if self._parts:
            asterisk, sipps, gateway = self._parts
            sipps.stop()
            gateway.stop()
            asterisk.remove()
            self._parts = None
        if self._postgres:
            await self._postgres.stop()
            self._postgres = None
        if self.folder.name.startswith(PREFIX):
            shutil.rmtree(self.folder, ignore_errors=True)
