"""What the API answers about the present, as models: the document and the tests read them. The
values themselves come from ``engine.view`` and are not made anew here.

Times are ISO 8601 in UTC with the offset written out. A field may come to be added to an answer:
clients leave alone what they do not know.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ccgateway.agents.agent import Duty
from ccgateway.calls.call import Direction, Disposition, Known
from ccgateway.outbound.attempt import End, Stage

Activity = Literal["off", "ready", "paused", "ringing", "talking"]
Moment = AwareDatetime


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Problem(Answer):
    """What went wrong, and what to do (RFC 9457, application/problem+json)."""

    title: str
    """The status in words."""
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """For people: what is wrong, and what to do."""


class Note(Answer):
    """What somebody wrote down for whoever has the case next."""

    at: Moment
    by: str
    """An agent's id; api or cli where a program wrote it."""
    text: str


class Call(Answer):
    """A call as it stands."""

    call_id: UUID
    node: str
    """The Asterisk it is on."""
    client: str
    service: str
    """The service's id; '' before it is known."""
    direction: Direction
    case: int | None
    """The number that people say."""
    topic: str
    tier: int
    """The line that has the call now, or waits for it."""
    notes: list[Note]
    path: list[str]
    """The topics and lines it was passed on to, in order."""
    line: str
    """Which of them has the call now, or is waited for; '' for none: it is first line's."""
    did: str
    """The number of ours that was called; of a call to the outside, whom it goes to."""
    caller: str
    """The number of who called; withheld and anonymous where there is none to show. Of a call to
    the outside: who was called."""
    caller_name: str
    started_at: Moment
    where: str
    """Where the call is now, in words."""
    since: Moment
    """Since when it is there."""
    agent: str
    """The agent who talked last; '' for nobody or an outsider."""
    agents: list[str]
    """Who talks or talked in it, and for whom it was dialled; first first."""
    queues: list[str]
    """All that it was in, first first."""
    disposition: Disposition
    known: Known
    """Whether all of it was seen."""
    ended_at: Moment | None


class Agent(Answer):
    """An agent as they are now."""

    id: str
    name: str
    phone: str
    queues: list[str]
    services: list[str]
    clients: list[str]
    state: Activity
    """What is shown: what calls make of them, else their duty."""
    duty: Duty
    """What they chose."""
    reason: str
    """Why they pause."""
    since: Moment
    """Since when they are in this state."""
    call_id: str
    """The call that they are in, '' for none."""


class Figures(Answer):
    """A queue's day so far. Offered are answered, abandoned, and left."""

    day: str
    """In the time zone beside it."""
    timezone: str
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    abandoned_in_time: int
    short_abandons: int
    left: int
    """Who left by time limit or key, was moved, or was not seen any more."""
    refused: int
    """Whom the queue did not let in: not offered."""
    longest_wait_s: float
    service_level: Annotated[float, Field(ge=0, le=1)] | None
    """By the formula beside it; null where there is nothing to measure."""
    in_time_s: float
    short_s: float
    formula: str


class Queue(Answer):
    """A queue as it is now, and its day so far."""

    name: str
    services: list[str]
    clients: list[str]
    managed: bool
    """Whether agents log in to it. Where not (the fallback queue), it rings phones of its own,
    which are not counted here."""
    waiting: int
    longest_since: Moment | None
    """Since when the one who waits longest waits."""
    logged_in: int
    ready: int
    talking: int
    paused: int
    today: Figures


class Node(Answer):
    """An Asterisk, and whether our AMI link to it is up."""

    name: str
    up: bool


class Agi(Answer):
    """Counts of the AGI server since the start."""

    accepted: int
    answered: int
    ended: int
    refused: int
    dropped: int
    errors: int
    seconds: float
    slowest: float


class Link(Answer):
    """Counts of one AMI link since the start, and the rights that its user lacks."""

    missing_rights: list[str]
    events: int
    facts: int
    unknown: int
    odd: int
    connects: int


class State(Answer):
    """All that is live, and how the gateway is."""

    at: Moment
    id: str
    """That of the last change of the live feed that it holds."""
    nodes: list[Node]
    calls: list[Call]
    agents: list[Agent]
    queues: list[Queue]
    gateway_up: bool | None = None
    """Told by a web process of its own: whether it hears the gateway. Where not, the rest is what
    it heard last."""
    other_calls: int | None = None
    """Live calls on these Asterisks that are none of ours. This and what follows is for those only
    who see everything."""
    backlog: int | None = None
    """What Asterisk told us and we have not handled yet."""
    lag_ms: float | None = None
    worst_lag_ms: float | None = None
    unwritten: int | None = None
    """Facts that wait for PostgreSQL."""
    spooled: int | None = None
    """Those of them that wait on disk."""
    refused_facts: int | None = None
    lost_facts: int | None = None
    odd_facts: int | None = None
    agi: Agi | None = None
    links: dict[str, Link] | None = None


class Service(Answer):
    """A service: which numbers lead to it, whose it is, where its callers wait."""

    id: str
    name: str
    client: str
    timezone: str
    dids: list[str]
    own_numbers: list[str]
    """What it can show when an agent calls somebody."""
    queue: str
    """First line's."""
    queues: list[str]
    """Of all its lines."""
    targets: list[str]
    """Where its calls can be passed on to."""


class Agents(Answer):
    """All agents."""

    agents: list[Agent]


class Queues(Answer):
    """All queues."""

    queues: list[Queue]


class Services(Answer):
    """All services."""

    services: list[Service]


class AgentDone(Answer):
    """The agent, and the state that they are in now."""

    agent: str
    state: Activity


class Escalated(Answer):
    """What was done: who passed which call on, where to, how."""

    call_id: UUID
    agent: str
    to: str
    mode: str


class Consulted(Answer):
    """What was done: whose consultation in which call ended how."""

    call_id: UUID
    agent: str
    do: Literal["take", "join", "complete"]


class Noted(Answer):
    """The call that has the note now."""

    call_id: UUID


class Attempt(Answer):
    """A call by click, and how far it is."""

    id: str
    """Begins with ccg-, which no call's id does."""
    key: str
    """The Idempotency-Key it came with, after the id of the token that asked; '' without."""
    node: str
    client: str
    service: str
    agent: str
    number: str
    """E.164."""
    caller_id: str
    """The number of ours that is shown."""
    by: str
    requested_at: Moment
    stage: Stage
    end: End
    """'' while it goes on."""
    cause: int | None
    """Q.850."""
    sip: str
    """The final response, as 486 Busy Here."""
    agent_answered_at: Moment | None
    ringing_at: Moment | None
    answered_at: Moment | None
    ended_at: Moment | None
    call_id: UUID | None
    """The call that it became."""
