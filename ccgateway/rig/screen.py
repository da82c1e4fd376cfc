"""The demo's screen. What callers sent is plain text here, never markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ccgateway.calls.call import Direction, Escalation
from ccgateway.rig.compare import Comparison, Row
from ccgateway.rig.hotline import LINES
from ccgateway.rig.picture import Picture
from ccgateway.rig.plan import Kind

OUTSIDER = "vendor"  # of the rig's outside world only the vendor's engineers are called

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
    agents = sorted(picture.agents.items())
    half = (len(agents) + 1) // 2
    tables = [_queues(picture, now), _agents(agents[:half], now), _agents(agents[half:], now)]
    return Group(note, Columns(tables), _calls(picture, now))


def _calls(picture: Picture, now: datetime) -> Table:
    names = ("case", "caller", "service", "where", "lines", "for")
    table = Table(*names, title=_count(picture), expand=True)
    for call in sorted(picture.calls.values(), key=lambda call: str(call["started_at"])):
        table.add_row(*_call(call), _seconds(call["since"], now))
    for call in picture.ended:
        table.add_row(
            *_call(call), _seconds(call["started_at"], _time(call["ended_at"])), style="dim"
        )
    return table


def _call(call: Mapping[str, Any]) -> list[Text]:
    case = f"#{call['case']}" if call["case"] else call["call_id"][:8]
    caller = _parties(call)
    lines = " > ".join(call["path"])
    words = (case, caller, call["service"] or call["did"], call["where"], lines)
    return [Text(str(word)) for word in words]


def _parties(call: Mapping[str, Any]) -> str:
    """Who calls; of a call that an agent begins, whom."""
    if call["direction"] == Direction.INBOUND:
        return f"{call['caller']} {call['caller_name']}".strip()
    who = call["agent"] if call["direction"] == Direction.OUTBOUND else call["caller"]
    return f"{who} > {call['did']}".strip()


def _count(picture: Picture) -> str:
    return f"{len(picture.calls)} calls live, {picture.count} ended"


def _queues(picture: Picture, now: datetime) -> Table:
    table = _table("queues", "queue", "waiting", "ready", "talking")
    queues = sorted((line_of([name]), name, queue) for name, queue in picture.queues.items())
    for _, name, queue in queues:
        since = queue["longest_since"]
        waiting = f"{queue['waiting']}, {_seconds(since, now)}" if since else "0"
        states = [str(picture.in_queue(name, state)) for state in ("ready", "talking")]
        table.add_row(Text(name), waiting, *states)
    return table


def _agents(agents: Iterable[tuple[str, Mapping[str, Any]]], now: datetime) -> Table:
    table = _table("agents", "agent", "line", "state", "for")
    for name, agent in agents:
        state = Text(agent["state"], style=_COLOURS.get(agent["state"], ""))
        who = Text(f"{name} {agent['name']}")
        table.add_row(who, line_of(agent["queues"]), state, _seconds(agent["since"], now))
    return table


def _table(title: str, *columns: str) -> Table:
    """A narrow one: three stand side by side in 120 columns."""
    return Table(*columns, title=title, box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))


def line_of(queues: Sequence[str]) -> str:
    """The line that an agent of these queues answers for, where the service has several."""
    lines = {LINES.queue: 1} | {line.queue: line.tier for line in LINES.lines if line.queue}
    return next((f"L{lines[queue]}" for queue in queues if queue in lines), "")


def result(comparison: Comparison, kinds: Mapping[str, Kind]) -> Table:
    """Call by call: what the phones saw, what stands in PostgreSQL, and how far apart they are."""
    title = "The phones' own logs and PostgreSQL, call by call (record minus phones, in ms)"
    table = Table(title=title)
    for name in ("caller", "kind", "number", "agents", "ended as"):
        table.add_column(name, no_wrap=True)
    for name in ("start", "answer", "end", "most"):  # most: of all times of a call of three lines
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in comparison.rows:
        kind = kinds.get(row.number)
        verdict = Text("agrees", style="green")
        if row.differences:
            verdict = Text("; ".join(str(one) for one in row.differences), style="red")
        most = max(row.moments, key=abs, default=None)
        times = (*offsets(row), most)
        deltas = [f"{delta:+.0f}" if delta is not None else "" for delta in times]
        words = (row.number, kind.value if kind else "", *_seen(row))
        table.add_row(*(Text(word) for word in words), *deltas, verdict)
    return table


class Tally(NamedTuple):
    """How many calls of a kind went over the wire, and how many of them agree."""

    calls: int
    agree: int


def tallies(comparison: Comparison, kinds: Mapping[str, Kind]) -> dict[str, Tally]:
    """By kind, in the kinds' order; those of which no call was planned are left out."""
    rows = [(kinds[row.number], row) for row in comparison.rows if row.number in kinds]
    found = {}
    for kind in Kind:
        placed = [row for what, row in rows if what is kind and row.truth]
        if placed or any(what is kind for what, _ in rows):
            agree = sum(not row.differences for row in placed)
            found[kind.value] = Tally(len(placed), agree)
    return found


def summary(comparison: Comparison, kinds: Mapping[str, Kind]) -> Columns:
    """The kinds, counted."""
    counted = tallies(comparison, kinds).items()
    words = [f"{kind}: {tally.agree} of {tally.calls}" for kind, tally in counted]
    return Columns([Text(word) for word in words], padding=(0, 3), equal=True)


def _seen(row: Row) -> tuple[str, str, str]:
    agents = ", ".join(agent or OUTSIDER for agent in row.truth.agents) if row.truth else ""
    return row.did, agents, row.record.disposition.value if row.record else "not recorded"


def offsets(row: Row) -> list[float | None]:
    """Start, answer and end: record minus truth in milliseconds, None where one is missing."""
    if not row.truth or not row.record:
        return [None, None, None]
    pairs = (
        (row.truth.placed_at, row.record.started_at),
        (row.truth.answered_at, row.record.answered_at),
        (row.truth.ended_at, row.record.ended_at),
    )
    return [(b - a).total_seconds() * 1000 if a and b else None for a, b in pairs]


def as_json(comparison: Comparison, kinds: Mapping[str, Kind]) -> dict[str, object]:
    """The same for a program."""
    return {
        "agrees": comparison.agrees,
        "calls": comparison.placed,
        "faults": comparison.faults,
        "kinds": {kind: tally._asdict() for kind, tally in tallies(comparison, kinds).items()},
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
        "phones": list(truth.agents) if truth else [],
        "agents": [talk.agent for talk in record.talks] if record else [],
        "escalations": [_escalation(one) for one in record.escalations] if record else [],
        "disposition": record.disposition.value if record else None,
        "record_minus_truth": dict(zip(names, offsets(row), strict=True)),
        "moments_ms": row.moments,
        "differences": [
            {"field": d.field, "truth": d.truth, "record": d.record, "ms": d.milliseconds}
            for d in row.differences
        ],
    }


def _escalation(escalation: Escalation) -> dict[str, object]:
    return {
        "mode": escalation.mode.value,
        "by": escalation.by,
        "to": escalation.to,
        "tier": escalation.tier,
        "agent": escalation.agent,
        "end": escalation.end.value,
    }


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _seconds(since: str, now: datetime) -> str:
    return f"{max(0.0, (now - _time(since)).total_seconds()):.0f} s"
