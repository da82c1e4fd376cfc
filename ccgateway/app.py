"""Wiring and staged start and stop. The only module that imports every room.

Start: the folder of our own, database, engine (with what is stored of the living calls), AGI, web,
then AMI; so nobody is asked before we can answer. Stop goes the other way round, and takes the
heartbeat away first, so that new callers take the static branch at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from ccgateway.agents.agent import Agent, Duty
from ccgateway.agi.server import AgiServer
from ccgateway.ami.link import Link
from ccgateway.calls.board import Ours
from ccgateway.condition import Condition
from ccgateway.config import Config
from ccgateway.engine.dialler import premises_of
from ccgateway.engine.history import CallHistory
from ccgateway.engine.loop import Engine
from ccgateway.engine.pulse import Pulse
from ccgateway.engine.setup import Setup
from ccgateway.errors import PbxUnavailable
from ccgateway.figures.today import LONGEST_DAY
from ccgateway.journalling import Journalling, journalling
from ccgateway.log import configure
from ccgateway.notify import Notifier
from ccgateway.outbound.gate import Premises
from ccgateway.postgres import account
from ccgateway.postgres.access import AccessStore
from ccgateway.postgres.answering import Answering
from ccgateway.postgres.arrival import arrival, patiently
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.figures import ended_stays
from ccgateway.postgres.gap_file import GapFile
from ccgateway.postgres.losses import Losses
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import Pool, open_pool, ping
from ccgateway.postgres.record import PostgresRecord
from ccgateway.postgres.spool import Spool
from ccgateway.postgres.standing import standing
from ccgateway.postgres.store import PostgresStore
from ccgateway.postgres.writer import Writer
from ccgateway.reload import Reloader
from ccgateway.state_dir import held, kept_key
from ccgateway.telephony.actions import SetGlobal
from ccgateway.web.access import Access
from ccgateway.web.feed import Feed
from ccgateway.web.ops import Ops
from ccgateway.web.server import WebServer

DATABASE_WITHIN = 60.0
"""Seconds that a PostgreSQL by DSN is waited for at the start, and again where it goes away in the
middle of that: after a reboot it comes within them or needs help; we end then, so that what
supervises us tells it."""

COLLECTED_AFTER = (2_000, 10, 100)
"""New objects until the youngest are looked through (a millisecond or two), and how often that is
done until the older, and those until all are."""

SILENCE_WITHIN = 1.0
"""Seconds that each Asterisk has for our last word. Where it takes longer the heartbeat gets old
by itself soon after."""

log = structlog.get_logger()


class WallClock:
    """The machine's clock, in aware UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def serve(config: Config, path: Path) -> None:
    """Run the gateway by the ``config`` of ``path`` until SIGTERM or SIGINT, which also end a start
    that waits; SIGHUP reads the file again. Where it cannot start, raises a CcgError, which may be
    wrapped in exception groups."""
    stop, reload = asyncio.Event(), asyncio.Event()
    notify = Notifier(os.environ)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    work = asyncio.create_task(_run(config, path, reload, notify))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        log.info("stopping")
        notify.stopping()
    work.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _run(config: Config, path: Path, reload: asyncio.Event, notify: Notifier) -> None:
    async with running(config, path, reload, notify):
        await asyncio.Future()  # until cancelled


@asynccontextmanager
async def running(
    config: Config, path: Path, reload: asyncio.Event, notify: Notifier
) -> AsyncIterator[Engine]:
    """A gateway that runs within this context, and reads ``path`` again when ``reload`` is set.
    Raises as ``serve``."""
    clock = WallClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(held(config.gateway.state_dir, mode=_mode_of_state(config)))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        pool, writer, spool = await stack.enter_async_context(_database(config, tasks))
        feed = Feed()
        setup = setup_of(config, clock.now())
        engine = Engine(setup, PostgresStore(pool, writer), feed, clock)
        await _restore(engine, pool, spool, clock.now())
        links = {node.name: Link(node, engine, clock, tape=engine.tape) for node in config.nodes}
        engine.attach(links)
        pulse = Pulse(engine.desk, links, clock, engine)
        agi = AgiServer(config.agi, engine, clock, nodes=setup.nodes, reasons=config.pause.reasons)
        reloader = Reloader(
            path,
            config,
            lambda new: _made(new, clock),
            lambda new, made: _renew(new, made, engine, agi, web, journals=journals),
            notify,
        )
        postgresql = Answering(partial(ping, pool))
        journals = await stack.enter_async_context(
            journalling(config, engine, pool, writer, clock=clock, within=DATABASE_WITHIN)
        )
        condition = Condition(
            engine, pulse, writer, spool, feed, agi, links, reloader, postgresql, journals, clock
        )
        web = WebServer(
            config.http,
            engine,
            feed,
            condition.view,
            history=CallHistory(PostgresRecord(pool)),
            ops=Ops(
                condition.parts,
                condition.numbers,
                reloader.reload,
                engine.tape,
                journal=journals.intake,
            ),
            access=await stack.enter_async_context(_access(config, pool, tasks)),
        )
        _settle_memory()
        await agi.start()
        stack.push_async_callback(agi.stop)
        await web.start()
        stack.push_async_callback(web.stop)
        works = [engine.run(), engine.cases.keep(), pulse.measure(), reloader.follow(reload)]
        works += [notify.keep(condition.status), *journals.works()]
        works += [engine.published.keep(name, links) for name in links]
        works += [work for name in links for work in (links[name].run(), pulse.reconcile(name))]
        await stack.enter_async_context(_working(tasks, works))
        stack.push_async_callback(_silence, links)
        # Last in, first out: a beat after the silence would take it back.
        await stack.enter_async_context(_working(tasks, [pulse.beat(name) for name in links]))
        log.info("ready", agi_port=agi.port, http_port=web.port, nodes=list(links))
        notify.ready()
        yield engine


