"""A TCP proxy that does what networks do: cut, go half-open, close within a message, drip."""

from __future__ import annotations

import asyncio

from ccgateway.rig.closing import Closing

CHUNK = 64 * 1024  # bytes read at a time


class Proxy(Closing):
    """Forwards a free port of loopback to ``host:port``; the faults concern what the client gets.

    frozen: nothing is forwarded in either direction, nothing is closed (a half-open link).
    dripping: one byte at a time. close_after: the connection is closed right after these bytes.
    rate: bytes a second, at most; 0 for no limit. ``accepted`` counts the connections that came.
    """

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self.dripping = False
        self.close_after = b""
        self.rate = 0
        self.accepted = 0
        self._to = (host, port)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let everybody go."""
        if self._server is not None:
            self._server.close()
        self.thaw()
        self.cut()

    @property
    def connected(self) -> bool:
        """Whether somebody is connected now."""
        return bool(self._writers)

    def cut(self) -> None:
        """Cut all connections at once, by RST."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Forward nothing more; connections stay open, new ones are accepted and silent."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Forward again, what was held back first."""
        self._flowing.set()

    @property
    def _at_a_time(self) -> int:
        """Bytes: where there is a limit, what goes in a tenth of a second."""
        return max(1, self.rate // 10) if self.rate else CHUNK

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._to)
        except OSError:
            writer.close()
            return
        pair = {writer, far_writer}
        self._writers |= pair
        try:
            await asyncio.gather(
                self._pump(far_reader, writer, pair, to_client=True),
                self._pump(reader, far_writer, pair, to_client=False),
            )
        finally:
            self._writers -= pair

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        pair: set[asyncio.StreamWriter],
        *,
        to_client: bool,
    ) -> None:
        passed = b""
        try:
            while data := await source.read(self._at_a_time):
                await self._flowing.wait()
                passed = (passed + data)[-CHUNK:] if self.close_after else b""
                end = passed.find(self.close_after) if to_client and self.close_after else -1
                if end >= 0:
                    data = data[: len(data) - (len(passed) - end - len(self.close_after))]
                await self._forward(data, sink, slowly=self.dripping and to_client)
                if self.rate and to_client:
                    await asyncio.sleep(len(data) / self.rate)
                if end >= 0:
                    self.close_after = b""
                    break
        except ConnectionError:
            pass
        finally:
            for writer in pair:
                writer.close()

    @staticmethod
    async def _forward(data: bytes, sink: asyncio.StreamWriter, *, slowly: bool) -> None:
        step = 1 if slowly else len(data)
        for start in range(0, len(data), step):
            sink.write(data[start : start + step])
            await sink.drain()
            # A turn of the loop between two bytes: else the kernel would join them again.
            await asyncio.sleep(0)
