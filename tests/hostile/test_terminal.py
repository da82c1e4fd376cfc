"""What callers and others are called, on a terminal: no escape sequence, no markup, one line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text

from ccgateway.calls.call import Call, Note
from ccgateway.calls.gap import gap
from ccgateway.check.finding import Finding, Severity
from ccgateway.cli import check, guest, originate, tail
from ccgateway.cli.common import err, out, print_json
from ccgateway.cli.story import story
from ccgateway.config import load
from ccgateway.engine.view import call_view
from ccgateway.postgres import customers
from ccgateway.postgres.gaps import PostgresGaps
from ccgateway.postgres.pool import open_pool
from tests.adapters.served import Served
from tests.adapters.unasked import Unasked
from tests.hostile.conftest import written
from tests.hostile.test_sip import record_of, tape, wire
from tests.hostile.texts import ACTS, INJECTIONS

AT = datetime(2026, 11, 22, 9, 25, tzinfo=UTC)
ALL = " ".join(INJECTIONS.values())
CALL = record_of(wire(tape("queue_call"), "", ""))[0]


def hostile(text: str) -> Call:
    """A call of which all that others write is this text."""
    whys = replace(
        CALL, caller_name=text, caller_number=text, topic=text, notes=(Note(AT, text, text),)
    )
    return replace(whys, service=text, client=text, did=text)


def attempt(text: str) -> dict[str, Any]:
    """A call by click, as the feed tells it."""
    keys = ("id", "number", "agent", "service", "sip", "end", "ringing_at", "answered_at")
    return {**dict.fromkeys(keys, text), "stage": "ended", "cause": 17, "agent_answered_at": text}


def agent(text: str) -> dict[str, Any]:
    return {"id": text, "state": text, "reason": text, "since": text}


def queue(text: str) -> dict[str, Any]:
    return {"name": text, "waiting": 1, "today": {"service_level": 0.5}}


def told(**change: Any) -> None:
    out.print(tail.line(change), soft_wrap=True)


LINES: dict[str, Callable[[str], None]] = {
    "tail call": lambda text: told(type="call", call=call_view(hostile(text))),
    "tail agent": lambda text: told(type="agent", agent=agent(text)),
    "tail queue": lambda text: told(type="queue", queue=queue(text)),
    "tail attempt": lambda text: told(type="attempt", attempt=attempt(text)),
    "tail gone": lambda text: told(type="gone", queue=text),
    "tail link": lambda text: told(type="link", node=text, up=False),
    "tail new": lambda text: told(type=text),
    "check": lambda text: check._show(  # noqa: SLF001 - what it prints of findings
        [Finding(text.replace("\n", " "), Severity.UNKNOWN, text, text)], every=True, secrets=True
    ),
    "json": lambda text: print_json({text: [text]}),
}
"""What prints one line of somebody's text; a test says how many lines."""

PAGES: dict[str, Callable[[str], None]] = {
    "call show": lambda text: out.print(story(hostile(text))),
    "table": lambda text: out.print(_table(text)),
    "styled": lambda text: out.print(Text(text, style="red")),
    "error": lambda text: err.print(text, style="red", highlight=False, soft_wrap=True),
    "init": guest.say,
    "originate": lambda text: originate._tell({}, attempt(text), json=False),  # noqa: SLF001 - the same
}


def _table(text: str) -> Table:
    table = Table(text, title=text)
    table.add_row(text)
    return table


@pytest.mark.parametrize("kind", INJECTIONS)
@pytest.mark.parametrize("where", LINES | PAGES)
def test_a_text_does_nothing(capsys: pytest.CaptureFixture[str], where: str, kind: str) -> None:
    (LINES | PAGES)[where](INJECTIONS[kind])
    said = "".join(capsys.readouterr())
    assert said
    assert not ACTS & set(said)
    if where in LINES:
        assert said.count("\n") == (2 if where == "check" else 1)  # check counts them after


@pytest.mark.parametrize("kind", ["html", "markup", "sql", "format"])
def test_plain_text_is_shown_as_it_is(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    text = INJECTIONS[kind]
    told(type="call", call=call_view(hostile(text)))
    guest.say(text)
    assert capsys.readouterr().out.count(text) >= 2


def test_json_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"x": ALL})
    assert json.loads(capsys.readouterr().out) == {"x": ALL}


async def command(*words: str) -> tuple[int, str]:
    """A command as it runs; its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ccgateway", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def state() -> dict[str, object]:
    """An agent's name comes from the TOML file: text, of which rich would make markup."""
    listed = {**agent("paused [/b]"), "name": "Anna [/b] [bold]", "phone": "PJSIP/101"}
    listed |= {"since": AT.isoformat(), "queues": ["stations [/]"]}
    return {"calls": [], "agents": [listed], "queues": []}


async def test_names_with_brackets_are_listed(tmp_path: Path, dsn: str) -> None:
    async with Served(Unasked(), state) as served:
        config = written(tmp_path, dsn, served.server.port)
        code, said = await command("agent", "list", "-c", str(config))
    assert code == 0, said
    assert "[/b]" in said


async def test_a_gap_of_any_cause_is_listed_beside_the_calls(tmp_path: Path, dsn: str) -> None:
    """The cause holds what the network says, and what Asterisk does. The calls' JSON has calls."""
    config = written(tmp_path, dsn)
    lost = replace(gap("pbx1", datetime.now(UTC), f"lost {ALL}"), ended_at=datetime.now(UTC))
    async with await open_pool(dsn) as pool:
        await PostgresGaps(pool).put([lost])
    for words, told in {
        ("list",): "-- gap --",
        ("list", "--json"): "[]\n",
        ("gaps",): "pbx1",
        ("gaps", "--json"): str(lost.id),
    }.items():
        code, said = await command("call", *words, "-c", str(config))
        assert (code, told in said) == (0, True), said
        assert not ACTS & set(said)


async def test_a_customer_of_any_name_is_listed(tmp_path: Path, dsn: str) -> None:
    """The store takes any: the CLI is one way in, an import may be another."""
    config = written(tmp_path, dsn)
    assert load(config)
    async with await open_pool(dsn) as pool:
        await customers.upsert(pool, "oilco", "+358401112228", ALL)
    for words in (("customer", "list"), ("customer", "list", "--json")):
        code, said = await command(*words, "-c", str(config))
        assert code == 0, said
        assert not ACTS & set(said)
