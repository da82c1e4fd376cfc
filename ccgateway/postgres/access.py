"""Tokens and audit as the web side sees them (``web.identify.Tokens``, ``web.access.Audit``)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import structlog

from ccgateway.access.act import Act
from ccgateway.access.token import Token
from ccgateway.errors import StoreUnavailable
from ccgateway.postgres import audit, tokens
from ccgateway.postgres.pool import Pool, in_time

ANSWER_WITHIN = 2.0  # seconds: somebody waits for the page
EVERY = 1.0  # seconds between writings: acts of one second go together
USES_EVERY = 60.0  # seconds: when a token was used last need not be known better
BATCH = 1000  # acts in a statement
MOST_WAITING = 100_000  # acts in memory, about 50 MB; each is in the log, too
STOP_WITHIN = 5.0  # seconds for the last writing

log = structlog.get_logger(__name__)


class AccessStore:
    """Looks tokens up; writes acts, and when tokens were used, while ``run`` runs. While PostgreSQL
    is away they wait."""

    def __init__(self, pool: Pool, keep: timedelta | None = None) -> None:
        """``keep``: how long acts are kept; None: somebody else sees to that."""
        self._pool = pool
        self._keep = keep
        self._forgotten: date | None = None
        self._acts: deque[Act] = deque(maxlen=MOST_WAITING)
        self._uses: dict[str, datetime] = {}
        self._uses_written = 0.0
        self._writing = 0

    async def by_digest(self, digest: bytes) -> Token | None:
        """The token with this digest of its secret. Raises StoreUnavailable."""
        return await in_time(ANSWER_WITHIN, tokens.find(self._pool, digest))

    async def by_id(self, token_id: str) -> Token | None:
        """The token with this id. Raises StoreUnavailable."""
        return await in_time(ANSWER_WITHIN, tokens.find(self._pool, token_id))

    def used(self, token_id: str, at: datetime) -> None:
        """It was shown. Never blocks, never raises."""
        self._uses[token_id] = at

    def put(self, act: Act) -> None:
        """Keep an act. Never blocks, never raises."""
        self._acts.append(act)

    @property
    def waiting(self) -> int:
        """Acts and uses that are not written yet."""
        return len(self._acts) + len(self._uses) + self._writing

    async def run(self) -> None:
        """Write, for ever."""
        now = asyncio.get_running_loop().time
        is_away = False
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._write_acts()
                if now() >= self._uses_written + USES_EVERY:
                    await self._write_uses()
                    self._uses_written = now()
                await self._forget(datetime.now(UTC))
                is_away = False
            except StoreUnavailable as error:
                if not is_away:
                    log.warning("audit waits", why=str(error), waiting=self.waiting)
                is_away = True

    async def stop(self) -> None:
        """Write what waits, where PostgreSQL takes it in time."""
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await self._write_acts()
                await self._write_uses()
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("audit not written", why=str(error), waiting=self.waiting)

    async def _forget(self, now: datetime) -> None:
        """Once a day, and at the start."""
        if self._keep is None or self._forgotten == now.date():
            return
        gone = await audit.forget(self._pool, now - self._keep)
        self._forgotten = now.date()
        if gone:
            log.info("old acts left the audit", acts=gone, days=self._keep.days)

    async def _write_acts(self) -> None:
        while self._acts:
            batch = [self._acts.popleft() for _ in range(min(BATCH, len(self._acts)))]
            try:
                with self._counted(batch):
                    await audit.write(self._pool, batch)
            except BaseException:
                self._acts.extendleft(reversed(batch))
                raise

    async def _write_uses(self) -> None:
        uses, self._uses = self._uses, {}
        try:
            if uses:
                with self._counted(uses):
                    await tokens.used(self._pool, uses)
        except BaseException:
            self._uses = uses | self._uses
            raise

    @contextmanager
    def _counted(self, rows: Sized) -> Iterator[None]:
        """They still wait while they are being written."""
        self._writing += len(rows)
        try:
            yield
        finally:
            self._writing -= len(rows)
