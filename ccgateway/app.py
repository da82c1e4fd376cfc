"""Wiring and staged start and stop. The only module that imports every room.

Start: the folder of our own, database, engine (with what is stored of the living calls), AGI, web,
then AMI; so nobody is asked before we can answer. Stop goes the other way round, and takes the
heartbeat away first, so that new callers take the static branch at once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

import structlog

from ccgateway.agents.agent import Agent, Duty
from ccgateway.agi.server import AgiServer
from ccgateway.ami.link import Link
from ccgateway.calls.board import Ours
from ccgateway.config import Config
from ccgateway.engine.loop import Engine
from ccgateway.engine.pulse import Pulse
from ccgateway.engine.setup import Setup
from ccgateway.errors import PbxUnavailable
from ccgateway.postgres import account
from ccgateway.postgres.agents import load_states
from ccgateway.postgres.arrival import arrival
from ccgateway.postgres.attempts import live_attempts
from ccgateway.postgres.embedded import EmbeddedServer
from ccgateway.postgres.facts import live_facts
from ccgateway.postgres.migrate import migrate
from ccgateway.postgres.pool import Pool, open_pool
from ccgateway.postgres.store import PostgresStore
from ccgateway.postgres.writer import Writer
from ccgateway.state_dir import held
from ccgateway.telephony.actions import SetGlobal
from ccgateway.web.feed import Feed
from ccgateway.web.server import WebServer

DATABASE_WITHIN = 60.0
"""Seconds that a PostgreSQL by DSN is waited for at the start: after a reboot it comes within them
or needs help; we end then, so that what supervises us tells it."""

SILENCE_WITHIN = 1.0
"""Seconds that each Asterisk has for our last word. Where it takes longer the heartbeat gets old
by itself soon after."""

log = structlog.get_logger()


class WallClock:
    """The machine's clock, in aware UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def serve(config: Config) -> None:
    """Run the gateway until SIGTERM or SIGINT, which also end a start that waits. Where it cannot
    start, raises a CcgError, which may be wrapped in exception groups."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.create_task(_run(config))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        log.info("stopping")
    work.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _run(config: Config) -> None:
    async with running(config):
        await asyncio.Future()  # until cancelled


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Engine]:
    """A gateway that runs within this context. Raises as ``serve``."""
    clock = WallClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(held(config.gateway.state_dir, mode=_mode_of_state(config)))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        pool, writer = await stack.enter_async_context(_database(config, tasks))
        feed = Feed()
        setup = setup_of(config, clock.now())
        engine = Engine(setup, PostgresStore(pool, writer), feed, clock)
        await _restore(engine, pool)
        links = {node.name: Link(node, engine, clock) for node in config.nodes}
        engine.attach(links)
        pulse = Pulse(engine.desk, links, clock, engine)
        agi = AgiServer(config.agi, engine, clock, nodes=setup.nodes, reasons=config.pause.reasons)
        web = WebServer(
            config.http, engine, feed, partial(_view, engine, pulse, writer, agi, links)
        )
        await agi.start()
        stack.push_async_callback(agi.stop)
        await web.start()
        stack.push_async_callback(web.stop)
        works = [engine.run(), engine.cases.keep(), pulse.measure()]
        works += [engine.published.keep(name, links) for name in links]
        works += [work for name in links for work in (links[name].run(), pulse.reconcile(name))]
        await stack.enter_async_context(_working(tasks, works))
        stack.push_async_callback(_silence, links)
        # Last in, first out: a beat after the silence would take it back.
        await stack.enter_async_context(_working(tasks, [pulse.beat(name) for name in links]))
        log.info("ready", agi_port=agi.port, http_port=web.port, nodes=list(links))
        yield engine


def _mode_of_state(config: Config) -> int:
    """For us alone, unless our own PostgreSQL runs as another user, who must get through."""
    ours = not config.database.dsn.get_secret_value()
    return 0o711 if ours and account.current().is_another else 0o700


@asynccontextmanager
async def _database(config: Config, tasks: asyncio.TaskGroup) -> AsyncIterator[tuple[Pool, Writer]]:
    """The database: the administrator's by DSN, which is waited for, else our own; migrated; with
    its writer."""
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
        applied = await migrate(dsn)
        if applied:
            log.info("database migrated", revisions=applied)
        pool = await open_pool(dsn)
        stack.push_async_callback(pool.close)
        writer = Writer(pool)
        tasks.create_task(writer.run())
        stack.push_async_callback(writer.stop)
        yield pool, writer


async def _restore(engine: Engine, pool: Pool) -> None:
    """Take up the calls that were live, and the agents' duties, where the last run left them."""
    stored = [fact for facts in (await live_facts(pool)).values() for fact in facts]
    states = await load_states(pool)
    duties = {name: (Duty(row.state), row.reason, row.since) for name, row in states.items()}
    engine.dialler.restore(await live_attempts(pool), stored)
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


def _view(
    engine: Engine, pulse: Pulse, writer: Writer, agi: AgiServer, links: dict[str, Link]
) -> dict[str, object]:
    """What is live, and how we are: what is counted must be seen somewhere."""
    return {
        **engine.view(),
        "lag_ms": round(pulse.lag_ms, 1),
        "worst_lag_ms": round(pulse.worst_lag_ms, 1),
        "unwritten": writer.backlog,
        "refused_facts": writer.refused,
        "odd_facts": engine.board.odd,
        "agi": asdict(agi.stats),
        "links": {
            name: {"missing_rights": list(link.missing_rights), **asdict(link.stats)}
            for name, link in links.items()
        },
    }
