"""The live feed, on a real server with real clients: WebSocket, server-sent events, resuming."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson
import pytest

from ccgateway.access.who import Role
from ccgateway.rig.waiting import until
from ccgateway.web import access, feed, identify, live, server
from ccgateway.web.client import Client
from tests.adapters.centre import Book
from tests.adapters.centre import Gateway as Guarded
from tests.adapters.served import TOKEN, Served
from tests.adapters.unasked import Unasked
from tests.adapters.watchers import WITHIN, mute_watcher, read_to_the_end

Changes = list[dict[str, Any]]


class Gateway(Served[Unasked]):
    """With a state that tests change."""

    def __init__(self, port: int = 0) -> None:
        self.state: dict[str, object] = {"calls": [], "agents": [{"id": "101"}], "queues": []}
        super().__init__(Unasked(), lambda: self.state, port)

    def id(self, number: int) -> str:
        return f"{self.feed.epoch}:{number}"

    def tell(self, *numbers: int) -> None:
        for number in numbers:
            self.feed.publish({"type": "link", "node": str(number), "up": True})

    def link(self, number: int, node: int | None = None) -> dict[str, object]:
        """What is told of the change with this number."""
        node = number if node is None else node
        return {"type": "link", "node": str(node), "up": True, "id": self.id(number)}

    def snapshot(self, number: int) -> dict[str, object]:
        return {**self.state, "type": "snapshot", "id": self.id(number)}


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway() as gateway:
        yield gateway


@pytest.fixture
async def http(gateway: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with gateway.client() as session:
        yield session


async def some(live: aiohttp.ClientWebSocketResponse, count: int) -> Changes:
    """The next changes; there may be several in a message."""
    got: Changes = []
    async with asyncio.timeout(WITHIN):
        while len(got) < count:
            got += await live.receive_json()
    assert len(got) == count
    return got


class Events:
    """A reader of server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._lines = response.content

    async def some(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        """The next events: id and data."""
        got: list[tuple[str, dict[str, Any]]] = []
        last = ""
        async with asyncio.timeout(WITHIN):
            while len(got) < count:
                name, _, value = (
                    (await self._lines.readline()).decode().rstrip("\n").partition(": ")
                )
                last = value if name == "id" else last
                if name == "data":
                    got.append((last, orjson.loads(value)))
        return got


class TestWebSocket:
    async def test_the_snapshot_and_then_every_change(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        gateway.tell(1)
        async with http.ws_connect("/api/live") as live:
            assert await some(live, 1) == [gateway.snapshot(1)]
            gateway.tell(2, 3)
            assert await some(live, 2) == [gateway.link(2), gateway.link(3)]

    async def test_a_plain_request_is_told(self, http: aiohttp.ClientSession) -> None:
        async with http.get("/api/live") as response:
            assert response.status == 426
            assert "WebSocket" in (await response.json(content_type=None))["detail"]

    async def test_too_many(
        self, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "MOST_WATCHERS", 1)
        async with http.ws_connect("/api/live") as live:
            await live.receive_json()
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await http.ws_connect("/api/live")
            assert caught.value.status == 503
        async with asyncio.timeout(WITHIN):  # the place is free again once the server saw it go
            while True:
                with suppress(aiohttp.WSServerHandshakeError):
                    async with http.ws_connect("/api/live"):
                        break
                await asyncio.sleep(0.01)

    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    async def test_who_does_not_read_is_dropped_and_the_others_get_everything(
        self, gateway: Gateway, http: aiohttp.ClientSession, path: str
    ) -> None:
        slow = await mute_watcher(gateway.server.port, path)
        batches, batch, filling = 20, 500, "x" * 4_000
        async with http.ws_connect("/api/live", max_msg_size=0) as live:
            await some(live, 1)
            for round_ in range(batches):
                for _ in range(batch):
                    gateway.feed.publish({"type": "link", "filling": filling})
                got = await some(live, batch)  # a batch fits; who reads is never too slow
                first = round_ * batch + 1
                assert [c["id"] for c in got] == [gateway.id(first + n) for n in range(batch)]
            read = await asyncio.to_thread(read_to_the_end, slow)
        assert read < batches * batch * len(filling)

    async def test_words_of_a_watcher_do_no_harm(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        async with http.ws_connect("/api/live") as live:
            await some(live, 1)
            await live.send_str("${SHELL(x)}")
            await live.send_bytes(b"\x00" * 100)
            gateway.tell(1)
            assert await some(live, 1) == [gateway.link(1)]
            await live.send_bytes(b"\x00" * 100_000)  # too long: it alone is put out
            assert (await live.receive(WITHIN)).type is aiohttp.WSMsgType.CLOSE
        async with http.get("/api/state") as response:
            assert response.status == 200

    @pytest.mark.parametrize(
        "frames",
        [
            b"\x83\x81\x00\x00\x00\x00a",  # an opcode that is none
            b"\xf1\x81\x00\x00\x00\x00a",  # bits of extensions that nobody agreed on
            b"\x81\xff\x7f" + b"\xff" * 7 + b"\x00" * 4,  # 2^63 bytes are to come
            b"\x81\x82\x00\x00\x00\x00\xff\xfe",  # text that is no UTF-8
            b"\x80\x81\x00\x00\x00\x00a",  # goes on with what never began
            b"\x89\xfe\x00\xff" + b"\x00" * 259,  # a ping that is too long
            b"\x01\x81\x00\x00\x00\x00a" + b"\x00\x81\x00\x00\x00\x00a" * 20_000,  # no end
            b"GET / HTTP/1.1\r\n\r\n" * 10,
        ],
    )
    async def test_who_breaks_the_protocol_is_put_out_alone(
        self, gateway: Gateway, http: aiohttp.ClientSession, frames: bytes
    ) -> None:
        async with http.ws_connect("/api/live") as live:
            await some(live, 1)
            with await mute_watcher(gateway.server.port) as broken:
                await until(lambda: gateway.feed.watchers == 2, "both watch")
                with suppress(OSError):  # the server may be done with it before the end of it
                    await asyncio.to_thread(broken.sendall, frames)
                await until(lambda: gateway.feed.watchers == 1, "it is put out")
            gateway.tell(1)
            assert await some(live, 1) == [gateway.link(1)]

    async def test_silence_has_a_beat(
        self, gateway: Gateway, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A browser sees no pings: a half-open connection would look like a quiet centre."""
        monkeypatch.setattr(feed, "BEAT_S", 0.05)
        async with http.ws_connect("/api/live") as live:
            beats = (await some(live, 3))[1:]
            gateway.tell(1)
            while (change := (await some(live, 1))[0])["type"] == "beat":
                beats.append(change)
            assert change == gateway.link(1)
        assert {(beat["type"], beat["id"]) for beat in beats} == {("beat", gateway.id(0))}
        assert abs(datetime.now(UTC) - datetime.fromisoformat(beats[0]["at"])) < timedelta(
            minutes=1
        )


class TestTokens:
    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    async def test_one_does_not_take_all_places(
        self, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr(live, "MOST_OF_ONE", 2)
        book = Book()
        wall, desk = (book.add(f"ccg_{name}", Role.SUPERVISOR) for name in ("wall", "desk"))
        async with Guarded(book) as guarded:
            watching = [await mute_watcher(guarded.server.port, path, wall) for _ in range(2)]
            status, told = await _refused(guarded, path, wall)
            assert (status, told["title"]) == (429, "Too Many Requests")
            assert "close some" in told["detail"]
            watching.append(await mute_watcher(guarded.server.port, path, desk))
            watching += [await mute_watcher(guarded.server.port, path) for _ in range(3)]
            watching.pop(0).close()
            await until(lambda: guarded.feed.watchers == 5, "it is seen to be gone")
            watching.append(await mute_watcher(guarded.server.port, path, wall))
            for one in watching:
                one.close()

    async def test_one_that_is_revoked_is_cut_off_also_where_nobody_reads(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "CHECK_AGAIN", 0.05)
        monkeypatch.setattr(identify, "FRESH", 0.0)
        book = Book()
        wall = book.add("ccg_wall", Role.SUPERVISOR)
        async with Guarded(book) as guarded:
            with await mute_watcher(guarded.server.port, "/api/events", wall) as slow:
                for _ in range(feed.KEPT // 2):  # more than the kernel holds, fewer than are kept
                    guarded.feed.publish({"type": "link", "filling": "x" * 4_000})
                await asyncio.to_thread(_read_up_to, slow, b"filling")  # the rest waits for it
                del book.tokens[wall]
                await until(lambda: guarded.feed.watchers == 0, "it is cut off")


async def _refused(guarded: Guarded, path: str, token: str) -> tuple[int, Any]:
    """What one with this token is told who may not watch."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    async with (
        aiohttp.ClientSession(guarded.url, headers=headers) as session,
        session.get(path) as response,
    ):
        return response.status, await response.json(content_type=None)


def _read_up_to(connection: socket.socket, word: bytes) -> None:
    """Read until the word has come."""
    read = b""
    while word not in read:
        more = connection.recv(1024)
        assert more, f"the connection ended before {word!r} came"
        read = read[-len(word) :] + more


class TestResuming:
    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    async def test_who_comes_back_gets_what_was_missed(
        self, gateway: Gateway, http: aiohttp.ClientSession, path: str
    ) -> None:
        gateway.tell(1, 2, 3)
        expected = [{"type": "resumed", "id": gateway.id(1)}, gateway.link(2), gateway.link(3)]
        assert await _first(http, path, 3, gateway.id(1)) == expected
        up_to_date = await _first(http, path, 1, gateway.id(3))
        assert up_to_date == [{"type": "resumed", "id": gateway.id(3)}]

    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    @pytest.mark.parametrize(
        "after", ["0123456789abcdef:1", "{epoch}:0", "{epoch}:4", "{epoch}:999999999999999999"]
    )
    async def test_what_is_not_kept_gives_a_snapshot(
        self, monkeypatch: pytest.MonkeyPatch, path: str, after: str
    ) -> None:
        monkeypatch.setattr(feed, "KEPT", 2)
        async with Gateway() as gateway, gateway.client() as http:
            gateway.tell(1, 2, 3)
            asked = after.format(epoch=gateway.feed.epoch)
            assert await _first(http, path, 1, asked) == [gateway.snapshot(3)]

    async def test_a_long_absence_comes_in_parts(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        missed = range(1, feed.KEPT + 1)
        gateway.tell(*missed)
        async with http.ws_connect(f"/api/live?after={gateway.id(0)}", max_msg_size=0) as live:
            assert await live.receive_json() == [{"type": "resumed", "id": gateway.id(0)}]
            parts = [await live.receive_json() for _ in range(feed.KEPT // feed.MOST_AT_ONCE)]
        assert {len(part) for part in parts} == {feed.MOST_AT_ONCE}
        assert [c["id"] for part in parts for c in part] == [gateway.id(n) for n in missed]

    @pytest.mark.parametrize("path", ["/api/live", "/api/events"])
    @pytest.mark.parametrize(
        "query",
        ["after=x", "after=1:2", "after=0123456789abcdef:", "after=0123456789abcdef:-1",
         "after=0123456789abcdef:1%0a", "after=0123456789abcdef:" + "9" * 5000, "before=1",
         "after=0123456789abcdef:1&after=0123456789abcdef:2"],
    )  # fmt: skip
    async def test_what_is_no_id_is_refused(
        self, http: aiohttp.ClientSession, path: str, query: str
    ) -> None:
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        }
        async with http.get(f"{path}?{query}", headers=upgrade) as response:
            assert response.status == 400
            assert "after" in (await response.json(content_type=None))["detail"]


async def _first(http: aiohttp.ClientSession, path: str, count: int, after: str) -> Changes:
    """The first changes that one gets who saw ``after`` last."""
    if path == "/api/live":
        async with http.ws_connect(f"{path}?after={after}") as live:
            return await some(live, count)
    async with http.get(path, headers={"Last-Event-ID": after}) as response:
        return [event for _, event in await Events(response).some(count)]


class TestEvents:
    async def test_each_change_is_an_event_with_its_id(
        self, gateway: Gateway, http: aiohttp.ClientSession
    ) -> None:
        async with http.get("/api/events") as response:
            assert response.content_type == "text/event-stream"
            events = Events(response)
            assert await events.some(1) == [(gateway.id(0), gateway.snapshot(0))]
            gateway.tell(1, 2)
            told = [(gateway.id(n), gateway.link(n)) for n in (1, 2)]
            assert await events.some(2) == told

    @pytest.mark.parametrize("last", ["x", "\u0661", "0123456789abcdef:" + "9" * 5000])
    async def test_a_last_id_that_is_none_gives_a_snapshot(
        self, gateway: Gateway, http: aiohttp.ClientSession, last: str
    ) -> None:
        """A browser repeats what it got, and gives up for ever where it is refused."""
        assert await _first(http, "/api/events", 1, last) == [gateway.snapshot(0)]

    async def test_a_stop_ends_them_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "STOP_WITHIN", 4 * WITHIN)
        async with (
            Gateway() as gateway,
            gateway.client() as session,
            session.get("/api/events") as response,
        ):
            await Events(response).some(1)
            async with asyncio.timeout(WITHIN):
                await gateway.server.stop()
                with suppress(aiohttp.ClientError):
                    await response.content.read()


class TestClient:
    async def test_goes_on_where_it_was_cut_off(self, gateway: Gateway) -> None:
        async with Client(gateway.url, TOKEN) as client, Seen(client) as seen:
            assert await seen.next() == gateway.snapshot(0)
            gateway.tell(1)
            assert await seen.next() == gateway.link(1)
            gateway.feed.close()  # lets everybody go
            assert await seen.next() == {"type": "lost"}
            gateway.tell(2)
            assert await seen.next() == {"type": "resumed", "id": gateway.id(1)}
            assert await seen.next() == gateway.link(2)

    async def test_takes_a_new_snapshot_when_another_gateway_is_there(self) -> None:
        first = Gateway()
        await first.server.start()
        async with Client(first.url, TOKEN) as client, Seen(client) as seen:
            assert (await seen.next())["type"] == "snapshot"
            port = first.server.port
            await first.server.stop()
            assert await seen.next() == {"type": "lost"}
            async with Gateway(port) as second:
                second.state |= {"calls": [{"call_id": "new"}]}
                assert await seen.next() == second.snapshot(0)


class Seen:
    """What a client of ours sees of the feed."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._changes: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Seen:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    async def next(self) -> Mapping[str, Any]:
        async with asyncio.timeout(WITHIN):
            return await self._changes.get()

    async def _watch(self) -> None:
        async for change in self._client.live():
            self._changes.put_nowait(change)
