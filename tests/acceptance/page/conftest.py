"""Debian's Chromium, driven by Playwright; whatever it complains of fails the test. It starts once
a module, so all tests of a module share a loop."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from ccgateway.rig import packages
from ccgateway.rig.errors import RigError
from ccgateway.rig.progress import silent
from tests.acceptance.page.centre import Centre, opened
from tests.preparing import is_needed

expect.set_options(timeout=20_000)
"""Milliseconds: its own five are short where the machine is busy with other tests."""

UNREACHED = "net::ERR_"
REFUSED = "Failed to load resource"
"""How Chromium tells its console that the gateway is away, or answers 401: tests do that."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """See ``preparing``. Where it fails, the fixture tells why."""
    if is_needed(session, "chromium"):
        with suppress(RigError):
            packages.ensure(["chromium"], silent)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Its path; installed where it is missing."""
    packages.ensure(["chromium"], silent)
    found = shutil.which("chromium")
    assert found
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser of somebody's own, on a desktop's screen."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    complaints: list[str] = []
    context.on("console", lambda line: _keep(line, complaints))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    await context.close()
    assert not complaints


def _keep(line: ConsoleMessage, complaints: list[str]) -> None:
    expected = UNREACHED in line.text or REFUSED in line.text
    if line.type in {"error", "warning"} and not expected:
        complaints.append(line.text)


@pytest_asyncio.fixture(loop_scope="module")
async def centre() -> AsyncIterator[Centre]:
    async with Centre() as centre:
        yield centre


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, centre: Centre) -> Page:
    """The live page of the centre, signed in by a link."""
    return await opened(context, centre.url)
