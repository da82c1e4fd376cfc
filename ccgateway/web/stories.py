"""What the API answers about the past, as models: the document and the tests read them. The values
themselves come from ``engine.story``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, RootModel

from ccgateway.calls.call import (
    Direction,
    Disposition,
    EscalationEnd,
    Known,
    Mode,
    OfferEnd,
    Role,
    VisitEnd,
)
from ccgateway.web.models import Answer, Attempt, Call, Moment


class ListedCall(Answer):
    """One line of the list of calls."""

    call_id: UUID
    node: str
    client: str
    service: str
    direction: Direction
    did: str
    """The number of ours that was called; of a call to the outside, whom it goes to."""
    caller: str
    """The number of who called; withheld and anonymous where there is none to show."""
    caller_name: str
    customer: int | None
    started_at: Moment
    answered_at: Moment | None
    ended_at: Moment | None
    disposition: Disposition
    known: Known
    fell_back: str
    """Why the static branch was taken, '' where it was not."""
    queues: list[str]
    wait_seconds: float | None
    """In all queues; null where the caller was in none. What goes on counts up to now."""
    agents: list[str]
    """Who talked."""
    talk_seconds: float | None
    case: int | None
    topic: str
    path: list[str]


class Calls(Answer):
    """A page of the list of calls, the newest first."""

    calls: list[ListedCall]
    next: str | None
    """The cursor of the next page; null on the last."""


class Leg(Answer):
    """One channel's part in the call."""

    uniqueid: str
    channel: str
    role: Role
    started_at: Moment
    agent: str
    ringing_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None
    cause: int | None
    """Q.850."""


class Offer(Answer):
    """One ringing of one agent."""

    agent: str
    uniqueid: str
    began_at: Moment
    ended_at: Moment | None
    end: OfferEnd


class Visit(Answer):
    """One stay in one queue, of the caller or of an agent who consults there."""

    queue: str
    ordinal: Annotated[int, Field(description="Counts the stays in the same queue.")]
    joined_at: Moment
    position: int | None
    left_at: Moment | None
    end: VisitEnd
    agent: str
    answered_at: Moment | None
    offers: list[Offer]
    uniqueid: str
    """Whose stay it is."""
    tier: int


class Talk(Answer):
    """The caller and one other were connected; agent is '' for an outsider."""

    agent: str
    uniqueid: str
    began_at: Moment
    ended_at: Moment | None


class Hold(Answer):
    """One side put the other on hold. known: partial where it was not heard how it ended."""

    uniqueid: str
    by: Role
    began_at: Moment
    ended_at: Moment | None
    known: Known


class Escalation(Answer):
    """The call was passed on, by an agent or (by is '') by overflow."""

    at: Moment
    mode: Mode
    by: str
    to: str
    tier: int | None
    agent: str
    """Who took it."""
    accepted_at: Moment | None
    ended_at: Moment | None
    end: EscalationEnd


class Reason(Answer):
    """One rule that was looked at, with what, and what it said."""

    rule: str
    inputs: str
    verdict: str


class Decision(Answer):
    """What we decided for the call, and why."""

    at: Moment
    what: str
    detail: dict[str, str]
    reasons: list[Reason]


class StoryLine(Answer):
    """A line of the story; a decision is followed by its reasons, one a line."""

    at: Moment
    who: str
    what: str
    why: str


class Story(Call):
    """A call, whole: as it stands (or ended), its parts, and its story line by line."""

    customer: int | None
    answered_at: Moment | None
    cause: int | None
    """Q.850."""
    fell_back: str
    """Why the static branch was taken, '' where it was not."""
    attempt: str
    """The call by click that it is, '' where it is none."""
    legs: list[Leg]
    visits: list[Visit]
    talks: list[Talk]
    holds: list[Hold]
    escalations: list[Escalation]
    decisions: list[Decision]
    timeline: list[StoryLine]


class StoryOrClick(RootModel[Story | Attempt]):
    """A call, whole; of an id that begins with ccg- a call by click."""
