"""The scenarios of three lines: who presses, dials and answers what, and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from ccgateway.rig.phone.incoming import IncomingCall
from ccgateway.rig.phone.manner import BUSY, RINGS
from ccgateway.rig.phone.outgoing import OutgoingCall
from tests.scenarios.stage import CUSTOMER, VENDOR, Stage


async def gives_up(on: Stage) -> None:
    """201 rings, and the caller hangs up."""
    for number in (202, 203):
        on.phones[number].do_not_disturb = True
    caller = await on.outside.phone(CUSTOMER).dial("1010")
    await on.phones[201].rings(within=20)
    on.undisturbed()
    await on.talk()
    await caller.hang_up()


async def waits_too_long(on: Stage) -> None:
    """Nobody answers for 3 s: the caller hears so."""
    caller = await on.outside.phone(CUSTOMER).dial("1011")
    await caller.over(within=30)


async def no_gateway(on: Stage) -> None:
    """Without a heartbeat: the static queue, where nobody is; the caller hangs up."""
    caller = await on.outside.phone(CUSTOMER).dial("1000")
    await caller.answered()
    await on.talk()
    await caller.hang_up()


async def escalate_cold(on: Stage) -> None:
    caller, first = await on.call()
    on.phones[212].do_not_disturb = True
    await first.press("*22")
    await on.take(211)
    await on.talk()
    await caller.hang_up()


async def escalate_nobody(on: Stage) -> None:
    caller, first = await on.call()
    await first.press("*22")
    await on.take(201)
    await on.talk()
    await caller.hang_up()


async def escalate_overflow(on: Stage) -> None:
    caller, first = await on.call()
    on.outside.phone(VENDOR).manner = RINGS
    await first.press("*23")
    engineer = await on.outside.phone(VENDOR).rings(within=20)
    await asyncio.sleep(0.3)
    await engineer.answer()
    await on.talk()
    await caller.hang_up()


async def escalate_back(on: Stage) -> None:
    caller, first = await on.call()
    on.phones[212].do_not_disturb = True
    await first.press("*22")
    second = await on.take(211)
    await on.talk()
    on.phones[201].do_not_disturb = on.phones[203].do_not_disturb = True
    await second.press("*20")
    await on.take(202)
    await on.talk()
    await caller.hang_up()


async def _consult(on: Stage) -> tuple[OutgoingCall, IncomingCall, IncomingCall]:
    caller, first = await on.call()
    on.phones[212].do_not_disturb = True
    await first.press("*32")
    second = await on.take(211)
    await on.talk()
    return caller, first, second


async def warm_completed(on: Stage) -> None:
    caller, first, _ = await _consult(on)
    await first.hang_up()
    await asyncio.sleep(1)
    await on.talk()
    await caller.hang_up()


async def warm_taken_back(on: Stage) -> None:
    caller, first, _ = await _consult(on)
    await first.press("*1")
    await asyncio.sleep(1)
    await on.talk()
    await caller.hang_up()


async def warm_three(on: Stage) -> None:
    caller, first, second = await _consult(on)
    await first.press("*4")
    await asyncio.sleep(1)
    await on.talk()
    await first.hang_up()
    await on.talk()
    await second.hang_up()
    await caller.over()


async def warm_nobody(on: Stage) -> None:
    caller, first = await on.call()
    on.phones[211].do_not_disturb = on.phones[212].do_not_disturb = True
    await first.press("*32")
    await asyncio.sleep(12)
    await on.talk()
    await caller.hang_up()


async def warm_caller_gone(on: Stage) -> None:
    caller, _, second = await _consult(on)
    await caller.hang_up()
    await on.talk()
    await second.hang_up()


async def warm_outside(on: Stage) -> None:
    caller, first = await on.call()
    await first.press("*34")
    engineer = await on.outside.phone(VENDOR).rings(within=10)
    await asyncio.sleep(0.3)
    await engineer.answer()
    await on.talk()
    await first.hang_up()
    await asyncio.sleep(1)
    await on.talk()
    await engineer.hang_up()
    await caller.over()


async def blind_to_agent(on: Stage) -> None:
    caller, first = await on.call()
    await on.talk()
    await asyncio.gather(first.refer("202"), on.take(202))
    await on.talk()
    await caller.hang_up()


async def blind_to_line(on: Stage) -> None:
    caller, first = await on.call()
    on.phones[212].do_not_disturb = True
    await first.refer("22")
    await on.take(211)
    await on.talk()
    await caller.hang_up()


async def _attended(on: Stage, dialled: str, agent: int) -> None:
    """Hold, dial on the second line, speak, and join the two by the phone's button."""
    caller, first = await on.call()
    await first.hold()
    consult = await on.phones[201].dial(dialled)
    await on.take(agent)
    await consult.answered()
    await on.talk()
    await first.attended(consult)
    await on.talk()
    await caller.hang_up()


