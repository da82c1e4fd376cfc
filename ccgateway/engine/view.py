"""What watchers are shown: calls, agents and queues as flat JSON values.

Times are ISO 8601 in UTC. A withheld number is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter

from ccgateway.agents.agent import Agent, Duty
from ccgateway.calls.call import (
    Call,
    Direction,
    Escalation,
    EscalationEnd,
    Hold,
    Mode,
    OfferEnd,
    Role,
    Visit,
    VisitEnd,
)
from ccgateway.engine.places import Places
from ccgateway.routing.service import Service

WITHHELD = "withheld"
OUTSIDER = "an outside party"
ELSEWHERE = "another number"
"""Where a phone's button sent the caller, while nobody of ours has him."""


def call_view(call: Call) -> dict[str, object]:
    """One call: who calls, which service, where the call is now and since when."""
    where, since = whereabouts(call)
    tier, line = line_of(call)
    return {
        "call_id": str(call.call_id),
        "node": call.node,
        "client": call.client,
        "service": call.service,
        "direction": call.direction.value,
        "case": call.case,
        "topic": call.topic,
        "tier": tier,
        "line": line,
        "notes": [
            {"at": note.at.isoformat(), "by": note.by, "text": note.text} for note in call.notes
        ],
        "path": [_name_of(passed) for passed in call.escalations],
        "did": call.did,
        "caller": shown_number(call),
        "caller_name": "" if call.withheld else call.caller_name,
        "started_at": call.started_at.isoformat(),
        "where": where,
        "since": since.isoformat(),
        "agent": call.talks[-1].agent if call.talks else "",
        "agents": agents_in(call),
        "queues": list(dict.fromkeys(visit.queue for visit in call.visits)),
        "disposition": call.disposition.value,
        "known": call.known.value,
        "ended_at": call.ended_at.isoformat() if call.ended_at else None,
    }


def agents_in(call: Call) -> list[str]:
    """Who talks or talked in it, and for whom it was dialled; first first."""
    own = [leg.agent for leg in call.legs[:1] if call.direction is Direction.OUTBOUND]
    return list(dict.fromkeys(id_ for id_ in (*own, *(t.agent for t in call.talks)) if id_))


def shown_number(call: Call) -> str:
    """The caller's number as anybody may see it."""
    return WITHHELD if call.withheld else call.caller_number or "anonymous"


def whereabouts(call: Call) -> tuple[str, datetime]:
    """Where the call is now, in words, and since when."""
    if call.ended_at is not None:
        return f"ended: {call.disposition.value}", call.ended_at
    if found := _left_alone(call) or _with_agents(call) or _ringing_out(call):
        return found
    theirs = [visit for visit in call.visits if visit.uniqueid == _caller(call)]
    if theirs and (found := _in_queue(theirs[-1], talked=bool(call.talks))):
        return found
    newest = [there for there in (_between(call), _message(call)) if there]
    return max(newest, key=itemgetter(1), default=("in the dialplan", call.started_at))


def _left_alone(call: Call) -> tuple[str, datetime] | None:
    """The caller left a talk of three, and the agents talk on."""
    gone = [leg.ended_at for leg in call.legs if leg.role is Role.CALLER]
    talking = (leg for leg in call.legs if leg.agent and leg.answered_at and not leg.ended_at)
    agents = dict.fromkeys(leg.agent for leg in talking)
    if len(agents) < 2 or not gone or gone[0] is None:  # noqa: PLR2004 - one alone hangs up
        return None
    return f"the caller is gone, {' and '.join(agents)} talk on", gone[0]


def _message(call: Call) -> tuple[str, datetime] | None:
    for decision in reversed(call.decisions):
        if decision.what == "message":
            return f"hears the message: {decision.detail.get('message', '')}", decision.at
    return None


def _between(call: Call) -> tuple[str, datetime] | None:
    """On the way from one to the next: a number is dialled, or the agent's phone again."""
    last = call.escalations[-1] if call.escalations else None
    if last is None:
        return None
    if last.end is EscalationEnd.RUNNING:
        return f"being passed to {last.to or ELSEWHERE}", last.at
    back_at = last.ended_at if last.end is EscalationEnd.RETURNED else None
    if back_at is None or any(talk.began_at >= back_at for talk in call.talks):
        return None
    by = next((passed.by for passed in reversed(call.escalations) if passed.by), OUTSIDER)
    return f"returning to {by}", back_at


