"""Asks an Asterisk over AMI, by the gateway's own user: in parallel with a gateway that runs, and
changing nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from ccgateway.ami.decode import AmiEvent
from ccgateway.ami.framing import Headers
from ccgateway.ami.nodetime import NodeTime
from ccgateway.ami.protocol import Stats
from ccgateway.ami.rights import PROBE, missing_write
from ccgateway.ami.session import Session, Timing, WrongSecret
from ccgateway.check.dialplan import Dialplan
from ccgateway.check.system import Ami, Member
from ccgateway.check.versions import Version
from ccgateway.config.tables import NodeSettings
from ccgateway.errors import ActionRefused, PbxUnavailable

GLOBALS = (
    "CCG_AGI",
    "CCG_AGI_SECRET",
    "CCG_FALLBACK_QUEUE",
    "CCG_NODE",
    "CCG_TRUNK",
    "CCG_PHONES_CONTEXT",
)
TIMING = Timing(connect=5.0, answer=5.0, booted=3.0, proof=3.0)
"""As the gateway's, but with less patience for what proves a right: somebody sits and waits."""


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def ask(node: NodeSettings) -> Ami:
    """What it says; ``problem`` where it says nothing."""
    times = NodeTime(node.name, _Now())
    responses: asyncio.Queue[str] = asyncio.Queue()

    def hear(event: AmiEvent) -> None:
        if event.name == "OriginateResponse":
            responses.put_nowait(event.name)

    session = Session(node, TIMING, times, Stats(), hear)
    try:
        await session.connect()
        await session.login()
        return await _asked(session, times, responses)
    except WrongSecret as error:
        return Ami(problem=str(error), refused=True)
    except PbxUnavailable as error:
        return Ami(problem=str(error))
    finally:
        session.end("checked")


async def _asked(session: Session, times: NodeTime, responses: asyncio.Queue[str]) -> Ami:
    missing = set() if await session.booted(TIMING.booted) else {"read system"}
    commands = await _headers(session, "ListCommands")
    missing |= missing_write([key for key, _ in commands])
    if "write originate" not in missing and not await _proves_call(session, responses):
        missing.add("read call")
    await session.ping()
    settings = dict(await _headers(session, "CoreSettings"))
    dialplan = await _list(session, "ShowDialPlan")
    queues = await _list(session, "QueueStatus")
    devices = await _list(session, "DeviceStateList")
    return Ami(
        version=Version.of(settings.get("AsteriskVersion", "")),
        missing=frozenset(missing),
        offset=times.offset.total_seconds(),
        dialplan=None if dialplan is None else Dialplan.of_events(dialplan),
        variables=await _globals(session),
        queues=None if queues is None else _queues(queues),
        members=tuple(map(_member, _of_kind(queues or [], "QueueMember"))),
        devices=None if devices is None else frozenset(d.get("Device", "") for d in devices),
    )


async def _proves_call(session: Session, responses: asyncio.Queue[str]) -> bool:
    """Whether events of class call reach us: an Originate that can create no channel has one."""
    try:
        await session.ask(PROBE)
        async with asyncio.timeout(TIMING.proof):
            await responses.get()
    except (ActionRefused, TimeoutError):
        return False
    return True


async def _headers(session: Session, action: str) -> Headers:
    """The headers of a reply; none where it is refused."""
    try:
        reply = await session.ask([("Action", action)])
    except ActionRefused:
        return []
    return reply[0].headers


async def _list(session: Session, action: str) -> list[dict[str, str]] | None:
    """The items of a list; None where it is refused."""
    try:
        reply = await session.ask([("Action", action)], TIMING.listing)
    except ActionRefused:
        return None
    return [dict(message.headers) for message in reply[1:]]


async def _globals(session: Session) -> dict[str, str] | None:
    found = {}
    for name in GLOBALS:
        try:
            reply = await session.ask([("Action", "Getvar"), ("Variable", name)])
        except ActionRefused:
            return None
        found[name] = dict(reply[0].headers).get("Value", "")
    return found


def _of_kind(items: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    return [item for item in items if item.get("Event") == kind]


def _queues(items: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(item.get("Queue", "") for item in _of_kind(items, "QueueParams"))


def _member(item: dict[str, str]) -> Member:
    return Member(
        item.get("Queue", ""),
        item.get("Location", ""),
        item.get("Name", ""),
        static=item.get("Membership") == "static",
    )
