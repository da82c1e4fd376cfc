"""Warm by the agents' keys, with no gateway: cases for test_lines_alone.py."""

from __future__ import annotations

from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.manner import DECLINES, answers
from tests.acceptance.desks import Desk, hear_one_another, hears_music


async def warm_and_complete(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*32")
    second = await desk.rung(desk.second)
    assert second.display.name == "L2"
    await hears_music(customer)
    await desk.take(second, anna)
    await hears_music(customer)
    await second.press("*22")  # not the customer: refused
    await second.hears_only(SOUND)
    await hear_one_another(second, anna)
    await anna.hang_up()
    await hear_one_another(second, customer)
    assert (await second.shows(number=desk.customer.name)).name == "L2"
    await second.press("*20")
    await desk.take(await desk.rung(desk.anna), customer)


async def warm_and_taken_back_and_warm_again(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    for _ in range(2):
        await anna.press("*32")
        second = await desk.rung(desk.second)
        await desk.take(second, anna)
        await anna.press("*1")
        await hear_one_another(anna, customer)
        await second.over()
    await anna.press("*22")
    await desk.take(await desk.rung(desk.second), customer)


async def warm_again_to_a_phone_that_answers_at_once(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await desk.set(desk.channel(desk.anna), "CONNECTED_LINE_SEND_SUB", "slow-shown,s,1")
    desk.second.manner = answers()
    for _ in range(2):
        await anna.press("*32")
        second = await desk.rung(desk.second)  # the second time: it is no longer held to be in use
        await hear_one_another(anna, second)
        await anna.press("*1")
        await hear_one_another(anna, customer)
        await second.over()


async def warm_and_taken_back_while_it_rings(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    for keys, phone in (("*32", desk.second), ("*34", desk.vendor)):
        await anna.press(keys)
        rung = await desk.rung(phone)
        await hears_music(customer)
        await anna.press("*1")
        await hear_one_another(anna, customer)
        assert rung.is_over
    channel = desk.channel(desk.anna)
    assert desk.heard("CCGQueueResult", Channel=channel, Status="KEY")
    assert desk.heard("CCGDialled", Channel=channel, Status="CANCEL")
    await anna.press("*22")
    second = await desk.rung(desk.second)
    await customer.press("*1")  # no key of his
    await desk.take(second, customer)


async def warm_and_three(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*32")
    second = await desk.rung(desk.second)
    await desk.take(second, anna)
    await anna.press("*4")
    await hear_one_another(anna, second, customer)
    assert desk.heard("CCGJoin", Channel=desk.channel(desk.anna))
    await anna.hang_up()
    await hear_one_another(second, customer)
    await second.press("*20")
    anna = await desk.rung(desk.anna)
    await desk.take(anna, customer)
    await anna.press("*32")
    second = await desk.rung(desk.second)
    await desk.take(second, anna)
    await anna.press("*4")
    await hear_one_another(anna, second, customer)
    await second.hang_up()
    await hear_one_another(anna, customer)


async def warm_and_nobody(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    desk.second.manner = DECLINES
    await anna.press("*32")
    await hears_music(customer)
    await hear_one_another(anna, customer)
    assert desk.heard("CCGQueueResult", Channel=desk.channel(desk.anna), Status="TIMEOUT")


async def warm_and_the_second_agent_hangs_up(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*32")
    second = await desk.rung(desk.second)
    await desk.take(second, anna)
    await second.hang_up()
    await hear_one_another(anna, customer)


async def warm_and_the_customer_hangs_up(desk: Desk) -> None:
    """The agents talk on, and nobody is left behind."""
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*32")
    second = await desk.rung(desk.second)
    await desk.take(second, anna)
    await customer.hang_up()
    await hear_one_another(second, anna)
    await anna.press("*1")
    await second.over()
    await anna.over()


async def warm_and_the_agent_hangs_up_before_anybody_answers(desk: Desk) -> None:
    await desk.logged_in(desk.anna, desk.second)
    customer, anna = await desk.talk()
    await anna.press("*32")
    await desk.rung(desk.second)
    await anna.hang_up()
    await hears_music(customer)
    await desk.take(await desk.rung(desk.second), customer)
    [told] = desk.of_customer("CCGTier")
    assert (told["To"], told["Mode"]) == ("pumps", "warm")


async def outside_warm(desk: Desk) -> None:
    await desk.logged_in(desk.anna)
    customer, anna = await desk.talk()
    await anna.press("*34")
    vendor = await desk.rung(desk.vendor)
    await hears_music(customer)
    await desk.take(vendor, anna)
    await anna.press("*1")
    await hear_one_another(anna, customer)
    await vendor.over()
    await anna.press("*34")
    vendor = await desk.rung(desk.vendor)
    await desk.take(vendor, anna)
    await anna.hang_up()
    await hear_one_another(vendor, customer)
    await vendor.press("*20")
    await desk.take(await desk.rung(desk.anna), customer)
