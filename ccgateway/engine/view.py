"""What watchers are shown: calls, agents and queues as flat JSON values.

Times are ISO 8601 in UTC. A withheld number is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ccgateway.agents.agent import Agent, Duty
from ccgateway.calls.call import Call, OfferEnd, Visit, VisitEnd

WITHHELD = "withheld"


def call_view(call: Call) -> dict[str, object]:
    """One call: who calls, which service, where the call is now and since when."""
    where, since = whereabouts(call)
    return {
        "call_id": str(call.call_id),
        "node": call.node,
        "client": call.client,
        "service": call.service,
        "did": call.did,
        "caller": shown_number(call),
        "caller_name": "" if call.withheld else call.caller_name,
        "started_at": call.started_at.isoformat(),
        "where": where,
        "since": since.isoformat(),
        "agent": call.talks[-1].agent if call.talks else "",
        "disposition": call.disposition.value,
        "known": call.known.value,
        "ended_at": call.ended_at.isoformat() if call.ended_at else None,
    }


def shown_number(call: Call) -> str:
    """The caller's number as anybody may see it."""
    return WITHHELD if call.withheld else call.caller_number or "anonymous"


def whereabouts(call: Call) -> tuple[str, datetime]:
    """Where the call is now, in words, and since when."""
    if call.ended_at is not None:
        return f"ended: {call.disposition.value}", call.ended_at
    for hold in call.holds:
        if hold.ended_at is None:
            return f"on hold by {hold.by.value}", hold.began_at
    for talk in call.talks:
        if talk.ended_at is None:
            return f"talking with {talk.agent}", talk.began_at
    if call.visits and (found := _in_queue(call.visits[-1], talked=bool(call.talks))):
        return found
    for decision in reversed(call.decisions):
        if decision.what == "message":
            return f"hears the message: {decision.detail.get('message', '')}", decision.at
    return "in the dialplan", call.started_at


def _in_queue(visit: Visit, *, talked: bool) -> tuple[str, datetime] | None:
    for offer in visit.offers:
        if offer.end is OfferEnd.ANSWERED and not talked:  # the bridge comes a moment later
            return f"connecting with {offer.agent}", offer.ended_at or offer.began_at
    if visit.end is not VisitEnd.WAITING:
        return None
    ringing = [offer for offer in visit.offers if offer.end is OfferEnd.RINGING]
    if ringing:
        return f"ringing {', '.join(o.agent for o in ringing)}", ringing[0].began_at
    return f"waiting in {visit.queue}", visit.joined_at


def agent_view(agent: Agent) -> dict[str, object]:
    """One agent: what they do, since when, and with which call."""
    return {
        "id": agent.id,
        "name": agent.name,
        "phone": agent.phone,
        "queues": list(agent.queues),
        "state": agent.state,
        "duty": agent.duty.value,
        "reason": agent.reason,
        "since": agent.since.isoformat(),
        "call_id": agent.call_id,
    }


def queue_view(
    queue: str, waiting: Mapping[str, datetime], agents: Iterable[Agent]
) -> dict[str, object]:
    """One queue: how many wait, since when the longest, and who is there for them."""
    inside = [a for a in agents if queue in a.queues and a.duty is not Duty.OFF]
    states = [agent.state for agent in inside]
    return {
        "name": queue,
        "waiting": len(waiting),
        "longest_since": min(waiting.values()).isoformat() if waiting else None,
        "logged_in": len(inside),
        "ready": states.count("ready"),
        "talking": states.count("talking"),
        "paused": states.count("paused"),
    }
