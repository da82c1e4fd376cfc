"""The story of a call for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ccgateway.calls.call import Call, Known, Role
from ccgateway.calls.timeline import timeline
from ccgateway.engine.view import shown_number
from ccgateway.log import plain

KNOWN = {
    Known.REPAIRED: "Asterisk's journals tell what was not seen",
    Known.PARTIAL: "not all of it was seen by anybody",
}


def story(call: Call) -> RenderableType:
    """Head and timeline of one call. Everything from outside is plain text, never markup."""
    return Group(Panel(_head(call), title=f"call {call.call_id}"), _lines(call))


def _head(call: Call) -> Table:
    head = Table.grid(padding=(0, 3))
    name = "" if call.withheld else call.caller_name
    rows = [
        ("caller", f"{shown_number(call)}  {name}".strip()),
        ("service", f"{call.service or '-'} of {call.client or '-'} (DID {call.did})"),
        ("case", "-" if call.case is None else f"#{call.case} {call.topic}".rstrip()),
        ("customer", "-" if call.customer is None else str(call.customer)),
        ("started", f"{call.started_at:%Y-%m-%d %H:%M:%S} UTC on {call.node}"),
        ("disposition", call.disposition.value),
        ("wait, talk", f"{_wait(call):.1f} s, {_talk(call):.1f} s"),
    ]
    if call.known is not Known.LIVE:
        rows.append(("known", f"{call.known.value}: {KNOWN[call.known]}"))
    for label, value in rows:
        head.add_row(Text(label, style="dim"), Text(plain(value)))
    return head


def _wait(call: Call) -> float:
    """From joining a queue to the answer, or to leaving it; summed over the caller's visits: an
    agent who consults there is no waiting caller, as in the list of calls."""
    agents = {leg.uniqueid for leg in call.legs if leg.role is Role.AGENT}
    theirs = (visit for visit in call.visits if visit.uniqueid not in agents)
    spans = ((visit.joined_at, visit.answered_at or visit.left_at) for visit in theirs)
    return sum((end - begin).total_seconds() for begin, end in spans if end)


def _talk(call: Call) -> float:
    return sum((t.ended_at - t.began_at).total_seconds() for t in call.talks if t.ended_at)


def _lines(call: Call) -> Table:
    lines = Table("time", "after", "who", "what", box=None, header_style="dim")
    for moment in timeline(call):
        if moment.why:
            lines.add_row("", "", "", Text(plain(f"  because {moment.why}"), style="dim"))
            continue
        after = (moment.at - call.started_at).total_seconds()
        lines.add_row(
            f"{moment.at:%H:%M:%S}.{moment.at.microsecond // 1000:03d}",
            f"{after:.3f}",
            Text(plain(moment.who)),
            Text(plain(moment.what)),
        )
    return lines
