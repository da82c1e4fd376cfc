"""Ids: Asterisk's (uniqueid, channel name) and our own call id."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from uuid import UUID, uuid5

CALL_IDS = UUID("6f2ed6d0-5d7c-5f0e-9d53-0c3a8d5c1c1e")
_UNIQUEID = re.compile(r"(?:^|-)(\d{9,11})\.\d+$")


def call_id_of(node: str, uniqueid: str) -> UUID:
    """Our own call id, from the node and the uniqueid of the channel that began the call.

    It is computed, not drawn: the gateway before a crash, the one after it and a reader of the
    journals all give the same call the same id. (A linkedid changes at transfers; this does not.)
    """
    return uuid5(CALL_IDS, f"{node}/{uniqueid}")


@lru_cache(maxsize=1024)
def born(uniqueid: str) -> datetime | None:
    """When a channel was created (whole seconds, UTC), as its uniqueid ``[system-]epoch.serial``
    tells; None where it does not (an Originate may choose a ChannelId of its own)."""
    found = _UNIQUEID.search(uniqueid)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def day_of(uniqueid: str) -> date | None:
    """The UTC day of a channel's birth, or None."""
    at = born(uniqueid)
    return at.date() if at else None


def interface_of(channel: str) -> str:
    """The device of a channel: ``PJSIP/101-0000002a`` -> ``PJSIP/101``;
    ``Local/5@ctx-00000001;2`` -> ``Local/5@ctx``."""
    return channel.rpartition("-")[0] or channel


def is_local(channel: str) -> bool:
    """A Local channel is Asterisk's own plumbing, never a person."""
    return channel.startswith("Local/")
