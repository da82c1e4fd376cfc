"""The past over HTTP, out of a real PostgreSQL: lists, pages, whole stories, who may see what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import asyncpg
import orjson
import pytest
from yarl import URL

from ccgateway.access.who import Role as Rank
from ccgateway.access.who import Scope
from ccgateway.calls.call import Call, Direction, Leg, Role
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import Search
from ccgateway.engine.history import CallHistory
from ccgateway.errors import Refused, StoreUnavailable, UnknownCall
from ccgateway.postgres import record
from ccgateway.postgres.pool import Pool
from ccgateway.postgres.record import PostgresRecord
from ccgateway.postgres.writer import Writer
from ccgateway.rig.waiting import until
from ccgateway.web.access import Access
from ccgateway.web.stories import Calls, Story
from tests.adapters.centre import Book, http_settings
from tests.adapters.postgres_samples import T0, at, escalated_call, live_call, whole_call
from tests.adapters.served import HEADERS, Served
from tests.adapters.unasked import Unasked

OTHER = replace(
    live_call(30), client="paint", service="shop", did="2000", started_at=at(-100), case=7
)
OUT = replace(
    live_call(40),
    direction=Direction.OUTBOUND,
    did="+35840999",
    started_at=at(100),
    legs=(Leg("1.40", "PJSIP/103-1", Role.AGENT, at(100), "103"),),
)
HIDDEN = replace(whole_call(50), withheld=True)
WHOLE = replace(escalated_call(60), started_at=at(200), withheld=False)
ALL = (WHOLE, OUT, HIDDEN, OTHER)  # as the list has them: the newest first


class NothingLive(Unasked):
    """A gateway that was started a moment ago."""

    def story(self, call: str) -> Mapping[str, object]:
        raise UnknownCall(f"no live call {call!r}")


async def put(writer: Writer, *calls: Call) -> None:
    for call in calls:
        writer.put_facts([], call)
    async with asyncio.timeout(20):
        await writer.flush()


@pytest.fixture
async def history(pool: Pool) -> CallHistory:
    return CallHistory(PostgresRecord(pool))


@pytest.fixture
async def http(history: CallHistory, writer: Writer) -> AsyncIterator[aiohttp.ClientSession]:
    await put(writer, *ALL)
    async with Served(NothingLive(), history=history) as gateway, gateway.client() as session:
        yield session


async def ids(http: aiohttp.ClientSession, query: str) -> list[str]:
    async with http.get(f"/api/calls?{query}") as response:
        assert response.status == 200, await response.text()
        told = await response.json()
    Calls.model_validate(told, extra="forbid")
    return [call["call_id"] for call in told["calls"]]


def names(*calls: Call) -> list[str]:
    return [str(call.call_id) for call in calls]


NARROWED: dict[str, tuple[Call, ...]] = {
    "": ALL,
    "limit=2": (WHOLE, OUT),
    "client=paint": (OTHER,),
    "service=hotline": (WHOLE, OUT, HIDDEN),
    "queue=second-pumps": (WHOLE,),
    "queue=stations&disposition=answered": (WHOLE, HIDDEN),
    "agent=102": (WHOLE, HIDDEN),
    "agent=101": (),  # rang, and did not talk
    "disposition=live": (OUT, OTHER),
    "direction=outbound": (OUT,),
    "case=1042": (WHOLE,),
    "number=%2B358400000040": (OUT,),
    "number=+358400000040": (OUT,),  # + is a space in a query, and meant as a plus
    "number=%2B358400000050": (),  # was withheld
    "from=2026-11-22T08:00:00Z": (WHOLE, OUT, HIDDEN),
    "from=2026-11-22T10:00:00%2B02:00": (WHOLE, OUT, HIDDEN),
    "from=2026-11-22T10:00:00+02:00": (WHOLE, OUT, HIDDEN),
    "to=2026-11-22T08:00:00Z": (OTHER,),
    "to=2026-11-22T08:00:00.123456Z": (OTHER,),
    "from=2026-11-22T08:00:00.123456Z&to=2026-11-22T08:01:00Z": (HIDDEN,),
    "from=0001-01-01T00:00%2B14:00&to=9999-12-31T23:59-14:00": ALL,
    "client=paint%00&service=%F0%9F%98%80": (),
}


async def test_the_list_is_narrowed(http: aiohttp.ClientSession) -> None:
    found = {query: await ids(http, query) for query in NARROWED}
    assert found == {query: names(*calls) for query, calls in NARROWED.items()}


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-22T08:00:00",  # whose clock?
        "from=2026-11-22",
        "from=1700000000",
        "to=yesterday",
        "limit=0",
        "limit=501",
        "limit=many",
        "case=0",
        "case=9223372036854775808",
        "disposition=lost",
        "direction=sideways",
        "cursor=x",
        "cursor=1-zz",
        "client=",
        "client=" + "x" * 65,
        "number=" + "1" * 41,
        "colour=red",
        "limit=1&limit=2",
    ],
)
async def test_a_wrong_query_is_named(query: str) -> None:
    async with Served(NothingLive()) as gateway, gateway.client() as http:
        url = URL(f"{gateway.url}/api/calls?{query}", encoded=True)
        async with http.get(url) as response:
            told = orjson.loads(await response.read())
        assert response.content_type == "application/problem+json"
    assert told["status"] == 400
    assert query.split("=", maxsplit=1)[0] in told["detail"]
    assert "xxx" not in told["detail"]


async def test_pages_hold_every_call_once_also_those_of_one_moment(
    http: aiohttp.ClientSession, writer: Writer
) -> None:
    await put(writer, *(live_call(serial) for serial in range(100, 117)))  # all began at T0
    found: list[str] = []
    query = "limit=5"
    while True:
        async with http.get(f"/api/calls?{query}") as response:
            told = await response.json()
        found += [call["call_id"] for call in told["calls"]]
        if told["next"] is None:
            break
        query = f"limit=5&cursor={quote(told['next'])}"
    assert len(found) == len(set(found)) == len(ALL) + 17
    assert found == await ids(http, "limit=100")


async def test_a_call_that_came_meanwhile_moves_no_page(
    http: aiohttp.ClientSession, writer: Writer
) -> None:
    async with http.get("/api/calls?limit=2") as response:
        first = await response.json()
    await put(writer, replace(live_call(70), started_at=T0 + timedelta(hours=1)))
    assert await ids(http, f"cursor={first['next']}") == names(HIDDEN, OTHER)


async def _story(http: aiohttp.ClientSession, name: str) -> dict[str, Any]:
    async with http.get(f"/api/calls/{quote(name, safe='')}") as response:
        assert response.status == 200, await response.text()
        told: dict[str, Any] = await response.json()
    Story.model_validate(told, extra="forbid")
    return told


async def test_the_whole_story_of_an_ended_call(http: aiohttp.ClientSession) -> None:
    told = await _story(http, str(WHOLE.call_id))
    for name in (WHOLE.call_id.hex[:12].upper(), "#1042"):
        assert await _story(http, name) == told
    assert told["call_id"] == str(WHOLE.call_id)
    assert told["caller"] == "+358400000060"
    assert [visit["queue"] for visit in told["visits"]] == ["stations", "pumps", "second-pumps"]
    assert [offer["end"] for offer in told["visits"][1]["offers"]] == ["no_answer", "answered"]
    assert [talk["agent"] for talk in told["talks"]] == ["102", ""]
    assert [hold["by"] for hold in told["holds"]] == ["agent"]
    assert [(one["mode"], one["to"], one["end"]) for one in told["escalations"]] == [
        ("warm", "pumps", "returned"),
        ("cold", "vendor", "accepted"),
        ("blind", "", "running"),
    ]
    assert [note["by"] for note in told["notes"]] == ["api", "102"]
    assert told["decisions"][0]["reasons"][0] == {
        "rule": "hours",
        "inputs": "sun 10:00",
        "verdict": "open",
    }
    assert {
        "at": at(41).isoformat(),
        "who": "102",
        "what": "notes: Vendor's ticket 77",
        "why": "",
    } in (told["timeline"])


async def test_a_withheld_number_is_not_shown(http: aiohttp.ClientSession) -> None:
    story = await _story(http, str(HIDDEN.call_id))
    async with http.get("/api/calls") as response:
        text = await response.text()
    assert story["caller"] == "withheld"
    assert "+358400000050" not in text + str(story)
    assert "Caller 50" not in text + str(story)


@pytest.mark.parametrize(
    "name", ["f" * 32, "#99999", "#", "#x", "xyz", "%00", "'--", "#" + "9" * 60]
)
async def test_what_is_not_there_is_said(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"/api/calls/{quote(name, safe='')}") as response:
        assert response.status == 404
        assert "GET /api/calls" in (await response.json())["detail"]


async def test_a_name_of_several_calls_names_them(
    http: aiohttp.ClientSession, writer: Writer
) -> None:
    await put(writer, replace(live_call(71), case=1042))
    async with http.get("/api/calls/%231042") as response:
        assert response.status == 409
        detail = (await response.json())["detail"]
    assert str(WHOLE.call_id)[:12] in detail


SCOPES = [
    (Scope(), ALL),
    (Scope(clients=frozenset({"paint"})), (OTHER,)),
    (Scope(clients=frozenset({"oilco", "paint"})), ALL),
    (Scope(services=frozenset({"hotline"})), (WHOLE, OUT, HIDDEN)),
    (Scope(queues=frozenset({"second-pumps"})), (WHOLE,)),
    (Scope(clients=frozenset({"paint"}), queues=frozenset({"pumps"})), ()),
    (Scope(clients=frozenset({"paint"}), agent="102"), (WHOLE, HIDDEN, OTHER)),
    (Scope(clients=frozenset({"nobody"}), agent="101"), ()),
]


async def test_nobody_sees_beyond_their_scope(history: CallHistory, writer: Writer) -> None:
    """Two places say who sees what: SQL for lists, Python for what is live. They agree."""
    await put(writer, *ALL)
    stories = [await history.call(str(call.call_id), Scope()) for call in ALL]
    for scope, seen in SCOPES:
        listed = await history.calls(Search(scope=scope), 100)
        assert (scope, [call["call_id"] for call in listed]) == (scope, names(*seen))
        by_python = [story["call_id"] for story in stories if scope.sees_call(story)]
        assert (scope, by_python) == (scope, names(*seen))
        for call in set(names(*ALL)) - set(names(*seen)):
            with pytest.raises(UnknownCall):
                await history.call(call, scope)


async def test_a_name_of_several_is_clear_to_who_sees_but_one(
    history: CallHistory, writer: Writer
) -> None:
    await put(writer, *ALL, replace(live_call(71), case=7))
    scope = Scope(clients=frozenset({"paint"}))
    assert (await history.call("#7", scope))["call_id"] == str(OTHER.call_id)


class SeveralLive(Unasked):
    """A gateway in which live calls of several clients have ids that begin alike."""

    def story(self, call: str) -> Mapping[str, object]:
        raise Refused(f"2 live calls are named {call!r}: 77777777-777, 78787878-787")


async def test_live_calls_of_others_are_not_named(history: CallHistory, writer: Writer) -> None:
    await put(writer, *ALL)
    book = Book()
    book.add("ccg_paint", Rank.SUPERVISOR, Scope(clients=frozenset({"paint"})))
    access = Access(http_settings(), tokens=book)
    path = f"/api/calls/{OTHER.call_id.hex[:2]}"
    async with (
        Served(SeveralLive(), history=history, access=access) as gateway,
        aiohttp.ClientSession(gateway.url) as http,
    ):
        scoped = {"Authorization": "Bearer ccg_paint"}
        async with http.get("/api/calls/7", headers=scoped) as response:
            assert response.status == 404
            assert "7777" not in await response.text()
        async with http.get(path, headers=scoped) as response:
            assert (await response.json())["call_id"] == str(OTHER.call_id)
        async with http.get("/api/calls/7", headers=HEADERS) as response:
            assert response.status == 409


async def test_postgres_away_is_said() -> None:
    class Away:
        async def calls(self, search: Search, limit: int) -> list[Mapping[str, object]]:
            raise StoreUnavailable("PostgreSQL does not serve us")

        async def call(self, name: str, scope: Scope) -> Mapping[str, object]:
            raise StoreUnavailable("PostgreSQL does not serve us")

        async def gaps(self, *_: object) -> list[Gap]:
            raise StoreUnavailable("PostgreSQL does not serve us")

    async with Served(NothingLive(), history=Away()) as gateway, gateway.client() as http:
        for path in ("/api/calls", "/api/calls/0b5c", "/api/gaps"):
            async with http.get(path) as response:
                assert response.status == 503
                assert "PostgreSQL" in (await response.json())["detail"]


async def test_searches_leave_connections_for_callers(
    dsn: str, pool: Pool, history: CallHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty searches that take for ever: who calls is looked up all the same."""
    monkeypatch.setattr(record, "ANSWER_WITHIN", 5.0)
    other = await asyncpg.connect(dsn)
    async with asyncio.timeout(30), other.transaction():
        await other.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        searches = [asyncio.create_task(history.calls(Search(), 10)) for _ in range(20)]
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"

        async def some_wait() -> bool:
            return bool(await other.fetchval(waiting) == record.AT_ONCE)

        await until(some_wait, "searches that wait for the lock")
        assert await pool.fetchval(waiting) == record.AT_ONCE
        done = await asyncio.gather(*searches, return_exceptions=True)
    await other.close()
    assert {type(one) for one in done} == {StoreUnavailable}
