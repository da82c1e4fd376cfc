"""A gateway's web server with a call centre that a test moves by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Self

from playwright.async_api import BrowserContext, Page

from ccgateway.config import HttpSettings
from ccgateway.web.access import Access
from ccgateway.web.feed import Feed
from ccgateway.web.server import WebServer
from tests.adapters.centre import Book
from tests.adapters.unasked import Unasked, Unrecorded

TOKEN = "test-token-0001"
FORMULA = "answered within 20 s ÷ (offered - abandoned within 20 s)"

View = dict[str, object]


def ago(seconds: float) -> str:
    """A moment as the views tell it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def call_view(call_id: str, **more: object) -> View:
    """A call that waits for first line; ``more`` replaces."""
    return {
        "call_id": call_id,
        "node": "pbx1",
        "client": "oilco",
        "service": "hotline",
        "queues": ["stations"],
        "direction": "inbound",
        "case": 1001,
        "topic": "",
        "tier": 1,
        "notes": [],
        "path": [],
        "line": "",
        "did": "1000",
        "caller": "+358401112223",
        "caller_name": "Station 17",
        "started_at": ago(30),
        "where": "waiting in stations",
        "since": ago(30),
        "agent": "",
        "agents": [],
        "disposition": "live",
        "known": "live",
        "ended_at": None,
        **more,
    }


def agent_view(agent: str, name: str, state: str = "ready", **more: object) -> View:
    """An agent of the stations' queue."""
    return {
        "id": agent,
        "name": name,
        "phone": f"PJSIP/{agent}",
        "queues": ["stations"],
        "services": ["hotline"],
        "clients": ["oilco"],
        "state": state,
        "duty": "ready",
        "reason": "",
        "since": ago(5),
        "call_id": "",
        **more,
    }


def queue_view(name: str, waiting: int = 0, **today: object) -> View:
    """A queue, and its figures of today."""
    return {
        "name": name,
        "services": ["hotline"],
        "clients": ["oilco"],
        "managed": True,
        "waiting": waiting,
        "longest_since": ago(30) if waiting else None,
        "logged_in": 3,
        "ready": 2,
        "talking": 1,
        "paused": 0,
        "today": {
            "day": "2026-11-23",
            "timezone": "Europe/Helsinki",
            "offered": 12,
            "answered": 10,
            "answered_in_time": 9,
            "abandoned": 2,
            "abandoned_in_time": 1,
            "short_abandons": 1,
            "left": 0,
            "refused": 0,
            "longest_wait_s": 45.2,
            "service_level": 0.8182,
            "in_time_s": 20.0,
            "short_s": 5.0,
            "formula": FORMULA,
            **today,
        },
    }


class Centre:
    """The server; ``tell`` changes the centre, and tells who watches."""

    def __init__(self) -> None:
        self.snapshots = 0
        self.calls = {"one": call_view("one")}
        self.agents = {
            "101": agent_view("101", "Anna"),
            "102": agent_view("102", "Boris", "paused", reason="lunch"),
            "103": agent_view("103", "Carla", "off"),
        }
        self.queues = {"night": queue_view("night"), "stations": queue_view("stations", 1)}
        self.history = Unrecorded()
        self.book = Book()
        self._access = Access(_settings(0), tokens=self.book, key=b"of this test")
        self._make(0)

    def _make(self, port: int) -> None:
        self.feed = Feed()
        self.server = WebServer(
            _settings(port),
            Unasked(),
            self.feed,
            self._snapshot,
            history=self.history,
            access=self._access,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def __aenter__(self) -> Self:
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.stop()

    async def restart(self) -> None:
        """The gateway goes, and another one comes: it knows nothing of the last one's ids."""
        port = self.server.port
        await self.server.stop()
        self._make(port)
        await self.server.start()

    def tell(self, kind: str, view: View) -> None:
        """A call, an agent or a queue is now so."""
        of, key = {
            "call": (self.calls, "call_id"),
            "agent": (self.agents, "id"),
            "queue": (self.queues, "name"),
        }[kind]
        of[str(view[key])] = view
        self.feed.publish({"type": kind, kind: view})

    def _snapshot(self) -> Mapping[str, object]:
        self.snapshots += 1
        return {
            "at": datetime.now(UTC).isoformat(),
            "nodes": [{"name": "pbx1", "up": True}],
            "calls": list(self.calls.values()),
            "agents": list(self.agents.values()),
            "queues": list(self.queues.values()),
        }


def _settings(port: int) -> HttpSettings:
    return HttpSettings(port=port, token=TOKEN)  # type: ignore[arg-type]  # pydantic wraps it


async def opened(context: BrowserContext, url: str) -> Page:
    """The live page that is there, signed in by a link."""
    page = await context.new_page()
    await page.goto(f"{url}/#{TOKEN}")
    await page.get_by_role("status").filter(has_text="live").wait_for()
    return page
