"""SIPp: the phones that agents have and the callers of the outside world, with real SIP and RTP.

Each process writes every message with its time (microseconds, UTC) into a log: the ground truth.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import psutil

from ccgateway.rig import audio, messages, processes
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.errors import RigError
from ccgateway.rig.phones import Behaviour
from ccgateway.rig.ports import LOOPBACK, WORLD
from ccgateway.rig.repository import SCENARIOS
from ccgateway.rig.truth import TruthCall, calls
from ccgateway.rig.waiting import until
from ccgateway.templates import fill

_SDP = """\
v=0
o=rig 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [{port}] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""
_SOUND = '<nop><action><exec rtp_stream="@{audio},-1,0,PCMU/8000"/></action></nop>'
FAILED_CALLS = 1  # SIPp's exit code when a call did not go as its scenario says
PARALLEL, PER_PROCESS = 10, 20
"""Callers' processes at once, each with a first media port of its own (SIPp ends where that one is
taken; for further calls it looks for a free one)."""
NO_CALLS = 99  # SIPp's exit code when it was ended before any call


@dataclass(frozen=True, slots=True)
class Habits:
    """How long phones take, in milliseconds."""

    ring_ms: int = 400
    talk_ms: int = 2500  # until a phone hangs up, or holds, by itself
    hold_ms: int = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """One call to place. ``number`` is what the network asserts, also of a withheld one;
    ``stay_ms`` counts from the network's answer (the queue), not from the agent's."""

    number: str
    did: str
    stay_ms: int
    offset_ms: int = 0
    name: str = ""
    withheld: bool = False

    def line(self, address: str) -> str:
        """The call as a line of SIPp's injection file. Raises RigError for what cannot be one."""
        shown = f'"{self.name}" <sip:{self.number}@{address}>'
        source = '"Anonymous" <sip:anonymous@anonymous.invalid>' if self.withheld else shown
        user = "anonymous" if self.withheld else self.number
        privacy = "id" if self.withheld else "none"
        fields = (self.offset_ms, source, user, self.did, self.stay_ms, shown, privacy)
        text = [str(part) for part in fields]
        if any(";" in part or "\n" in part or "\r" in part for part in text):
            raise RigError(f"SIPp's file has no way to write ; or a line break: {text}")
        return ";".join(text)


