"""Wiring of the web side as a process of its own (``ccgateway web``): it follows the gateway's live
feed, reads the record and the tokens out of PostgreSQL, and passes on what acts.

Either may die: calls need neither page nor API, and without the gateway the page says so and
history is still read.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NoReturn

import structlog

from ccgateway.config import Config, HttpSettings
from ccgateway.engine.history import CallHistory
from ccgateway.errors import ConfigError, NoGateway, StoreUnavailable
from ccgateway.notify import Notifier
from ccgateway.postgres import embedded
from ccgateway.postgres.access import AccessStore
from ccgateway.postgres.answering import Answering
from ccgateway.postgres.arrival import arrival
from ccgateway.postgres.attempts import load_attempt
from ccgateway.postgres.pool import Pool, open_pool, ping
from ccgateway.postgres.record import PostgresRecord
from ccgateway.state_dir import kept_key
from ccgateway.web.access import Access
from ccgateway.web.client import Client
from ccgateway.web.feed import Feed
from ccgateway.web.forward import Forward
from ccgateway.web.metrics import Numbers
from ccgateway.web.mirror import AWAY, Mirror, Remote
from ccgateway.web.ops import Ops
from ccgateway.web.server import WebServer

DATABASE_WITHIN = 60.0
"""Seconds that PostgreSQL is waited for at the start, as the gateway does."""

AGAIN = 1.0
"""Seconds until a gateway that was not there is asked for again."""

NO_RELOAD = "SIGHUP is for the gateway: changes of [http] and [web] need a restart here"
NO_TABLE = "web: there is no table [web]; add one with the port where the web process listens"
NOT_RUNNING = (
    "the gateway's own PostgreSQL does not run: start the gateway first, or give a dsn under "
    "[database], so that history is read without it, too"
)

log = structlog.get_logger()


async def serve_web(config: Config, client: Client) -> None:
    """Run until SIGTERM or SIGINT; ``client`` asks the gateway. Raises a CcgError, which may be
    wrapped in exception groups: ConfigError, StoreUnavailable at the start, and Refused where the
    gateway no longer takes the configuration's token."""
    settings = settings_of(config)
    stop, notify = asyncio.Event(), Notifier(os.environ)
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        pool = await stack.enter_async_context(_pool(config))
        for number in (signal.SIGTERM, signal.SIGINT):  # until then they just end us
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        # Who sends it to all of us means the gateway; and systemd takes its end for a clean one.
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, log.warning, NO_RELOAD)
        store = AccessStore(pool)
        stack.push_async_callback(store.stop)
        mirror = Mirror(Feed())
        web = WebServer(
            settings,
            Remote(mirror, partial(load_attempt, pool)),
            mirror.feed,
            mirror.state,
            history=CallHistory(PostgresRecord(pool)),
            ops=_ops(mirror, pool),
            access=Access(
                settings, tokens=store, audit=store, key=kept_key(config.gateway.state_dir)
            ),
            through=Forward(client, settings.proxies).through,
            table="web",
        )
        await web.start()
        stack.push_async_callback(web.stop)
        works = [store.run(), _follow(client, mirror), notify.keep(lambda: _status(mirror))]
        for work in works:
            stack.callback(tasks.create_task(work).cancel)
        log.info("ready", http_port=web.port)
        notify.ready()
        await stop.wait()
        log.info("stopping")
        notify.stopping()


def settings_of(config: Config) -> HttpSettings:
    """Where and how the web process listens, with the token of [http]. Raises ConfigError."""
    if config.web is None:
        raise ConfigError(NO_TABLE)
    return config.http.model_copy(update=dict(config.web))


@asynccontextmanager
async def _pool(config: Config) -> AsyncIterator[Pool]:
    """The gateway's database; it is the gateway that migrates it, and runs the embedded one."""
    dsn = config.database.dsn.get_secret_value()
    if dsn:
        await arrival(dsn, DATABASE_WITHIN)
    else:
        dsn = embedded.find(config.gateway.state_dir / "postgres") or ""
    if not dsn:
        raise StoreUnavailable(NOT_RUNNING)
    pool = await open_pool(dsn)
    try:
        yield pool
    finally:
        await pool.close()


async def _follow(client: Client, mirror: Mirror) -> NoReturn:
    """Hear the gateway, for ever. Raises Refused where it does not take the token."""
    while True:
        try:
            async for change in client.live():
                _log_turn(change)
                mirror.heard(change)
        except NoGateway as error:
            log.warning("gateway awaited", why=str(error))
        await asyncio.sleep(AGAIN)


def _log_turn(change: Mapping[str, object]) -> None:
    match change["type"]:
        case "lost":
            log.warning("gateway lost")
        case "snapshot" | "resumed":
            log.info("gateway heard", how=change["type"])


def _ops(mirror: Mirror, pool: Pool) -> Ops:
    postgresql = Answering(partial(ping, pool))

    async def parts() -> Mapping[str, bool]:
        return {"gateway": mirror.is_up, "postgresql": await postgresql.now()}

    async def reload() -> NoReturn:
        raise NoGateway(AWAY)

    def numbers() -> Numbers:
        feed = mirror.feed
        return Numbers(watchers=feed.watchers, dropped_watchers=feed.dropped)

    return Ops(parts, numbers, reload)


def _status(mirror: Mirror) -> str:
    return f"gateway {'up' if mirror.is_up else 'AWAY'}, {mirror.feed.watchers} watch"
