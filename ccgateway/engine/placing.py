"""A call that we place, in words: what Asterisk is asked to do, and what the record is told."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from ccgateway.agents.agent import Agent
from ccgateway.customers.customer import Customer
from ccgateway.outbound.attempt import Attempt
from ccgateway.outbound.gate import Allowed
from ccgateway.routing.tiers import display
from ccgateway.telephony.actions import Originate
from ccgateway.telephony.facts import Fact, Kind, Source
from ccgateway.telephony.ids import call_id_of

CONTEXT = "ccg-click"
AGENT_RING_S = 20
"""The agent has just clicked, and sits at the phone."""

CUSTOMER_RING_S = 45
"""Most networks give up, or their voice mail answers, before."""

NAME_MOST = 40
"""Characters of a customer's name on a phone's display."""

AUTO_ANSWER = (
    # What desk phones and softphones look for, of several makes; the others ring.
    ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer;delay=0"),
    ("Call-Info", "<sip:127.0.0.1>;answer-after=0"),
)


def attempt_id(now: datetime) -> str:
    """An id that tells its time as a uniqueid does, and that nobody can guess."""
    return f"ccg-{int(now.timestamp())}.{secrets.randbelow(10**9):09d}"


def action_of(
    attempt: Attempt, agent: Agent, customer: Customer | None, case: int | None
) -> Originate:
    """The agent's phone shows whom it is about to call; that of the next agent, the case."""
    name = customer.name if customer else ""
    shown = "".join(c for c in name if c.isalnum() or c in " .#-")[:NAME_MOST].strip()
    return Originate(
        id=attempt.id,
        channel=agent.phone,
        context=CONTEXT,
        caller_number=attempt.number,
        caller_name=f"Call {shown or attempt.number}",
        ring=AGENT_RING_S,
        variables=(
            ("CCG_NUMBER", attempt.number),
            ("CCG_OWN", attempt.caller_id),
            ("CCG_SERVICE", attempt.service),
            ("CCG_RING", str(CUSTOMER_RING_S)),
            ("CCG_CALL", str(call_id_of(attempt.node, attempt.id))),
            ("CCG_CASE", "" if case is None else str(case)),
            ("CCG_DISPLAY", shown_of(case, customer)),
        ),
        headers=AUTO_ANSWER if agent.auto_answer and agent.phone.startswith("PJSIP/") else (),
    )


def shown_of(case: int | None, customer: Customer | None) -> str:
    """What the next agent's phone shows of the call."""
    return display(case, customer.name if customer else "")


def attempted(attempt: Attempt, at: datetime, case: int | None) -> Fact:
    """A call by click, as Asterisk is asked for it ``at``."""
    detail = {
        "service": attempt.service,
        "client": attempt.client,
        "agent": attempt.agent,
        "dialled": attempt.number,
        "by": attempt.by,
    }
    if case is not None:
        detail["case"] = str(case)
    told = Fact(attempt.node, Kind.ATTEMPTED, attempt.id, at, source=Source.SELF)
    return replace(told, detail=detail)


def chosen(node: str, channel: str, allowed: Allowed, at: datetime) -> Fact:
    """What an agent who dialled himself was allowed: the dialplan knows neither the client nor the
    number in full."""
    detail = {
        "service": allowed.service,
        "client": allowed.client,
        "dialled": allowed.number,
    }
    if allowed.case is not None:
        detail["case"] = str(allowed.case)
    return Fact(node, Kind.SERVICE_CHOSEN, channel, at, source=Source.SELF, detail=detail)