@dataclass
class Sipp:
    """One SIPp process and its message log."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    messages: Path
    console: Path
    asked: tuple[Caller, ...] = ()  # of a callers' process: the calls it is to place

    async def finished(self, seconds: float) -> int:
        """Wait for the end; return how many calls did not go as the scenario says (0 or 1: SIPp
        only tells whether). Raises RigError on a time-out or when SIPp itself failed."""
        # Popen.poll is None while it runs, and 0 is an answer: hence the list
        done = await until(
            lambda: [c for c in [self.process.poll()] if c is not None],
            f"SIPp {self.name} ends",
            seconds=seconds,
        )
        if done[0] not in (0, FAILED_CALLS, NO_CALLS) or not self.messages.exists():
            raise RigError(f"SIPp {self.name} failed ({done[0]}): {self.told()}")
        return int(done[0] == FAILED_CALLS)

    def told(self) -> str:
        """The end of what it printed."""
        return self.console.read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """End it at once: at SIGTERM SIPp would first wait for its calls. Its log is whole."""
        self.process.kill()
        self.process.wait()


@dataclass
class Sipps:
    """All SIPp processes of one rig, with their files in one folder."""

    asterisk: RigAsterisk
    folder: Path
    proof: bool = True  # whether message logs are written
    sound: bool = True  # whether callers speak: two hundred at once take a processor for it
    phones: list[Sipp] = field(default_factory=list)
    callers: list[Sipp] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._audio = self.folder / "tone.ul"
        self._audio.write_bytes(audio.tone(440, 2))
        self._placed = 0

    async def start_phones(
        self, behaviours: Iterable[Behaviour] = tuple(Behaviour), habits: Habits | None = None
    ) -> None:
        """One process for all phones of a behaviour; returns when they listen."""
        for behaviour in behaviours:
            self.phones.append(self._phones(behaviour, habits or Habits()))
        for sipp in self.phones:
            await until(partial(_is_listening, sipp), f"{sipp.name} listen")

    def place(self, placing: Sequence[Caller], *, from_phone: bool = False) -> Sipp:
        """Place calls, each at its offset from now: from the trunk, or (``from_phone``, where
        ``number`` is a phone's and ``did`` may be a feature code) from an agent's phone."""
        self._placed += 1
        name = f"callers-{self._placed}"
        address = LOOPBACK if from_phone else WORLD
        csv = self.folder / f"{name}.csv"
        lines = "\n".join(call.line(address) for call in placing)
        csv.write_text(f"SEQUENTIAL\n{lines}\n", encoding="utf-8")
        count = str(len(placing))
        first, _ = self.asterisk.block.caller_media
        first += self._placed % PARALLEL * PER_PROCESS
        sipp = self._start(
            name,
            "caller",
            Habits(),
            address=address,
            port=self.asterisk.block.passing(udp=True),
            more=[
                "-inf", str(csv), "-m", count, "-l", count, "-r", "1000", "-mp", str(first),
                f"{LOOPBACK}:{self.asterisk.addresses.sip_port}",
            ],
        )  # fmt: skip
        sipp.asked = tuple(placing)
        self.callers.append(sipp)
        processes.reap(sipp.process)
        return sipp

    def forget_ended(self) -> None:
        """Remove the files of callers that have ended: their truth goes with them."""
        for sipp in [one for one in self.callers if one.process.poll() is not None]:
            self.callers.remove(sipp)
            for path in self.folder.glob(f"{sipp.name}.*"):
                path.unlink()

    def asked(self) -> list[Caller]:
        """All calls that were to be placed until now."""
        return [caller for sipp in self.callers for caller in sipp.asked]

    def truth(self) -> list[TruthCall]:
        """What all callers and phones saw until now, one record a call."""
        return calls(
            chain.from_iterable(messages.read(one.messages) for one in self.callers),
            chain.from_iterable(messages.read(one.messages) for one in self.phones),
        )

    def stop(self) -> None:
        """End all."""
        for sipp in (*self.callers, *self.phones):
            sipp.stop()

    def _phones(self, behaviour: Behaviour, habits: Habits) -> Sipp:
        first = self.asterisk.block.phone_media(list(Behaviour).index(behaviour))
        return self._start(
            f"phones-{behaviour.name.lower()}",
            behaviour.scenario,
            habits,
            address=LOOPBACK,
            port=self.asterisk.addresses.phone_ports[behaviour],
            more=["-rtp_echo", "-mp", str(first)],
        )

    def _start(
        self, name: str, scenario: str, habits: Habits, *, address: str, port: int, more: list[str]
    ) -> Sipp:
        xml, log = self.folder / f"{name}.xml", self.folder / f"{name}.messages"
        xml.write_text(self._scenario(scenario, habits), encoding="utf-8")
        command = [
            "sipp", "-sf", str(xml), "-i", address, "-mi", address, "-p", str(port),
            "-nostdin", *(("-trace_msg", "-message_file", str(log)) if self.proof else ()),
            "-cp", str(self.asterisk.block.passing(udp=True)),
            *more,
        ]  # fmt: skip
        console = self.folder / f"{name}.console"
        process = processes.start(command, console, cwd=self.folder, extra_env={"TZ": "UTC"})
        return Sipp(name, process, port, log, console)

    def _scenario(self, name: str, habits: Habits) -> str:
        values = {
            "sdp": _SDP.format(port="media_port"),
            "caller_sdp": _SDP.format(port="rtpstream_audio_port" if self.sound else "media_port"),
            "audio": str(self._audio),
            "ring_ms": str(habits.ring_ms),
            "talk_ms": str(habits.talk_ms),
            "hold_ms": str(habits.hold_ms),
        }
        text = (SCENARIOS / f"{name}.xml").read_text(encoding="utf-8")
        return fill(text if self.sound else text.replace(_SOUND, ""), values)


def _is_listening(sipp: Sipp) -> bool:
    if sipp.process.poll() is not None:
        raise RigError(f"SIPp {sipp.name} ended: {sipp.told()}")
    sockets = psutil.Process(sipp.process.pid).net_connections("udp4")
    return any(socket.laddr.port == sipp.port for socket in sockets)
