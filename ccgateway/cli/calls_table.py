"""The list of calls for the terminal, with the gaps between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from ccgateway.calls.call import Known
from ccgateway.calls.gap import Gap
from ccgateway.calls.listed import ListedCall
from ccgateway.engine.view import WITHHELD
from ccgateway.log import plain

A_DAY = timedelta(days=1)
SECOND, TIME = "%Y-%m-%d %H:%M:%S", "%H:%M:%S"
GAP = "-- gap --"
MARKS = {Known.LIVE: " ", Known.REPAIRED: "~", Known.PARTIAL: "?"}


class CallsTable:
    """Both newest first. ``with_day``: times without it could be of several days."""

    def __init__(self, calls: Sequence[ListedCall], gaps: Sequence[Gap], *, with_day: bool) -> None:
        self._with_day = with_day
        self._gaps: list[Gap] = []  # those that have a row
        self._table = Table(box=None, pad_edge=False)  # its columns stand in 80 characters
        for name in ("call", "case", "started", "caller", "service", "disposition", "wait"):
            self._table.add_column(name, overflow="fold", no_wrap=name != "service")
        self._table.add_column("agents", overflow="fold")
        self._table.add_column("talk", no_wrap=True)
        left = list(gaps)
        for call in calls:
            while left and left[0].began_at > call.started_at:
                self._add_gap(left.pop(0))
            _add_call(self._table, call, with_day=with_day)
        for gap in left:
            self._add_gap(gap)

    def _add_gap(self, gap: Gap) -> None:
        self._table.add_row(GAP)
        self._gaps.append(gap)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A gap is told across the columns, which no cell of a table can be."""
        gaps = iter(self._gaps)
        for line in console.render_lines(self._table, options, pad=False):
            if line and line[0].text.startswith(GAP):
                yield _told(next(gaps), with_day=self._with_day)
            else:
                yield from line
                yield Segment.line()


def gaps_table(gaps: Sequence[Gap]) -> Table:
    """A line each."""
    table = Table(box=None, pad_edge=False)
    for name in ("node", "from", "to", "repaired", "cause"):
        table.add_column(name, no_wrap=name not in {"node", "cause"}, overflow="fold")
    for gap in gaps:
        words = (
            plain(gap.node),
            f"{gap.began_at:{SECOND}}",
            "now" if gap.ended_at is None else _later(gap.ended_at, gap.began_at),
            "no" if gap.repaired_at is None else _later(gap.repaired_at, gap.began_at),
            plain(gap.cause),
        )
        table.add_row(*map(Text, words))
    return table


def caller(call: ListedCall) -> str:
    """The number of who called, as it may be shown."""
    return WITHHELD if call.withheld else call.caller_number or "anonymous"


def _add_call(table: Table, call: ListedCall, *, with_day: bool) -> None:
    table.add_row(
        f"{str(call.call_id)[:8]}{MARKS[call.known]}".rstrip(),
        "" if call.case is None else f"#{call.case}",
        _time(call.started_at, with_day=with_day),
        caller(call),
        " > ".join([call.service or call.did, *call.path]),
        call.disposition.value,
        _seconds(call.wait_seconds),
        ", ".join(dict.fromkeys(call.agents)),
        _seconds(call.talk_seconds),
    )


def _told(gap: Gap, *, with_day: bool) -> Text:
    began = _time(gap.began_at, with_day=with_day)
    until = "now" if gap.ended_at is None else _time(gap.ended_at, with_day=with_day)
    end = ", repaired" if gap.repaired_at else ""
    return Text(plain(f"{GAP} {began} to {until} on {gap.node}: {gap.cause}{end}"), style="yellow")


def _later(at: datetime, began: datetime) -> str:
    """Without its day where that is the same."""
    return f"{at:{TIME if at.date() == began.date() else SECOND}}"


def _time(at: datetime, *, with_day: bool) -> str:
    """A gap can reach further back than the list."""
    with_day = with_day or datetime.now(UTC) - at > A_DAY
    return f"{at:%m-%d %H:%M}" if with_day else f"{at:%H:%M:%S}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
