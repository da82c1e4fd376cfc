"""What a call means for the agents in it."""

from __future__ import annotations

from ccgateway.agents.agent import Activity
from ccgateway.calls.call import Call, Leg, Mode

_LETS_GO = frozenset({Mode.COLD, Mode.BACK, Mode.BLIND})
"""Who passes the caller on like this is free at once; the phone's BYE may come later."""


def activities(call: Call) -> dict[str, Activity]:
    """Agent id -> what this call makes of them now. An agent who was in it and is out again is
    idle; one with a channel of their own in it (their own call, a consultation) talks from its
    answer on."""
    found: dict[str, Activity] = {}
    for leg in call.legs:
        if not leg.agent:
            continue
        if leg.ended_at is None and not _has_let_go(call, leg):
            rings = leg.answered_at is None
            found[leg.agent] = _more(
                found, leg.agent, Activity.RINGING if rings else Activity.TALKING
            )
        else:
            found.setdefault(leg.agent, Activity.IDLE)
    for talk in call.talks:
        if talk.ended_at is None and talk.agent:
            found[talk.agent] = Activity.TALKING
    return found


def _has_let_go(call: Call, leg: Leg) -> bool:
    """Whether the agent passed the caller on, and has nobody on this channel since."""
    passed = [e.at for e in call.escalations if e.by == leg.agent and e.mode in _LETS_GO]
    if not passed or leg.started_at > passed[-1]:
        return False
    mine = [talk for talk in call.talks if talk.uniqueid == leg.uniqueid]
    return bool(mine) and all(talk.ended_at is not None for talk in mine)


def _more(found: dict[str, Activity], agent: str, activity: Activity) -> Activity:
    """An agent with two legs in a call does what the busier one says."""
    return Activity.TALKING if found.get(agent) is Activity.TALKING else activity
