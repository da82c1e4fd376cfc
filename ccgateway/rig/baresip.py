"""baresip: a real softphone, as its own process, with password, audio and a phone's buttons.

It is Debian's (1.0.0 in bookworm), told what to do over its ctrl_tcp module. What 1.0.0 has not:
a button for attended transfer (it came later). Its ``transfer`` takes any Refer-To, so the one with
Replaces is written here, from the tags in its own trace of SIP messages.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import re
import subprocess
import wave
from pathlib import Path
from urllib.parse import quote

from ccgateway.rig import processes
from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.closing import Closing
from ccgateway.rig.errors import RigError
from ccgateway.rig.phone import hearing, sip, tones
from ccgateway.rig.phone.rtp import PTIME
from ccgateway.rig.ports import LOOPBACK
from ccgateway.rig.waiting import until

_CONFIG = """\
sip_listen {host}:{sip}
net_interface {host}
rtp_ports {rtp}-{rtp_last}
audio_source aufile,{folder}/tone.wav
audio_player aubridge,nil
call_max_calls 4
statmode_default off
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module_app account.so
module_app ctrl_tcp.so
module_app menu.so
ctrl_tcp_listen {host}:{control}
"""
_ACCOUNT = (
    "<sip:{number}@{server};transport=udp>;auth_user={number};auth_pass={secret};"
    "regint=600;answermode=manual;audio_codecs=PCMU\n"
)
RTP_PORTS = 16  # two a call, and it looks for a free one
AUDIO_SECONDS = 300  # baresip plays a file once: longer than any talk of a test
BETWEEN_KEYS = 0.2  # seconds, as fingers are: it ends a key when the next one comes
SOON = 5.0  # seconds; for what the PBX does at once
Event = dict[str, str]


class Baresip(Closing):
    """One registered softphone. Methods that wait raise RigError when their time is over. An async
    context manager; it dies with us, however we die."""

    def __init__(self, asterisk: RigAsterisk, number: int, folder: Path) -> None:
        """``folder``: its own, made here."""
        self.name = str(number)
        self.events: list[Event] = []
        self._server = f"{LOOPBACK}:{asterisk.addresses.sip_port}"
        self._folder = folder
        self._control = asterisk.block.passing()
        self._hertz = tones.take(self.name)
        self._answers: dict[str, Event] = {}
        self._asked = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        rtp = asterisk.block.talking(RTP_PORTS)
        folder.mkdir(parents=True)
        (folder / "contacts").touch()
        (folder / "config").write_text(
            _CONFIG.format(
                host=LOOPBACK, sip=asterisk.block.talking(2), control=self._control, folder=folder,
                rtp=rtp, rtp_last=rtp + RTP_PORTS - 1,
            )
        )  # fmt: skip
        secret = asterisk.addresses.phone_secret
        account = _ACCOUNT.format(number=number, server=self._server, secret=secret)
        (folder / "accounts").write_text(account)
        _write_tone(folder / "tone.wav", self._hertz)

    @property
    def log(self) -> Path:
        """What it prints: every SIP message too."""
        return self._folder / "log"

    @property
    def pid(self) -> int:
        """Its process id. Raises RigError where it does not run."""
        if not self._process:
            raise RigError("baresip does not run")
        return self._process.pid

    async def close(self) -> None:
        """End the process."""
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        if self._writer:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
        if self._process:
            processes.stop(self._process)
        tones.release(self._hertz)

    # What a person does

    async def answer(self) -> None:
        """Answer the call that rings."""
        await self.rings()
        await self.command("accept")

    async def dial(self, number: str) -> None:
        """Call an extension; a talk that there is, is not held by itself."""
        await self.command("dial", f"sip:{number}@{self._server}")

    async def hang_up(self) -> None:
        """End the current call."""
        await self.command("hangup")

    async def hold(self) -> None:
        """Put the current call on hold (re-INVITE with sendonly)."""
        await self.command("hold")

    async def resume(self) -> None:
        """Take it back."""
        await self.command("resume")

    async def press(self, keys: str) -> None:
        """Press keys (RFC 4733)."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(BETWEEN_KEYS)

    async def choose(self, line: int) -> None:
        """Make another of its calls the current one: 1 is the oldest."""
        await self.command("line", str(line))

    async def refer(self, number: str) -> None:
        """Blind transfer of the current call; baresip hangs up when it has gone well."""
        await self.command("transfer", f"sip:{number}@{self._server}")

    async def attended(self, first: str, second: str) -> None:
        """Attended transfer: connect the other sides of two of its calls (ids, as in events);
        ``first``, on hold, is line 1."""
        local, remote, target = self._dialog(second)
        replaces = quote(f"{second};to-tag={remote};from-tag={local}", safe="")
        await self.choose(1)
        await self.command("transfer", f"<{target}?Replaces={replaces}>")
        await self.over(first)

    async def command(self, name: str, parameters: str = "") -> str:
        """A command of baresip's menu (``help`` lists them), and what it prints. Raises RigError
        where baresip says no."""
        if not self._writer:
            raise RigError("baresip does not run")
        self._asked += 1
        token = str(self._asked)
        message = {"command": name, "params": parameters, "token": token}
        text = json.dumps({key: value for key, value in message.items() if value}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))  # a netstring
        answer = await until(lambda: self._answers.get(token, {}), f"baresip answers {name}")
        if not answer.get("ok"):
            raise RigError(f"baresip: {name} {parameters}: {answer.get('data')}")
        return answer["data"]

    # What a person waits for

    async def rings(self, *, within: float = SOON) -> Event:
        """A call comes in (its last one): ``id``, ``peeruri``, ``peerdisplayname``."""
        return await self._seen("CALL_INCOMING", within)

    async def established(self, *, within: float = SOON) -> Event:
        """A call is answered, by whichever side: each is told once."""
        return await self._seen("CALL_ESTABLISHED", within)

    async def over(self, call: str, *, within: float = SOON) -> None:
        """The call with this id is over."""

        def is_over() -> bool:
            return any(
                event["type"] == "CALL_CLOSED" and event["id"] == call for event in self.events
            )

        await until(is_over, f"baresip's call {call} is over", seconds=within)

    async def _seen(self, kind: str, within: float) -> Event:
        """The first event of a kind whose call is not over; it is told once."""
        ended = {event["id"] for event in self.events if event["type"] == "CALL_CLOSED"}

        def untold() -> list[Event]:
            return [
                event
                for event in self.events
                if event["type"] == kind and event["id"] not in ended and "told" not in event
            ]

        event = (await until(untold, f"baresip: {kind}", seconds=within))[0]
        event["told"] = "yes"
        return event

    async def _open(self) -> None:
        self._process = processes.start(["baresip", "-f", str(self._folder), "-s"], self.log)
        await until(self._connected, "baresip's control port")
        await until(self._is_registered, "baresip is registered")

    async def _connected(self) -> bool:
        if self._process and self._process.poll() is not None:
            raise RigError(f"baresip ended: {self.log.read_text(errors='replace')[-2000:]}")
        try:
            reader, self._writer = await asyncio.open_connection(LOOPBACK, self._control)
        except OSError:
            return False
        self._reading = asyncio.create_task(self._read(reader))
        return True

    async def _is_registered(self) -> bool:
        return "OK" in await self.command("reginfo")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # baresip ended
            while True:
                size = await reader.readuntil(b":")
                message = json.loads(await reader.readexactly(int(size[:-1])))
                await reader.readexactly(1)
                if message.get("event"):
                    self.events.append(message)
                else:
                    self._answers[message.get("token", "")] = message

    def _dialog(self, call: str) -> tuple[str, str, str]:
        """Tags (ours, theirs) and the other side's contact of a call that it dialled, from the 200
        in the trace."""
        trace = self.log.read_bytes().decode(errors="replace")
        for found in re.finditer(r"^SIP/2\.0 200 .*?\r\n\r\n", trace, re.MULTILINE | re.DOTALL):
            message = sip.parse(found[0].encode())
            if message.call_id == call and message.cseq[1] == "INVITE":
                ours, theirs = message.first("from"), message.first("to")
                contact = sip.parse_address(message.first("contact")).uri
                return sip.parameter(ours, "tag"), sip.parameter(theirs, "tag"), contact
        raise RigError(f"baresip's trace has no answer to {call}")


def _write_tone(path: Path, hertz: int) -> None:
    """The phone's tone as baresip wants it: linear, 16 bit, 8000 Hz."""
    packet = array.array("h", (hearing.LINEAR[byte] for byte in tones.packet(hertz)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(packet.itemsize)
        file.setframerate(8000)
        file.writeframes(packet.tobytes() * int(AUDIO_SECONDS / PTIME))
