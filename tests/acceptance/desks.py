"""Desks for tests of the three lines: each has a service, queues, agents and customers of its own.

They share one Asterisk, so that cases run side by side. No gateway was ever started there: what it
would have written over AMI is written here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.installs import Install
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import RINGS
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.waiting import until
from tests.acceptance.ear import Ear, Event, ear_at

DESKS = 4  # more of them, and two cores no longer keep up with listening to their tones
OWN = "+358942454000"
WHISPER = "queue-periodic-announce"  # a stock sound of some seconds

_QUEUES = """
[{desk}-first](short)
[{desk}-second](short)
[{desk}-tills](short)
"""
_DOORS = """
; An administrator's own line: a static queue for each service.
[from-trunk](+)
exten => _77XX,1,Set(CCG_FALLBACK_QUEUE=desk${EXTEN:3}-first)
 same => n,Goto(ccg-inbound,${EXTEN},1)

; As the gateway has answered: first line for two seconds, then target 2.
exten => _78XX,1,Set(CCG_SERVICE=desk${EXTEN:3})
 same => n,Set(CCG_QUEUE=desk${EXTEN:3}-first)
 same => n,Set(CCG_WAIT_LIMIT=2)
 same => n,Set(CCG_OVERFLOW=2)
 same => n,Goto(ccg-queue,s,1)

; An agent's display (ccg-shown), on a machine that has little time.
[slow-shown]
exten => s,1,Wait(1)
 same => n,Return()

; Globals, but for one call alone: 7*5... the administrator's word for calls without the gateway,
; 8*5... a heart that beats.
[from-phones](+)
exten => _7*5XX.,1,Set(CCG_OUTBOUND_ALONE=yes)
 same => n,Goto(ccg-agent-codes,${FILTER(*+0-9,${EXTEN:1})},1)
exten => _8*5XX.,1,Set(CCG_HEARTBEAT=${EPOCH})
 same => n,Goto(ccg-agent-codes,${FILTER(*+0-9,${EXTEN:1})},1)
"""
_FRONT_DESK = """
exten => front_desk-{number},1,Dial(PJSIP/{phone},8)
"""


@dataclass
class Desk:
    """``anna`` and ``berta`` are first line, ``second`` and ``tills`` second; ``vendor`` and the
    customers are outside. To the gateway the phone of ``tills`` is no agent's. ``members``: who is
    logged in where in this case."""

    name: str
    asterisk: RigAsterisk
    ear: Ear
    anna: Phone
    berta: Phone
    second: Phone
    tills: Phone
    customer: Phone
    other: Phone
    vendor: Phone
    members: list[tuple[str, str]] = field(default_factory=list)
    known: set[Call] = field(default_factory=set)
    began: int = 0  # the number of events before this case

    @property
    def phones(self) -> tuple[Phone, ...]:
        agents = (self.anna, self.berta, self.second, self.tills)
        return (*agents, self.customer, self.other, self.vendor)

    @property
    def did(self) -> str:
        return f"770{self.name[-1]}"

    @property
    def globals(self) -> Mapping[str, str]:
        """What the gateway would keep up."""
        target, vendor = f"CCG_TARGET_{self.name}_", self.vendor.name
        return {
            f"CCG_SERVICE_{self.did}": self.name,
            f"CCG_FIRST_{self.name}": f"{self.name}-first|20",
            f"{target}2": f"pumps|2|{self.name}-second||3|back|10|",
            f"{target}3": f"tills|2|{self.name}-tills||2|4|10|{WHISPER}",
            f"{target}4": f"vendor|3||{vendor}|4|back|10|",
            f"{target}5": f"straight|2|{self.name}-second||2|first|10|",
            f"{target}6": "on-call|3||||back|10|",
            f"{target}7": f"round|2|{self.name}-tills||1|8|10|",
            f"{target}8": f"about|2|{self.name}-tills||1|7|10|",
            f"CCG_NEXT_{self.name}_1": "2",
            f"CCG_NEXT_{self.name}_2": "4",
            f"CCG_OWN_{self.name}": OWN,
            f"CCG_PREFIX_4{self.name[-1]}": self.name,
        } | {
            f"CCG_PHONE_{one.name}": f"PJSIP/{one.name}"
            for one in (self.anna, self.berta, self.second)
        }

    async def logged_in(self, *agents: Phone) -> None:
        """These agents take calls, each in his own queue."""
        queues = {self.anna.name: "first", self.berta.name: "first"}
        queues |= {self.second.name: "second", self.tills.name: "tills"}
        for agent in agents:
            member = (f"{self.name}-{queues[agent.name]}", f"PJSIP/{agent.name}")
            self.members.append(member)
            self.ear.send(Action="QueueAdd", Queue=member[0], Interface=member[1])
            await self.told("QueueMemberAdded", Queue=member[0], Interface=member[1])

    async def talk(self, who: Phone | None = None) -> tuple[OutgoingCall, IncomingCall]:
        """The customer (or another) has called, and talks with Anna."""
        customer = await (who or self.customer).dial(self.did)
        anna = await self.rung(self.anna)
        await self.take(anna, customer)
        return customer, anna

    async def rung(self, phone: Phone, within: float = 8.0) -> IncomingCall:
        """A phone rings, anew. Raises RigError."""

        def ringing() -> list[IncomingCall]:
            fresh = (call for call in phone.calls if call not in self.known and not call.is_over)
            return [call for call in fresh if isinstance(call, IncomingCall)]

        calls = await until(ringing, f"{phone.name} of {self.name} is rung", seconds=within)
        self.known.add(calls[0])
        return calls[0]

    async def take(self, agent: IncomingCall, *others: Call) -> None:
        """An agent answers, and hears exactly these, and they hear him."""
        await agent.answer()
        await hear_one_another(agent, *others)

    def heard(self, event: str, **headers: str) -> list[Event]:
        """The events like this of this case: of all desks, so name a queue, channel or uniqueid."""
        return [
            one
            for one in self.ear.events[self.began :]
            if event in (one.get("UserEvent"), one.get("Event"))
            and all(one.get(key) == value for key, value in headers.items())
        ]

    async def told(self, event: str, **headers: str) -> Event:
        """The first event like this of this case."""
        return (await until(lambda: self.heard(event, **headers), f"{event} {headers}"))[0]

    def channel(self, phone: Phone) -> str:
        """The name of the phone's newest channel."""
        begins = f"PJSIP/{phone.name}-"
        created = [one["Channel"] for one in self.heard("Newchannel")]
        return [name for name in created if name.startswith(begins)][-1]

    async def set(self, channel: str, variable: str, value: str) -> None:
        """Set a variable of a channel, as the gateway would have at the door."""
        self.ear.send(Action="Setvar", Channel=channel, Variable=variable, Value=value)
        await self.told("VarSet", Channel=channel, Variable=variable, Value=value)

    def of_customer(self, event: str) -> list[Event]:
        """The events on the customer's channel."""
        born = next(e for e in self.heard("Newchannel") if e["CallerIDNum"] == self.customer.name)
        return self.heard(event, Uniqueid=born["Uniqueid"])

    def heard_keys(self) -> str:
        """What keys customers heard in this case, by RFC 4733 or by ear."""
        calls = (*self.customer.calls, *self.other.calls)
        fresh = [call for call in calls if call not in self.known]
        return "".join(call.keys + "".join(key for _, key in call.key_tones()) for call in fresh)

    async def cleared(self) -> None:
        """Everybody hangs up and logs out: ready for the next case."""
        for phone in self.phones:
            phone.manner = RINGS
            for call in phone.calls:
                call.close()
                self.known.add(call)
        for queue, interface in self.members:
            self.ear.send(Action="QueueRemove", Queue=queue, Interface=interface)
            await self.told("QueueMemberRemoved", Queue=queue, Interface=interface)
        self.members.clear()


