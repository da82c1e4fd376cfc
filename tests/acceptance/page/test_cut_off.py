"""The live page loses the gateway: it says so, tells nothing that it does not know, catches up."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from ccgateway.access.who import Role, Scope
from ccgateway.rig.proxy import Proxy
from ccgateway.web import pages
from tests.acceptance.page.centre import TOKEN, Centre, agent_view, call_view, opened

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

CUT = "Cut off from the gateway"
SOON = 40_000  # milliseconds: it hears for 12 s that it hears nothing, then tries every 5 s


@pytest_asyncio.fixture(loop_scope="module")
async def proxy(centre: Centre) -> AsyncIterator[Proxy]:
    async with Proxy("127.0.0.1", centre.server.port) as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, proxy: Proxy) -> Page:
    """The page, by way of a network that fails."""
    return await opened(context, f"http://127.0.0.1:{proxy.port}")


async def test_it_catches_up_with_what_it_missed(page: Page, proxy: Proxy, centre: Centre) -> None:
    proxy.freeze()  # nobody gets through
    proxy.cut()
    alarm = page.get_by_role("alert")
    await expect(alarm).to_contain_text(CUT)
    wait = page.locator("#calls time")
    stands = await wait.inner_text()
    centre.tell("agent", agent_view("102", "Boris", "talking"))
    centre.tell("call", call_view("two", case=1002))
    await page.wait_for_timeout(2500)
    assert await wait.inner_text() == stands  # a counter that runs on would be a guess
    proxy.thaw()
    await expect(alarm).to_be_empty(timeout=SOON)
    await expect(page.locator("#agents tbody tr").filter(has_text="Boris")).to_contain_text("talk")
    await expect(page.locator("#calls tbody tr").filter(has_text="#1002")).to_be_visible()
    assert centre.snapshots == 1  # it did not need another


async def test_a_dead_link_that_nobody_closes_is_noticed(
    page: Page, proxy: Proxy, centre: Centre
) -> None:
    proxy.freeze()
    centre.tell("agent", agent_view("102", "Boris", "talking"))
    await expect(page.get_by_role("alert")).to_contain_text(CUT, timeout=SOON)
    proxy.thaw()
    await expect(page.get_by_role("alert")).to_be_empty(timeout=SOON)
    await expect(page.locator("#agents tbody tr").filter(has_text="Boris")).to_contain_text("talk")


@pytest.mark.long
async def test_a_quiet_centre_is_not_cut_off(page: Page) -> None:
    await page.wait_for_timeout(15_000)
    await expect(page.get_by_role("alert")).to_be_empty()
    await expect(page.get_by_role("status")).to_have_text("live")


async def test_another_start_of_the_gateway_tells_all_anew(page: Page, centre: Centre) -> None:
    centre.calls = {"two": call_view("two", case=1002)}
    await centre.restart()
    await expect(page.locator("#calls tbody tr")).to_have_count(1, timeout=SOON)
    await expect(page.locator("#calls tbody tr")).to_contain_text("#1002")
    await expect(page.get_by_role("alert")).to_be_empty()


async def come_back(page: Page, proxy: Proxy) -> None:
    """Cut off for long enough to be seen; then the way is free again."""
    proxy.freeze()
    proxy.cut()
    await expect(page.get_by_role("status")).to_have_text("cut off")
    proxy.thaw()


Upgrade = Callable[[], Awaitable[None]]


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, centre: Centre) -> Upgrade:
    """Start the gateway anew with another build of the page."""

    async def upgrade() -> None:
        shutil.copytree(Path(pages.__file__).parent / "desk" / "dist", tmp_path / "desk" / "dist")
        with (tmp_path / "desk" / "dist" / "app.css").open("a") as file:
            file.write("\n")
        monkeypatch.setattr("ccgateway.web.pages.resources.files", lambda _: tmp_path)
        await centre.restart()

    return upgrade


async def test_a_page_of_yesterday_loads_itself_anew(
    page: Page, proxy: Proxy, upgrade: Upgrade
) -> None:
    await page.evaluate("document.documentElement.dataset.old = 'yes'")
    old = page.locator("html[data-old]")
    await come_back(page, proxy)
    await expect(page.get_by_role("status")).to_have_text("live", timeout=SOON)
    await expect(old).to_have_count(1)  # the same build: nothing is loaded

    await upgrade()
    await expect(old).to_have_count(0, timeout=SOON)
    await expect(page.get_by_role("status")).to_have_text("live", timeout=SOON)


async def test_so_does_one_that_nobody_was_signed_in_to(
    context: BrowserContext, centre: Centre, upgrade: Upgrade
) -> None:
    page = await context.new_page()
    await page.goto(centre.url)
    await page.get_by_label("Your token").fill(TOKEN)
    await page.evaluate("document.documentElement.dataset.old = 'yes'")
    await upgrade()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("live", timeout=SOON)
    await expect(page.locator("html[data-old]")).to_have_count(0)


@pytest.mark.long
async def test_an_answer_that_never_comes_is_not_waited_for(page: Page, proxy: Proxy) -> None:
    """As on a connection that the network has forgotten, which a browser keeps for later."""
    asked = 0

    async def never_first(route: Route) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            await route.continue_()

    await page.route("**/api/session", never_first)
    proxy.cut()
    await expect(page.get_by_role("alert")).to_contain_text(CUT)
    await expect(page.get_by_role("alert")).to_be_empty(timeout=2 * SOON)
    assert asked == 2


async def test_who_cannot_be_signed_out_is_told(page: Page, centre: Centre) -> None:
    await centre.server.stop()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("alert")).to_contain_text("still signed in")
    await expect(page.locator("table")).to_have_count(0)


async def test_who_has_signed_in_meanwhile_sees_nothing_of_the_other(
    page: Page, proxy: Proxy, context: BrowserContext, centre: Centre
) -> None:
    """In another tab, at the change of shifts; the bank has no call now."""
    bank = centre.book.add("ccg_bank", Role.SUPERVISOR, Scope(clients=frozenset({"bank"})))
    await context.request.post(f"http://127.0.0.1:{proxy.port}/api/session", data={"token": bank})
    await come_back(page, proxy)
    await expect(page.locator(".who")).to_contain_text(bank, timeout=SOON)
    await expect(page.get_by_role("status")).to_have_text("live", timeout=SOON)
    await expect(page.locator("tbody tr")).to_have_count(0)


async def test_who_is_signed_out_meanwhile_is_asked_for_a_token(
    page: Page, proxy: Proxy, context: BrowserContext
) -> None:
    await context.clear_cookies()
    proxy.cut()
    await expect(page.get_by_label("Your token")).to_be_visible(timeout=SOON)
    await expect(page.get_by_role("alert")).to_contain_text("Your session has ended")
    await expect(page.locator("table")).to_have_count(0)  # what was shown is not for everybody