async def attended_parallel_retry(on: Stage) -> None:
    """203 is busy; then 211 and 212 ring together, and 212 is faster."""
    caller, first = await on.call()
    await first.hold()
    on.phones[203].do_not_disturb = True
    busy = await on.phones[201].dial("203")
    await busy.refused()
    consult = await on.phones[201].dial("*9")
    await asyncio.sleep(0.3)
    await on.take(212)
    await consult.answered()
    await on.talk()
    await first.attended(consult)
    await on.talk()
    await caller.hang_up()


async def attended_local(on: Stage) -> None:
    await _attended(on, "*7211", 211)


async def attended_local_optimised(on: Stage) -> None:
    await _attended(on, "*6211", 211)


async def attended_line(on: Stage) -> None:
    """The consultation goes to the second line's queue."""
    on.phones[212].do_not_disturb = True
    await _attended(on, "*22", 211)


async def _two_lines(on: Stage) -> tuple[OutgoingCall, IncomingCall, OutgoingCall]:
    """201 holds the caller, and speaks with 211 on the phone's second line."""
    caller, first = await on.call()
    await first.hold()
    second = await on.phones[201].dial("211")
    await on.take(211)
    await second.answered()
    await on.talk()
    return caller, first, second


async def conference(on: Stage) -> None:
    """The phone's button: it mixes the two calls. Then 211 is let go."""
    caller, first, second = await _two_lines(on)
    await first.resume()
    await asyncio.sleep(5.5)
    await second.hang_up()
    await on.talk()
    await on.talk()
    await caller.hang_up()


async def conference_left(on: Stage) -> None:
    """The same, but the agent leaves the two others by REFER with Replaces."""
    caller, first, second = await _two_lines(on)
    await first.resume()
    await asyncio.sleep(5.5)
    await first.attended(second)
    await on.talk()
    await caller.hang_up()


async def lines_changed(on: Stage) -> None:
    """The phone takes the caller off hold before it holds 211: no conference."""
    caller, first, second = await _two_lines(on)
    await first.resume()
    await asyncio.sleep(0.5)
    await second.hold()
    await asyncio.sleep(5.5)
    await second.hang_up()
    await caller.hang_up()


async def _blind_from_local(on: Stage, interface: str) -> None:
    await on.no_member("first", "PJSIP/201")
    await on.member("first", interface, "201")
    try:
        caller = await on.outside.phone(CUSTOMER).dial("1010")
        for number in (202, 203):
            on.phones[number].do_not_disturb = True
        first = await on.take(201)
        await on.talk()
        on.undisturbed()
        await on.talk()
        await asyncio.gather(first.refer("202"), on.take(202))
        await on.talk()
        await caller.hang_up()
    finally:
        await on.no_member("first", interface)
        await on.member("first", "PJSIP/201", "201")


async def blind_local(on: Stage) -> None:
    await _blind_from_local(on, "Local/201@far/n")


async def blind_local_optimised(on: Stage) -> None:
    await _blind_from_local(on, "Local/201@far")


def _originate(on: Stage, number: str) -> None:
    attempt = f"ccg-{int(time.time())}.{time.time_ns() % 10**9:09d}"
    on.tape.send(
        ("Action", "Originate"),
        ("ActionID", attempt),
        ("Channel", "PJSIP/201"),
        ("ChannelId", attempt),
        ("Context", "ccg-click"),
        ("Exten", "s"),
        ("Priority", "1"),
        ("Timeout", "3000"),
        ("Async", "true"),
        ("Variable", f"CCG_NUMBER={number}"),
        ("Variable", "CCG_OWN=+358942454000"),
        ("Variable", "CCG_SERVICE=lines"),
        ("Variable", "CCG_RING=10"),
    )


async def click(on: Stage) -> None:
    _originate(on, CUSTOMER)
    agent = await on.take(201)
    customer = await on.outside.phone(CUSTOMER).rings()
    await asyncio.sleep(0.5)
    await customer.answer()
    await on.talk()
    await agent.hang_up()


async def click_busy(on: Stage) -> None:
    on.outside.phone(CUSTOMER).manner = BUSY
    _originate(on, CUSTOMER)
    agent = await on.take(201)
    await agent.over(within=10)
    on.outside.phone(CUSTOMER).manner = RINGS


async def click_agent_away(on: Stage) -> None:
    _originate(on, CUSTOMER)
    await on.phones[201].rings()
    await asyncio.sleep(3.5)


async def own_outbound(on: Stage) -> None:
    """With the prefix of a service, from the agent's phone."""
    call = await on.phones[201].dial("*5100401110020")
    customer = await on.outside.phone("0401110020").rings()
    await asyncio.sleep(0.5)
    await customer.answer()
    await call.answered()
    await on.talk()
    await call.hang_up()


SCENARIOS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (
        gives_up, waits_too_long, no_gateway,
        escalate_cold, escalate_nobody, escalate_overflow, escalate_back,
        warm_completed, warm_taken_back, warm_three, warm_nobody, warm_caller_gone, warm_outside,
        blind_to_agent, blind_to_line, blind_local, blind_local_optimised,
        attended_parallel_retry, attended_local, attended_local_optimised, attended_line,
        conference, conference_left, lines_changed,
        click, click_busy, click_agent_away, own_outbound,
    )
}  # fmt: skip
