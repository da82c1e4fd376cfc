"""The demo's screen and its picture of the exchange."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from ccgateway.rig.hotline import LINES, LINES_NAMES, NAMES, OFFERS
from ccgateway.rig.picture import Picture
from ccgateway.rig.screen import exchange, line_of

AT = "2026-11-22T09:25:00+00:00"
NOW = datetime(2026, 11, 22, 9, 27, 3, tzinfo=UTC)


def call(call_id: str, **changes: Any) -> dict[str, Any]:
    """A live call as the API's JSON has it."""
    return {
        "call_id": call_id, "case": 1042, "direction": "inbound", "caller": "+358403387470",
        "caller_name": "Dmitri", "service": "hotline", "did": "1010", "agent": "201",
        "where": "on hold, 201 consults 211", "since": AT, "started_at": AT, "ended_at": None,
        "path": ["pumps", "vendor"],
    } | changes  # fmt: skip


def picture() -> Picture:
    """A busy exchange with the names that the demo has."""
    lines = {line.queue: line.agents for line in LINES.lines if line.queue}
    staff = {offer.queue: offer.agents for offer in OFFERS} | {LINES.queue: LINES.agents} | lines
    agents = [
        {
            "id": str(agent), "name": name, "state": "talking", "since": AT,
            "queues": [queue for queue, people in staff.items() if agent in people],
        }
        for agent, name in (NAMES | LINES_NAMES).items()
    ]  # fmt: skip
    queues = [{"name": queue, "waiting": 12, "longest_since": AT} for queue in staff]
    seen = Picture()
    calls = [call("a"), call("b", direction="internal", caller="213", did="221", case=None)]
    seen.take({"type": "snapshot", "calls": calls, "queues": queues, "agents": agents})
    return seen


def shown(seen: Picture) -> str:
    console = Console(width=120, file=StringIO(), record=True)
    console.print(exchange(seen, NOW, "A petrol stations' hot line"))
    return console.export_text()


def test_a_busy_exchange_is_readable_in_120_columns() -> None:
    text = shown(picture())
    assert "…" not in text
    for words in (
        "#1042", "+358403387470 Dmitri", "on hold, 201 consults 211", "pumps > vendor",
        "213 > 221", "second-pumps", "12, 123 s", "221 Quentin", "L3",
    ):  # fmt: skip
        assert words in text, words
    rows = text.splitlines()
    last = next(at for at, row in enumerate(rows) if "Quentin" in row)
    assert last <= len(NAMES) + 2, "queues and both halves of the agents stand side by side"


@pytest.mark.parametrize(
    ("queues", "line"),
    [(["first"], "L1"), (["second-pumps"], "L2"), (["third"], "L3"), (["stations"], ""), ([], "")],
)
def test_the_line_of_an_agent(queues: list[str], line: str) -> None:
    assert line_of(queues) == line


def test_of_two_calls_that_became_one_only_that_one_stays() -> None:
    seen = picture()
    seen.take({"type": "call_absorbed", "call_id": "b", "into": "a"})
    assert list(seen.calls) == ["a"]
    assert seen.count == 0


def test_a_call_that_ended_is_counted_once() -> None:
    seen = picture()
    for _ in range(2):
        seen.take({"type": "call", "call": call("a", ended_at=AT, where="ended: answered")})
    assert list(seen.calls) == ["b"]
    assert (seen.count, len(seen.ended)) == (1, 1)
