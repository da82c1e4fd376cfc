"""Calls of the record as the API shows them: a line of a list, or the whole story, as flat JSON
values in lists. Times are ISO 8601 in UTC. A withheld number is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from uuid import UUID

from ccgateway.calls.call import Call, Decision, Escalation, Visit
from ccgateway.calls.listed import ListedCall
from ccgateway.calls.timeline import timeline
from ccgateway.engine.view import WITHHELD, call_view


def listed_view(call: ListedCall) -> dict[str, object]:
    """One line of the list of calls."""
    values = _flat(asdict(call))
    number, name = values.pop("caller_number"), values.pop("caller_name")
    withheld = values.pop("withheld")
    return {
        **values,
        "agents": list(dict.fromkeys(call.agents)),
        "queues": list(dict.fromkeys(call.queues)),
        "caller": WITHHELD if withheld else number or "anonymous",
        "caller_name": "" if withheld else name,
    }


def story_view(call: Call) -> dict[str, object]:
    """A call, whole: what ``call_view`` shows, its parts, and the story line by line."""
    return {
        **call_view(call),
        "customer": call.customer,
        "answered_at": _text(call.answered_at),
        "cause": call.cause,
        "fell_back": call.fell_back,
        "attempt": call.attempt,
        "legs": [_flat(asdict(leg)) for leg in call.legs],
        "visits": [_visit(visit) for visit in call.visits],
        "talks": [_flat(asdict(talk)) for talk in call.talks],
        "holds": [_flat(asdict(hold)) for hold in call.holds],
        "escalations": [_escalation(passed) for passed in call.escalations],
        "decisions": [_decision(decision) for decision in call.decisions],
        "timeline": [_flat(asdict(moment)) for moment in timeline(call)],
    }


def _visit(visit: Visit) -> dict[str, object]:
    values = _flat(asdict(visit))
    return {**values, "offers": [_flat(asdict(offer)) for offer in visit.offers]}


def _escalation(passed: Escalation) -> dict[str, object]:
    return _flat(asdict(passed))


def _decision(decision: Decision) -> dict[str, object]:
    return {
        "at": decision.at.isoformat(),
        "what": decision.what,
        "detail": dict(decision.detail),
        "reasons": [
            {"rule": rule, "inputs": inputs, "verdict": verdict}
            for rule, inputs, verdict in decision.reasons
        ],
    }


def _flat(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> object:
    """As JSON knows it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
