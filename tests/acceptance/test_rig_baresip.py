"""baresip, a real softphone with password and audio, beside the scripted phones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from ccgateway.rig.asterisk import RigAsterisk
from ccgateway.rig.baresip import Baresip
from ccgateway.rig.phone.ear import SOUND
from ccgateway.rig.phone.outgoing import OutgoingCall
from ccgateway.rig.phone.phone import Phone
from ccgateway.rig.waiting import until

pytestmark = pytest.mark.acceptance


@pytest_asyncio.fixture
async def softphone(
    rig_asterisk: RigAsterisk, baresip: None, tmp_path: Path
) -> AsyncIterator[Baresip]:
    """Registered as 204."""
    async with Baresip(rig_asterisk, 204, tmp_path / "baresip") as softphone:
        yield softphone


@pytest_asyncio.fixture
async def anna(rig_asterisk: RigAsterisk) -> AsyncIterator[Phone]:
    async with await Phone.register(rig_asterisk, 201) as anna:
        yield anna


@pytest_asyncio.fixture
async def boris(rig_asterisk: RigAsterisk) -> AsyncIterator[Phone]:
    async with await Phone.register(rig_asterisk, 202) as boris:
        yield boris


async def talk(anna: Phone, softphone: Baresip) -> OutgoingCall:
    """Anna calls the softphone, and hears it."""
    call = await anna.dial(softphone.name)
    await softphone.answer()
    await call.answered()
    await call.hears_only(softphone)
    return call


async def test_it_answers_holds_presses_keys_and_hangs_up(softphone: Baresip, anna: Phone) -> None:
    call = await talk(anna, softphone)
    event = await softphone.established()
    assert event["peerdisplayname"] == "Phone 201"

    await softphone.hold()
    await call.hears_only(SOUND)
    await softphone.resume()
    await call.hears_only(softphone)

    await softphone.press("*22#")
    await until(lambda: call.keys == "*22#", "the keys arrive")
    assert not call.key_tones()

    await softphone.hang_up()
    await call.over()
    assert not call.ended_by_us
    await softphone.over(event["id"])


async def test_it_dials_and_transfers_blind(softphone: Baresip, anna: Phone, boris: Phone) -> None:
    await softphone.dial("201")
    first = await anna.rings()
    assert first.display.number == "204"
    await first.answer()
    event = await softphone.established()
    await first.hears_only(softphone)
    await softphone.refer("202")
    second = await boris.rings()
    await second.answer()
    await softphone.over(event["id"])
    await first.hears_only(boris)
    await second.hears_only(anna)


async def test_it_transfers_attended(softphone: Baresip, anna: Phone, boris: Phone) -> None:
    first = await talk(anna, softphone)
    held = await softphone.established()
    await softphone.hold()
    await softphone.dial("202")
    second = await boris.rings()
    await second.answer()
    consulted = await softphone.established()
    await second.hears_only(softphone)
    await first.hears_only(SOUND)
    await softphone.attended(held["id"], consulted["id"])
    await first.hears_only(boris)
    await second.hears_only(anna)
    await softphone.over(consulted["id"])


@pytest.mark.usefixtures("baresip")
async def test_nothing_is_left_of_it(rig_asterisk: RigAsterisk, tmp_path: Path) -> None:
    async with Baresip(rig_asterisk, 205, tmp_path / "other") as softphone:
        pid = softphone.pid
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
