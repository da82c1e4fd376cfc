"""The phone's own buttons, and agents' own calls, with no gateway: for test_lines_alone.py."""

from __future__ import annotations

import asyncio

from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.manner import BUSY
from tests.acceptance.crooked import at_once, crooked, dies, mute
from tests.acceptance.desks import OWN, Desk, hear_one_another, hears_music


async def blind_to_a_line_and_back(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.refer("*22")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    await second.refer("20")
    await desk.take(await desk.rung(desk.anna), customer)
    assert [(e["To"], e["Mode"]) for e in desk.of_customer("CCGTier")] == [
        ("pumps", "blind"),
        ("first", "blind"),
    ]


async def blind_to_an_agents_phone(desk: Desk) -> None:
    """He takes over in the line of the one who transferred, with display, keys and way back."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    refer = asyncio.create_task(second.refer(desk.berta.name))
    berta = await desk.rung(desk.berta)
    assert (berta.display.name, berta.display.number) == ("L2", desk.customer.name)
    await desk.take(berta, customer)
    await refer
    await berta.press("*20")
    await desk.take(await desk.rung(desk.anna), customer)


async def blind_to_an_agent_who_refuses(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    desk.berta.manner = BUSY
    await anna.refer(desk.berta.name)
    await desk.take(await desk.rung(desk.anna), customer)


async def blind_to_a_colleague(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    refer = asyncio.create_task(anna.refer(desk.tills.name))
    tills = await desk.rung(desk.tills)
    assert tills.display.number == desk.customer.name
    await desk.take(tills, customer)
    await refer


async def blind_to_a_colleague_who_refuses(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    desk.tills.manner = BUSY
    await anna.refer(desk.tills.name)
    await desk.take(await desk.rung(desk.anna), customer)


async def blind_to_an_extension_with_a_name(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    refer = asyncio.create_task(anna.refer(f"front_desk-{desk.name[-1]}"))
    await desk.take(await desk.rung(desk.tills), customer)
    await refer


async def blind_to_where_nothing_is(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    for nothing in ("7", "line"):
        await anna.refer(nothing)
        anna = await desk.rung(desk.anna)
        await desk.take(anna, customer)


async def attended_and_on(desk: Desk) -> None:
    """By the phone's own button; Asterisk links the two queues' bridges by a Local channel, and the
    keys still move the customer himself."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.hold()
    await hears_music(customer)
    asks = await desk.anna.dial("*32")
    second = await desk.rung(desk.second)
    assert second.display.name == "L2"
    await desk.take(second, asks)
    for keys in ("*24", "*20"):  # the customer is not his yet
        await second.press(keys)
        await second.hears_only(SOUND)
        await hear_one_another(second, asks)
    await anna.attended(asks)
    await hear_one_another(second, customer)
    assert second.display.name == "L2"
    await second.press("*24")
    vendor = await desk.rung(desk.vendor)
    await desk.take(vendor, customer)
    await second.over()
    await vendor.press("*20")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)


