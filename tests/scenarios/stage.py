"""Where the scenarios of three lines are played: the rig's Asterisk as a gateway would keep it, and
the people, with what they do again and again."""

from __future__ import annotations

import asyncio

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.outside import Outside
from ccgateway.rig.phone.phone import Phone
from tests.scenarios.ami_tape import Tape

QUEUES = {
    "first": (201, 202, 203),
    "second-pumps": (211, 212),
    "second-tills": (213,),
    "third": (221,),
}
AGENTS = tuple(agent for queue in QUEUES.values() for agent in queue)
VENDOR = "+358942454900"
CUSTOMER = "+358401110020"
TALK_S = 0.8  # how long people talk, in each step
GLOBALS = {
    "CCG_SERVICE_1010": "lines",
    "CCG_FIRST_lines": "first|20",
    "CCG_TARGET_lines_2": "pumps|2|second-pumps||10|back|10|",
    "CCG_TARGET_lines_3": "tills|2|second-tills||6|4|10|",
    "CCG_TARGET_lines_4": f"vendor|3||{VENDOR}|10|back|10|",
    "CCG_TARGET_lines_5": "specialists|3|third||8|first|10|",
    "CCG_NEXT_lines_1": "2",
    "CCG_NEXT_lines_2": "4",
    "CCG_OWN_lines": "+358942454000",
    "CCG_PREFIX_10": "lines",
    "CCG_OUTBOUND_ALONE": "yes",
}
ADDED = """
[from-trunk](+)
exten => _101X,1,UserEvent(CCGInbound,DID: ${EXTEN},Presentation: ${CALLERID(num-pres)})
 same => n,CELGenUserEvent(CCGInbound,DID: ${EXTEN},Presentation: ${CALLERID(num-pres)})
 same => n,Set(CCG_SERVICE=lines)
 same => n,Set(CCG_CASE=1042)
 same => n,Set(CCG_DISPLAY=#1042 Station 17)
 same => n,Set(CCG_QUEUE=first)
 same => n,ExecIf($["${EXTEN}" = "1011"]?Set(CCG_WAIT_LIMIT=3))
 same => n,Set(CCG_OVERFLOW=message)
 same => n,Set(CCG_ACTION=queue)
 same => n,Goto(ccg-route,s,1)
[from-phones](+)
exten => *9,1,Dial(PJSIP/211&PJSIP/212,20)
exten => _*7XXX,1,Dial(Local/${EXTEN:2}@far/n,20)
exten => _*6XXX,1,Dial(Local/${EXTEN:2}@far,20)
[far]
exten => _XXX,1,Dial(PJSIP/${EXTEN},20)
"""


class Stage:
    """The PBX, the tape and the people."""

    def __init__(
        self, asterisk: RigAsterisk, tape: Tape, outside: Outside, phones: dict[int, Phone]
    ) -> None:
        self.asterisk, self.tape, self.outside, self.phones = asterisk, tape, outside, phones

    async def member(self, queue: str, interface: str, name: str) -> None:
        """Into a queue, beside the gateway's."""
        line = f"queue add member {interface} to {queue} penalty 0 as {name}"
        await self.asterisk.rx(line)

    async def no_member(self, queue: str, interface: str) -> None:
        await self.asterisk.rx(f"queue remove member {interface} from {queue}")

    async def call(self, agent: int = 201) -> tuple[OutgoingCall, IncomingCall]:
        """A customer calls, an agent of first line answers."""
        for number in (201, 202, 203):
            self.phones[number].do_not_disturb = number != agent
        caller = await self.outside.phone(CUSTOMER).dial("1010")
        rung = await self.take(agent)
        await caller.answered()
        self.undisturbed()
        await self.talk()
        return caller, rung

    def undisturbed(self) -> None:
        for number in (201, 202, 203):
            self.phones[number].do_not_disturb = False

    async def take(self, agent: int) -> IncomingCall:
        """The agent answers what rings, not what was refused before."""
        rung = await self.phones[agent].rings(within=20)
        while rung.is_over:
            rung = await self.phones[agent].rings(within=20)
        await rung.answer()
        return rung

    async def talk(self) -> None:
        await asyncio.sleep(TALK_S)
