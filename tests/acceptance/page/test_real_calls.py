"""The live page over a real gateway: real SIP calls come, wait, talk and go before one's eyes."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from ccgateway.rig.sipp import Caller
from ccgateway.rig.world import World
from tests.acceptance.midnight import not_at_midnight

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

RINGS_AND_TALKS = 30_000  # milliseconds


@pytest.mark.usefixtures("install")
async def test_a_call_comes_talks_and_goes(context: BrowserContext) -> None:
    await not_at_midnight()
    async with World() as world:
        page = await context.new_page()
        await page.goto(f"{world.gateway.url}/#{world.gateway.http_token}")
        agents, calls = page.locator("#agents tbody tr"), page.locator("#calls tbody tr")
        stations = page.locator("#queues tbody tr").filter(has_text="stations")
        await expect(agents.filter(has_text="Anna")).to_contain_text("ready")
        await expect(calls).to_have_count(0)
        await expect(stations.locator("[data-name=abandoned]")).to_contain_text("of 0")

        callers = world.sipps.place([Caller("0401230017", "1000", 10_000, name="Zoë <b>17</b>")])
        call = calls.filter(has_text="+358401230017 Zoë <b>17</b>")
        await expect(call).to_contain_text("hotline oilco")
        await expect(call).to_contain_text("talking with", timeout=RINGS_AND_TALKS)
        talking = agents.filter(has_text="talking")
        await expect(talking).to_have_count(1)
        await expect(talking.get_by_role("button")).to_contain_text("Zoë")
        await expect(call).to_contain_text("ended: answered", timeout=RINGS_AND_TALKS)
        await expect(talking).to_have_count(0)
        await expect(stations.locator("[data-name=abandoned]")).to_contain_text("of 1")
        await expect(stations.locator("[data-name='service level']")).to_have_text("100 %")
        await callers.finished(RINGS_AND_TALKS / 1000)
