"""Lists by the page: times in a query, and places in a list."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, WithJsonSchema

PAGE = 50
LARGEST_PAGE = 500
"""Of calls: half a megabyte."""

PLACE = r"^[0-9]{1,16}-[0-9a-f]{32}$"
"""How a cursor is written."""

EPOCH, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 3000))
"""What lies beyond them is taken as them: its offset may lead out of what is a time to Python."""

MICROSECOND = timedelta(microseconds=1)
"""What a place in the list is counted in: PostgreSQL's times are as fine."""

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def plus(text: object) -> object:
    """In a query, + stands for a space; who forgets to write %2B means a plus all the same."""
    return text.replace(" ", "+") if isinstance(text, str) else text


def _written_out(text: object) -> object:
    """Only what says where its clock is: any other form would be a guess."""
    text = plus(text)
    if isinstance(text, str) and not _ISO.fullmatch(text):
        raise ValueError("write it as 2026-11-23T08:00:00+02:00 (or with Z), with its UTC offset")
    return text


def _of_our_age(at: datetime) -> datetime:
    return max(EPOCH, min(at, LATEST)).astimezone(UTC)


Time = Annotated[
    AwareDatetime,
    BeforeValidator(_written_out),
    AfterValidator(_of_our_age),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T08:00:00Z"]}),
]


def cursor_of(at: datetime, id_: UUID) -> str:
    """A place in a list: what stands there, by its time in microseconds and its id."""
    return f"{(at - EPOCH) // MICROSECOND}-{id_.hex}"


def place_of(cursor: str) -> tuple[datetime, UUID]:
    """The place that a cursor stands for."""
    micros, _, id_ = cursor.partition("-")
    return EPOCH + int(micros) * MICROSECOND, UUID(id_)
