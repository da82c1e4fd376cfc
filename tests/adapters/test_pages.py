"""The live page's files, as a browser gets them; and whether they are what their sources say."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from yarl import URL

from ccgateway.web import models, pages
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked

DESK = Path(pages.__file__).parent / "desk"
FILES = {
    "/": "text/html",
    "/sign-in": "text/html",
    "/desk/app.js": "text/javascript",
    "/desk/app.css": "text/css",
    "/desk/icon.svg": "image/svg+xml",
}


@pytest.fixture
async def anybody() -> AsyncIterator[aiohttp.ClientSession]:
    """One who has no token."""
    async with Served(Unasked()) as gateway, aiohttp.ClientSession(gateway.url) as session:
        yield session


@pytest.mark.parametrize("path", FILES)
async def test_a_file_is_open_and_runs_nothing_of_others(
    anybody: aiohttp.ClientSession, path: str
) -> None:
    async with anybody.get(path) as response:
        assert (response.status, response.content_type) == (200, FILES[path])
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} < set(policy)
        assert "unsafe" not in str(policy)
        assert "//" not in str(policy)  # no other host
        assert re.search("no-(cache|store)", response.headers["Cache-Control"])
        etag = response.headers["ETag"]
    async with anybody.get(path, headers={"If-None-Match": f'"old", {etag}'}) as response:
        assert (response.status, await response.read()) == (304, b"")


async def mark_of_build() -> str:
    async with (
        Served(Unasked()) as gateway,
        aiohttp.ClientSession(gateway.url) as anybody,
        anybody.get("/") as response,
    ):
        html = await response.text()
    [mark] = re.findall(r'<meta name="built" content="([0-9a-f]+)">', html)
    return str(mark)


@pytest.mark.parametrize("name", ["app.js", "app.css", "index.html"])
async def test_each_build_has_a_mark_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """By it a page that was open during an upgrade sees that it is of yesterday."""
    before = await mark_of_build()
    monkeypatch.setattr("ccgateway.web.pages.resources.files", lambda _: tmp_path)
    shutil.copytree(DESK / "dist", tmp_path / "desk" / "dist")
    assert await mark_of_build() == before
    with (tmp_path / "desk" / "dist" / name).open("a") as file:
        file.write("\n")
    assert await mark_of_build() != before


async def test_the_page_asks_for_nothing_but_its_own(anybody: aiohttp.ClientSession) -> None:
    async with anybody.get("/") as response:
        html = await response.text()
    asked = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert asked
    assert set(asked) <= set(FILES)
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=|\sstyle=", html)


@pytest.mark.parametrize(
    "name", ["nothing.js", "%2e%2e%2fpages.py", "..%2f..%2fpages.py", "app.js%00", "app.tsx"]
)
async def test_no_other_file_is_reached(anybody: aiohttp.ClientSession, name: str) -> None:
    async with anybody.get(URL(f"/desk/{name}", encoded=True)) as response:
        assert response.status in {401, 404}
        assert response.content_type == "application/problem+json"


MESSAGES = (DESK / "src" / "live" / "messages.ts").read_text()
INTERFACES = dict(
    re.findall(r"^export interface (\w+) {\n(.*?)^}", MESSAGES, re.DOTALL | re.MULTILINE)
)


@pytest.mark.parametrize("name", ["Agent", "Call", "Figures", "Node", "Note", "Queue"])
def test_the_page_reads_what_the_api_tells(name: str) -> None:
    told = getattr(models, name).model_fields
    read = dict(re.findall(r"^  (\w+): (.*);", INTERFACES[name], re.MULTILINE))
    assert read
    for field, kind in read.items():
        assert ("null" in kind) == (type(None) in get_args(told[field].annotation)), field


NO_NETWORK = rb"^npm (ERR!|error) (network|code (E(CONN|TIMEDOUT|NOTFOUND|AI_)|ERR_SOCKET))"


@pytest.mark.skipif(not shutil.which("npm"), reason="building the page needs Node")
async def test_what_is_shipped_is_built_from_its_sources(tmp_path: Path) -> None:
    copy = tmp_path / "desk"
    shutil.copytree(DESK, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    install = ("ci", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=30000")
    for words in (install, ("run", "check"), ("run", "build")):
        npm = await asyncio.create_subprocess_exec(
            "npm",
            *words,
            cwd=copy,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await npm.communicate()
        if re.search(NO_NETWORK, told, re.MULTILINE):
            pytest.skip("no network: npm cannot fetch what the page is built with")
        assert npm.returncode == 0, told.decode()
    built = {file.name: file.read_bytes() for file in (copy / "dist").iterdir()}
    shipped = {file.name: file.read_bytes() for file in (DESK / "dist").iterdir()}
    assert built == shipped, "run `make desk`, and commit ccgateway/web/desk/dist"
