"""Cold and back by the agents' keys, with no gateway: cases for test_lines_alone.py."""

from __future__ import annotations

import asyncio

from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.manner import BUSY, RINGS, forwards
from tests.acceptance.desks import OWN, Desk, hear_one_another, hears_music


async def cold(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    await anna.over()
    second = await desk.rung(desk.second)
    assert (second.display.name, second.display.number) == ("L2", desk.customer.name)
    await hears_music(customer)
    await desk.take(second, customer)
    await second.hang_up()
    await customer.over()
    [told] = [one for one in desk.of_customer("CCGTier") if one["Mode"] == "cold"]
    assert (told["To"], told["Tier"]) == ("pumps", "2")
    [escalated] = desk.heard("CCGEscalate", Customer=told["Uniqueid"])
    assert (escalated["Mode"], escalated["Target"], escalated["To"]) == ("cold", "2", "pumps")
    begun = desk.of_customer("CCGFallback")
    assert {one["Service"] for one in (*begun, escalated, told)} == {desk.name}


async def the_case_is_on_the_display(desk: Desk) -> None:
    """Also where the customer withholds his number."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk(desk.other)
    assert anna.header("privacy") == "id"
    channel = (await desk.told("CCGFallback", Queue=f"{desk.name}-first"))["Channel"]
    await desk.set(channel, "__CCG_DISPLAY", "#1042 Station 17")
    await desk.set(channel, "__CCG_CALL", "8e3ff2a2")
    await anna.press("*22")
    second = await desk.rung(desk.second)
    assert second.display.name == "L2 #1042 Station 17"
    assert not second.header("privacy")
    assert second.header("x-ccg-call") == "8e3ff2a2"
    assert second.header("alert-info").endswith("info=line2")
    await desk.take(second, customer)


async def the_next_tier_up_of_each_line(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*21")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    await second.press("*21")
    await desk.take(await desk.rung(desk.vendor), customer)


async def cold_and_nobody_comes_back_and_goes_again(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    await desk.rung(desk.second)
    anna = await desk.rung(desk.anna)
    assert anna.display.number == desk.customer.name
    await desk.take(anna, customer)
    assert [one["To"] for one in desk.of_customer("CCGReturn")] == ["agent"]
    await anna.press("*24")
    await desk.take(await desk.rung(desk.vendor), customer)


async def cold_to_an_empty_queue_comes_back_at_once(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    await anna.press("*22")
    await anna.over()
    await desk.take(await desk.rung(desk.anna), customer)
    assert [one["Reason"] for one in desk.of_customer("CCGReturn")] == ["JOINEMPTY"]


async def the_agent_is_busy_meanwhile(desk: Desk) -> None:
    """First line's queue, before one who has waited there for longer."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    await anna.over()
    await desk.anna.dial(desk.vendor.name)
    await (await desk.rung(desk.vendor)).answer()
    older = await desk.other.dial(desk.did)
    await hears_music(older)
    await desk.told("CCGReturn", To="first", CallerIDNum=desk.customer.name)
    await desk.logged_in(desk.berta)
    await desk.take(await desk.rung(desk.berta), customer)
    assert not older.is_over


async def where_it_says_first_it_is_first_line(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    desk.second.manner = BUSY
    await anna.press("*25")
    await desk.take(await desk.rung(desk.anna), customer)
    assert [one["To"] for one in desk.of_customer("CCGReturn")] == ["first"]
    assert desk.of_customer("QueueCallerJoin")[-1]["Queue"] == f"{desk.name}-first"


async def overflow_and_whisper(desk: Desk) -> None:
    """Tills are busy: the vendor. The next time a till's agent hears whose it is."""
    await desk.logged_in(desk.anna, desk.tills)
    customer, anna = await desk.talk()
    desk.tills.manner = BUSY
    await anna.press("*23")
    vendor = await desk.rung(desk.vendor)
    await desk.take(vendor, customer)
    desk.tills.do_not_disturb = False
    modes = [one["Mode"] for one in desk.of_customer("CCGTier")]
    assert modes == ["cold", "overflow"]


async def first_line_overflows(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer = await desk.customer.dial(f"780{desk.name[-1]}")
    await desk.rung(desk.anna)
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    assert [(e["To"], e["Mode"]) for e in desk.of_customer("CCGTier")] == [("pumps", "overflow")]
    await second.press("*20")
    await desk.take(await desk.rung(desk.anna), customer)


async def first_line_overflows_and_nobody_is_there(desk: Desk) -> None:
    """Nobody passed him on who could be rung again: first line's queue it is, and without end."""
    await desk.logged_in(desk.anna)
    customer = await desk.customer.dial(f"780{desk.name[-1]}")
    await desk.rung(desk.anna)
    anna = await desk.rung(desk.anna)
    told = [(one["To"], one["Reason"]) for one in desk.of_customer("CCGReturn")]
    assert told == [("first", "JOINEMPTY")]
    assert desk.of_customer("QueueCallerJoin")[-1]["Queue"] == f"{desk.name}-first"
    await desk.take(anna, customer)


async def a_phone_that_forwards_takes_nobody_along(desk: Desk) -> None:
    """Neither from a queue nor when it is rung as the agent whom the customer came from."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    for phone in (desk.anna, desk.second, desk.berta):
        phone.manner = forwards(desk.tills.name)
    refer = asyncio.create_task(anna.refer(desk.berta.name))
    await desk.told("CCGReturn", To="agent", CallerIDNum=desk.customer.name)
    await desk.told("CCGReturn", To="first", CallerIDNum=desk.customer.name)
    desk.anna.manner = RINGS
    anna = await desk.rung(desk.anna)
    await desk.take(anna, customer)
    await anna.press("*22")
    await desk.take(await desk.rung(desk.anna), customer)
    await refer
    assert not [call for call in desk.tills.calls if call not in desk.known]


async def a_whisper_is_for_the_agent_alone(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.tills)
    customer, anna = await desk.talk()
    await anna.press("*23")
    tills = await desk.rung(desk.tills)
    await tills.answer()
    await tills.hears_only(SOUND)
    assert desk.customer.name not in tills.hears()
    await customer.hears_only(desk.tills.name, within=12)
    await hear_one_another(tills, customer)


async def a_circle_of_overflows_ends(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    await anna.press("*27")
    await desk.take(await desk.rung(desk.anna), customer)
    assert [one["To"] for one in desk.of_customer("CCGTier")] == ["round", "about"]


async def nobody_is_on_call(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    await anna.press("*26")
    await anna.over()
    await desk.take(await desk.rung(desk.anna), customer)
    assert [one["Reason"] for one in desk.of_customer("CCGReturn")] == ["NOBODY"]


async def no_such_target(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    for keys in ("*29", "*39", "*20"):
        await anna.press(keys)
        await anna.hears_only(SOUND)
        await hear_one_another(anna, customer)


async def a_customer_has_no_keys(desk: Desk) -> None:
    """His codes are tones for the agent, and nothing else."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await customer.press("*22")
    await desk.told("DTMFEnd", Channel=desk.channel(desk.anna), Digit="2", Direction="Sent")
    await hear_one_another(anna, customer)
    assert not desk.of_customer("CCGTier")


async def both_hang_up_at_once(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    second = await desk.rung(desk.second)
    await second.answer()
    await asyncio.gather(customer.hang_up(), second.hang_up())
    await anna.over()


async def outside_cold_and_back(desk: Desk) -> None:
    """The engineer presses *20: at first line the customer is himself, not our number."""
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    await anna.press("*24")
    vendor = await desk.rung(desk.vendor)
    assert (vendor.display.name, vendor.display.number) == ("", OWN)
    await desk.take(vendor, customer)
    await vendor.press("*20")
    anna = await desk.rung(desk.anna)
    assert anna.display.number == desk.customer.name
    await desk.take(anna, customer)
    await vendor.over()
    assert not vendor.key_tones()


async def outside_refuses(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    desk.vendor.manner = BUSY
    await anna.press("*34")
    await desk.told("CCGDialled", Channel=desk.channel(desk.anna), Status="BUSY", Cause="17")
    await hear_one_another(anna, customer)
    await anna.press("*24")
    await anna.over()
    await desk.take(await desk.rung(desk.anna), customer)
    [told] = [e for e in desk.of_customer("CCGDialled") if e["Status"] == "BUSY"]
    assert told["Sip"] == "486 Busy Here"


async def back_goes_line_by_line(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*22")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    await second.press("*24")
    vendor = await desk.rung(desk.vendor)
    await desk.take(vendor, customer)
    await vendor.press("*20")
    second = await desk.rung(desk.second)
    await desk.take(second, customer)
    await second.press("*20")
    await desk.take(await desk.rung(desk.anna), customer)
