"""What a call means for the agents in it."""

from __future__ import annotations

from ccgateway.agents.agent import Activity
from ccgateway.calls.call import Call


def activities(call: Call) -> dict[str, Activity]:
    """Agent id -> what this call makes of them now. An agent who was in it and is out again is
    idle; one with a channel of their own in it (their own call) talks from its answer on."""
    found: dict[str, Activity] = {}
    for leg in call.legs:
        if leg.agent and leg.ended_at is None:
            rings = leg.answered_at is None
            found[leg.agent] = _more(
                found, leg.agent, Activity.RINGING if rings else Activity.TALKING
            )
        elif leg.agent:
            found.setdefault(leg.agent, Activity.IDLE)
    for talk in call.talks:
        if talk.ended_at is None:
            found[talk.agent] = Activity.TALKING
    return found


def _more(found: dict[str, Activity], agent: str, activity: Activity) -> Activity:
    """An agent with two legs in a call does what the busier one says."""
    return Activity.TALKING if found.get(agent) is Activity.TALKING else activity
