"""What happens in each kind of call that the crew plays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from ccgateway.rig.hotline import LINES
from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.plan import CALLING_AGENT, Kind
from ccgateway.rig.scene import Scene

FIRST = LINES.agents
STAFF = {line.name: line.agents for line in LINES.lines}
PUMPS = STAFF["pumps"]
RINGS_ON = 2.0  # seconds until the customer's network gives up
TILLS, SPECIALIST = STAFF["tills"][0], STAFF["specialists"][0]


async def _first_line(scene: Scene) -> IncomingCall:
    """The customer calls, and an agent of first line talks with him."""
    await scene.customer_dials()
    call = await scene.answers(*FIRST)
    await scene.talk(call)
    return call


async def _customer_leaves(scene: Scene, call: Call) -> None:
    """They talk, and the customer hangs up."""
    await scene.talk(call)
    await scene.ends(scene.calls[0])


async def cold(scene: Scene) -> None:
    """First line passes the customer on, and is free."""
    first = await _first_line(scene)
    await first.press("*22")
    await _customer_leaves(scene, await scene.answers(*PUMPS))


async def nobody_there(scene: Scene) -> None:
    """Second line rings, and nobody takes it: the customer comes back to the agent."""
    first = await _first_line(scene)
    async with scene.waits(first):
        await first.press("*22")
        await _customer_leaves(scene, await scene.answers(*FIRST))


async def warm(scene: Scene) -> None:
    """The agents speak first; then second line has the customer."""
    first = await _first_line(scene)
    second = await _consults(scene, first)
    await first.hang_up()
    await _customer_leaves(scene, second)


async def taken_back(scene: Scene) -> None:
    """The agents speak, and the first takes the customer back."""
    first = await _first_line(scene)
    await _consults(scene, first)
    await first.press("*1")
    await _customer_leaves(scene, first)


async def three_way(scene: Scene) -> None:
    """The agents speak, then the three; then second line has the customer."""
    first = await _first_line(scene)
    second = await _consults(scene, first)
    await first.press("*4")
    await scene.talk(scene.calls[0], first, second)
    await first.hang_up()
    await _customer_leaves(scene, second)


async def _consults(scene: Scene, first: Call) -> IncomingCall:
    await first.press("*32")
    second = await scene.answers(*PUMPS)
    await scene.talk(first, second)
    return second


async def third_line(scene: Scene) -> None:
    """First line, second, and on to the vendor's engineer."""
    first = await _first_line(scene)
    await first.press("*22")
    second = await scene.answers(*PUMPS)
    await scene.talk(second)
    await second.press("*24")
    await _customer_leaves(scene, await scene.engineer())


async def back(scene: Scene) -> None:
    """Second line hands the customer back to the line before."""
    first = await _first_line(scene)
    await first.press("*22")
    second = await scene.answers(*PUMPS)
    await scene.talk(second)
    await second.press("*20")
    await _customer_leaves(scene, await scene.answers(*FIRST))


async def overflow(scene: Scene) -> None:
    """Nobody at the tills' second line: after its limit the vendor is called."""
    async with scene.reserved(TILLS):
        first = await _first_line(scene)
        await first.press("*23")
        await _customer_leaves(scene, await scene.engineer())


async def blind(scene: Scene) -> None:
    """The phone's own transfer button, to second line."""
    first = await _first_line(scene)
    async with scene.refers(first, "22"):
        second = await scene.answers(*PUMPS)
    await _customer_leaves(scene, second)


async def attended(scene: Scene) -> None:
    """The phone's own buttons: hold, call a colleague, connect the two."""
    async with scene.reserved(TILLS):
        first = await _first_line(scene)
        await first.hold()
        consult = await scene.dials(scene.crew.phone(first.line.user), str(TILLS))
        second = await scene.answers(TILLS)
        await scene.talk(consult, second)
        await first.attended(consult)
        await _customer_leaves(scene, second)


async def click(scene: Scene) -> None:
    """A click calls the agent, then the customer, who answers."""
    async with scene.reserved(SPECIALIST):
        await scene.clicks(SPECIALIST)
        agent = await scene.answers(SPECIALIST)
        customer = await scene.is_rung([scene.number])
        await customer.answer()
        await scene.talk(agent)
        await scene.ends(agent)


async def click_busy(scene: Scene) -> None:
    """A click, and the customer's line is busy."""
    async with scene.reserved(SPECIALIST):
        await scene.clicks(SPECIALIST)
        await scene.answers(SPECIALIST)
        customer = await scene.is_rung([scene.number])
        await customer.refuse(486)
        await scene.is_over()


async def click_no_answer(scene: Scene) -> None:
    """A click, and the customer's network gives up."""
    async with scene.reserved(SPECIALIST):
        await scene.clicks(SPECIALIST)
        await scene.answers(SPECIALIST)
        customer = await scene.is_rung([scene.number])
        await asyncio.sleep(RINGS_ON)
        await customer.refuse(480)
        await scene.is_over()


async def outbound(scene: Scene) -> None:
    """An agent dials a customer from the phone, for a service by its prefix."""
    async with scene.reserved(SPECIALIST) as phone:
        call = await scene.dials(phone, f"*5{LINES.prefix}0{scene.number.removeprefix('+358')}")
        customer = await scene.is_rung([scene.number])
        await customer.answer()
        await scene.talk(call)
        await scene.ends(call)


async def agents(scene: Scene) -> None:
    """An agent calls a colleague."""
    async with scene.reserved(SPECIALIST), scene.reserved(int(CALLING_AGENT)) as phone:
        call = await scene.dials(phone, str(SPECIALIST))
        second = await scene.answers(SPECIALIST)
        await scene.talk(call, second)
        await scene.ends(call)


ACTS: Mapping[Kind, Callable[[Scene], Awaitable[None]]] = MappingProxyType({
    Kind.COLD: cold, Kind.NOBODY_THERE: nobody_there, Kind.WARM: warm,
    Kind.TAKEN_BACK: taken_back, Kind.THREE_WAY: three_way, Kind.THIRD_LINE: third_line,
    Kind.BACK: back, Kind.OVERFLOW: overflow, Kind.BLIND: blind, Kind.ATTENDED: attended,
    Kind.CLICK: click, Kind.CLICK_BUSY: click_busy, Kind.CLICK_NO_ANSWER: click_no_answer,
    Kind.OUTBOUND: outbound, Kind.AGENTS: agents,
})  # fmt: skip
