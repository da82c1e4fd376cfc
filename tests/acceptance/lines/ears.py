"""Whether there was anything to hear at all."""

from __future__ import annotations

from datetime import datetime

from ccgateway.rig.phone.call import Call
from ccgateway.rig.phone.hearing import LINEAR, SILENCE
from ccgateway.rig.phone.rtp import PTIME
from ccgateway.rig.phone.story import now


def longest_silence(call: Call, since: datetime | None = None) -> float:
    """The longest time (seconds) in which a phone heard nothing, neither a voice nor music: since
    a moment, else since the answer, until the call's end."""
    begins = since or call.answered_at
    if begins is None:
        return 0.0
    last, longest = begins.timestamp(), 0.0
    for at, payload in call.media.ear.packets:
        if at > last and _is_loud(payload):
            longest, last = max(longest, at - last), at + PTIME
    return max(longest, (call.over_at or now()).timestamp() - last)


def _is_loud(payload: bytes) -> bool:
    power = sum(LINEAR[byte] ** 2 for byte in payload)
    return power > SILENCE**2 * max(1, len(payload))
