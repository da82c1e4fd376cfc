"""What the live feed tells, as models: the document and the tests read them. The values themselves
come from the engine, ``web.feed`` and ``web.mirror``, and are not made anew here."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel

from ccgateway.web.models import Agent, Answer, Attempt, Call, Moment, Queue, State


class Told(Answer):
    """What all that is told has."""

    id: str
    """Come back with the last one as after, and what came since follows."""


class Snapshot(State):
    """All that is live: first, unless what was missed could be told."""

    type: Literal["snapshot"]


class CallTold(Told):
    """A call as it is now; one that ended has ended_at."""

    type: Literal["call"]
    call: Call


class AgentTold(Told):
    """An agent as they are now."""

    type: Literal["agent"]
    agent: Agent


class QueueTold(Told):
    """A queue as it is now."""

    type: Literal["queue"]
    queue: Queue


class AttemptTold(Told):
    """A call by click as it is now."""

    type: Literal["attempt"]
    attempt: Attempt


class CallAbsorbed(Told):
    """A call turned out to be part of another."""

    type: Literal["call_absorbed"]
    call_id: UUID
    into: UUID


class Gone(Told):
    """Something left your scope, or the configuration. One of the other fields says what; the rest
    are not there."""

    type: Literal["gone"]
    call_id: UUID | None = None
    agent: str | None = None
    queue: str | None = None
    node: str | None = None


class LinkTold(Told):
    """Whether our link to an Asterisk is up."""

    type: Literal["link"]
    node: str
    up: bool


class GatewayTold(Told):
    """From a web process of its own: whether it hears the gateway."""

    type: Literal["gateway"]
    up: bool


class Beat(Told):
    """Nothing was to be told for 5 s. No message for 12 s means that you are cut off."""

    type: Literal["beat"]
    at: Moment
    """How late it is."""


class Resumed(Told):
    """You are back; what you missed follows."""

    type: Literal["resumed"]


class Change(
    RootModel[
        Annotated[
            Snapshot
            | CallTold
            | AgentTold
            | QueueTold
            | AttemptTold
            | CallAbsorbed
            | Gone
            | LinkTold
            | GatewayTold
            | Beat
            | Resumed,
            Field(discriminator="type"),
        ]
    ]
):
    """What is told at once, by its type: the data of one event. There may come to be other types:
    clients leave alone what they do not know."""


class Changes(RootModel[list[Change]]):
    """What is told, in order: one message of the WebSocket."""
