"""A gap: a time in which not all that happened was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

GAPS = UUID("0d1d6f39-0c0c-5b63-9a3b-9b8b4f0f2a57")


class Unseen(StrEnum):
    """What was lost."""

    AMI = "ami"  # what an Asterisk tells live: the link was down, or we were
    JOURNAL = "journal"  # something in a journal, before it was read
    SPOOL = "spool"  # facts that had room neither in PostgreSQL nor on disk nor in memory


@dataclass(frozen=True, slots=True)
class Gap:
    """On ``node``, from ``began_at`` to ``ended_at`` (None while it goes on). ``repaired_at``: from
    then on the calls of that time are as the journals tell them."""

    id: UUID
    node: str
    began_at: datetime
    cause: str
    source: Unseen
    ended_at: datetime | None = None
    repaired_at: datetime | None = None


def gap(node: str, began_at: datetime, cause: str, source: Unseen = Unseen.AMI) -> Gap:
    """A gap that begins. Its id is computed: the same gap, told twice, is one."""
    words = "\x1f".join((node, source.value, cause, began_at.isoformat()))
    return Gap(uuid5(GAPS, words), node, began_at, cause, source)
