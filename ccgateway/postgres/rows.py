"""Facts and calls as rows: pure. Column order is that of the queries ``put_*.sql``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from ccgateway.calls.call import Call, Direction
from ccgateway.postgres.sql import Row, json_of
from ccgateway.telephony.facts import PERSONAL, Fact, Source

PARTIES = UUID("c4f2c9c5-0f0e-5d0b-8a55-8f6c3f0f7b21")
JOURNALS = (Source.CEL, Source.QUEUE_LOG)

FactOf = tuple[Fact, UUID | None]
"""A fact, and the call it belongs to."""


def once(facts: Iterable[FactOf]) -> list[FactOf]:
    """Each fact once, by the rules of ``put_facts.sql`` and ``put_fact_parties.sql`` (one statement
    must not meet a row twice): a journal's time is final, what is not known of a person is filled
    in, otherwise what was told first stays."""
    kept: dict[tuple[object, ...], FactOf] = {}
    for fact, call_id in facts:
        key = (fact.day, fact.identity)
        if key not in kept:
            kept[key] = (fact, call_id)
            continue
        first, first_call = kept[key]
        if fact.source in JOURNALS:
            first = replace(first, at=fact.at, source=fact.source)
        personal = {name: fact.detail[name] for name in PERSONAL if name in fact.detail}
        if personal.keys() - first.detail.keys():
            first = replace(first, detail={**personal, **first.detail})
        kept[key] = (first, first_call or call_id)
    return list(kept.values())


def fact_row(fact: Fact, call_id: UUID | None) -> Row:
    detail = {name: text for name, text in fact.detail.items() if name not in PERSONAL}
    party = party_of_fact(fact) if _is_personal(fact) else None
    identity = (fact.node, fact.kind.value, fact.subject, fact.place, fact.ordinal)
    return (fact.day, *identity, fact.at, fact.source.value, json_of(detail), party, call_id)


def fact_parties(facts: Iterable[FactOf]) -> list[Row]:
    return [
        (party_of_fact(fact), *(fact.detail.get(name) for name in PERSONAL))
        for fact, _ in facts
        if _is_personal(fact)
    ]


def party_of_fact(fact: Fact) -> UUID:
    """The key of the persons that a fact tells of; from the fact's identity, not the number."""
    return uuid5(PARTIES, "\x1f".join(map(str, (fact.day, *fact.identity))))


def party_of_call(call: Call) -> UUID:
    """The key of a call's persons; from the call's id, not the number."""
    return uuid5(PARTIES, str(call.call_id))


def call_row(call: Call) -> Row:
    return (
        *(call.call_id, call.node, call.client, call.service),
        *("" if _called(call) else call.did, call.direction.value),
        party_of_call(call) if _tells_of_persons(call) else None,
        *(call.withheld, call.customer, call.started_at, call.answered_at, call.ended_at),
        *(call.disposition.value, call.known.value, call.cause, call.fell_back, call.facts),
    )


def call_parties(calls: Iterable[Call]) -> list[Row]:
    return [
        (party_of_call(call), call.caller_number, call.caller_name, _called(call) or None)
        for call in calls
        if _tells_of_persons(call)
    ]


def parts(calls: Sequence[Call]) -> dict[str, list[Row]]:
    """The rows of the calls' parts, by the name of the query that puts them."""
    return {
        "put_legs": [row for call in calls for row in _legs(call)],
        "put_queue_visits": [row for call in calls for row in _visits(call)],
        "put_offers": [row for call in calls for row in _offers(call)],
        "put_talks": [row for call in calls for row in _talks(call)],
        "put_holds": [row for call in calls for row in _holds(call)],
        "put_decisions": [row for call in calls for row in _decisions(call)],
    }


def _legs(call: Call) -> Iterable[Row]:
    for i, leg in enumerate(call.legs):
        yield (
            *(call.call_id, i, call.node, call.client),
            *(leg.uniqueid, leg.channel, leg.role.value, leg.agent, leg.started_at),
            *(leg.ringing_at, leg.answered_at, leg.ended_at, leg.cause),
        )


def _visits(call: Call) -> Iterable[Row]:
    for i, visit in enumerate(call.visits):
        yield (
            *(call.call_id, i, call.node, call.client),
            *(visit.queue, visit.ordinal, visit.joined_at, visit.position, visit.left_at),
            *(visit.end.value, visit.agent, visit.answered_at),
        )


def _offers(call: Call) -> Iterable[Row]:
    for i, visit in enumerate(call.visits):
        for j, offer in enumerate(visit.offers):
            yield (
                *(call.call_id, i, j, call.node, call.client),
                *(offer.agent, offer.uniqueid, offer.began_at, offer.ended_at, offer.end.value),
            )


def _talks(call: Call) -> Iterable[Row]:
    for i, talk in enumerate(call.talks):
        yield (
            *(call.call_id, i, call.node, call.client),
            *(talk.agent, talk.uniqueid, talk.began_at, talk.ended_at),
        )


def _holds(call: Call) -> Iterable[Row]:
    for i, hold in enumerate(call.holds):
        yield (
            *(call.call_id, i, call.node, call.client),
            *(hold.uniqueid, hold.by.value, hold.began_at, hold.ended_at),
        )


def _decisions(call: Call) -> Iterable[Row]:
    for i, made in enumerate(call.decisions):
        detail = {name: text for name, text in made.detail.items() if name not in PERSONAL}
        yield (
            *(call.call_id, i, call.node, call.client),
            *(made.at, made.what, json_of(detail), json_of(made.reasons)),
        )


def _called(call: Call) -> str:
    """Whom a call of our own goes to. An inbound one comes to a number of ours: no person's."""
    return "" if call.direction is Direction.INBOUND else call.did


def _tells_of_persons(call: Call) -> bool:
    return bool(call.caller_number or call.caller_name or _called(call))


def _is_personal(fact: Fact) -> bool:
    return any(name in fact.detail for name in PERSONAL)
