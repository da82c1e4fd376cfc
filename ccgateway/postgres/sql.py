"""The named queries in ``queries/``, and values made fit for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import orjson

Row = tuple[object, ...]

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@cache
def query(name: str) -> str:
    """The text of ``queries/NAME.sql``."""
    return (files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def columns(rows: Sequence[Row]) -> Iterable[Sequence[object]]:
    """Rows turned into columns, as ``unnest`` takes them; texts made clean."""
    turned = zip(*rows, strict=True)
    return ([clean(v) if isinstance(v, str) else v for v in column] for column in turned)


def clean(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL, and halves of surrogate pairs (bytes that
    were not UTF-8). Each becomes the replacement character."""
    if text.isascii() and "\0" not in text:
        return text
    text = text.replace("\0", _UNKNOWN)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def json_of(value: Mapping[str, str] | Sequence[Sequence[str]]) -> str:
    """A flat mapping, or a list of lists, of texts as JSON text."""
    if isinstance(value, Mapping):
        return orjson.dumps({clean(k): clean(v) for k, v in value.items()}).decode()
    return orjson.dumps([[clean(text) for text in row] for row in value]).decode()
