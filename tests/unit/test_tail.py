"""What ``ccgateway tail`` prints of a change."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from ccgateway.calls.call import Call, Note
from ccgateway.cli.tail import line
from ccgateway.engine.view import call_view


def test_a_note_stays_out_of_the_line() -> None:
    """It may tell of a person, and the lines may scroll by on a wall."""
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    call = Call(UUID(int=7), "pbx1", at, service="hotline", notes=(Note(at, "101", "owes 3 €"),))
    view = call_view(call)
    assert view["notes"] == [{"at": at.isoformat(), "by": "101", "text": "owes 3 €"}]
    told = line({"type": "call", "call": view}).plain
    assert "hotline" in told
    assert "owes" not in told
