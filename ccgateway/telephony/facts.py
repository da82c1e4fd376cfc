"""A fact: what happened, to what, when, said by whom.

Facts are append-only and have an identity of their own, so that the same fact told by two sources
(AMI and a journal), or told twice, is one. Calls, legs and figures are folded from facts and can
always be rebuilt. What the gateway itself decides or is told is a fact too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from ccgateway.telephony.ids import day_of

NOTHING: Mapping[str, str] = MappingProxyType({})


class Source(StrEnum):
    """Who said it. Journals (cel, queue_log) have the final time; AMI's is provisional."""

    AMI = "ami"
    SNAPSHOT = "snapshot"
    CEL = "cel"
    QUEUE_LOG = "queue_log"
    SELF = "self"


class Kind(StrEnum):
    """What happened. The subject is a channel's uniqueid, but for the agent kinds (agent id)
    and the link kinds (node). The place is a bridge, a queue or the other channel; for agent and
    link kinds the moment itself (ISO 8601): only we tell them, and they have no nth."""

    CHANNEL_CREATED = "channel_created"  # detail: channel, linkedid, context, exten, caller_*
    CHANNEL_CALLER_ID = "channel_caller_id"  # detail: caller_number, caller_name
    CHANNEL_RINGING = "channel_ringing"
    CHANNEL_ANSWERED = "channel_answered"
    CHANNEL_HANGUP_REQUESTED = "channel_hangup_requested"  # detail: cause; the side that ended it
    CHANNEL_ENDED = "channel_ended"  # detail: cause (Q.850), cause_text
    DIAL_BEGAN = "dial_began"  # subject: called channel; place: calling channel; detail: dialled
    DIAL_ENDED = "dial_ended"  # the same; detail: status (DIALSTATUS)
    BRIDGE_ENTERED = "bridge_entered"  # place: bridge
    BRIDGE_LEFT = "bridge_left"  # place: bridge
    HOLD_BEGAN = "hold_began"
    HOLD_ENDED = "hold_ended"
    LOCAL_JOINED = "local_joined"  # subject: ;1, place: ;2
    LOCAL_OPTIMISED = "local_optimised"  # subject: ;1, place: ;2
    QUEUE_JOINED = "queue_joined"  # place: queue; detail: position, count
    QUEUE_LEFT = "queue_left"  # place: queue; detail: count, position
    QUEUE_ABANDONED = "queue_abandoned"  # place: queue; also on TIMEOUT and WITHDRAW
    QUEUE_RESULT = "queue_result"  # place: queue; detail: status (QUEUESTATUS); from our dialplan
    AGENT_CALLED = "agent_called"  # subject: agent's channel, place: queue; detail: agent, caller
    AGENT_CONNECTED = "agent_connected"  # subject: caller's channel, place: queue; detail: agent
    AGENT_RANG_OUT = "agent_rang_out"  # subject: agent's channel, place: queue; detail: agent
    AGENT_COMPLETED = "agent_completed"  # subject: caller's channel; a hint only, can be late
    ENTERED = "entered"  # our dialplan's door; detail: did, presentation, service
    FELL_BACK = "fell_back"  # static branch was taken; detail: reason
    MESSAGE_PLAYED = "message_played"  # detail: message
    ROUTED = "routed"  # our decision; detail: route's fields and its reasons (JSON)
    ESCALATED = "escalated"  # subject: the agent's channel; detail: mode (cold, warm, back), target
    # (digit), to (its name), tier, customer (channel), by (who asked for it by API or CLI)
    JOINED = "joined"  # warm: the agent made it three; subject: the agent's channel
    TIER_ENTERED = "tier_entered"  # subject: who seeks the tier (the caller; in a consultation the
    # agent); place: the tier's name; detail: tier, mode
    HELD = "held"  # the caller hears music while two agents consult; subject: the caller's channel
    RETURNED = "returned"  # nobody took the caller; detail: to (agent, first), reason
    BLIND_TRANSFERRED = "blind_transferred"  # subject: transferer; place: transferee; detail:
    # result, context, exten
    ATTENDED_TRANSFERRED = "attended_transferred"  # subject: transferer's first channel; place: the
    # second; detail: transferee, target, result, dest
    MIXED = "mixed"  # an agent's phone mixes two of its calls (its conference button); subject: its
    # younger channel, place: the older one
    NOTED = "noted"  # subject: the caller's channel; place: the moment; detail: note, by
    ATTEMPTED = (
        "attempted"  # we shall originate; subject: attempt id, which is the channel's; detail:
    )
    # service, client, agent, dialled (E.164), by
    ORIGINATED = "originated"  # OriginateResponse; subject: attempt id; detail: response, reason
    SERVICE_CHOSEN = (
        "service_chosen"  # subject: the agent's channel; detail: service, client, dialled
    )
    DIAL_OUTCOME = (
        "dial_outcome"  # our dialplan after Dial(); subject: the dialling channel; detail:
    )
    # status (DIALSTATUS), cause (Q.850), sip ("486 Busy Here")
    CHANNEL_SEEN = "channel_seen"  # found in a snapshot: its beginning was not seen
    CHANNEL_MISSING = "channel_missing"  # not in a snapshot any more: its end was not seen
    CHANNEL_FOUND = "channel_found"  # in a snapshot after a gap in which it lived: what happened to
    # it meanwhile was not heard; place: the moment; detail: linkedid
    AGENT_LOGGED_IN = "agent_logged_in"  # subject: agent id; detail: phone, by
    AGENT_LOGGED_OUT = "agent_logged_out"  # subject: agent id; detail: by
    AGENT_PAUSED = "agent_paused"  # subject: agent id; detail: reason, by
    AGENT_READY = "agent_ready"  # subject: agent id; detail: by
    LINK_UP = "link_up"  # subject: node
    LINK_DOWN = "link_down"  # subject: node; detail: cause