def _with_agents(call: Call) -> tuple[str, datetime] | None:
    running = [hold for hold in call.holds if hold.ended_at is None and _concerns(hold, call)]
    if running and (consults := consultation(call)):
        return f"on hold, {_consulting(consults)}", running[0].began_at
    if running:
        return f"on hold by {running[0].by.value}", running[0].began_at
    talks = [talk for talk in call.talks if talk.ended_at is None]
    if talks:
        names = [talk.agent or OUTSIDER for talk in talks]
        return f"talking with {' and '.join(names)}", talks[-1].began_at
    return None


def _concerns(hold: Hold, call: Call) -> bool:
    """Whether it is the caller who is held, or holds: a phone that mixes two calls can hold one."""
    talks = {talk.uniqueid for talk in call.talks if talk.ended_at is None}
    return not talks or hold.uniqueid in talks or hold.by is Role.CALLER


def consultation(call: Call) -> Escalation | None:
    """Who consults whom, while the caller waits for the end of it; None where nobody does."""
    last = call.escalations[-1] if call.escalations else None
    if last is None or last.mode is not Mode.WARM or last.end is not EscalationEnd.RUNNING:
        return None
    return last


def _consulting(passed: Escalation) -> str:
    if passed.accepted_at is None:
        return f"{passed.by} calls {passed.to}"
    return f"{passed.by} consults {passed.agent or OUTSIDER}"


def _ringing_out(call: Call) -> tuple[str, datetime] | None:
    """An outbound call before the other side has answered."""
    if call.direction is not Direction.OUTBOUND or call.talks:
        return None
    agent = call.legs[0]
    if agent.answered_at is None:
        return f"calling agent {agent.agent}", agent.started_at
    return "calling the number", agent.answered_at


def _caller(call: Call) -> str:
    """The channel of the one whom the call is about."""
    found = (leg.uniqueid for leg in call.legs if leg.role is Role.CALLER)
    return next(found, call.visits[0].uniqueid)


def line_of(call: Call) -> tuple[int, str]:
    """The line that has the call now, or waits for it: its tier, and its name as in the path; ''
    for none of it."""
    tier, line = 1, ""
    for passed in call.escalations:
        waits = passed.end is EscalationEnd.RUNNING and passed.mode is not Mode.WARM
        if passed.end is EscalationEnd.FIRST_LINE:
            tier, line = 1, ""
        elif passed.end is EscalationEnd.ACCEPTED or waits:
            tier, line = passed.tier or tier, _name_of(passed)
    return tier, line


def _name_of(passed: Escalation) -> str:
    return passed.to or passed.agent or ELSEWHERE


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


def agent_view(agent: Agent, places: Places) -> dict[str, object]:
    """One agent: what they do, since when, and with which call."""
    return {
        "id": agent.id,
        "name": agent.name,
        "phone": agent.phone,
        "queues": list(agent.queues),
        "services": places.services(agent.queues),
        "clients": places.clients(agent.queues),
        "state": agent.state,
        "duty": agent.duty.value,
        "reason": agent.reason,
        "since": agent.since.isoformat(),
        "call_id": agent.call_id,
    }


def service_view(service: Service) -> dict[str, object]:
    """One service: whose it is, which numbers lead to it, where its callers wait."""
    queues = (service.queue, *(target.queue for target in service.targets))
    return {
        "id": service.id,
        "name": service.name,
        "client": service.client,
        "timezone": str(service.timezone),
        "dids": list(service.dids),
        "own_numbers": list(service.own_numbers),
        "queue": service.queue,
        "queues": list(dict.fromkeys(queue for queue in queues if queue)),
        "targets": [target.name for target in service.targets],
    }


def queue_view(
    queue: str,
    waiting: Mapping[str, datetime],
    agents: Iterable[Agent],
    places: Places,
    today: Mapping[str, object],
) -> dict[str, object]:
    """One queue: how many wait, since when the longest, who is there for them, and ``today``, its
    figures."""
    inside = [a for a in agents if queue in a.queues and a.duty is not Duty.OFF]
    states = [agent.state for agent in inside]
    return {
        "name": queue,
        "services": places.services([queue]),
        "clients": places.clients([queue]),
        "managed": places.is_managed(queue),
        "waiting": len(waiting),
        "longest_since": min(waiting.values()).isoformat() if waiting else None,
        "logged_in": len(inside),
        "ready": states.count("ready"),
        "talking": states.count("talking"),
        "paused": states.count("paused"),
        "today": today,
    }
