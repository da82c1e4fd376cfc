"""``ccgateway call list`` and ``call gaps``, as they stand on a terminal of 80 characters."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from rich.console import Console, RenderableType

from ccgateway.calls.call import Direction, Disposition, Known
from ccgateway.calls.gap import Gap, gap
from ccgateway.calls.listed import ListedCall
from ccgateway.cli.calls_table import CallsTable, gaps_table

NOW = datetime.now(UTC).replace(microsecond=0)


def call(number: int, minutes_ago: float, known: Known) -> ListedCall:
    at = NOW - timedelta(minutes=minutes_ago)
    return ListedCall(
        call_id=UUID(int=number << 96),
        node="pbx1",
        client="oilco",
        service="hotline",
        did="1000",
        direction=Direction.INBOUND,
        withheld=False,
        customer=None,
        started_at=at,
        answered_at=at,
        ended_at=at,
        disposition=Disposition.ANSWERED,
        known=known,
        fell_back="",
        caller_number="+358401110001",
        caller_name="José",
        queues=("stations",),
        wait_seconds=1.0,
        agents=("101",),
        talk_seconds=2.0,
        case=1000 + number,
        topic="",
        path=(),
    )


def missed(minutes_ago: float, minutes: float | None) -> Gap:
    begun = gap("pbx1", NOW - timedelta(minutes=minutes_ago), "the gateway was killed")
    end = None if minutes is None else begun.began_at + timedelta(minutes=minutes)
    return replace(begun, ended_at=end)


def lines(table: RenderableType) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    return out.getvalue().splitlines()


def test_each_call_says_how_it_is_known_and_gaps_stand_where_they_were() -> None:
    calls = [call(3, 1, Known.LIVE), call(2, 6, Known.REPAIRED), call(1, 9, Known.PARTIAL)]
    goes_on, over = missed(0.5, None), replace(missed(8, 5), repaired_at=NOW)
    shown = lines(CallsTable(calls, [goes_on, over], with_day=False))
    told = [line.rstrip() for line in shown if line.startswith("-- gap --")]
    one, two = (f"-- gap -- {gap.began_at:%H:%M:%S} to" for gap in (goes_on, over))
    assert told == [
        f"{one} now on pbx1: the gateway was killed",
        f"{two} {over.ended_at:%H:%M:%S} on pbx1: the gateway was killed, repaired",
    ]
    begin = [line.split("  ")[0].strip() for line in shown if line[:2] in {"--", "00"}]
    assert begin == [told[0], "00000003", "00000002~", told[1], "00000001?"]


def test_a_gap_that_began_before_the_list_does_has_its_day() -> None:
    long = missed(3 * 24 * 60, 3 * 24 * 60 - 1)
    [shown] = [line for line in lines(CallsTable([], [long], with_day=False)) if "gap" in line]
    assert f"{long.began_at:%m-%d %H:%M}" in shown


def test_the_list_of_gaps_has_a_line_each() -> None:
    whole = replace(missed(8, 5), repaired_at=missed(8, 5).began_at + timedelta(days=1))
    head, goes_on, over = lines(gaps_table([missed(0.5, None), whole]))
    assert head.split() == ["node", "from", "to", "repaired", "cause"]
    assert goes_on.split()[3:5] == ["now", "no"]
    assert f"{whole.repaired_at:%Y-%m-%d %H:%M:%S}" in over  # another day's
