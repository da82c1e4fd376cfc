"""``ccgateway capture``: a recording without persons, for a bug report; it is a test, too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from ccgateway.app import setup_of
from ccgateway.calls.board import Ours
from ccgateway.calls.recorded import BadRecording, Head, Heard, Of, head_of, heard_of
from ccgateway.cli.bar import progress
from ccgateway.cli.common import DEFAULT_CONFIG, FAULT, ConfigOption, command, err, out, read
from ccgateway.cli.database import pool_of
from ccgateway.cli.gateway import TokenFileOption, UrlOption, client_of
from ccgateway.cli.naming import one_call
from ccgateway.config import Config
from ccgateway.config.fault import quoted
from ccgateway.engine.tape import head_of as head_of_setup
from ccgateway.errors import NoGateway, Refused
from ccgateway.postgres.replayed import stored
from ccgateway.replay import files
from ccgateway.replay.anonymous import anonymous
from ccgateway.replay.files import Recording
from ccgateway.replay.journals import journal_lines
from ccgateway.replay.player import calls_of
from ccgateway.web.capture import MOST_MINUTES
from ccgateway.web.client import Client

JOURNAL_LATE = timedelta(seconds=10)
"""What happened last may stand in a journal some time later than AMI told it."""


@command
async def capture(
    minutes: Annotated[
        int,
        typer.Option(
            min=0, max=MOST_MINUTES, help="Record so many minutes from now; Ctrl-C ends it earlier."
        ),
    ] = 0,
    call: Annotated[
        str,
        typer.Option(help="A stored call instead: its id, enough of its beginning, or '#1042'."),
    ] = "",
    last: Annotated[
        bool,
        typer.Option(
            "--last", help="What the gateway still has of the last minutes (the default)."
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--out", help="The file to write, X.jsonl; X.expected.json comes beside it."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    token_file: TokenFileOption = None,
) -> None:
    """Write down what the gateway heard, without persons, to go with a bug report.

    Numbers, names, addresses and notes, and the names of your queues, services, agents and phones,
    are replaced, each by the same thing everywhere; nobody can turn that back. Numbers keep their
    country, length and type. Times and Asterisk's own ids stay. Read the file before you give it
    away.

    Beside it stands what this ccgateway makes of it; ccgateway replay compares. In a checkout, both
    files in tests/scenarios/recordings are a test.
    """
    if call and (minutes or last):
        raise typer.BadParameter("--call is of a stored call: give it alone")
    settings = read(config) if call or not (url and token_file) else None
    target = file or Path(f"ccgateway-{datetime.now(UTC):%Y%m%d-%H%M%S}Z.jsonl")
    files.check_new(target)
    is_cut = False
    if call and settings:
        recording = await _stored(settings, call)
    else:
        async with client_of(config, url, token_file) as gateway:
            recording, is_cut = await _live(gateway, last=last or not minutes, minutes=minutes)
        recording = _with_journals(settings, recording) if settings else recording
    made = anonymous(recording, _country(recording.head))
    told = calls_of(made.recording.head, made.recording.heard)
    files.write(target, made.recording)
    files.write_expected(files.beside(target), told)
    lines, left = len(made.recording.heard), made.left_out
    out.print(f"{target}: {lines} lines, {len(told)} calls ({left} lines tell nothing of calls)")
    out.print(f"{files.beside(target)}: what this ccgateway makes of them")
    if is_cut:
        raise typer.Exit(FAULT)


def _country(head: Head) -> str:
    """Where most of the services are."""
    countries = Counter(home.country for home in head.services.values() if home.country)
    return countries.most_common(1)[0][0] if countries else "US"


async def _live(gateway: Client, *, last: bool, minutes: int) -> tuple[Recording, bool]:
    """From the running gateway, and whether it ended before the recording did. Raises NoGateway,
    Refused."""
    lines: list[bytes] = []
    is_cut = False
    try:
        with progress("recording", minutes * 60) as moved:
            began = monotonic()
            async for line in gateway.capture(last=last, minutes=minutes):
                if minutes and not lines:
                    err.print(f"recording for {minutes} min; Ctrl-C ends it earlier")
                now = monotonic()
                moved(now - began)
                began = now
                lines.append(line)
    except asyncio.CancelledError:  # Ctrl-C: what came until now is written
        task = asyncio.current_task()
        if task is None or not minutes:
            raise
        task.uncancel()
    except NoGateway as error:  # how it ended may be what is looked for
        if not minutes or len(lines) <= 1:
            raise
        err.print(f"the recording ends early: {error}", markup=False, soft_wrap=True)
        is_cut = True
    return _recording(lines), is_cut


def _recording(lines: Sequence[bytes]) -> Recording:
    """Raises NoGateway, Refused."""
    try:
        head = head_of(lines[0] if lines else b"")
        heard = [heard_of(line, head.ours) for line in lines[1:] if line.strip()]
    except BadRecording as error:
        raise NoGateway(f"the gateway is not of this version: {error}") from error
    if not heard:
        raise Refused("the gateway heard nothing: is it connected to Asterisk?")
    return Recording(head, heard)


def _with_journals(settings: Config, recording: Recording) -> Recording:
    """And what Asterisk's journals tell of that time, where they can be read here."""
    times = [heard.received for heard in recording.heard]
    now = datetime.now(UTC)
    lines: list[Heard] = []
    for node in settings.nodes:
        if node.journals is not None and node.name in recording.head.ours:
            try:
                until = max(times) + JOURNAL_LATE
                lines += journal_lines(node.name, node.journals, min(times), until, now)
            except OSError as error:
                name = quoted(str(node.journals))
                err.print(f"without the journals in {name}: {error.strerror}", soft_wrap=True)
    return replace(recording, heard=[*recording.heard, *lines])


async def _stored(settings: Config, name: str) -> Recording:
    """A past call's facts. Raises Refused."""
    head = head_of_setup(setup_of(settings, datetime.now(UTC)))
    async with pool_of(settings) as pool:
        async for one in stored(pool, [await one_call(pool, name)]):
            nobodys = {fact.node: Ours((), (), {}) for fact in one.facts}
            heard = [Heard(fact.node, fact.at, fact) for fact in one.facts]
            if heard:
                return Recording(replace(head, ours={**nobodys, **head.ours}, of=Of.STORED), heard)
    raise Refused(f"of {name!r} no facts are stored")
