"""The demo's screen. What callers sent is plain text here, never markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ccgateway.rig.compare import Comparison, Row
from ccgateway.rig.picture import Picture
from ccgateway.rig.plan import Kind

_COLOURS = {
    "ready": "green",
    "ringing": "yellow",
    "talking": "cyan",
    "paused": "magenta",
    "answered": "green",
    "abandoned": "red",
}


def exchange(picture: Picture, now: datetime, title: str) -> RenderableType:
    """Calls, queues and agents now."""
    note = Text(title, style="bold")
    if not picture.connected:
        note.append("  (no word from the gateway)", style="red")
    people = Columns([_queues(picture, now), _agents(picture, now)])
    return Group(note, people, _calls(picture, now))


def _calls(picture: Picture, now: datetime) -> Table:
    table = Table("call", "caller", "service", "where", "for", title=_count(picture), expand=True)
    for call in sorted(picture.calls.values(), key=lambda call: str(call["started_at"])):
        table.add_row(*_call(call), _seconds(call["since"], now))
    for call in picture.ended:
        table.add_row(
            *_call(call), _seconds(call["started_at"], _time(call["ended_at"])), style="dim"
        )
    return table


def _call(call: Mapping[str, Any]) -> list[Text]:
    caller = f"{call['caller']} {call['caller_name']}".strip()
    words = (call["call_id"][:8], caller, call["service"] or call["did"], call["where"])
    return [Text(str(word)) for word in words]


def _count(picture: Picture) -> str:
    return f"{len(picture.calls)} calls live, {picture.count} ended"


def _queues(picture: Picture, now: datetime) -> Table:
    table = Table("queue", "waiting", "longest", "ready", "talking", title="queues")
    for name, queue in sorted(picture.queues.items()):
        longest = _seconds(queue["longest_since"], now) if queue["longest_since"] else ""
        states = [str(picture.in_queue(name, state)) for state in ("ready", "talking")]
        table.add_row(Text(name), str(queue["waiting"]), longest, *states)
    return table


def _agents(picture: Picture, now: datetime) -> Table:
    table = Table("agent", "name", "state", "for", title="agents")
    for name, agent in sorted(picture.agents.items()):
        state = Text(agent["state"], style=_COLOURS.get(agent["state"], ""))
        table.add_row(name, Text(agent["name"]), state, _seconds(agent["since"], now))
    return table


def result(comparison: Comparison, kinds: Mapping[str, Kind]) -> Table:
    """Call by call: what SIPp saw, what stands in PostgreSQL, and how far apart they are."""
    title = "SIPp's logs and PostgreSQL, call by call (Δ: record minus SIPp, in ms)"
    table = Table(title=title)
    for name in ("caller", "kind", "number", "agent", "ended as"):
        table.add_column(name, no_wrap=True)
    for name in ("Δ start", "Δ answer", "Δ end"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in comparison.rows:
        kind = kinds.get(row.number)
        verdict = Text("agrees", style="green")
        if row.differences:
            verdict = Text("; ".join(str(one) for one in row.differences), style="red")
        deltas = [f"{delta:+.0f}" if delta is not None else "" for delta in offsets(row)]
        words = (row.number, kind.value if kind else "", *_seen(row))
        table.add_row(*(Text(word) for word in words), *deltas, verdict)
    return table


def _seen(row: Row) -> tuple[str, str, str]:
    agents = ", ".join(ring.phone for ring in row.truth.talks) if row.truth else ""
    return row.did, agents, row.record.disposition.value if row.record else "not recorded"


def offsets(row: Row) -> list[float | None]:
    """Start, answer and end: record minus truth in milliseconds, None where one is missing."""
    if not row.truth or not row.record:
        return [None, None, None]
    talks = row.truth.talks
    pairs = (
        (row.truth.placed_at, row.record.started_at),
        (talks[0].answered_at if talks else None, row.record.answered_at),
        (row.truth.ended_at, row.record.ended_at),
    )
    return [(b - a).total_seconds() * 1000 if a and b else None for a, b in pairs]


def as_json(comparison: Comparison, kinds: Mapping[str, Kind]) -> dict[str, object]:
    """The same for a program."""
    return {
        "agrees": comparison.agrees,
        "calls": comparison.placed,
        "faults": comparison.faults,
        "rows": [_row(row, kinds) for row in comparison.rows],
    }


def _row(row: Row, kinds: Mapping[str, Kind]) -> dict[str, object]:
    truth, record = row.truth, row.record
    kind = kinds.get(row.number)
    names = ("start_ms", "answer_ms", "end_ms")
    return {
        "number": row.number,
        "kind": kind.value if kind else None,
        "did": row.did or None,
        "call_id": str(record.call_id) if record else None,
        "placed_at": truth.placed_at if truth else None,
        "phones": [ring.phone for ring in truth.talks] if truth else [],
        "agents": [talk.agent for talk in record.talks] if record else [],
        "disposition": record.disposition.value if record else None,
        "record_minus_truth": dict(zip(names, offsets(row), strict=True)),
        "differences": [
            {"field": d.field, "truth": d.truth, "record": d.record, "ms": d.milliseconds}
            for d in row.differences
        ],
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _seconds(since: str, now: datetime) -> str:
    return f"{max(0.0, (now - _time(since)).total_seconds()):.0f} s"