async def attended_and_blind(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.hold()
    asks = await desk.anna.dial("*22")
    second = await desk.rung(desk.second)
    await desk.take(second, asks)
    await anna.attended(asks)
    await hear_one_another(second, customer)
    await second.refer("*20")
    await desk.take(await desk.rung(desk.anna), customer)
    assert desk.of_customer("CCGTier")[-1]["Mode"] == "blind"


async def a_second_line_without_a_customer(desk: Desk) -> None:
    asks = await desk.anna.dial("*32")
    await asks.hears_only(SOUND)
    await asks.over(within=8)


async def outbound_and_no_answer_of_the_gateway(desk: Desk) -> None:
    """Dead, mute or cut in the middle: nothing is called at our cost."""
    dialled = f"*54{desk.name[-1]}{desk.vendor.name}"
    await _told_to_try_later(desk, dialled)
    phone = f"PJSIP/{desk.anna.name}"
    for way in (at_once, mute, dies):
        async with crooked(desk.asterisk.addresses.agi_port, {phone: way}) as asked:
            await _told_to_try_later(desk, f"8{dialled}")
            assert asked == [phone]


async def _told_to_try_later(desk: Desk, dialled: str) -> None:
    anna = await desk.anna.dial(dialled)
    await anna.hears_only(SOUND)
    await anna.over(within=8)
    channel = desk.channel(desk.anna)
    assert desk.heard("Newexten", Channel=channel, AppData="sorry&please-try-call-later")
    assert not desk.heard("CCGDialled", Channel=channel)


async def outbound_without_the_gateway(desk: Desk) -> None:
    """Where the administrator has said that it may be."""
    prefix = f"7*54{desk.name[-1]}"
    anna = await desk.anna.dial(prefix + desk.vendor.name)
    outside = await desk.rung(desk.vendor)
    assert (outside.display.name, outside.display.number) == ("", OWN)
    await desk.take(outside, anna)
    await outside.hang_up()
    await anna.over()
    desk.vendor.manner = BUSY
    anna = await desk.anna.dial(prefix + desk.vendor.name)
    await anna.over()
    assert anna.status == 486
    told = desk.heard("CCGDialled", Channel=desk.channel(desk.anna))
    assert [(one["Status"], one["Sip"]) for one in told] == [("BUSY", "486 Busy Here")]
    chosen = desk.heard("CCGOutbound", Channel=desk.channel(desk.anna))
    assert [(e["Service"], e["Number"]) for e in chosen] == [(desk.name, desk.vendor.name)]


async def outbound_by_an_unknown_prefix(desk: Desk) -> None:
    anna = await desk.anna.dial("*5990401234567")
    await anna.hears_only(SOUND)
    await anna.over(within=8)
    assert not desk.heard("CCGDialled", Channel=desk.channel(desk.anna))


async def outbound_and_escalated(desk: Desk) -> None:
    await desk.logged_in(desk.second)
    anna = await desk.anna.dial(f"7*54{desk.name[-1]}{desk.vendor.name}")
    outside = await desk.rung(desk.vendor)
    await desk.take(outside, anna)
    await anna.press("*32")
    second = await desk.rung(desk.second)
    await hears_music(outside)
    await desk.take(second, anna)
    await anna.hang_up()
    await hear_one_another(second, outside)
    assert (await second.shows(number=desk.vendor.name)).name == "L2"


def _click(desk: Desk, number: str, *more: str) -> None:
    variables = [f"CCG_NUMBER={number}", f"CCG_OWN={OWN}", f"CCG_SERVICE={desk.name}", *more]
    desk.ear.send(
        Action="Originate",
        Channel=f"PJSIP/{desk.anna.name}",
        Context="ccg-click",
        Exten="s",
        Priority="1",
        Async="true",
        Variable="\r\nVariable: ".join(variables),
    )


async def click(desk: Desk) -> None:
    _click(desk, desk.vendor.name)
    anna = await desk.rung(desk.anna)
    await anna.answer()
    outside = await desk.rung(desk.vendor)
    assert outside.display.number == OWN
    await desk.take(outside, anna)
    await outside.hang_up()
    await anna.over()


async def click_and_busy(desk: Desk) -> None:
    desk.vendor.manner = BUSY
    _click(desk, desk.vendor.name)
    anna = await desk.rung(desk.anna)
    await anna.answer()
    await anna.hears_only(SOUND)
    await anna.over()
    assert "cause=17" in anna.why


async def click_and_no_trunk(desk: Desk) -> None:
    _click(desk, desk.vendor.name, "CCG_TRUNK=")
    anna = await desk.rung(desk.anna)
    await anna.answer()
    await anna.hears_only(SOUND)
    await anna.over()
    assert "cause=34" in anna.why
    [told] = desk.heard("CCGDialled", Channel=desk.channel(desk.anna))
    assert (told["Status"], told["Cause"]) == ("CHANUNAVAIL", "0")


async def the_gateway_presses_the_keys(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    for key in "*22":
        desk.ear.send(Action="PlayDTMF", Channel=desk.channel(desk.anna), Digit=key, Receive="true")
    await desk.take(await desk.rung(desk.second), customer)
    await anna.over()