ONCE = frozenset(
    {
        Kind.CHANNEL_CREATED,
        Kind.CHANNEL_ANSWERED,
        Kind.CHANNEL_ENDED,
        Kind.DIAL_BEGAN,
        Kind.DIAL_ENDED,
        Kind.LOCAL_JOINED,
        Kind.LOCAL_OPTIMISED,
        Kind.CHANNEL_SEEN,
        Kind.ENTERED,
        Kind.ATTEMPTED,
        Kind.ORIGINATED,
    }
)
"""Kinds that happen to a subject and place at most once: their ordinal is always 0."""

PERSONAL = ("caller_number", "caller_name", "exten", "dialled", "note")
"""Detail keys that can tell of a person: who calls, whom an agent calls, what was noted.
The store keeps them in a table of their own, so that a person can be erased while the facts stay
(GDPR, article 17).
Not among them, for they tell of no caller: the ``did`` of our door (our own number) and channels'
names, by which legs are known. But Asterisk makes a Local channel's name, and an ISDN one's, of
the number dialled (``Local/0401112223@out-00000001;1``): there such a number stays."""

LONGEST_CALL = timedelta(days=40)
"""From a channel's birth to its last fact. A longer one is none: the days of facts are
partitions, and a channel's id, which an Originate may choose, could name any day up to 5138."""

CLOCK_SKEW = timedelta(days=1)
"""How far a channel may be born after its own facts: two clocks around midnight."""

Identity = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. ``at`` is aware UTC with microseconds; ``detail`` is flat text."""

    node: str
    kind: Kind
    subject: str
    at: datetime
    place: str = ""
    ordinal: int = 0
    source: Source = Source.AMI
    detail: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def identity(self) -> Identity:
        """What makes it this fact, whoever tells it."""
        return (self.node, self.kind.value, self.subject, self.place, self.ordinal)

    @property
    def day(self) -> date:
        """The day whose partition holds it: the birthday of its channel, which every source
        agrees on, not its own time, on which they differ around midnight. Its own where the
        channel's id tells none that can be (LONGEST_CALL)."""
        birthday, today = day_of(self.subject), self.at.date()
        if birthday and -CLOCK_SKEW <= today - birthday <= LONGEST_CALL:
            return birthday
        return today
