"""Facts, calls and their persons as rows: pure. Column order is that of ``put_*.sql``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from ccgateway.calls.call import Call, Direction
from ccgateway.postgres.sql import Row, json_of
from ccgateway.telephony.facts import PERSONAL, Fact, Kind

PARTIES = UUID("c4f2c9c5-0f0e-5d0b-8a55-8f6c3f0f7b21")

FactOf = tuple[Fact, UUID | None]
"""A fact, and the call it belongs to."""


def once(facts: Iterable[FactOf]) -> list[FactOf]:
    """Each fact once, by the rules of ``put_facts.sql`` and ``put_parties.sql`` (one statement
    must not meet a row twice): what is not known of a person is filled in, otherwise what was told
    first stays."""
    kept: dict[tuple[object, ...], FactOf] = {}
    for fact, call_id in facts:
        key = (fact.day, fact.identity)
        if key not in kept:
            kept[key] = (fact, call_id)
            continue
        first, first_call = kept[key]
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
    if fact.kind is Kind.NOTED:
        return party_of_note(fact.node, fact.at, fact.detail.get("by", ""))
    return uuid5(PARTIES, "\x1f".join(map(str, (fact.day, *fact.identity))))


def party_of_call(call_id: UUID) -> UUID:
    """The key of a call's persons; from the call's id, not the number."""
    return uuid5(PARTIES, str(call_id))


def party_of_note(node: str, at: datetime, by: str) -> UUID:
    """The key of a note's text, the same for the call's note and its fact: what is erased is erased
    in both. Not from the call's id, which changes when the call goes into another, nor from the
    note's place in the list, which changes when an earlier one becomes known."""
    return uuid5(PARTIES, "\x1f".join(("note", node, at.astimezone(UTC).isoformat(), by)))


def call_row(call: Call) -> Row:
    return (
        *(call.call_id, call.node, call.client, call.service),
        *("" if _called(call) else call.did, call.direction.value),
        party_of_call(call.call_id) if _tells_of_persons(call) else None,
        *(call.withheld, call.customer, call.started_at, call.answered_at, call.ended_at),
        *(call.disposition.value, call.known.value, call.cause, call.fell_back, call.facts),
        *(call.case, call.topic, call.attempt),
    )


def note_parties(calls: Iterable[Call]) -> list[Row]:
    """The texts of the calls' notes, each key once."""
    texts = {
        party_of_note(call.node, note.at, note.by): note.text
        for call in calls
        for note in call.notes
    }
    return [party_row(party, note=text) for party, text in texts.items()]


def party_row(party: UUID, *, number: str | None = None, note: str | None = None) -> Row:
    """A person of whom one thing only is told; as ``fact_parties``."""
    return (party, number, None, None, None, note)


def call_parties(calls: Iterable[Call]) -> list[Row]:
    return [
        (party_of_call(call.call_id), call.caller_number, call.caller_name, _called(call) or None)
        for call in calls
        if _tells_of_persons(call)
    ]


def _called(call: Call) -> str:
    """Whom a call of our own goes to. An inbound one comes to a number of ours: no person's."""
    return "" if call.direction is Direction.INBOUND else call.did


def _tells_of_persons(call: Call) -> bool:
    return bool(call.caller_number or call.caller_name or _called(call))


def _is_personal(fact: Fact) -> bool:
    return any(name in fact.detail for name in PERSONAL)
