"""An exchange in miniature: what Asterisk 22 and our dialplan say of a call over AMI, and what they
write into CEL and queue_log. Held against real recordings in tests/scenarios/test_histories.py.

AMI's facts and CEL's differ by up to a millisecond of each other, and come in another order where
two channels do something at once; each voice tells of one channel in the order in which it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from ccgateway.calls.voices import COVERED, FROM_DIALPLAN
from ccgateway.telephony.facts import Fact, Kind, Source
from tests.unit.calls.told import NODE, T0

TRUNK = "PJSIP/trunk"
CAUSE_OF = {"busy": "17", "no_answer": "0", "elsewhere": "26"}
_TICK = timedelta(microseconds=1)
_EPOCH = int(T0.timestamp())
_TRANSFERS = {Kind.BLIND_TRANSFERRED, Kind.ATTENDED_TRANSFERRED}
_CEL = COVERED | FROM_DIALPLAN | _TRANSFERS | {Kind.LOCAL_OPTIMISED}
_NOT_IN_CEL = {"caller_name", "cause_text", "swapped"}


class Exchange:
    """Says what happens, as the hands below do it. ``random`` draws how long everything takes;
    without ``jitter`` all voices tell all in one order."""

    def __init__(self, random: Random, *, jitter: bool = True) -> None:
        self.random = random
        self._jitter = 900 if jitter else 9  # microseconds
        self.now = T0 + timedelta(microseconds=random.randrange(1_000_000))
        self.ami: list[Fact] = []
        self.cel: list[Fact] = []
        self.queue_log: list[Fact] = []
        self.twins: list[tuple[Fact, Fact]] = []  # AMI's word and CEL's
        self.names: dict[str, str] = {}
        self.linkedids: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self._serial = 0
        self._bridges = 0
        self._last: dict[str, datetime] = {}  # CEL's, by channel

    # -- time

    def wait(self, least: float, most: float) -> float:
        """Let some seconds pass."""
        seconds = self.random.uniform(least, most)
        self.now += timedelta(seconds=seconds)
        return seconds

    def _tick(self) -> None:
        self.now += timedelta(microseconds=self.random.randrange(20, 1_500))

    # -- voices

    def say(self, kind: Kind, subject: str, place: str = "", /, **detail: str) -> None:
        """AMI tells it, and CEL if it is of its kinds."""
        words = {"channel": self.names[subject], "linkedid": self.linkedids[subject], **detail}
        if kind is Kind.ORIGINATED:
            words = detail  # of the request, not of a channel
        told = Fact(NODE, kind, subject, self.now, place, detail=words)
        self.ami.append(told)
        if kind in _CEL:
            known = {key: said for key, said in words.items() if key not in _NOT_IN_CEL}
            if kind is Kind.ENTERED:
                known["caller_number"] = self.numbers[subject]
            at = self._cel_time(subject)
            self.cel.append(replace(told, at=at, source=Source.CEL, detail=known))
            self.twins.append((told, self.cel[-1]))
        self._tick()

    def _cel_time(self, channel: str) -> datetime:
        near = self.now + timedelta(microseconds=self.random.randrange(-self._jitter, self._jitter))
        self._last[channel] = max(near, self._last.get(channel, near) + _TICK)
        return self._last[channel]

    def log(self, kind: Kind, subject: str, queue: str, /, **detail: str) -> None:
        """queue_log has it, in whole seconds."""
        at = self.now.replace(microsecond=0)
        told = Fact(NODE, kind, subject, at, queue, source=Source.QUEUE_LOG, detail=detail)
        self.queue_log.append(told)

    def ourselves(self, kind: Kind, subject: str, /, **detail: str) -> None:
        """The gateway, while it is there."""
        told = Fact(NODE, kind, subject, self.now, source=Source.SELF, detail=detail)
        self.ami.append(told)
        self._tick()

    # -- channels and bridges

    def channel(
        self,
        device: str,
        by: str = "",
        context: str = "from-phones",
        exten: str = "s",
        uniqueid: str = "",
        **who: str,
    ) -> str:
        """A channel begins; ``by`` is the one that calls it."""
        self._serial += 1
        born = _EPOCH + int((self.now - T0).total_seconds())
        uniqueid = uniqueid or f"{born}.{self._serial}"
        name = device if device[-2:-1] == ";" else f"{device}-{self._serial:08x}"
        self.names[uniqueid] = name
        self.linkedids[uniqueid] = self.linkedids[by] if by else uniqueid
        number = device.partition("/")[2] if device != TRUNK else ""
        words = {"context": context, "exten": exten, "caller_number": number, **who}
        self.numbers[uniqueid] = words["caller_number"]
        self.say(Kind.CHANNEL_CREATED, uniqueid, **{k: v for k, v in words.items() if v})
        return uniqueid

    def answer(self, channel: str, by: str = "") -> None:
        """It answers who dialled it."""
        self.say(Kind.CHANNEL_ANSWERED, channel)
        if by:
            self.say(Kind.DIAL_ENDED, channel, by, status="ANSWER")

    def bridge(self, *channels: str) -> str:
        """A new bridge, and they enter it."""
        self._bridges += 1
        name = f"bridge-{self._bridges}"
        for channel in channels:
            self.enter(channel, name)
        return name

    def enter(self, channel: str, bridge: str, **swapped: str) -> None:
        self.say(Kind.BRIDGE_ENTERED, channel, bridge, bridge_type="basic", **swapped)

    def leave(self, bridge: str, *channels: str) -> None:
        for channel in channels:
            self.say(Kind.BRIDGE_LEFT, channel, bridge)

    def gone(self, *channels: str, cause: str = "16") -> None:
        for channel in channels:
            self.say(Kind.CHANNEL_ENDED, channel, cause=cause)

    def local(self, name: str, by: str) -> tuple[str, str]:
        """Both halves of a Local channel."""
        base = f"Local/{name}-{self._serial:08x}"
        near, far = (self.channel(f"{base};{half}", by, "far", name) for half in (1, 2))
        self.say(Kind.LOCAL_JOINED, near, far)
        return near, far

    # -- a queue

    def join(self, caller: str, queue: str) -> None:
        self.log(Kind.QUEUE_JOINED, caller, queue, position="1")
        self.say(Kind.QUEUE_JOINED, caller, queue, position="1", count="1")

    def ring(self, caller: str, queue: str, agent: str) -> str:
        """app_queue rings an agent's phone."""
        phone = self.channel(f"PJSIP/{agent}", caller)
        words = {"agent": agent, "caller": caller}
        self.say(Kind.AGENT_CALLED, phone, queue, **words)
        self.say(Kind.DIAL_BEGAN, phone, caller, dialled=f"PJSIP/{agent}")
        self.say(Kind.CHANNEL_RINGING, phone)
        return phone

    def ring_local(self, caller: str, queue: str, agent: str) -> tuple[str, str, str]:
        """The same, where the member is a Local channel: its halves, and the phone."""
        near, far = self.local(f"{agent}@phones", caller)
        self.say(Kind.AGENT_CALLED, near, queue, agent=agent, caller=caller)
        self.say(Kind.DIAL_BEGAN, near, caller, dialled=f"Local/{agent}@phones")
        phone = self.channel(f"PJSIP/{agent}", far)
        self.say(Kind.DIAL_BEGAN, phone, far, dialled=agent)
        self.say(Kind.CHANNEL_RINGING, phone)
        self.say(Kind.CHANNEL_RINGING, near)
        return near, far, phone

    def unanswered(self, caller: str, queue: str, phone: str, how: str) -> None:
        """It rang to its limit (app_queue tells its end twice), or was busy at once."""
        agent = self.names[phone].partition("/")[2].partition("-")[0]
        rang = 0 if how == "busy" else round(self.wait(2, 4) * 1000)
        words = {"agent": agent, "caller": caller, "ringtime": str(rang)}
        self.log(Kind.AGENT_RANG_OUT, caller, queue, **words)
        self.say(Kind.AGENT_RANG_OUT, phone, queue, **words)
        self.say(Kind.DIAL_ENDED, phone, caller, status="NOANSWER")
        if how != "busy":
            self.say(Kind.DIAL_ENDED, phone, caller, status="CANCEL")
        self.gone(phone, cause=CAUSE_OF[how])

    def connect(self, caller: str, queue: str, agent: str, phone: str, end: str = "") -> str:
        """The agent has answered; ``end`` is the channel that the caller is bridged with, where it
        is not the phone's own."""
        words = {"agent": agent, "agent_uniqueid": end or phone, "holdtime": "1", "ringtime": "1"}
        self.say(Kind.QUEUE_LEFT, caller, queue, count="0")
        self.log(Kind.AGENT_CONNECTED, caller, queue, **words)
        self.say(Kind.AGENT_CONNECTED, caller, queue, **words)
        return self.bridge(end or phone, caller)

    def completed(self, caller: str, queue: str, agent: str, phone: str, reason: str) -> None:
        words = {"agent": agent, "agent_uniqueid": phone, "reason": reason}
        self.log(Kind.AGENT_COMPLETED, caller, queue, agent=agent, reason=reason)
        self.say(Kind.AGENT_COMPLETED, caller, queue, **words)

    def give_up(self, caller: str, queue: str, phones: Sequence[str]) -> None:
        """The caller hangs up while he waits."""
        for phone in phones:
            self.say(Kind.DIAL_ENDED, phone, caller, status="CANCEL")
            self.say(Kind.DIAL_ENDED, phone, caller, status="CANCEL")
        self.log(Kind.QUEUE_ABANDONED, caller, queue, position="1", holdtime="1")
        self.say(Kind.QUEUE_ABANDONED, caller, queue, position="1", holdtime="1")
        self.say(Kind.QUEUE_LEFT, caller, queue, count="0")
        self.gone(*phones, caller, cause="0")

    def time_out(self, caller: str, queue: str) -> None:
        """He has waited to the limit."""
        self.log(Kind.QUEUE_RESULT, caller, queue, status="TIMEOUT")
        self.say(Kind.QUEUE_ABANDONED, caller, queue, position="1", holdtime="1")
        self.say(Kind.QUEUE_LEFT, caller, queue, count="0")
        self.say(Kind.QUEUE_RESULT, caller, queue, status="TIMEOUT")


def in_order(*voices: Sequence[Fact]) -> list[Fact]:
    """The facts of some voices as they were told: each voice in its own order."""
    queues: dict[Source, list[Fact]] = defaultdict(list)
    for voice in voices:
        for fact in voice:
            queues[fact.source].append(fact)
    return sorted((f for queue in queues.values() for f in queue), key=lambda f: f.at)
