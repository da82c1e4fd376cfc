"""``ccgateway originate``: call somebody for an agent, and follow how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import typer
from rich.text import Text

from ccgateway.cli.common import (
    DEFAULT_CONFIG,
    FAULT,
    UNREACHABLE,
    ConfigOption,
    JsonOption,
    command,
    err,
    out,
    print_json,
)
from ccgateway.cli.gateway import UrlOption, client_of
from ccgateway.log import plain
from ccgateway.outbound.attempt import Stage
from ccgateway.web.client import Client

WHY = {
    "talked": "they talked",
    "busy": "the number is busy",
    "no_answer": "no answer",
    "rejected": "rejected",
    "unreachable": "the number cannot be reached",
    "agent_busy": "the agent's phone is busy",
    "agent_no_answer": "the agent did not answer",
    "agent_rejected": "the agent rejected it",
    "agent_unreachable": "the agent's phone cannot be reached",
    "cancelled": "the agent hung up before an answer",
    "not_sent": "not sent: Asterisk or PostgreSQL was out of reach",
    "lost": "lost: the link to Asterisk was cut, and the PBX does not have it; not sent again",
    "failed": "Asterisk refused it; the gateway's log says why",
}
CAUSES = {
    1: "unallocated number",
    3: "no route",
    16: "normal clearing",
    17: "user busy",
    18: "no user response",
    19: "no answer",
    20: "subscriber absent",
    21: "call rejected",
    22: "number changed",
    27: "destination out of order",
    28: "invalid number",
    34: "congestion",
    38: "network out of order",
    41: "temporary failure",
    58: "not available",
    127: "interworking",
}
"""Q.850, those that Asterisk makes of SIP."""

_STAGES = list(Stage)

EXIT = {"not_sent": UNREACHABLE, "lost": UNREACHABLE, "failed": FAULT}


@command
async def originate(
    agent: Annotated[str, typer.Option(help="The agent's id: their phone rings first.")],
    to: Annotated[str, typer.Option(help="The number, as people write it: 040 123 4567.")],
    service: Annotated[
        str,
        typer.Option(
            help="For which service; needed where the agent has several.", show_default=""
        ),
    ] = "",
    show: Annotated[
        str,
        typer.Option(
            help="Which of the service's own_numbers to show; the first if not given.",
            show_default="",
        ),
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Follow the call to its end.")
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    url: UrlOption = "",
    json: JsonOption = False,
) -> None:
    """Ring an agent's phone, then the number, and tell how it goes, a line a step.

    Ctrl-C ends the telling, not the call. Exit code 0: it was placed, however it ended.
    """
    async with client_of(config, url) as gateway:
        if not wait:
            _tell({}, await gateway.originate(agent, to, service, show=show), json=json)
            return
        last: dict[str, Any] = {}
        try:
            async for attempt in _followed(gateway, agent, to, service, show):
                _tell(last, attempt, json=json)
                last = attempt
        except asyncio.CancelledError:
            if last:
                err.print(Text(f"the call goes on: {last['id']}"), soft_wrap=True)
            raise
    if code := EXIT.get(last["end"], 0):
        raise typer.Exit(code)


async def _followed(
    gateway: Client, agent: str, to: str, service: str, show: str
) -> AsyncIterator[dict[str, Any]]:
    """The attempt, each time it changes, until it has ended. It is asked for once we watch, so that
    nothing is missed; after a gap in the watching it is looked at."""
    attempt: dict[str, Any] = {}
    async for change in gateway.live():
        if change["type"] == "snapshot" and not attempt:
            attempt = await gateway.originate(agent, to, service, show=show)
        elif change["type"] == "snapshot":
            attempt = await gateway.attempt(attempt["id"])
        elif change["type"] == "lost":
            err.print(Text("the gateway is gone; following again when it is back"))
            continue
        elif change["type"] == "attempt" and _is_next(change["attempt"], attempt):
            attempt = change["attempt"]
        else:
            continue
        yield attempt
        if attempt["stage"] == "ended":
            return


def _is_next(told: dict[str, Any], attempt: dict[str, Any]) -> bool:
    """Whether it is this attempt's, and not from before what the answer to our request said."""
    same = told["id"] == attempt.get("id")
    return same and _STAGES.index(told["stage"]) >= _STAGES.index(attempt["stage"])


def _tell(before: dict[str, Any], attempt: dict[str, Any], *, json: bool) -> None:
    if json:
        if attempt != before:
            print_json(attempt)
        return
    for line in lines(before, attempt):
        out.print(Text(plain(line)), soft_wrap=True)


def lines(before: dict[str, Any], attempt: dict[str, Any]) -> list[str]:
    """What is new in the attempt, in words."""
    told = _steps(before) if before else []
    return [step for step in _steps(attempt) if step not in told]


def _steps(attempt: dict[str, Any]) -> list[str]:
    """All that has happened until now, a line each."""
    agent, number, stage = attempt["agent"], attempt["number"], attempt["stage"]
    steps = [f"{attempt['id']}: {number} for agent {agent}, {attempt['service']}"]
    if stage == "ringing_agent" or attempt["agent_answered_at"]:
        steps.append(f"ringing agent {agent}")
    if attempt["agent_answered_at"]:
        steps.append(f"agent {agent} answered")
    if attempt["ringing_at"]:
        steps.append(f"ringing {number}")
    if attempt["answered_at"]:
        steps.append(f"{number} answered")
    if stage == "ended":
        steps.append(f"ended: {why(attempt)}")
    return steps


def why(attempt: dict[str, Any]) -> str:
    """How it ended, in words; the network's own words in brackets."""
    cause, said = attempt["cause"], []
    if cause is not None:
        said.append(f"Q.850 {cause} {CAUSES.get(cause, '')}".rstrip())
    if attempt["sip"]:
        said.append(f"SIP {attempt['sip']}")
    words = WHY.get(attempt["end"], attempt["end"])
    return f"{words} ({', '.join(said)})" if said else words
