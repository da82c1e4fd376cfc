"""What goes to the spool, as records: JSON by the values' own types, each with a checksum. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

import orjson
from pydantic import TypeAdapter

from ccgateway.calls.call import Call
from ccgateway.outbound.attempt import Attempt, Stage
from ccgateway.postgres.absorbed import Pair
from ccgateway.postgres.agents import StoredAgent
from ccgateway.postgres.batch import Batch
from ccgateway.postgres.sql import clean
from ccgateway.telephony.facts import Fact

T = TypeVar("T")


class What(StrEnum):
    """What a record tells of."""

    FACT = "fact"
    CALL = "call"
    AGENT = "agent"
    ATTEMPT = "attempt"
    ABSORBED = "absorbed"


Key = tuple[str, str]
"""Of what, and of which one: a call's id, an agent's, an attempt's."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row on disk. ``seq`` is its place in the order, and grows; ``name`` says which one it is,
    and of a fact: whose call's, '' where it has none. ``live``: a call or an attempt that goes
    on."""

    seq: int
    what: str
    name: str
    live: bool
    body: bytes
    crc: int

    @property
    def is_whole(self) -> bool:
        """Whether it is as it was written."""
        return self.crc == checksum(self.seq, self.what, self.name, self.body)


def checksum(seq: int, what: str, name: str, body: bytes) -> int:
    """The CRC32 of a record with its place: one that stands elsewhere is not whole either."""
    return crc32(body, crc32(f"{seq} {what} {name} ".encode(errors="surrogateescape")))


def key_of_call(call_id: UUID) -> Key:
    return (What.CALL, str(call_id))


def records(batch: Batch, first: int) -> tuple[list[Record], list[object]]:
    """A batch's records: its facts in order, then what else it tells, numbered from ``first``; and
    the values that can be none (a number of more than 64 bits)."""
    found: list[Record] = []
    unfit: list[object] = []
    for what, name, live, value in _told(batch):
        seq = first + len(found)
        try:
            body = _encoded(value)
        except TypeError:
            unfit.append(value)
        else:
            found.append(Record(seq, what, name, live, body, checksum(seq, what, name, body)))
    return found, unfit


def _told(batch: Batch) -> Iterator[tuple[What, str, bool, object]]:
    for fact, call_id in batch.facts:
        yield What.FACT, str(call_id or ""), False, fact
    for pair in batch.absorbed:
        yield What.ABSORBED, str(pair[0]), False, pair
    for call in batch.calls:
        yield What.CALL, str(call.call_id), call.ended_at is None, call
    for agent in batch.agents:
        yield What.AGENT, clean(agent.agent), False, agent
    for attempt in batch.attempts:
        yield What.ATTEMPT, clean(attempt.id), attempt.stage is not Stage.ENDED, attempt


@dataclass(frozen=True, slots=True)
class Read:
    """What records tell: the batch; those that are damaged (``bad``); and those that are whole, but
    of another release, which has kinds and states that this one does not know (``strange``)."""

    batch: Batch
    bad: list[Record]
    strange: list[Record]


def read(found: Iterable[Record]) -> Read:
    """What records tell."""
    facts: list[tuple[Fact, UUID | None]] = []
    absorbed: list[Pair] = []
    calls: list[Call] = []
    agents: list[StoredAgent] = []
    attempts: list[Attempt] = []
    bad: list[Record] = []
    strange: list[Record] = []
    for record in found:
        if not record.is_whole:
            bad.append(record)
            continue
        try:
            if record.what == What.FACT:
                call_id = UUID(record.name) if record.name else None
                facts.append((_decoded(Fact, record.body), call_id))
            elif record.what == What.ABSORBED:
                absorbed.append(_decoded(tuple[UUID, UUID], record.body))
            elif record.what == What.CALL:
                calls.append(_decoded(Call, record.body))
            elif record.what == What.AGENT:
                agents.append(_decoded(StoredAgent, record.body))
            elif record.what == What.ATTEMPT:
                attempts.append(_decoded(Attempt, record.body))
            else:
                strange.append(record)
        except ValueError:
            strange.append(record)
    return Read(Batch(facts, absorbed, calls, agents, attempts), bad, strange)


def _encoded(value: object) -> bytes:
    try:
        return orjson.dumps(value, default=_plain)
    except TypeError:  # halves of surrogate pairs, mostly: PostgreSQL would not get them either
        return orjson.dumps(_cleaned(_builtins(value)), default=_plain)


def _plain(value: object) -> object:
    """A mapping that is no dict. Raises TypeError for what is none."""
    return dict(value)  # type: ignore[call-overload] # raises TypeError by itself


def _builtins(value: object) -> object:
    shape: Any = type(value)
    return _adapter(shape).dump_python(value)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(of) for of in value]
    return value


def _decoded(shape: type[T], body: bytes) -> T:
    """Raises ValueError where it is none."""
    wanted: Any = shape
    adapter: TypeAdapter[T] = _adapter(wanted)
    return adapter.validate_json(body)


@cache
def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """Made at its first use: that takes some milliseconds."""
    return TypeAdapter(shape)
