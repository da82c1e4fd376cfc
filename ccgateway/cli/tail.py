"""``ccgateway tail``: follow what happens, in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    command,
    out,
    print_json,
)
from ccgateway.cli.gateway import TokenFileOption, UrlOption, client_of
from ccgateway.log import plain


@command
async def tail(
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    token_file: TokenFileOption = None,
    json: JsonOption = False,
) -> None:
    """Follow calls, queues and agents of the running gateway, a line a change, until Ctrl-C.

    The time (UTC) is when the state that is told began. Where the connection is cut, what was
    missed follows when the gateway is there again.

    With [bold]--json[/bold] each line is one JSON object; the first is the snapshot.
    """
    async with client_of(config, url, token_file) as gateway:
        last: dict[str, str] = {}  # what was said of each queue
        async for change in gateway.live():
            if json:
                print_json(change)
            elif not _is_said(change, last):
                out.print(line(change), soft_wrap=True)


def line(change: Mapping[str, Any]) -> Text:
    """One change in words, on one line: what callers sent is plain text here."""
    words = WORDS.get(change["type"], _new_word)(change)
    words.plain = plain(words.plain)
    return words


def _is_said(change: Mapping[str, Any], last: dict[str, str]) -> bool:
    """Whether the line would say of a queue what was said of it last: its agents' changes are
    lines of their own."""
    if change["type"] != "queue":
        return False
    name, said = change["queue"]["name"], line(change).plain
    before, last[name] = last.get(name), said
    return said == before


def _snapshot(change: Mapping[str, Any]) -> Text:
    calls, agents = len(change["calls"]), len(change["agents"])
    return Text(f"{calls} calls live, {agents} agents; following", style="bold")


def _call(change: Mapping[str, Any]) -> Text:
    call = change["call"]
    return Text(
        f"{_time_of_day(call['since'])} call {call['call_id'][:8]} {call['caller']}"
        f" {call['service'] or call['did']}: {call['where']}",
        style="green" if call["agent"] else "",
    )


def _agent(change: Mapping[str, Any]) -> Text:
    agent = change["agent"]
    reason = f" ({agent['reason']})" if agent["reason"] else ""
    return Text(f"{_time_of_day(agent['since'])} agent {agent['id']}: {agent['state']}{reason}")


def _queue(change: Mapping[str, Any]) -> Text:
    queue = change["queue"]
    level = queue["today"]["service_level"]  # four digits; its formula is in the JSON
    # Never more than there is, as the page shows it: 100 % only where all were answered in time.
    today = "" if level is None else f", service level {round(level * 10_000) // 100}% today"
    return _timeless(f"queue {queue['name']}: {queue['waiting']} waiting{today}")


def _attempt(change: Mapping[str, Any]) -> Text:
    attempt = change["attempt"]
    how = f"{attempt['stage']}: {attempt['end']}" if attempt["end"] else attempt["stage"]
    who = f"{attempt['number']} for agent {attempt['agent']}"
    return _timeless(f"click {attempt['id']} {who}: {how.replace('_', ' ')}")


def _absorbed(change: Mapping[str, Any]) -> Text:
    return _timeless(f"call {change['call_id'][:8]} is a part of call {change['into'][:8]}")


def _gone(change: Mapping[str, Any]) -> Text:
    if call_id := change.get("call_id"):
        return _timeless(f"call {call_id[:8]}: out of your sight")
    kind, name = next(told for told in change.items() if told[0] not in {"type", "id"})
    return _timeless(f"{kind} {name}: out of your sight")


def _link(change: Mapping[str, Any]) -> Text:
    word = "connected" if change["up"] else "LOST"
    return _timeless(f"Asterisk {change['node']}: {word}", style="bold")


def _gateway(change: Mapping[str, Any]) -> Text:
    word = "heard again" if change["up"] else "GONE; its web process goes on"
    return _timeless(f"the gateway: {word}", style="bold")


def _lost(_change: Mapping[str, Any]) -> Text:
    return Text("the gateway is gone; following again when it is back", style="bold red")


def _resumed(_change: Mapping[str, Any]) -> Text:
    return Text("the gateway is there again; what was missed follows", style="bold")


def _new_word(change: Mapping[str, Any]) -> Text:
    """From a gateway that is newer than we are."""
    return _timeless(str(change["type"]))


def _time_of_day(at: str) -> str:
    """In UTC, as 08:00:05.000: a moment of whole seconds is told without a fraction. Of what is no
    time, as much of its text."""
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(at).astimezone(UTC).isoformat(timespec="milliseconds")
    return at[11:23]


def _timeless(words: str, style: str = "") -> Text:
    """What tells no time of its own."""
    return Text(f"{' ' * len('08:00:00.000')} {words}", style=style)


WORDS: Mapping[str, Callable[[Mapping[str, Any]], Text]] = {
    "snapshot": _snapshot,
    "call": _call,
    "agent": _agent,
    "queue": _queue,
    "attempt": _attempt,
    "call_absorbed": _absorbed,
    "gone": _gone,
    "link": _link,
    "gateway": _gateway,
    "lost": _lost,
    "resumed": _resumed,
}
