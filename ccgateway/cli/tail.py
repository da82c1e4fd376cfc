"""``ccgateway tail``: follow what happens, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
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
from ccgateway.cli.gateway import UrlOption, client_of


@command
async def tail(
    config: ConfigOption = DEFAULT_CONFIG, url: UrlOption = "", json: JsonOption = False
) -> None:
    """Follow calls, queues and agents of the running gateway, a line a change, until Ctrl-C.

    The time is when the state that is told began.

    With [bold]--json[/bold] each line is one JSON object; the first is the snapshot.
    """
    async with client_of(config, url) as gateway:
        async for change in gateway.live():
            if json:
                print_json(change)
            else:
                out.print(line(change), soft_wrap=True)


def line(change: Mapping[str, Any]) -> Text:
    """One change in words. What callers sent is plain text here: never markup."""
    match change.get("type"):
        case "snapshot":
            calls, agents = len(change["calls"]), len(change["agents"])
            return Text(f"{calls} calls live, {agents} agents; following", style="bold")
        case "call":
            call = change["call"]
            return Text(
                f"{call['since'][11:23]} call {call['call_id'][:8]} {call['caller']}"
                f" {call['service'] or call['did']}: {call['where']}",
                style="green" if call["agent"] else "",
            )
        case "agent":
            agent = change["agent"]
            reason = f" ({agent['reason']})" if agent["reason"] else ""
            return Text(f"{agent['since'][11:23]} agent {agent['id']}: {agent['state']}{reason}")
        case _:
            return _brief(change)


def _brief(change: Mapping[str, Any]) -> Text:
    """Changes that tell no time of their own."""
    match change.get("type"):
        case "queue":
            queue = change["queue"]
            return Text(f"             queue {queue['name']}: {queue['waiting']} waiting")
        case "attempt":
            attempt = change["attempt"]
            how = f"{attempt['stage']}: {attempt['end']}" if attempt["end"] else attempt["stage"]
            who = f"{attempt['number']} for agent {attempt['agent']}"
            return Text(f"             click {attempt['id']} {who}: {how.replace('_', ' ')}")
        case "call_absorbed":
            old, new = change["call_id"][:8], change["into"][:8]
            return Text(f"             call {old} is a part of call {new}")
        case "link":
            word = "connected" if change["up"] else "LOST"
            return Text(f"             Asterisk {change['node']}: {word}", style="bold")
        case _:
            return Text("the gateway is gone; following again when it is back", style="bold red")