def _settle_memory() -> None:
    """What is there now is there to the end: Python's garbage collector would look through it again
    and again, and keep the loop for some 0.1 s each time. Through what has lived for long it looks
    more seldom than it is made to: calls are no garbage of the kind that it finds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def _made(config: Config, clock: WallClock) -> tuple[Setup, Premises]:
    """What the engine needs of another configuration."""
    setup = setup_of(config, clock.now())
    return setup, premises_of(setup)


def _renew(
    config: Config,
    made: tuple[Setup, Premises] | None,
    engine: Engine,
    agi: AgiServer,
    web: WebServer,
    *,
    journals: Journalling,
) -> None:
    """Make another configuration run. Raises ConfigError, and then the old one does."""
    web.renew(config.http)
    if made is not None:
        configure(config.log.format, config.log.level)
        engine.renew(*made)
        journals.journals.renew(engine.setup.ours, engine.setup.homes)
        agi.renew(config.agi, config.pause.reasons)


def _mode_of_state(config: Config) -> int:
    """For us alone, unless our own PostgreSQL runs as another user, who must get through."""
    ours = not config.database.dsn.get_secret_value()
    return 0o711 if ours and account.current().is_another else 0o700


@asynccontextmanager
async def _database(
    config: Config, tasks: asyncio.TaskGroup
) -> AsyncIterator[tuple[Pool, Writer, Spool]]:
    """The database: the administrator's by DSN, which is waited for, else our own; migrated; with
    its writer, and what the last run left on disk."""
    async with AsyncExitStack() as stack:
        dsn = config.database.dsn.get_secret_value()
        if not dsn:
            home = config.gateway.state_dir / "postgres"
            server = await EmbeddedServer.start(home, die_with_parent=False)
            stack.push_async_callback(server.stop)
            watching = tasks.create_task(server.watch())
            stack.callback(watching.cancel)
            dsn = server.dsn
        else:
            await arrival(dsn, DATABASE_WITHIN)
        applied = await patiently(partial(migrate, dsn), DATABASE_WITHIN)
        if applied:
            log.info("database migrated", revisions=applied)
        pool = await patiently(partial(open_pool, dsn), DATABASE_WITHIN)
        stack.push_async_callback(pool.close)
        spool = Spool(config.gateway.state_dir, config.database.spool_mb << 20)
        await spool.load()
        losses = Losses(GapFile(config.gateway.state_dir))
        await losses.load(datetime.now(UTC))
        writer = Writer(pool, spool, losses)
        tasks.create_task(writer.run())
        stack.push_async_callback(writer.stop)
        yield pool, writer, spool


@asynccontextmanager
async def _access(config: Config, pool: Pool, tasks: asyncio.TaskGroup) -> AsyncIterator[Access]:
    """Who may ask over HTTP, with its tables."""
    store = AccessStore(pool, timedelta(days=config.database.audit_days))
    key = kept_key(config.gateway.state_dir)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.stop)
        await stack.enter_async_context(_working(tasks, [store.run()]))
        yield Access(config.http, tokens=store, audit=store, key=key)


async def _restore(engine: Engine, pool: Pool, spool: Spool, now: datetime) -> None:
    """Take up the calls that were live, the agents' duties and today's figures where the last run
    left them."""
    last = await patiently(partial(standing, pool, spool), DATABASE_WITHIN)
    stored, states = last.facts, last.states
    duties = {name: (Duty(row.state), row.reason, row.since) for name, row in states.items()}
    engine.dialler.restore(last.attempts, stored)
    queues = engine.queues
    stays = partial(ended_stays, pool, queues.names, now - LONGEST_DAY)
    queues.restore(await patiently(stays, DATABASE_WITHIN))
    engine.restore(stored, duties)


@asynccontextmanager
async def _working(
    tasks: asyncio.TaskGroup, works: list[Coroutine[object, object, None]]
) -> AsyncIterator[None]:
    """The endless works of the gateway, for as long as this context. One that fails by a bug
    takes all down: what supervises us starts us anew, and the dialplan fails open meanwhile."""
    started = [tasks.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)  # the group tells what they met


async def _silence(links: dict[str, Link]) -> None:
    """Take the heartbeat away: callers need not ask who is about to leave."""

    async def one(link: Link) -> None:
        with suppress(PbxUnavailable, TimeoutError):
            async with asyncio.timeout(SILENCE_WITHIN):
                await link.act(SetGlobal("CCG_HEARTBEAT", "0"))

    await asyncio.gather(*map(one, links.values()))


def setup_of(config: Config, now: datetime) -> Setup:
    """What the engine works by, from the configuration."""
    managed = frozenset(queue.name for queue in config.queues)
    phones = {agent.phone: agent.id for agent in config.agents}
    ours = {
        node.name: Ours(managed | {node.fallback_queue}, frozenset(node.contexts), phones)
        for node in config.nodes
    }
    agents = [
        Agent(
            agent.id,
            agent.name,
            agent.phone,
            agent.queues,
            now,
            agent.penalty,
            agent.auto_answer,
        )
        for agent in config.agents
    ]
    return Setup(
        nodes=[node.name for node in config.nodes],
        services=config.services,
        agents=agents,
        managed=managed,
        ours=ours,
        blocked={client.id: frozenset(client.blocked) for client in config.clients},
        reasons=config.pause.reasons,
    )
