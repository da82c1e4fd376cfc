"""What the live page shows, who may see it, and how it is used."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.acceptance.page.centre import (
    FORMULA,
    TOKEN,
    Centre,
    agent_view,
    ago,
    call_view,
    queue_view,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]

NONE = "\N{EN DASH}"


def row(page: Page, part: str, text: str) -> Locator:
    return page.locator(f"#{part} tbody tr").filter(has_text=text)


class TestSignIn:
    async def test_a_link_signs_in_and_leaves_no_trace(
        self, page: Page, context: BrowserContext, centre: Centre
    ) -> None:
        await expect(page).to_have_url(f"{centre.url}/")
        [cookie] = await context.cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
        assert TOKEN not in await page.content()

    async def test_the_session_lasts(
        self, page: Page, context: BrowserContext, centre: Centre
    ) -> None:
        another = await context.new_page()
        await another.goto(centre.url)
        await expect(row(another, "calls", "#1001")).to_be_visible()

    async def test_by_hand_after_a_wrong_one(self, context: BrowserContext, centre: Centre) -> None:
        page = await context.new_page()
        await page.goto(f"{centre.url}/sign-in#a-token-that-is-none")
        await expect(page.get_by_role("alert")).to_contain_text("token")
        assert not await page.locator("table").count()
        await page.get_by_label("Your token").fill(TOKEN)
        await page.keyboard.press("Enter")
        await expect(row(page, "calls", "#1001")).to_be_visible()
        await expect(page).to_have_url(f"{centre.url}/")

    async def test_by_a_link_that_was_broken_on_its_way(
        self, context: BrowserContext, centre: Centre
    ) -> None:
        page = await context.new_page()
        await page.goto(f"{centre.url}/#ccg_abc%")
        await expect(page.get_by_role("alert")).to_contain_text("token")

    async def test_sign_out(self, page: Page, context: BrowserContext) -> None:
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Your token")).to_be_visible()
        await expect(page.locator("table")).to_have_count(0)
        assert not await context.cookies()
        await page.reload()
        await expect(page.get_by_label("Your token")).to_be_visible()


class TestShows:
    async def test_queues(self, page: Page, centre: Centre) -> None:
        stations = row(page, "queues", "stations")
        await expect(stations.locator("[data-name=waiting]")).to_have_text("1")
        await expect(stations.locator("[data-name=longest]")).to_have_text(re.compile(r"0:[3-5]\d"))
        await expect(stations.locator("[data-name='service level']")).to_have_text("81 %")
        await expect(stations.locator("[data-name=abandoned]")).to_have_text("2 of 12")
        await expect(page.locator(".formula")).to_contain_text(FORMULA)
        centre.tell("queue", queue_view("stations", 1, service_level=0.29))
        await expect(stations.locator("[data-name='service level']")).to_have_text("29 %")
        centre.tell("queue", queue_view("stations", service_level=None, abandoned=3, offered=13))
        await expect(stations.locator("[data-name=abandoned]")).to_have_text("3 of 13")
        await expect(stations.locator("[data-name=waiting]")).to_have_text(NONE)
        await expect(stations.locator("[data-name='service level']")).to_have_text(NONE)

    async def test_the_day_that_the_figures_are_of(self, page: Page, centre: Centre) -> None:
        said = page.locator(".formula")
        await expect(said).to_contain_text("Today is Mon, Nov 23 in Europe/Helsinki. Service")
        abroad = queue_view("stations", day="2026-11-22", timezone="America/New_York")
        centre.tell("queue", abroad)
        await expect(said).to_contain_text("in Europe/Helsinki; Sun, Nov 22 in America/New_York.")

    async def test_who_is_there_for_a_queue(self, page: Page, centre: Centre) -> None:
        there = row(page, "queues", "stations").locator("[data-name=agents]")
        await expect(there).to_have_text("2 ready1 talking0 paused")
        none = {**queue_view("stations", 1), "logged_in": 0}
        centre.tell("queue", none)
        await expect(there).to_have_text("nobody")
        await expect(there.locator(".bad")).to_have_count(1)
        centre.tell("queue", {**none, "managed": False})  # as the fallback queue
        await expect(there).to_have_text("its own phones")
        await expect(there.locator(".bad")).to_have_count(0)

    async def test_agents(self, page: Page, centre: Centre) -> None:
        await expect(row(page, "agents", "Boris")).to_contain_text("paused lunch")
        await expect(row(page, "agents", "Carla")).to_have_count(0)  # who is off is not here
        centre.tell("agent", agent_view("103", "Carla", "talking", since=ago(65), call_id="one"))
        carla = row(page, "agents", "Carla")
        await expect(carla).to_contain_text("talking")
        await expect(carla.locator("time")).to_have_text(re.compile(r"1:[0-5]\d"))
        await expect(carla.get_by_role("button")).to_have_text("#1001 Station 17")

    async def test_why_no_agent_is_shown(self, page: Page, centre: Centre) -> None:
        said = page.locator("#agents .nothing")
        for agent in ("101", "102"):
            centre.tell("agent", agent_view(agent, "Anna", "off"))
        await expect(said).to_have_text("Nobody is logged in.")
        await page.get_by_role("button", name="0 paused").click()
        await expect(said).to_have_text("No agent is paused now.")
        await page.keyboard.press("Escape")
        await expect(said).to_have_text("Nobody is logged in.")

    @pytest.mark.parametrize(
        ("hours", "shown"), [(1, r"^1:00:\d\d$"), (23, r"^23:00:\d\d$"), (83, "^3 d 11 h$")]
    )
    async def test_a_long_time_is_not_cut_short(
        self, page: Page, centre: Centre, hours: int, shown: str
    ) -> None:
        centre.tell("agent", agent_view("102", "Boris", "paused", since=ago(3600 * hours)))
        cell = row(page, "agents", "Boris").locator("[data-name=for]")
        await expect(cell).to_have_text(re.compile(shown))
        assert await cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")

    async def test_calls(self, page: Page, centre: Centre) -> None:
        shown = row(page, "calls", "#1001")
        await expect(shown).to_contain_text("+358401112223 Station 17")
        await expect(shown).to_contain_text("waiting in stations")
        longest = page.locator(".tile").filter(has_text="longest wait")
        await expect(longest).to_contain_text(re.compile(r"0:[3-5]\d"))
        passed = {"tier": 2, "path": ["pumps", "third"], "where": "talking with 221"}
        centre.tell("call", call_view("one", line="third", **passed))
        await expect(shown.locator(".lines li")).to_have_text(["first line", "pumps", "third"])
        is_now = shown.locator(".lines [aria-current]")
        await expect(is_now).to_have_text("third")
        await expect(shown).to_contain_text("talking with 221")
        centre.tell("call", call_view("one", line="", **passed))  # nobody there: back again
        await expect(is_now).to_have_text("first line")
        ended = {"disposition": "answered", "where": "ended: answered", "ended_at": ago(0)}
        centre.tell("call", call_view("one", **ended))
        await expect(shown).to_contain_text("ended: answered")
        await expect(page.locator(".tile").filter(has_text="calls")).to_have_text("0calls")
        await expect(shown).to_have_count(0, timeout=20_000)

    async def test_what_left_is_taken_away(self, page: Page, centre: Centre) -> None:
        centre.feed.publish({"type": "gone", "agent": "101"})
        centre.feed.publish({"type": "gone", "queue": "night"})
        centre.feed.publish({"type": "call_absorbed", "call_id": "one", "into": "two"})
        await expect(row(page, "agents", "Anna")).to_have_count(0)
        await expect(row(page, "queues", "night")).to_have_count(0)
        await expect(page.locator("#calls")).to_contain_text("No calls now")

    async def test_a_lost_asterisk_is_said(self, page: Page, centre: Centre) -> None:
        centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
        await expect(page.get_by_role("alert")).to_contain_text("lost Asterisk pbx1")
        centre.feed.publish({"type": "link", "node": "pbx1", "up": True})
        await expect(page.get_by_role("alert")).to_be_empty()
        centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
        await expect(page.get_by_role("alert")).to_contain_text("lost Asterisk pbx1")
        centre.feed.publish({"type": "gone", "node": "pbx1"})  # it has another name now
        await expect(page.get_by_role("alert")).to_be_empty()
        centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
        await expect(page.get_by_role("alert")).to_contain_text("lost Asterisk pbx1")
        centre.feed.publish({"type": "gone", "node": "pbx1"})
        await expect(page.get_by_role("alert")).to_be_empty()

    @pytest.mark.parametrize(
        "told", [{"type": "link", "node": "pbx1"}, {"type": "gateway"}], ids=["pbx1", "gateway"]
    )
    async def test_its_counters_stand_still_while_nothing_is_heard(
        self, page: Page, centre: Centre, told: dict[str, object]
    ) -> None:
        """Who waited may be gone: a counter that runs on would be a guess."""
        wait, alarm = page.locator("#calls time"), page.get_by_role("alert")
        centre.feed.publish({**told, "up": False})
        await expect(alarm).not_to_be_empty()
        stands = await wait.inner_text()
        await page.wait_for_timeout(2500)
        centre.tell("agent", agent_view("101", "Anna", "paused"))  # by API, which goes on
        await expect(row(page, "agents", "Anna")).to_contain_text("paused")
        assert await wait.inner_text() == stands
        centre.feed.publish({**told, "up": True})
        await expect(alarm).to_be_empty()
        await expect(wait).not_to_have_text(stands)

    async def test_the_story_of_a_call_follows_it(self, page: Page, centre: Centre) -> None:
        await row(page, "calls", "#1001").get_by_role("button").click()
        story = page.get_by_role("dialog")
        await expect(story).to_contain_text("waiting in stations")
        note = {"at": ago(1), "by": "101", "text": "pump 3 leaks"}
        centre.tell("call", call_view("one", where="talking with 101", notes=[note]))
        await expect(story).to_contain_text("talking with 101")
        await expect(story).to_contain_text("pump 3 leaks")
        await page.keyboard.press("Escape")
        await expect(story).to_have_count(0)


HOSTILE = [
    "<script>document.title='mine'</script>",
    "<img src=x onerror=\"document.title='mine'\">",
    "<a href='http://192.0.2.1/'>",
    "\u202e\u0007{{7*7}}${7*7}",
    "x" * 2000,
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_callers_send_is_text(page: Page, centre: Centre, text: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    note = {"at": ago(1), "by": text, "text": text}
    more = {"caller": text, "caller_name": text, "where": text, "path": [text], "notes": [note]}
    centre.tell("call", call_view("one", service=text, **more))
    await row(page, "calls", "#1001").get_by_role("button").click()
    await expect(page.locator(".notes p")).to_have_text(text)
    assert await page.title() == "ccgateway"
    assert not await page.locator("main img, main script, main a").count()
    assert not [url for url in asked if not url.startswith(centre.url)]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class TestKeys:
    async def test_from_part_to_part_and_row_to_row(self, page: Page) -> None:
        await page.keyboard.press("2")
        await expect(row(page, "agents", "Anna")).to_be_focused()
        await page.keyboard.press("j")
        await expect(row(page, "agents", "Boris")).to_be_focused()
        await page.keyboard.press("ArrowDown")  # the last one
        await expect(row(page, "agents", "Boris")).to_be_focused()
        await page.keyboard.press("k")
        await expect(row(page, "agents", "Anna")).to_be_focused()

    async def test_open_and_close_a_call(self, page: Page) -> None:
        await page.keyboard.press("3")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog", name="Call #1001")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(row(page, "calls", "#1001")).to_be_focused()

    async def test_find(self, page: Page) -> None:
        await page.keyboard.press("/")
        await page.keyboard.type("an 101")
        await expect(page.locator("#agents tbody tr")).to_have_count(1)
        await expect(row(page, "agents", "Anna")).to_be_visible()
        await expect(page.locator("#calls")).to_contain_text("No such call")
        await page.keyboard.press("Escape")
        await expect(page.locator("#agents tbody tr")).to_have_count(2)

    async def test_find_by_client(self, page: Page, centre: Centre) -> None:
        centre.tell("queue", {**queue_view("loans"), "services": ["loans"], "clients": ["bank"]})
        await page.keyboard.press("/")
        await page.keyboard.type("bank")
        await expect(page.locator("#queues tbody th")).to_have_text(["loans"])

    async def test_the_list_of_them(self, page: Page) -> None:
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_contain_text("look for something")

    async def test_agents_of_one_state(self, page: Page) -> None:
        off = page.get_by_role("button", name="1 off")
        await off.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#agents tbody tr")).to_have_count(1)
        await expect(row(page, "agents", "Carla")).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.locator("#agents tbody tr")).to_have_count(2)


class TestScreens:
    async def test_nothing_sticks_out(self, page: Page) -> None:
        for width in (320, 390, 768, 1100, 2560):
            await page.set_viewport_size({"width": width, "height": 800})
            fits = f"document.documentElement.scrollWidth === {width}"
            await page.wait_for_function(fits)
            await expect(row(page, "calls", "#1001")).to_contain_text("waiting in stations")
            await expect(row(page, "queues", "stations")).to_contain_text("81 %")

    async def test_a_phone_shows_all_of_a_call(self, page: Page, centre: Centre) -> None:
        long = "petrol-stations-technical-hot-line-uusimaa-and-haeme-regions"
        name = "\u05ea\u05d7\u05e0\u05ea 17"
        centre.tell("call", call_view("one", service=long, caller_name=name, path=["pumps"]))
        await page.set_viewport_size({"width": 390, "height": 844})
        call = row(page, "calls", "#1001")
        for text in (long, "oilco", "+358401112223", name, "waiting in stations", "pumps"):
            await expect(call.get_by_text(text).last).to_be_visible()
        assert await call.evaluate("row => row.clientHeight") < 844 / 4

    async def test_a_phone_goes_from_part_to_part(self, page: Page, centre: Centre) -> None:
        for number in range(200, 240):
            centre.tell("agent", agent_view(str(number), "More"))
        await page.set_viewport_size({"width": 390, "height": 700})
        await expect(page.locator("#agents tbody tr")).to_have_count(42)
        await expect(row(page, "calls", "#1001")).not_to_be_in_viewport()
        await page.get_by_role("navigation").get_by_role("button", name="calls").click()
        await expect(row(page, "calls", "#1001")).to_be_in_viewport()

    async def test_dark_where_the_reader_likes_it(self, browser: Browser, centre: Centre) -> None:
        async def light_of(scheme: str) -> int:
            context = await browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]  # a literal
            page = await context.new_page()
            await page.goto(centre.url)
            await page.get_by_label("Your token").wait_for()
            ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            await context.close()
            return sum(map(int, re.findall(r"\d+", ground)))

        assert await light_of("dark") < 100
        assert await light_of("light") > 600
