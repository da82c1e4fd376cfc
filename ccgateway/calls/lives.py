"""Which facts show that a channel lives, which that it is gone, and which are told when it may be
gone already."""

from __future__ import annotations

from ccgateway.telephony.facts import Kind

OVER = frozenset({Kind.CHANNEL_ENDED, Kind.CHANNEL_MISSING})
BIRTHS = frozenset({Kind.CHANNEL_CREATED, Kind.CHANNEL_SEEN})

LATE = OVER | {
    Kind.AGENT_COMPLETED,
    Kind.AGENT_RANG_OUT,
    Kind.ATTENDED_TRANSFERRED,
    Kind.BLIND_TRANSFERRED,
    Kind.BRIDGE_LEFT,
    Kind.CHANNEL_HANGUP_REQUESTED,
    Kind.DIAL_ENDED,
    Kind.HOLD_ENDED,
    Kind.LOCAL_OPTIMISED,
    Kind.NOTED,
    Kind.ORIGINATED,
    Kind.QUEUE_ABANDONED,
    Kind.QUEUE_LEFT,
}
"""Facts that come at, or after, an end: they do not show that a channel lives. Where nothing else
was heard of it, it was there before us; if it lives, the snapshot that follows tells so."""
