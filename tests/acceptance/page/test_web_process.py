"""The live page out of a process of its own: a real call goes on, whichever side dies."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, expect

from ccgateway.rig.installs import Install
from ccgateway.rig.sipp import Caller
from ccgateway.rig.world import World
from tests.adapters.web_process import Web

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

TALKS = 150_000  # milliseconds: longer than all the rest takes; the test ends it
WITHIN = 30_000


@pytest_asyncio.fixture(loop_scope="module")
async def world(install: Install) -> AsyncIterator[World]:
    assert install
    async with World() as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def web(world: World) -> AsyncIterator[Web]:
    web = Web(world.gateway.config, world.asterisk.block.one())
    with web.config.open("a") as file:
        file.write(f"\n[web]\nport = {web.port}\n")
    web.start()
    await web.ready()
    yield web
    web.kill()


async def test_a_call_is_seen_and_goes_on_though_either_side_dies(
    context: BrowserContext, world: World, web: Web
) -> None:
    page = await context.new_page()
    await page.goto(f"{web.url}/#{world.gateway.http_token}")
    call = page.locator("#calls tbody tr").filter(has_text="+358401230017")
    alarm = page.get_by_role("alert")
    await expect(page.locator("#agents tbody tr").filter(has_text="Anna")).to_contain_text("ready")

    callers = world.sipps.place([Caller("0401230017", "1000", TALKS)])
    await expect(call).to_contain_text("talking with", timeout=WITHIN)
    web.kill()
    await expect(alarm).to_contain_text("Cut off", timeout=WITHIN)
    web.start()
    await expect(alarm).to_be_empty(timeout=WITHIN)
    await expect(call).to_contain_text("talking with")

    world.gateway.kill()
    await expect(alarm).to_contain_text("The gateway is away", timeout=WITHIN)
    await expect(call).to_contain_text("talking with")
    async with web.client(world.gateway.http_token) as http, http.get("/api/calls") as response:
        [listed] = (await response.json())["calls"]
    assert listed["disposition"] == "live"
    await world.gateway.start()
    await expect(alarm).to_be_empty(timeout=WITHIN)
    gap = page.locator(".gaps p")
    await expect(gap).to_contain_text("on pbx1: the gateway was", timeout=WITHIN)
    await expect(gap).to_contain_text("are as Asterisk's journals tell them", timeout=WITHIN)
    await world.asterisk.rx("channel request hangup all")
    await expect(call).to_contain_text("ended: answered", timeout=WITHIN)
    await callers.finished(WITHIN / 1000)