async def hear_one_another(*talk: Call) -> None:
    """Each hears all others, and nothing else."""
    for call in talk:
        await call.hears_only(*(one.line.user for one in talk if one is not call))


async def hears_music(call: Call) -> None:
    await call.hears_only(SOUND)


@asynccontextmanager
async def desks(install: Install) -> AsyncIterator[list[Desk]]:
    """An Asterisk with all desks, phones registered."""
    asterisk = RigAsterisk(install)
    names = [f"desk{number}" for number in range(DESKS)]
    with (asterisk.etc / "queues.conf").open("a", encoding="utf-8") as queues:
        queues.write("".join(_QUEUES.format(desk=name) for name in names))
    with (asterisk.etc / "extensions.conf").open("a", encoding="utf-8") as extensions:
        extensions.write(_DOORS)
        for number in range(DESKS):
            extensions.write(_FRONT_DESK.format(number=number, phone=204 + 4 * number))
    try:
        await asterisk.start()
        async with AsyncExitStack() as stack:
            ear = await stack.enter_async_context(ear_at(asterisk))
            outside = await stack.enter_async_context(Outside(asterisk))
            yield [await _desk(name, asterisk, ear, outside, stack) for name in names]
    finally:
        asterisk.remove()


async def _desk(
    name: str, asterisk: RigAsterisk, ear: Ear, outside: Outside, stack: AsyncExitStack
) -> Desk:
    number = int(name[-1])
    agents = [
        await stack.enter_async_context(await Phone.register(asterisk, phone))
        for phone in range(201 + 4 * number, 205 + 4 * number)
    ]
    anna, berta, second, tills = agents
    customer = outside.phone(f"+35840111000{number}", name="Maija")
    other = outside.phone(f"+35840222000{number}", withheld=True)
    vendor = outside.phone(f"+35894245490{number}")
    desk = Desk(name, asterisk, ear, anna, berta, second, tills, customer, other, vendor)
    for variable, value in desk.globals.items():
        await ear.set_global(variable, value)
    return desk
