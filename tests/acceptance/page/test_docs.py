"""The page to try the API, in Chromium: read an operation, fill it in, send it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.acceptance.page.centre import TOKEN, Centre

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def docs(context: BrowserContext, centre: Centre) -> AsyncIterator[Page]:
    """The page; it asks nobody but the gateway."""
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{centre.url}/api/docs")
    yield page
    assert all(url.startswith(centre.url) for url in asked)


async def test_an_operation_is_read_filled_in_and_sent(docs: Page) -> None:
    await docs.get_by_label("Token").fill(TOKEN)
    await docs.locator("#agents > summary").click()
    agents = docs.locator("#agents")
    await expect(agents.get_by_text("What they chose.")).to_be_visible()
    await agents.get_by_role("button", name="Send").click()
    await expect(agents.get_by_text("200 OK", exact=True)).to_be_visible()
    told = json.loads(await agents.locator("pre").inner_text())
    assert {agent["id"] for agent in told["agents"]}


async def test_without_a_token_it_says_what_is_missing(docs: Page) -> None:
    await docs.locator("#state > summary").click()
    await docs.locator("#state").get_by_role("button", name="Send").click()
    await expect(docs.locator("#state").get_by_text("401 Unauthorized")).to_be_visible()
    await expect(docs.locator("#state pre")).to_contain_text("Authorization: Bearer")


async def test_what_is_filled_in_arrives_as_it_is(docs: Page) -> None:
    await docs.get_by_label("Token").fill(TOKEN)
    await docs.locator("#calls > summary").click()
    calls = docs.locator("#calls")
    await calls.get_by_label("number").fill("+358401112223")
    await calls.get_by_label("disposition").select_option("answered")
    async with docs.expect_request("**/api/calls?*") as asked:
        await calls.get_by_role("button", name="Send").click()
    url = (await asked.value).url
    assert url.endswith("/api/calls?disposition=answered&number=%2B358401112223")
    await expect(calls.get_by_text("200 OK", exact=True)).to_be_visible()


async def test_a_link_opens_an_operation(docs: Page, centre: Centre) -> None:
    await docs.goto("about:blank")
    await docs.goto(f"{centre.url}/api/docs#escalate")
    body = docs.locator("#escalate").get_by_label("Body")
    await expect(body).to_have_value('{\n  "to": "pumps",\n  "mode": "warm"\n}')


async def test_what_the_live_feed_tells_is_there_by_its_type(docs: Page) -> None:
    await docs.locator("#events > summary").click()
    gone = docs.locator("#events .schema details").filter(has_text="Gone")
    await expect(gone.get_by_text("node", exact=True)).to_be_hidden()
    await gone.locator("summary").click()
    await expect(gone.get_by_text("node", exact=True)).to_be_visible()


async def test_it_fits_a_phone(docs: Page) -> None:
    await docs.set_viewport_size({"width": 360, "height": 700})
    await docs.locator("#calls > summary").click()
    await expect(docs.locator("#calls").get_by_role("button", name="Send")).to_be_visible()
    wide = await docs.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
