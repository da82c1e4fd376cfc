"""When not all was seen, as the live page shows it to who sees the whole centre."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from ccgateway.calls.gap import gap
from tests.acceptance.page.centre import Centre

pytestmark = [pytest.mark.acceptance, pytest.mark.asyncio(loop_scope="module")]


async def test_a_gap_is_told_until_its_calls_are_repaired(page: Page, centre: Centre) -> None:
    now = datetime.now(UTC)
    began = gap("pbx1", now - timedelta(seconds=90), "the gateway was killed")
    missed = replace(began, ended_at=now - timedelta(seconds=70))
    centre.history.found = [missed]
    centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
    shown = page.locator(".gaps p")
    await expect(shown).to_contain_text("on pbx1: the gateway was killed. Calls of that time may")
    centre.history.found = [replace(missed, repaired_at=now)]
    await expect(shown).to_contain_text("are as Asterisk's journals tell them")
    centre.history.found = [replace(missed, repaired_at=now - timedelta(minutes=20))]
    centre.feed.publish({"type": "link", "node": "pbx1", "up": True})
    await expect(shown).to_have_count(0)
    ago = timedelta(minutes=15)  # nobody reads journals here
    centre.history.found = [replace(missed, began_at=now - 2 * ago, ended_at=now - ago)]
    centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
    await expect(shown).to_contain_text("Calls of that time may lack something.")


async def test_one_that_is_written_down_late_is_told_soon(page: Page, centre: Centre) -> None:
    for up in (False, True):  # as a web process of its own tells it, whose nodes stay as they were
        async with page.expect_response("**/api/gaps?*"):
            centre.feed.publish({"type": "gateway", "up": up})
    now = datetime.now(UTC)
    began = gap("pbx1", now - timedelta(seconds=4), "the gateway was killed")
    centre.history.found = [replace(began, ended_at=now)]
    await expect(page.locator(".gaps p")).to_contain_text("on pbx1: the gateway was killed.")


async def test_a_link_that_comes_and_goes_leaves_room_for_the_queues(
    page: Page, centre: Centre
) -> None:
    now = datetime.now(UTC)
    ago = [timedelta(minutes=minutes) for minutes in range(1, 6)]
    centre.history.found = [
        replace(gap("pbx1", now - one, f"cause {one}"), ended_at=now - one / 2) for one in ago
    ]
    centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
    shown = page.locator(".gaps p")
    await expect(shown).to_have_count(4)
    await expect(shown.first).to_contain_text("cause 0:01:00")
    await expect(shown.last).to_have_text("and 2 more gaps in the last hour")


async def test_one_that_goes_on_is_the_alarm_that_it_is(page: Page, centre: Centre) -> None:
    centre.history.found = [gap("pbx1", datetime.now(UTC), "the link was lost")]
    centre.feed.publish({"type": "link", "node": "pbx1", "up": False})
    await expect(page.get_by_role("alert")).to_contain_text("has lost Asterisk pbx1")
    await expect(page.locator(".gaps p")).to_have_count(0)
