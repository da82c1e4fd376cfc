"""The parts of calls as rows: pure. Column order is that of the queries ``put_*.sql``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ccgateway.calls.call import Call
from ccgateway.postgres.rows import party_of_note
from ccgateway.postgres.sql import Row, json_of
from ccgateway.telephony.facts import PERSONAL


def parts(calls: Sequence[Call]) -> dict[str, list[Row]]:
    """The rows of the calls' parts, by the name of the query that puts them."""
    return {
        "put_legs": [row for call in calls for row in _legs(call)],
        "put_queue_visits": [row for call in calls for row in _visits(call)],
        "put_offers": [row for call in calls for row in _offers(call)],
        "put_talks": [row for call in calls for row in _talks(call)],
        "put_holds": [row for call in calls for row in _holds(call)],
        "put_escalations": [row for call in calls for row in _escalations(call)],
        "put_notes": [row for call in calls for row in _notes(call)],
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
            *(visit.end.value, visit.agent, visit.answered_at, visit.uniqueid, visit.tier),
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
            *(hold.uniqueid, hold.by.value, hold.began_at, hold.ended_at, hold.known.value),
        )


def _escalations(call: Call) -> Iterable[Row]:
    for i, passed in enumerate(call.escalations):
        yield (
            *(call.call_id, i, call.node, call.client),
            *(passed.at, passed.mode.value, passed.by, passed.to, passed.tier, passed.agent),
            *(passed.accepted_at, passed.ended_at, passed.end.value),
        )


def _notes(call: Call) -> Iterable[Row]:
    for i, note in enumerate(call.notes):
        party = party_of_note(call.node, note.at, note.by)
        yield (call.call_id, i, call.node, call.client, note.at, note.by, party)


def _decisions(call: Call) -> Iterable[Row]:
    for i, made in enumerate(call.decisions):
        detail = {name: text for name, text in made.detail.items() if name not in PERSONAL}
        yield (
            *(call.call_id, i, call.node, call.client),
            *(made.at, made.what, json_of(detail), json_of(made.reasons)),
        )
